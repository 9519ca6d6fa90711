# Metrics and losses by the weights of samples, and of their steps. What is
# expected is worked out by hand.
proc near {what got want} {
    puts "$what [expr {abs($got - $want) < 1e-5 * max(1, abs($want)) ? "is" : "IS $got, WANT"}] $want"
}
proc scores {data size} {
    set d [evaluate $data batch_size=$size]
    foreach key {loss mae weighted_mae weighted_rmse} {
        lappend out $key [dict get $d $key]
    }
    return $out
}
proc expect {data size args} {
    set got [scores $data $size]
    foreach {key want} $args { near "$data/$size $key" [dict get $got $key] $want }
}
proc ready {words} {
    eval compile sgd loss=mse metrics=mae weighted_metrics=mae,rmse $words
    weight out/kernel 1
    weight out/bias 0
}
seed 1

# One weight a sample: errors 0 1 2 3, weights 1 2 0 4.
data s values {1 2 3 4} shape=4x1
data s expr s y {x * 0 + 1}
data s expr s w {(x == 1) + 2 * (x == 2) + 4 * (x == 4)}
weights s sample w
model m
input x 1
dense 1 name=out
output
ready {}
expect s 4 loss 9.5 mae 1.5 weighted_mae 2 weighted_rmse 2.3299294900428704
expect s 3 loss 9.5 mae 1.5 weighted_mae 2 weighted_rmse 2.3299294900428704
weights s none
expect s 3 loss 3.5 mae 1.5 weighted_mae 1.5 weighted_rmse 1.8708286933869707
weights s sample w
set r [fit s epochs=1 batch_size=3 validation=s]
near validation [dict get $r val_weighted_mae] [dict get [evaluate s] weighted_mae]

# Keras before 2.3: of each batch as the loss, by the weights that are not 0.
model old dialect=keras-2.2.4
input x 1
dense 1 name=out
output
ready {}
expect s 4 loss 12.666667 mae 1.5 weighted_mae 4.6666667
expect s 3 loss 9.75 mae 1.5 weighted_mae 3.75

# Steps: errors 0 1 2, 3 4 5, and the same as weights.
data t values {1 2 3 4 5 6} shape=2x3x1
data t expr t y {x * 0 + 1}
data t expr t w {x[:, :, 0] - 1}
weights t sample w
model n
input x 3x1
dense 1 name=out
output
ready {}
expect t 2 loss 37.5 mae 2.5 weighted_mae 3.6666667 weighted_rmse 3.8729833462074170
expect t 1 loss 37.5 mae 2.5 weighted_mae 3.6666667 weighted_rmse 3.8729833462074170
near gradient [dict get [gradient t -value] out/kernel] 93.333333
set r [fit t epochs=1 validation=t]
near validation [dict get $r val_loss] [dict get [evaluate t] loss]
save_model n.h5
load_model n.h5 name=n2
near loaded [dict get [evaluate t] weighted_mae] [dict get $r val_weighted_mae]
model olds dialect=keras-2.2.4
input x 3x1
dense 1 name=out
output
ready {}
expect t 2 loss 45 mae 2.5 weighted_mae 11
expect t 1 loss 38.25 mae 2.5 weighted_mae 9.5833333

# What does not go together is told.
model flat
input x 3x1
flatten
dense 1 name=out
output
compile sgd loss=mse
data u values {1 2 3 4 5 6} shape=2x3x1
data u expr u y {x[:, 0]}
data u expr u w {x[:, :, 0]}
weights u sample w
catch {fit u} says
puts $says
weights t class y 0=1
model use n
catch {fit t} says
puts $says
catch {compile sgd loss=mse weighted_metrics=odd} says
puts $says
catch {compile sgd loss=mse weighted_metrics=mae,mae} says
puts $says
