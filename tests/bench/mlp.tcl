# The MNIST network of experiments/mnist_mlp.tcl on 48,000 rows, measured as a
# user runs it. Prints key=value figures for tests/bench/run.
param batch 32
param epochs 2
param threads 1
param root .
param alone none ;# a file for the figure of one fit, in a terminal
threads $threads
seed 1
source [file dirname [info script]]/mnist.tcl
digits $root 48000
model mlp
input img 28x28
flatten
dense 256
activation relu
dropout 0.2
dense 128
activation relu
dropout 0.5
dense 10
activation softmax name=digit
output digit
compile adam lr=0.001 loss=categorical_crossentropy metrics=acc
if {$alone ne "none"} {
    set begin [clock microseconds]
    fit train epochs=$epochs batch_size=$batch
    set took [expr {[clock microseconds] - $begin}]
    set f [open $alone w]
    puts $f [expr {48000.0 * $epochs * 1e6 / $took}]
    close $f
    exit
}
fit train epochs=1 batch_size=$batch -value
timed train [expr {48000 * $epochs}] {
    fit train epochs=$epochs batch_size=$batch -value
}
timed evaluate 48000 {evaluate train batch_size=$batch}
data few rows train 0..3999
timed one_row 4000 {predict few batch_size=1 -value}
