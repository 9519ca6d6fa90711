# Loss weights found from the validation losses of a fit, taken back, and told.
proc try {line} {
    puts $line
    if {[catch {uplevel #0 $line} said]} { puts "    $said" }
}
seed 1
data a generate blobs n=60 classes=2
data s join p=a q=a
model one
input p.x 2
dense 1 name=p.y
output
try {weighing mean3sigma}
compile sgd loss=mse
try {weighing mean3sigma}
fit s epochs=2 validation=0.2
try {weighing mean3sigma}
model m
input p.x 2
dense 1 name=p.y
output
dense 1 name=q.y from=p.x kernel_initializer=zeros
output
compile sgd lr=0.01 loss=mse
fit s epochs=2 -value
try {weighing mean3sigma}
try {weighing off}
fit s epochs=3 validation=0.2 -value
try {weighing mean3sigma window=few}
try {weighing mean3sigma form=other}
set w [weighing mean3sigma]
assert {[dict get $w p.y] == 1 || [dict get $w q.y] == 1}
set largest [expr {max([dict get $w p.y], [dict get $w q.y])}]
set i [weighing mean3sigma form=inverse]
set least [expr {min([dict get $i p.y], [dict get $i q.y])}]
assert {abs($least * $largest - 1) < 1e-12}
puts [weighing off]
compile sgd lr=0.01 loss=mse
try {weighing off}
weighing mean3sigma when=2:0
fit s epochs=3 validation=0.2 -value
assert {[string match "*loss_weights=*when=2:0*" [transcript -script]]}
weighing mean3sigma
set run [dict get [fit s epochs=2 validation=0.2 -value] run]
assert {[string match "*loss weights by run*N = mean + 3 sd*weight N / N_f*" [log $run -value]]}
set weights [dict get [runs show $run -value] loss_weights]
assert {[string match "*p.y*" $weights]}
