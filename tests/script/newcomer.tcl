# What somebody new gets wrong on the first day: told at once, in one sentence.
proc try {line} {
    if {[catch {uplevel #0 $line} says]} {
        puts "$line\n    $says"
    } else {
        puts "$line\n    (no error)"
    }
}
seed 1
data s generate blobs n=60 classes=2
onehot s y
model m
input x 2
dense 2 activation=softmax
output
compile sgd loss=categorical_crossentropy metrics=acc

# A callback that cannot do its work is refused before the first batch.
callback early_stopping monitor=val_los
try {fit s}
try {fit s validation=0.2}
callback remove early_stopping
callback reduce_lr_on_plateau
try {fit s}
callback remove reduce_lr_on_plateau
close [open file w]
callback model_checkpoint file/x.h5
try {fit s}
callback set model_checkpoint file=made/{epoch:02d}-{los:.3f}.h5
try {fit s}
callback set model_checkpoint file=made/{epoch:02z}.h5
try {fit s}
callback set model_checkpoint file=made/{epoch:02d}.h5
fit s
puts [glob made/*]
callback remove model_checkpoint
