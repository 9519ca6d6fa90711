# Two recurrent networks, measured as a user runs them: the two branches of
# the gas and temperature article (sequences of 3, LSTM 120 and 150), and one
# long layer (256 units, 100 steps of 64 numbers). Prints key=value figures for
# tests/bench/run.
param net two
param batch 32
param threads 1
threads $threads
seed 1

# n rows of that shape: some 4,000 numbers, over and over.
proc numbers {file n shape} {
    set count $n
    foreach d [split $shape x] { set count [expr {$count * $d}] }
    for {set i 0} {$i < 4001} {incr i} { lappend v [expr {rand()}] }
    set block [binary format f* $v]
    set bytes [expr {4 * $count}]
    set all [string repeat $block [expr {$bytes / 16004 + 1}]]
    set head "{'descr': '<f4', 'fortran_order': False, 'shape': ($n, [join [split $shape x] {, }]), }"
    append head [string repeat " " [expr {117 - [string length $head]}]] "\n"
    set f [open $file w]
    fconfigure $f -translation binary
    puts -nonewline $f "\x93NUMPY\x01\x00[binary format s 118]$head"
    puts -nonewline $f [string range $all 0 $bytes-1]
    close $f
}

close [file tempfile tmp]
expr {srand(1)}
if {$net eq "two"} {
    set n 9600
    set epochs 2
    numbers $tmp.npy $n 3x1
    data train npy $tmp.npy
    model two
    input temp 3x1
    lstm 120 return_sequences=yes
    dense 1 name=t
    input gas 3x1
    lstm 150 return_sequences=yes
    dense 1 name=g
    output t
    output g
    bind train temp=x gas=x t=x g=x
} else {
    set n 640
    set epochs 1
    numbers $tmp.npy $n 100x64
    data train npy $tmp.npy
    numbers $tmp.y.npy $n 1
    data train npy $tmp.npy $tmp.y.npy
    model long
    input x 100x64
    lstm 256
    dense 1 name=y
    output y
}
compile adam lr=0.001 loss=mse
fit train epochs=1 batch_size=$batch -value
set begin [clock microseconds]
fit train epochs=$epochs batch_size=$batch -value
set took [expr {[clock microseconds] - $begin}]
puts "train=[expr {1e6 * $n * $epochs / $took}]"
set begin [clock microseconds]
evaluate train batch_size=$batch
set took [expr {[clock microseconds] - $begin}]
puts "evaluate=[expr {1e6 * $n / $took}]"
file delete $tmp $tmp.npy $tmp.y.npy
