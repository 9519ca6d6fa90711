# Layers by expressions, and waiting for a condition.
proc try {line} {
    if {[catch {uplevel #0 $line} says]} {
        puts "$line\n    $says"
    } else {
        puts "$line\n    (no error)"
    }
}
seed 1
data d generate blobs n=60 classes=2
set k 2
model m
input x 2
try {lambda {x * q}}
try {lambda {x[:, 0:3]}}
try {lambda {sum(x)}}
try {lambda {x * $nobody}}
try {lambda {concat(x, x)} shape=3}
lambda {concat(x ^ $k, relu(-x))} shape=4 name=both
dense 2 name=two
lambda {x1[:, 0:1] * exp(x2 * -$k)} from=two,two
lambda {sigmoid(mean(x, axis=-1, keepdims=yes))} name=yes
output
compile sgd lr=0.1 loss=binary_crossentropy
puts [commands]
try {wait until {val_loss < 0.1}}
fit d epochs=3 &
try {wait until {los < 0.1}}
wait
puts [wait until {loss > 0 and epoch == 3} -value]
puts [wait until {loss < 0} -value]
try {wait until {loss <}}
try {wait 1 until}
try {wait until {sum(loss)}}
set limit 1e9
fit d epochs=100000 &
puts [wait until {epoch > 2 and loss < $limit} -value]
stop
puts [wait until {epoch < 0} -value]
puts [regsub {when=\d+:\d+} [transcript -script -value] when=EPOCH:BATCH]
# columns and rows by expressions
set f [open t.csv w]
puts $f "a,b,y"
for {set i 0} {$i < 20} {incr i} { puts $f "$i,[expr {$i * 0.5}],[expr {$i % 3}]" }
close $f
data t csv t.csv x=a,b y=y
set k 3
puts [data u expr t z {x[:, 0] * x[:, 1] + $k}]
puts [values u z 0..3]
data v filter u {z > 10 and y == 1}
puts [values v x]
data w expr v r {y * 2}
puts [values w r]
try {data w expr v z {y}}
try {data w expr v r {mean(y)}}
try {data w expr v r {x + q}}
try {data w expr v r {1}}
try {data w filter v {x}}
try {data w filter v {z > 1000}}
try {data w filter v}
try {data w expr nobody r {y}}
