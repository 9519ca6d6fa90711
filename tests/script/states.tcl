# Recurrent layers that go on from batch to batch, that give their states, and
# that begin with some.
proc try {line} {
    if {[catch {uplevel #0 $line} says]} {
        puts "$line\n    $says"
    } else {
        puts "$line\n    (no error)"
    }
}
proc outputs {data args} {
    predict $data {*}$args to=out
    values out end
}
proc same {a b} {
    foreach x $a y $b { if {abs($x - $y) > 1e-6} { return 0 } }
    expr {[llength $a] == [llength $b]}
}
seed 3
# two sequences of 6 steps of 2 numbers; and as two batches of 3 steps
set numbers {}
for {set i 0} {$i < 24} {incr i} { lappend numbers [expr {sin($i * 0.7)}] }
set halves {}
foreach at {0 12 6 18} { lappend halves {*}[lrange $numbers $at $at+5] }
data whole values $numbers shape=2x6x2
data halves values $halves shape=4x3x2

foreach kind {lstm gru simple_rnn} {
    model plain_$kind
    input x 6x2
    $kind 3 name=end
    output
    save_weights $kind.npz
    set want [outputs whole]

    model going_$kind
    input x 3x2 batch_size=2
    $kind 3 stateful=yes name=end
    output
    load_weights $kind.npz by=order
    set first [outputs halves batch_size=2]
    puts "$kind: goes on: [same [lrange $first 6 end] $want]"
    set second [outputs halves batch_size=2]
    puts "$kind: and on: [same $first $second]"
    reset_states
    puts "$kind: begins anew: [same [outputs halves batch_size=2] $first]"

    # the state of the first half, handed to a second layer of equal weights
    model given_$kind
    input x 3x2
    input z 3x2
    $kind 3 return_state=yes from=x name=first
    set states [expr {$kind eq "lstm" ? "first:0:1,first:0:2" : "first:0:1"}]
    call first from=z,$states
    activation linear name=end
    output
    load_weights $kind.npz by=order
    bind halves z=x
    data pairs join a=halves b=halves
    data front rows halves 0..1
    data back rows halves 2..3
    data both join a=front b=back
    bind both x=a.x z=b.x
    puts "$kind: is given: [same [outputs both] $want]"
}

model m
input x 3x2 batch_size=2
lstm 3 stateful=yes name=l
dense 1 name=end
output
summary
commands
compile sgd loss=mse
data few rows halves 0..2
data labels values {1 0 1 0} shape=4x1
data all join a=halves b=labels
bind all x=a.x end=b.x
try {predict few batch_size=2}
try {fit all epochs=1 batch_size=4 shuffle=no}
fit all epochs=2 batch_size=2 shuffle=no validation=all
reset_states l
try {reset_states end}
save_model going.h5
load_model going.h5
commands

model n
input x 3x2
input h 4
try {lstm 3 stateful=yes from=x}
try {gru 3 from=x,h}
try {lstm 3 from=x,h}
try {gru 4 stateful=yes from=x,h}
