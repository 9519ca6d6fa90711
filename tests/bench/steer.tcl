# What steering saves and costs: the two branches of the gas and temperature
# article as lstm.tcl has them, in batches a second as they are, with one branch
# frozen and with one retired; and what a freeze of a paused run costs in a
# chain of 100 layers. Prints key=value figures for tests/bench/run.
param threads 1
param epochs 3
threads $threads
seed 1
set n 3200
data train generate sine n=$n length=3
model two
input x 3x1
lstm 120 return_sequences=yes name=lt
dense 1 name=t
output
at x
lstm 150 return_sequences=yes name=lg
dense 1 name=g
output
bind train t=x g=x
compile adam lr=0.001 loss=mse

proc rate {what epochs} {
    fit train epochs=1 -value
    set begin [clock microseconds]
    fit train epochs=$epochs -value
    set took [expr {[clock microseconds] - $begin}]
    puts "$what=[expr {1e6 * 100 * $epochs / $took}]"
}
rate whole $epochs
freeze branch:t
rate frozen $epochs
unfreeze *
retire t
rate retired $epochs
output t

data s generate blobs n=60 classes=2
model chain
input x 2
for {set i 0} {$i < 99} {incr i} { dense 16 activation=tanh }
dense 1 activation=sigmoid name=y
output
compile adam loss=binary_crossentropy
fit s epochs=1000000 &
pause
set orders 400
set begin [clock microseconds]
for {set i 0} {$i < $orders} {incr i 2} { freeze dense_50; unfreeze dense_50 }
puts "freezes=[expr {1e6 * $orders / ([clock microseconds] - $begin)}]"
stop
