# The experiment of gas_temperature.tcl done soundly: each series scaled by its own training part, no zero windows, the next value predicted.
#
#   retort gas_temperature_sound.tcl                 ten seeds, in two processes
#   retort gas_temperature_sound.tcl quick=yes       a few seconds
#
# data/series/README.md, "A sounder version"; what came of it stands in
# doc/gas_temperature.md. Done again, only seeds that are missing are trained.
param seeds 10
param epochs 1000
param jobs 2
param quick no
param out .

set name gas_temperature_sound
if {$quick} {
    set name gas_temperature_sound_quick
    set seeds 2
    set epochs 20
}
set here [file dirname [file normalize [info script]]]
source -encoding utf-8 $here/lib/two_series.tcl

# ---- preprocessing -----------------------------------------------------------

# A part of a series as windows of 3 and the value behind each, scaled by the
# series' own training part.
proc part {name series from to {like {}}} {
    data $name values [lrange $series $from $to]
    if {$like eq {}} {
        scale $name minmax
    } else {
        scale $name like=$like
    }
    data $name.w series $name length=3
}
foreach series {temp gas} file {temperature gas} {
    set all [logs $here/data/series/${file}_5050_train.csv]
    part $series.train $all 0 149
    part $series.test $all 151 237 $series.train
}
foreach set {train test} {
    data $set join temp=temp.$set.w gas=gas.$set.w
    bind $set temp_in=temp.x gas_in=gas.x temp=temp.y gas=gas.y
}

# ---- measuring ---------------------------------------------------------------

proc error_of {a b} {
    set sum 0
    foreach x $a y $b {
        set sum [expr {$sum + ($x - $y)**2}]
    }
    return [expr {sqrt($sum / [llength $a])}]
}

# Numbers of a series in its own unit, logarithms: the scaling taken back.
proc unscaled {series numbers} {
    data back values $numbers
    scale back -inverse like=$series.train
    return [values back x]
}

proc rmse {} {
    predict test to=guess -value
    return [lmap series {temp gas} {
        error_of [unscaled $series [values guess $series]] \
            [unscaled $series [values test $series.y]]
    }]
}

# What a guess that needs no model reaches: the last value of the window again.
proc naive {} {
    return [lmap series {temp gas} {
        set last {}
        foreach {a b c} [values test $series.x] {
            lappend last $c
        }
        error_of [unscaled $series $last] \
            [unscaled $series [values test $series.y]]
    }]
}

# ---- training ----------------------------------------------------------------

set rows [sweep $name "seed=1..$seeds" jobs=$jobs minimize=taskwise_mean -value {
    study $epochs no rmse
}]
tell $rows {} $out $name
lassign [naive] temp gas
puts [format "\nthe last value again: temperature %.4f, gas %.4f, mean %.4f" \
    $temp $gas [expr {($temp + $gas) / 2}]]
