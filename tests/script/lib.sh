# Shared by the test scripts: the program, a private home, counting failures.
set -u
top=${RT_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
retort=${RT_PROGRAM:-$top/build/retort}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/retort-script-XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM HUP
export RETORT_HOME="$tmp/home" XDG_CONFIG_HOME="$tmp/config" LC_ALL=C.UTF-8
export RETORT_THREADS=2
unset OPENBLAS_CORETYPE NO_COLOR RETORT_ASCII 2>/dev/null || true
mkdir -p "$RETORT_HOME" "$XDG_CONFIG_HOME"
bad=0
passes=0

pass() {
    passes=$((passes + 1))
}
miss() { # text
    bad=$((bad + 1))
    echo "FAILED: $*"
}
finish() {
    echo "$passes passed, $bad failed"
    [ $bad = 0 ]
}
