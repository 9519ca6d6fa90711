# Attention of several heads goes to a file of Keras and back: the inputs behind
# the first have names there.
seed 1
model m
input q 4x3
input v 5x2
multi_head_attention 2 3 causal=yes from=q,v name=a
multi_head_attention 2 3 from=a,v,v name=b
output
data q values {1 2 3 4 5 6 7 8 9 1 2 3} shape=1x4x3
data v values {1 2 3 4 5 6 7 8 9 1} shape=1x5x2
data d join q=q v=v
bind d q=q.x v=v.x
predict d to=p1 -value
set a [values p1 b]
save_model m.h5 dialect=tf.keras-2.4.0
load_model m.h5
predict d to=p2 -value
assert {$a == [values p2 b]}
commands
model bad
input q 4x3
input flat 7
foreach line {{attention from=q,flat} {multi_head_attention 2 from=q,q} {additive_attention from=q}} {
    catch $line says
    puts "$line\n    $says"
}
