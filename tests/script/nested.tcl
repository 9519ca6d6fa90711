# Models within a model: put in, shared, within each other, steered, edited,
# undone, made again from the clean script.
seed 1
data d generate blobs n=200 classes=3
model encoder
input x 2
dense 8 relu kernel_regularizer=l2(0.001)
batch_norm
dropout 0.2
dense 3 name=z
output
model outer
input a 2
input b 2
puts [call encoder from=a]
puts [call encoder from=b]
concatenate encoder:0 encoder:1
dense 3 softmax name=kind
output loss=sparse_categorical_crossentropy
summary
summary -expand_nested
summary -expand_nested -trainable style=keras3
summary encoder/z
summary encoder
graph
graph -expand_nested
params
params encoder
compile adam metrics=acc
bind d a=x b=x
fit d epochs=2

# what is named reaches in
freeze encoder
summary -trainable
unfreeze encoder/z
lr encoder/z=0.5x
tune encoder/dropout_1.rate=0.4
regularize encoder/z kernel l2=0.01
weight encoder/z/bias
callback add early_stopping monitor=loss patience=5 name=stop
fit d epochs=4
reinit encoder
params -by trainable
commands

# errors, after which nothing has changed
proc fails {args} { catch {uplevel $args} e; puts "$args: $e" }
fails call outer
fails encoder
fails get_layer encoder
fails call nobody
fails call nobody name=x
fails call kind name=x
fails call encoder from=a,b
fails call encoder from=kind
fails call encoder name=a from=a
fails dense 3 from=encoder/dense_1
fails call encoder/z from=a
fails layer insert after:encoder/dense_1 {dropout 0.5}
fails layer replace encoder/z {dense 5}
fails layer remove encoder/z
fails layer rename encoder/z y
fails layer reconnect encoder from=kind
fails weight encoder/kernel
fails freeze decoder
fails layer rename encoder kind
model empty
input x 2
dense 2
model use outer
fails call empty from=a
model tf dialect=tf.keras-2.4.0
input x 2
dense 2
output
model use outer
fails call tf from=a

# edits of the whole
layer insert after:encoder:0 {dropout 0.1 name=drop}
layer insert before:encoder {dense 2 name=before}
layer rename encoder front
commands
layer replace front {dense 3 relu}
graph
undo
layer reconnect front:0 from=before
graph
undo 4
graph
redo 3
graph
undo 3

# two of it, and a model in a model in a model
model pair
input l 2
input r 2
call encoder from=l
call encoder from=r name=other
add encoder other
output
model all
input x 2
call pair from=x,x
dense 3 softmax
output loss=sparse_categorical_crossentropy
freeze pair/other
compile sgd
summary -expand_nested -trainable
params pair/encoder
fit d epochs=2
commands

# a model that gives two tensors, both of them outputs
model two
input x 2
dense 4 name=p
output
dense 3 name=q from=x
output
model ends
input x 2
call two
output loss=mse
output two:0:1 loss=mae
compile sgd loss_weights=two:1,two_1:0.5
commands
retire two_1
summary

# trained first, then put in: a copy of its values, and no more than that
model small
input x 2
dense 3 softmax name=c
output loss=sparse_categorical_crossentropy
compile sgd
fit d epochs=3
model around
input a 2
call small
output loss=sparse_categorical_crossentropy
compile sgd
set inner [weight small/c/kernel]
model use small
puts [expr {$inner eq [weight c/kernel]}]
fit d epochs=5 initial_epoch=3
puts [expr {$inner eq [weight c/kernel]}]
model use around
puts [expr {$inner eq [weight small/c/kernel]}]
fit d epochs=2
save_weights around.npz
model use small
load_weights around.npz map=small/c:c
set now [weight c/kernel]
model use around
puts [expr {$now eq [weight small/c/kernel]}]
model delete small
commands

# the same bits as the same layers without models within it
model coder
input x 2
dense 8 tanh
batch_norm
dense 2 name=z
output
model both
input l 2
input r 2
call coder from=l
call coder from=r
call coder from=l name=own
concatenate coder:0 coder:1 own
output
model nested
input a 2
dense 2 tanh name=t
call both from=a,t
dense 3 softmax name=kind
output loss=sparse_categorical_crossentropy
compile sgd lr=0.1
# the same without models within it
model flat
input a 2
dense 2 tanh name=t
dense 8 tanh name=e1 from=a
batch_norm name=e2
dense 2 name=e3
call e1 from=t
call e2
call e3
dense 8 tanh name=o1 from=a
batch_norm name=o2
dense 2 name=o3
concatenate e3:0 e3:1 o3
dense 3 softmax name=kind
output loss=sparse_categorical_crossentropy
compile sgd lr=0.1
model use nested
save_weights o.npz
model use flat
load_weights o.npz by=name map=both/coder/dense_1:e1,both/coder/batch_normalization_1:e2,both/coder/z:e3,both/own/dense_1:o1,both/own/batch_normalization_1:o2,both/own/z:o3
fit d epochs=20 shuffle=no
model use nested
fit d epochs=20 shuffle=no
foreach {a b} {both/coder/dense_1/kernel e1/kernel both/coder/batch_normalization_1/moving_mean e2/moving_mean both/own/z/bias o3/bias kind/kernel kind/kernel} {
 model use nested; set x [weight $a]; model use flat; puts [expr {$x eq [weight $b]}]
}

# in a file and back
model use nested
save_model nested.h5
load_model nested.h5 name=loaded
set after [weight both/own/z/kernel]
model use nested
puts [expr {[weight both/own/z/kernel] eq $after}]
model use loaded
commands
summary

# masks pass, states are the outer model's, and what it does is done as outside
model words
input x 5
embedding 10 4 mask_zero=yes
output
model reader
input t 5 batch_size=4
call words
lstm 3 stateful=yes name=memory
output loss=mse
model whole
input t 5 batch_size=4
call reader
output loss=mse
compile sgd
summary -expand_nested
model small_batch
input t 5
catch {call reader} e; puts $e
model use whole
reset_states

# out again, with the weights that it has by now
model use nested
fails model take coder
fails layer remove both/coder
fails model take both/none
set was [weight both/coder/z/kernel]
fails model take both/coder
model take both/coder taken_out
puts [expr {[weight z/kernel] eq $was}]
summary
model use nested
fit d epochs=21 initial_epoch=20
model use taken_out
puts [expr {[weight z/kernel] eq $was}]
model delete taken_out
model use outer

# all of it again from the clean script
transcript -script -o again.tcl
model use around
set now [weight small/c/kernel]
model use all
set all [weight pair/other/z/kernel]
model use outer
set outer [weight encoder/z/kernel]
set again [open again.tcl a]
puts $again "model use around"
puts $again "puts \[expr {\[weight small/c/kernel\] eq {$now}}\]"
puts $again "model use all\nputs \[expr {\[weight pair/other/z/kernel\] eq {$all}}\]"
puts $again "model use outer\nputs \[expr {\[weight encoder/z/kernel\] eq {$outer}}\]"
close $again
source again.tcl

# what commands writes makes the same model
model encoder
input x 2
dense 4
output
model use outer
call encoder from=a name=third
foreach name {outer all ends whole nested} {
    model use $name
    set text [commands]
    commands -o made.tcl
    source made.tcl
    puts [expr {[commands] eq $text}]
}
model use outer
commands
