# Statistics and histograms of layers: of weights at any time, of batches from
# the moment that somebody asks.
proc fails args {
    catch {uplevel 1 $args} e
    puts $e
}
seed 1
data s generate blobs n=60 classes=3
onehot s y
model m
input x 2
dense 4 relu name=fc
dropout 0.5 name=drop
dense 3 softmax name=y
output
compile sgd lr=0.1 loss=categorical_crossentropy
stats
stats drop
fails stats fd
fit s epochs=2
fails hist fc of=grads
fails hist fc at=2
fails hist fc -over time
fails hist of=acts
fails hist drop
fails hist fc of=weight
fails hist fc y -to m.svg
puts [dict keys [hist -value]]
puts [llength [hist fc -value]]
fit s epochs=1000000 name=long &
set rows [stats -value]
puts [lmap r $rows {dict get $r layer}]
set fc [lindex $rows 0]
puts [expr {[dict get $fc grad] > 0 && [dict get $fc update] > 0}]
puts [expr {[dict get $fc dead] <= 4}]
puts [dict keys [hist of=updates -value]]
puts [expr [join [hist drop of=acts -value] +] >= 28 * 4]
set met [wait until {epoch > 3}]
puts [expr {[lindex [dict keys [hist fc -over time -value]] 0] > 0}]
puts [llength [hist fc of=acts at=[lindex [dict keys [hist fc -over time -value]] 0] -value]]
pause
resume
stop
wait
puts [dict size [hist of=grads -value]]
puts [expr {[dict get [lindex [stats fc -value] 0] grad] > 0}]
