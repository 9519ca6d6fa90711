# Steering: orders that wait, what refuses them, scripts of `on`, the edits of a
# built graph, and the clean script of all of it.
proc try {line} { if {[catch $line e]} { puts "error: $e" } else { puts $e } }
seed 3
data s generate moons n=90
model m
input x 2
dense 6 activation=tanh name=a
dense 1 activation=sigmoid name=y
output
compile sgd lr=0.1 momentum=0.5 loss=binary_crossentropy
# kept for the next fit
puts [lr 0.05 when=2:0]
tune momentum=0.9 when=2:1
freeze a when=3
callback early_stopping monitor=loss patience=50 when=1:0
callback set early_stopping patience=40 when=2:2
foreach o [orders] { puts "[dict get $o when]  [dict get $o order]" }
try {lr when=2:0}
try {lr 0.1 when=later}
try {callback set nobody patience=1 when=2:0}
try {pause}
try {step 2}
transcript -script
# events
on train_begin { puts "begins: run [dict get $event run]" }
on epoch_end { puts "epoch [dict get $event epoch]: lr [dict get $event lr]" }
on order { puts "[dict get $event who]: [dict get $event order]" }
on train_end { puts "[dict get $event state] at [dict get $event epoch]" }
on epoch_end { no_such_thing }
fit s epochs=4 name=first
puts [llength [on list]]
foreach e {train_begin epoch_end order train_end} { on remove $e }
try {on epoch_end}
try {on epoch_start {puts 1}}
# orders behind the last epoch, before the first, and after the end
lr 0.01 when=9:0
try {fit s epochs=2 name=refused}
orders clear
lr 0.01 when=1:0
try {fit s epochs=3 initial_epoch=2}
orders clear
lr 0.01 when=3:0
stop when=2:1
fit s epochs=5 name=ends
puts [orders]
# held at a place, looked at, and let go on
pause when=2:1
fit s epochs=4 name=held
puts [dict get [status -value] batch]
puts [dict get [lindex [jobs -value] 0] state]
puts [lr 0.02]
puts [lr 0.03 when=3:0]
try {lr 0.3 when=1:2}
try {layer remove a}
try {undo}
step
wait
puts [dict get [status -value] batch]
step -epoch
wait
puts "[dict get [status -value] epoch] [lr]"
puts [bg]
wait
puts [dict get [status -value] state]
# the graph, edited
puts [layer insert after:a {dropout 0.2 name=drop}]
puts [layer insert before:y {dense 4 name=mid}]
puts [layer rename y up]
puts [layer replace mid {dense 5 relu}]
try {layer remove x}
try {layer reconnect a from=up}
try {layer insert up {dense 3}}
try {layer replace a {conv2d 3 3}}
try {layer delete a}
commands
undo 4
commands
redo 2
fit s epochs=2 name=edited
transcript -script

# two of one name: a number says which
foreach n {p q} {
    model $n
    input x 2
    dense 1 activation=sigmoid
    output
    compile sgd lr=0.1 loss=binary_crossentropy
    pause when=1:1
    set $n [fit s epochs=2 name=same &]
}
wait
puts [expr {[dict get [stop $p] run] == $p}]
puts [expr {[dict get [stop $q] run] == $q}]
