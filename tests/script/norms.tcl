# Normalising layers on numbers that can be worked out by head.
data d values {1 2 3 6 5 10} shape=1x3x2
model n
input x 3x2
layer_norm axis=1 epsilon=0 name=down
layer_norm axis=2 epsilon=0 from=x name=along
layer_norm axis=2,1 epsilon=0 from=x name=all
output down
output along
output all
bind d x=x
foreach layer {down along all} {
    predict d $layer -o $layer.npy
    data $layer npy $layer.npy
    puts "$layer [lmap v [values $layer x] {format %.4f $v}]"
}
