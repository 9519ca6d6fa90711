# A model of text, character by character: stacked LSTMs whose states go on
# from batch to batch, then letter by letter when they write.
#
#   retort characters.tcl
#   retort characters.tcl epochs=40 seed=2
#
# The text is made here by a small grammar. It is cut into streams that lie
# side by side in a batch; each batch goes on where the one before ended. The
# streams' last window is filled up with 0, which the embedding masks.
param epochs 25
param seed 1
param quick no

seed $seed
expr {srand($seed)}
proc pick {list} { lindex $list [expr {int(rand() * [llength $list])}] }
set who {cat dog bird fox}
set does {sees likes follows}
set where {house garden river}
set text ""
for {set i 0} {$i < 220} {incr i} {
    append text "the [pick $who] [pick $does] the [pick $who] in the [pick $where]. "
}

# Numbers from 1 on; 0 is no character.
set letters [lsort -unique [split $text ""]]
set n_letters [expr {[llength $letters] + 1}]
proc numbers {text} {
    global letters
    lmap c [split $text ""] {expr {[lsearch -exact $letters $c] + 1}}
}

# Windows of `steps` characters, the k-th of all streams after each other.
set streams 8
set steps 40
set each [expr {([string length $text] - 1) / $streams}]
set windows [expr {($each + $steps - 1) / $steps}]
set x {}
set y {}
for {set k 0} {$k < $windows} {incr k} {
    for {set s 0} {$s < $streams} {incr s} {
        for {set t 0} {$t < $steps} {incr t} {
            set at [expr {$k * $steps + $t}]
            set i [expr {$s * $each + $at}]
            if {$at < $each} {
                lappend x {*}[numbers [string index $text $i]]
                lappend y {*}[numbers [string index $text [expr {$i + 1}]]]
            } else {
                lappend x 0
                lappend y 0
            }
        }
    }
}
set rows [expr {$windows * $streams}]
data letters values $x shape=${rows}x$steps
data next values $y shape=${rows}x${steps}x1
data text join x=letters y=next

# The same layers for many characters at a time, and for one.
proc reader {name steps streams} {
    global n_letters
    model $name
    input x $steps batch_size=$streams
    embedding $n_letters 16 mask_zero=yes name=letters
    lstm 64 return_sequences=yes stateful=yes name=lower
    lstm 64 return_sequences=yes stateful=yes name=upper
    time_distributed "dense $n_letters activation=softmax" name=next
    output
}
reader reads $steps $streams
summary
bind text x=x.x next=y.x
compile adam lr=0.005 loss=sparse_categorical_crossentropy metrics=acc
# every epoch begins at the beginning of the text
for {set e 2} {$e <= $epochs} {incr e} { reset_states when=$e:0 }
fit text epochs=$epochs batch_size=$streams shuffle=no
reset_states
set accuracy [dict get [evaluate text batch_size=$streams] acc]
save_weights characters.npz

# Writing: the likeliest character each time, which is then read.
reader writes 1 1
load_weights characters.npz by=order
proc follow {c} {
    global letters n_letters
    data c values [numbers $c] shape=1x1
    predict c batch_size=1 to=shares -value
    set row [lrange [values shares next] 1 end]
    lindex $letters [lsearch $row [lindex [lsort -real -decreasing $row] 0]]
}
proc write {begin n} {
    reset_states
    foreach c [split $begin ""] { set next [follow $c] }
    for {set i 0} {$i < $n} {incr i} {
        append begin $next
        set next [follow $next]
    }
    return $begin
}
set written [write "the fox " 60]
puts "written: $written"
puts [format "next character right: %.3f" $accuracy]

# What it wrote is made of the grammar's words, but for the last.
foreach word [lrange [split $written " ."] 0 end-1] {
    if {$word ne ""} {
        assert {$word in [list the in {*}$who {*}$does {*}$where]} \
            "'$word' is no word of this text"
    }
}
assert {$accuracy >= 0.8} "want four of five characters right"
