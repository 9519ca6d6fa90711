# The training rows of MNIST as the networks of tests/bench take them, and the
# clock: sourced by their scripts.
proc digits {root rows} {
    set mnist $root/experiments/data/mnist
    data all idx $mnist/train-images-idx3-ubyte.gz \
        $mnist/train-labels-idx1-ubyte.gz
    data train rows all 0..[expr {$rows - 1}]
    scale train by=1/255
    onehot train y
}

# Prints what=rows a second, of so many rows that the commands go over.
proc timed {what rows commands} {
    set begin [clock microseconds]
    uplevel 1 $commands
    puts "$what=[expr {1e6 * $rows / ([clock microseconds] - $begin)}]"
}
