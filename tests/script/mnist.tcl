# One epoch over 24,000 digits must reach 0.9 on 6,000 others.
set mnist $env(TOP)/experiments/data/mnist
seed 3
data all idx $mnist/train-images-idx3-ubyte.gz $mnist/train-labels-idx1-ubyte.gz
data some rows all 0..29999
scale some by=1/255
onehot some y
model mlp
input img 28x28
flatten
dense 128 activation=relu
dropout 0.2
dense 10 activation=softmax name=digit
output digit
compile adam loss=categorical_crossentropy metrics=acc
set r [fit some epochs=1 validation=0.2 -value]
assert {[dict get $r val_acc] > 0.9} "val_acc is [dict get $r val_acc]"
puts "reached 0.9"
