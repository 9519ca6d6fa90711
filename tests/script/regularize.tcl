# Penalties on layers that are there.
proc try {line} {
    if {[catch {uplevel #0 $line} says]} {
        puts "$line\n    $says"
    } else {
        puts "$line\n    (no error)"
    }
}
seed 1
model m
input x 4
dense 3 name=a
dense 3 name=b kernel_regularizer=expr(0.5*sum(abs(w)))
flatten name=f
output
compile sgd loss=mse
try {regularize a}
try {regularize a kernel}
try {regularize nobody kernel l2=1}
try {regularize f kernel l2=1}
try {regularize a kernel {abs(w)}}
try {regularize a kernel {sum(abs(v))}}
try {regularize a kernel l2=-1}
set rate 0.25
puts [regularize a b kernel {$rate * sum(w ^ 2)}]
puts [regularize b bias l1=0.5 l2=0.125]
puts [regularize a activity {sum(abs(h))}]
puts [commands]
save_model m.h5
load_model m.h5 name=again
regularize b bias l1=0.1
puts [regularize * kernel none]
puts [commands]
transcript -script
