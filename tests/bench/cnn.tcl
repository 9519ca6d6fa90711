# A small CNN on 12,000 pictures of MNIST, measured as a user runs it. Prints
# key=value figures for tests/bench/run.
param batch 32
param epochs 1
param threads 1
param root .
threads $threads
seed 1
source [file dirname [info script]]/mnist.tcl
digits $root 12000
model cnn
input img 28x28
reshape 28x28x1
conv2d 32 3 activation=relu
conv2d 64 3 activation=relu
max_pool2d
flatten
dense 128 relu
dense 10 softmax name=digit
output digit
compile adam lr=0.001 loss=categorical_crossentropy metrics=acc
data warm rows train 0..1279
fit warm epochs=1 batch_size=$batch -value
timed train [expr {12000 * $epochs}] {
    fit train epochs=$epochs batch_size=$batch -value
}
timed evaluate 12000 {evaluate train batch_size=$batch}
