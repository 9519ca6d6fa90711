# Losses and metrics by expressions as they are typed.
proc try {line} {
    if {[catch {uplevel #0 $line} says]} {
        puts "$line\n    $says"
    } else {
        puts "$line\n    (no error)"
    }
}
try {loss masked {categorical_crossentropy(y[:, 0:3, p)}}
try {loss masked {categorical_crossentropi(y[:, 0:3], p)}}
try {loss masked {mse(y[:, 0:$n], p)}}
try {loss mse {y - p}}
try {loss masked}
try {metric within {1} mode=least}
puts [loss]
set n 3
puts [loss masked {categorical_crossentropy(y[:, 0:$n], p) * y[:, $n]}]
proc inner {} {
    set limit -0.5
    metric above {mean(p > $limit, axis=-1)} mode=max
}
inner
set n 7
puts [loss masked]
puts [metric]
seed 1
set f [open d.csv w]
puts $f "a,b,c,d,e,f"
for {set i 0} {$i < 40} {incr i} {
    puts $f [join [list [expr {$i % 5}] [expr {$i % 7}] [expr {$i % 3 == 0}] \
        [expr {$i % 3 == 1}] [expr {$i % 3 == 2}] [expr {$i % 2}]] ,]
}
close $f
data d csv d.csv x=a,b y=c,d,e,f
data short csv d.csv x=a,b y=c,d,e
model m
input x 2
try {dense 3 softmax name=kind; output loss=maskd}
output loss=masked
try {compile adam loss=maske}
try {compile adam lr=0.1 metrics=above,acc}
compile adam lr=0.1 metrics=above
try {fit short}
set r [fit d epochs=3 batch_size=40]
puts [expr {[dict get $r loss] > 0 && [dict get $r above] == 1.0}]
puts [dict size [evaluate d]]
puts [commands]
# the model keeps what it was compiled with
loss masked {mean((y[:, 0:3] - p) ^ 2, axis=-1) * y[:, 3]}
puts [lindex [split [commands] \n] 1]
compile adam lr=0.1
puts [lindex [split [commands] \n] 1]
loss wide {y[:, 0:3] - p}
try {compile adam loss=wide}
loss shown {mse(y[:, 0:3], print(p, "out")) + mean(print(y, "y") * 0, axis=-1)} label=4
compile adam loss=shown
fit d epochs=1 batch_size=40
puts [regexp {out \(40,3\) at batch 1 of epoch 1: mean 0.333333, sd} [log -value]]
save_model m.h5
model other
try {load_model m.h5}
loss shown {mse(y[:, 0:3], p)} label=4
puts [load_model m.h5 name=again]
try {loss shown {1} label=0}
