# A model used as a layer, in files: what goes on from one is what never stopped,
# to the bit; weights reach into it and come out of it.
proc try {line} {
    if {[catch {uplevel #0 $line} says]} {
        puts "$line\n    $says"
    } else {
        puts "$line\n    (no error)"
    }
}
proc bytes {of} {
    model use $of
    save_weights of.npz
    set file [open of.npz rb]
    set all [read $file]
    close $file
    return $all
}
proc same {a b} {
    expr {[bytes $a] eq [bytes $b] ? "the same" : "another"}
}
seed 4
data s generate spiral n=90 classes=3 seed=4
onehot s y
model encoder
input point 2
dense 8 tanh name=low
batch_norm name=norm
dense 4 tanh name=kept
output
model m
input a 2
call encoder from=a
dense 3 activation=softmax name=kind
output
freeze encoder/kept
compile adam lr=0.02 loss=categorical_crossentropy metrics=acc
fit s epochs=2 shuffle=no
save_model half.h5
fit s initial_epoch=2 epochs=4 shuffle=no
load_model half.h5 name=k
fit s initial_epoch=2 epochs=4 shuffle=no
puts [same m k]
commands

# Each version of Keras.
foreach dialect {keras-2.1.6 keras-2.2.4 keras-2.3.1 tf.keras-2.4.0} {
    model use m
    save_model $dialect.h5 dialect=$dialect
    load_model $dialect.h5 name=of
    puts "$dialect [same m of]"
    model delete of
}

# Into it, out of it, one layer of it.
model alone
input x 2
dense 8 tanh name=low
batch_norm name=norm
dense 4 tanh name=kept
output
puts [load_weights half.h5 map=encoder/*:*]
save_weights alone.h5
model use m
puts [load_weights alone.h5 map=*:encoder/*]
puts [load_weights half.h5 by=name layers=encoder/low]
try {load_weights alone.h5}
try {load_weights half.h5 by=name layers=encoder/high}
try {load_weights half.h5 map=coder/*:encoder/*}
