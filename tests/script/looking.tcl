# What looks at a model: tables, counts, the graph, memory, weights.
seed 1
model m
input a 4
dense 8 name=trunk
dense 3 name=x1
at trunk
dense 3 name=x2
add x1 x2 name=s
dense 1 name=o1
output
concatenate s trunk name=cc
dense 5 name=o2_with_a_very_long_name_indeed
output
at a
dropout 0.5
dense 2 name=o3
output
summary
summary style=keras3 -trainable
summary style=keras3
summary style=wide -memory -trainable
summary class:Dense -trainable
graph
graph -to m.dot
params -by branch
params -by trainable
params prefix:x -by class
variables
compile adam loss=mse
weight x1/kernel
weight x1/bias
puts [weight x1/bias]
weight x1/bias 0.25
weight x1/bias {1 2 3}
puts [weight x1/bias]
catch {weight x1/bia} e; puts $e
catch {weight x9/bias} e; puts $e
catch {weight s/kernel} e; puts $e
catch {weight x1/bias {1 2}} e; puts $e
catch {weight x1} e; puts $e

catch {summary nix*} e; puts $e
model n
input x 4
dense 3
graph
summary style=keras3
