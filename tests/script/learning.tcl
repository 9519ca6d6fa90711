# What learns: freeze, retire, rates of layers, tune, reinit, of a model at rest
# and while it trains; their answers, errors, and undo.
proc fails args {
    catch {uplevel 1 $args} e
    puts $e
}
seed 1
data s generate blobs n=60 classes=2
bind s a=y b=y
model m
input x 2
dense 4 name=trunk
batch_norm name=bn
dropout 0.2 name=drop
dense 1 activation=sigmoid name=a
output
at drop
dense 1 activation=sigmoid name=b
output

puts [freeze trunk bn bn=infer]
puts [freeze trunk]
fails freeze
fails freeze trnuk
fails freeze trunk bn=inferr
puts [unfreeze trunk]
fails lr 0.1
lr a=0.1x b=1e-4
fails lr a=0.1y
fails lr c=0.1x
fails tune lr=0.1
compile sgd lr=0.01 loss=binary_crossentropy
lr
puts [lr]
puts [tune momentum=0.9 loss_weights=a:2 drop.rate=0.5]
fails tune
fails tune momentum=x
fails tune batch_size=3
fails tune trunk.units=3
fails tune lr=0.5 nonsense=1
puts [lr]
puts [reinit class:Dense init=he_normal]
fails reinit trunk init=he_norml
summary -trainable
puts [dict get [params -by trainable -value] trainable]

# undo takes back every change of a model at rest, in the order it was said
proc now {} {
    set k [weight trunk/kernel]
    puts "[lr] [format %.4f [lindex $k 0]]: [dict get [params -by trainable -value] trainable]"
}
proc back {} {puts [undo -value] ; now}
now
puts [undo] ; now
puts [undo] ; now
puts [redo 2] ; now
undo 2
tune lr=0.5 drop.rate=0.4
weight trunk/kernel 0.25 ; now
regularize trunk kernel l2=0.1
commands
undo 3 ; now
commands
compile adam lr=0.125 loss=mse ; now
undo ; now
undo 2
commands
undo
summary bn
undo
redo
unfreeze *
compile sgd lr=0.01 loss=binary_crossentropy

puts [retire a]
fails retire b
fails retire c
summary a b
undo
retire a -freeze -remove
fit s epochs=1
undo
unfreeze *

# live, each answered
fit s epochs=1000000 name=long &
set met [wait until {epoch > 1}]
pause
puts [freeze branch:a]
puts [dict get [params -by trainable -value] trainable]
puts [unfreeze a]
puts [lr 0.02 trunk=0.5x]
puts [tune lr=0.03 clipnorm=1]
puts [regsub {epoch \d+} [tune batch_size=7] {epoch N}]
puts [lr]
puts [reinit b seed=4]
fails freeze c
fails tune lr=-1
catch {retire a when=1:0} e
puts [regsub {at [0-9:]+$} $e {at ...}]
puts [retire b -freeze -remove]
stop
puts [lr]
fails retire a
compile adam loss=mse
fit s epochs=1
