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

# Lists are printed in a script, unless -value is said.
callback list
callback early_stopping monitor=loss
callback list
callback list -value
data list
model list
puts [dict get [lindex [model list -value] 0] layers]
callback remove early_stopping

# Brackets run a command; nothing is left of it where its result is refused.
try {dense 3 activation=[relu]}
proc nested {} {
    dense 3 activation=[relu] kernel_initializer=[dense 4]
}
try {nested}
try {add [dense 3] [dense 4]}
puts [dict get [summary -value] params]
add [dense 3] [dense 3]
undo
redo
undo 3

# Names that Keras has.
try {LSTM 3}
try {MaxPooling2D 2}
try {BatchNormalization}
try {keras.layers.Dense 3}
try {model.fit s}
try {model.add dense}
try {Dense(64)}
try {model.fit(s, epochs=3)}
try {model.compile(optimizer="adam")}
try {layer1 = Dense(64)}
try {EarlyStopping}
try {ReduceLROnPlateau}
try {Adam}
try {Sequential}
try {import keras}
try {to_categorical}
try {learning_rate 0.1}
try {lr=0.1}
try {learning_rate=0.1}
try {train s}
try {clear}
try {data s spiral}
try {data s foo}
try {rewind best}
try {dense 3 input_shape=4}
try {lstm 3 stateful=yes}
try {fit s class_weight=1}
try {fit s callbacks=x}
try {fit s verbose=1}
try {fit s validation_data=x}

# Files that are no model, and runs that are none.
save_weights w.npz
save_weights w.h5
try {load_model w.npz}
try {load_model w.h5}
try {load_model made}
catch {runs show 9999} says
puts [regsub -all {are \d+|is \d+} $says N]
try {runs show M}
fit s epochs=2 name=second
puts [lindex [split [dict get [runs show second -value] script] \n] end]
set f [open bad.tcl w]
puts $f "model other\n\ndense many"
close $f
try {source bad.tcl}

# What was looked at and not said.
data w generate blobs n=30 classes=2
weights w
weights w class y 0=1,1=2
weights w -value
help generate
catch {help nobody} says
puts $says
model c
input x 2
dense 3 name=a
output
memory batch=64

# What is saved while it trains goes on as if it had not ended.
model d
input x 2
dense 8 activation=tanh
dense 2 activation=softmax
output
compile adam loss=categorical_crossentropy
set run [fit s epochs=1000000 &]
wait $run until {epoch > 3}
pause
save_model p.h5
stop
wait
save_model q.h5
set p [open p.h5 rb]
set q [open q.h5 rb]
puts "the same: [expr {[read $p] eq [read $q]}]"
close $p
close $q

# A loss of one's own is in the file with the model.
loss doubled {2 * mse(y, p)}
compile sgd loss=doubled
set before [dict get [evaluate s] loss]
save_model own.h5
loss doubled {3 * mse(y, p)}
load_model own.h5 name=again
puts [expr {abs([dict get [evaluate s] loss] / $before - 1.5) < 1e-6}]

# compile as Keras has it, and a loss's name by heart.
model k
input x 2
dense 1 activation=sigmoid name=y
output
puts [compile loss=mse optimizer=adam lr=0.25]
puts [lr]
try {compile adam loss=cross_entropy}
try {compile optimizer=adm loss=mse}
try {compile loss=mse}

model t
input x 2
dropout 0.2 name=drop
dense 1
output
compile adam loss=mse
try {tune batch=3}
try {tune drop=0.5}
try {tune patience=3}
try {lr drop 0.1}
model use k

# What predict returns, and what it refuses before a file is begun.
data few values {1 2 3 4 5 6} shape=3x2
set p [predict few rows=2 -value]
assert {[llength [dict get $p y]] == 2 && [string is double [lindex [dict get $p y] 0]]}
model two
input x 2
dense 2 name=a ; output
at x
dense 1 name=b ; output
set p [predict few rows=1 -value]
assert {[llength [dict get $p a]] == 1 && [llength [lindex [dict get $p a] 0]] == 2}
assert {[dict keys [predict few output=b -value]] eq "b"}
try {predict few -o both.npy}
assert {![file exists both.npy]}
try {predict few c}
