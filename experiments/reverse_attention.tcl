# A small attention model learns to turn sequences round.
#
#   retort reverse_attention.tcl
#   retort reverse_attention.tcl epochs=20 steps=12 seed=2
#
# Two embeddings, of what a symbol is and of where it stands; the places ask,
# the places answer, and what is fetched are the symbols. The heads have to
# find out that place t wants the symbol of place steps - 1 - t.
param epochs 12
param steps 8
param symbols 10
param seed 1
param quick no

seed $seed
expr {srand($seed)}

# Data: n sequences, their places and what they are when turned round.
proc sequences {name n} {
    global steps symbols
    for {set i 0} {$i < $n} {incr i} {
        set row {}
        for {set t 0} {$t < $steps} {incr t} {
            lappend row [expr {int(rand() * $symbols)}]
            lappend places $t
        }
        lappend words {*}$row
        lappend turned {*}[lreverse $row]
    }
    data $name.words values $words shape=${n}x$steps
    data $name.places values $places shape=${n}x$steps
    data $name.turned values $turned shape=${n}x${steps}x1
    data $name join word=$name.words place=$name.places y=$name.turned
    bind $name word=word.x place=place.x symbol=y.x
}
sequences train 2000
sequences test 500

# Model
model reverse
input word $steps
embedding $symbols 16 name=what
input place $steps
embedding $steps 16 name=where
multi_head_attention 2 8 from=where,what,where name=look
add from=look,where
layer_norm
dense $symbols activation=softmax name=symbol
output
summary
compile adam lr=0.01 loss=sparse_categorical_crossentropy metrics=acc
fit train epochs=$epochs batch_size=64 validation=test

# Sequences that it has not seen
set accuracy [dict get [evaluate test] acc]
predict test to=guess -value
set n [expr {3 * $steps}]
set shares [values guess symbol 0..2]
for {set i 0} {$i < $n} {incr i} {
    set row [lrange $shares [expr {$i * $symbols}] [expr {($i + 1) * $symbols - 1}]]
    lappend best [lsearch $row [lindex [lsort -real -decreasing $row] 0]]
}
foreach i {0 1 2} {
    set at [expr {$i * $steps}]
    set end [expr {$at + $steps - 1}]
    puts "[lmap w [values test.words x $i] {expr {int($w)}}] -> [lrange $best $at $end]"
}
puts [format "accuracy on 500 others: %.4f" $accuracy]
assert {$accuracy >= 0.99} "want an accuracy of at least 0.99"
