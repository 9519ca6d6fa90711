# Bad input: one sentence each, and the session lives.
proc try {line} {
    if {[catch {uplevel #0 $line} says]} {
        puts "$line\n    $says"
    } else {
        puts "$line\n    (no error)"
    }
}
try {dens 3}
try {dense}
try {dense 3}
model m
try {dense 3}
input x 4
try {dense}
try {dense many}
try {dense 0}
try {dense 3 unit=4}
try {dense 3 activation=rely}
try {dense 3 kernel_initializer=glorot}
try {dense 3 from=nobody}
try {dropout 1.5}
try {dropout 0.5 0.5}
try {reshape 3x3}
try {input x 4}
try {input y 4x-3}
try {at nowhere}
try {output nowhere}
try {call dense_9}
dense 3 name=a
at x
dense 5 name=b
try {add a b}
try {concatenate a b a b a b a b a b a b a b a b a}
try {undo 0}
try {compile adm}
try {compile adam}
output a
try {compile adam loss=mze}
try {compile adam lr=-1 loss=mse}
try {compile adam lr=[0.1,0.2] loss=mse}
try {compile adam loss=mse metrics=['acc']}
try {compile adam loss=mse metrics=[acc]}
try {compile adam lr={0.1 0.2} loss=mse}
try {fit nothing}
data s generate blobs n=20 classes=2
try {fit s}
compile adam loss=mse
try {fit s}
try {fit s epochs=0}
try {fit s validation=1.5}
try {fit s epochs=2 initial_epoch=2}
try {data s generate blob}
try {data s csv}
try {data s cvs x.csv}
try {scale s minmaxx}
try {onehot s z}
try {partition s 0.9,0.3}
try {bind s x=nothing}
try {callback add early}
try {callback add early_stopping patience=few}
try {callback remove nobody}
try {plugin load ./nothing.so}
try {pause}
try {stop 99}
try {seed -1}
try {threads 0}
try {evaluate nothing}
try {runs show 999999}
try {help nothing}
try {model copy}
puts [dict get [summary -value] params]
