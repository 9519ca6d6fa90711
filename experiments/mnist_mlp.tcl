# A dense network on MNIST: from the IDX files to a grid of predictions.
#
#   retort mnist_mlp.tcl                 trains up to 50 epochs, prints, ends
#   retort -w -i mnist_mlp.tcl           with the watch screen, ends at the prompt
#   retort mnist_mlp.tcl epochs=3 quick=yes seed=2 out=/tmp
param epochs 50
param seed 1
param quick no
param out .

seed $seed
set here [file dirname [file normalize [info script]]]/data/mnist

# Data: bytes scaled to [0,1], labels one-hot.
data mnist idx $here/train-images-idx3-ubyte.gz $here/train-labels-idx1-ubyte.gz
data test idx $here/t10k-images-idx3-ubyte.gz $here/t10k-labels-idx1-ubyte.gz
if {$quick} {
    data mnist rows mnist 0..2999
    data test rows test 0..499
    set epochs [expr {min($epochs, 2)}]
}
scale mnist by=1/255
onehot mnist y
scale test like=mnist
onehot test y

# Model: 784 - 256 - 128 - 10.
model mnist_mlp
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
summary

compile adam lr=0.001 loss=categorical_crossentropy metrics=acc
callback early_stopping monitor=val_loss patience=10
callback reduce_lr_on_plateau monitor=val_loss factor=0.1 patience=3
callback model_checkpoint $out/mnist_mlp-best.npz save_best_only=yes

set run [fit mnist epochs=$epochs batch_size=32 validation=0.2]

# What came of it.
runs history [dict get $run run] loss val_loss acc val_acc lr
set score [evaluate test]
puts [format "test loss %.4f  test accuracy %.4f" \
    [dict get $score loss] [dict get $score acc]]
plot loss val_loss
plot loss val_loss -to $out/mnist_mlp-loss.png
plot acc val_acc -to $out/mnist_mlp-acc.png
confusion test
predict test -grid 0..29
predict test -grid 0..29 -to $out/mnist_mlp-digits.png
