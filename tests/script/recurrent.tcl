# Recurrent layers, wrappers and embeddings as they are typed.
proc try {line} {
    if {[catch {uplevel #0 $line} says]} {
        puts "$line\n    $says"
    } else {
        puts "$line\n    (no error)"
    }
}
seed 4
set f [open words.csv w]
puts $f "a,b,c,y\n0,1,2,0\n3,4,1,1\n2,5,1,0"
close $f
data s csv words.csv x=a,b,c y=y
model words
input word 3
embedding 5 4
bidirectional {lstm 3 return_sequences=yes} merge_mode=none name=bi
add from=bi:0:1,bi
time_distributed {dense 2 activation=tanh}
gru 4 reset_after=yes recurrent_dropout=0.25
dense 1 name=end
output end loss=mse
summary
transcript -script
compile adam
data few rows s 0..1
try {fit s epochs=1}
try {evaluate s}
try {predict s}
try {predict few -value}
try {gradient s}
try {expr {[dict get [evaluate few] loss] > 0}}
try {dense 3 from=bi:0:2}
try {bidirectional {dense 4}}
try {time_distributed {lstm 4} from=bi}
try {lstm 4 from=end}
try {lstm 4 softmax from=bi}
try {embedding 5 4 input_length=4 from=word}
