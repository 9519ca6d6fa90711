# What gas_temperature.tcl and gas_temperature_sound.tcl share: the series, the
# model of two branches, its ways of training, medians and tables.

# The logarithm of a series, in time order.
proc logs {file} {
    data raw csv $file x=value
    data raw expr raw log {log(x + 1)}
    return [values raw log]
}

# Two inputs, two LSTMs, two outputs: nothing is shared. sequences: whether a
# branch gives a number for every step, or one behind the last.
proc individual {name sequences} {
    model $name
    foreach {series units} {temp 120 gas 150} {
        input ${series}_in 3x1
        lstm $units return_sequences=$sequences \
            recurrent_activation=hard_sigmoid name=lstm_$series
        dense 1 name=$series
        output
    }
    compile adam loss=mse
}

# One fit with what was attached, measured by $rmse: {temp gas}. The columns of
# the sweep's table, and the run's number, under this name.
proc train {name epochs rmse} {
    set r [fit train epochs=$epochs batch_size=32 validation=0.1 \
        name=$name -value]
    lassign [$rmse] temp gas
    return [list ${name}_run [dict get $r run] \
        ${name}_epochs [dict get $r epochs] ${name}_temp $temp \
        ${name}_gas $gas ${name}_mean [expr {($temp + $gas) / 2}]]
}

# Task-wise early stopping as the article did it: the first output that stops ends
# the fit, its layers are frozen, and the model is compiled anew, so that Adam
# begins afresh. Where none stops in time there is no second fit.
proc restart {epochs rmse} {
    foreach series {temp gas} {
        callback early_stopping monitor=val_${series}_loss patience=30 \
            name=stop_$series
    }
    set row [train restart $epochs $rmse]
    set shown [runs show [dict get $row restart_run] -value]
    if {![regexp {stop_(temp|gas): stop} $shown -> first]} {
        return $row
    }
    freeze branch:$first
    compile adam loss=mse -reset
    callback remove stop_$first
    set before [dict get $row restart_epochs]
    set row [train restart $epochs $rmse]
    dict incr row restart_epochs $before
    return $row
}

# The ways of one seed. `early` draws weights of its own; the others begin
# with the same weights, so that what differs is the way.
proc study {epochs sequences rmse} {
    individual first $sequences
    callback early_stopping monitor=val_loss patience=10
    set row [train early $epochs $rmse]

    individual second $sequences
    callback early_stopping monitor=val_loss patience=10
    callback heterogeneous_weights apply=no
    lappend row {*}[train gather $epochs $rmse]
    set run [dict get $row gather_run]

    foreach form {ratio inverse} {
        individual second $sequences
        callback early_stopping monitor=val_loss patience=10
        set weight [weighing mean3sigma run=$run form=$form]
        lappend row {*}[train $form $epochs $rmse] \
            ${form}_w_temp [dict get $weight temp] \
            ${form}_w_gas [dict get $weight gas]
    }

    individual second $sequences
    callback task_wise_early_stopping patience=30
    lappend row {*}[train taskwise $epochs $rmse]
    set log [log [dict get $row taskwise_run] -value]
    foreach series {temp gas} {
        set at -
        regexp "(\\d+):\\d+ +task_wise_early_stopping: $series: .* not improved" \
            $log -> at
        lappend row stop_$series $at
    }

    individual second $sequences
    return [list {*}$row {*}[restart $epochs $rmse]]
}

# ---- tables ------------------------------------------------------------------

# A quantile as NumPy gives it.
proc quantile {list share} {
    set sorted [lsort -real $list]
    set at [expr {$share * ([llength $sorted] - 1)}]
    set low [expr {int($at)}]
    set a [lindex $sorted $low]
    set b [lindex $sorted [expr {min($low + 1, [llength $sorted] - 1)}]]
    return [expr {$a + ($at - $low) * ($b - $a)}]
}
proc column {rows name} {
    return [lmap row $rows {dict get $row $name}]
}
# "0.0123 [0.0110 0.0145]": median and quartiles.
proc spread {list {format %.4f}} {
    set out {}
    foreach share {0.5 0.25 0.75} {
        lappend out [format $format [quantile $list $share]]
    }
    return [format {%s [%s %s]} {*}$out]
}

# article: way -> temp, gas, mean of its single run; {} where it has none.
proc print_table {rows article} {
    puts "test RMSE (of logarithms), median \[quartiles\] over [llength $rows]\
        seeds"
    puts [format "%-9s  %-22s  %-22s  %-22s  %-14s" way temperature gas mean \
        epochs]
    foreach way {early gather ratio inverse taskwise restart} {
        set line [format %-9s $way]
        foreach what {temp gas mean} {
            append line [format "  %-22s" \
                [spread [column $rows ${way}_$what]]]
        }
        puts "$line  [spread [column $rows ${way}_epochs] %.0f]"
        if {[dict exists $article $way]} {
            puts [format "%-9s  %-22s  %-22s  %-22s  %s" "" \
                {*}[dict get $article $way]]
        }
    }
}

proc print_weights {rows} {
    puts "\nweights found, N = mean + 3 sd of an output's validation losses"
    puts [format "%-6s  %-12s  %-12s  %-12s  %-12s" seed \
        "ratio temp" "ratio gas" "inverse temp" "inverse gas"]
    foreach row $rows {
        set line [format %-6s [dict get $row seed]]
        foreach what {ratio_w_temp ratio_w_gas inverse_w_temp inverse_w_gas} {
            append line [format "  %-12.4g" [dict get $row $what]]
        }
        puts $line
    }
    puts "ratio of gas: [spread [column $rows ratio_w_gas] %.3g]"
}

# "-": it went on to the last epoch.
proc print_stops {rows} {
    puts "\ntask-wise early stopping: which output stopped when"
    foreach row $rows {
        puts [format "seed %-3s temp at %-5s gas at %-5s" \
            [dict get $row seed] [dict get $row stop_temp] \
            [dict get $row stop_gas]]
    }
}

# The validation losses of both outputs in two runs, over one another.
proc draw {row before after file} {
    set of [dict get $row ${before}_run],[dict get $row ${after}_run]
    plot val_temp_loss val_gas_loss of=$of log=y
    plot val_temp_loss val_gas_loss of=$of log=y -to $file
}

proc tell {rows article out name} {
    print_table $rows $article
    print_weights $rows
    print_stops $rows
    puts "\nvalidation losses of both outputs before weighing and after"
    draw [lindex $rows 0] gather ratio $out/$name-weights.png
    puts "\n... and with task-wise early stopping"
    set stopped [lsearch -inline -not [column $rows stop_temp] -]
    set row [expr {$stopped eq {} ? 0
        : [lsearch [column $rows stop_temp] $stopped]}]
    draw [lindex $rows $row] gather taskwise $out/$name-taskwise.png
}
