#!/usr/bin/env bash
# Proves that a loss of power loses nothing that was acknowledged and no checkpoint of a replica, and that the proof can fail.
#
#   tests/powerloss/run.sh [CUTS [SEED [REQUESTS]]]         default: 40 1 300
#
# It records a run of the ingest service (small segments, so that they roll), replays losses of power after it, strict and
# torn, and then does the same with a service that leaves its syncs out: there the replay has to find a loss. Then the same
# with a query service that keeps checkpoints all the time.
# TARGET is the folder of the built programs: `cargo build -p almanac-tests --bins`.
set -euo pipefail
cd "$(dirname "$0")/../.."
cuts=${1:-40} seed=${2:-1} requests=${3:-300}
target=${TARGET:-${CARGO_TARGET_DIR:-target}/debug}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

record() { # PROGRAM NAME WRITER-OPTION...
    local program=$1 name=$2
    shift 2
    python3 tests/powerloss/powerloss.py record --dir "$work/$name" --trace "$work/$name.trace" -- \
        "$target/$program-writer" "$work/$name" --requests "$requests" "$@"
}

replay() { # PROGRAM NAME MODEL
    python3 tests/powerloss/powerloss.py replay --dir "$work/$2" --trace "$work/$2.trace" --model "$3" \
        --cuts "$cuts" --seed "$seed" -- "$target/$1-verifier" '{dir}' '{acked}'
}

refute() { # PROGRAM NAME
    record "$1" "$2" --without-sync
    if replay "$1" "$2" strict > "$work/losses"; then
        echo "without syncs nothing was lost: this replay proves nothing" >&2
        exit 1
    fi
    echo "without syncs, as it has to be: $(tail -n 1 "$work/losses")"
}

record powerloss synced
segments=$(find "$work/synced/log" -mindepth 1 -maxdepth 1 -type d | wc -l)
echo "$requests requests in $segments segments"
[ "$segments" -ge 2 ] || { echo "no segment rolled: raise the number of requests" >&2; exit 1; }
replay powerloss synced strict
replay powerloss synced torn
refute powerloss unsynced

record powerloss-checkpoint kept
echo "checkpoints of a replica of $requests requests"
replay powerloss-checkpoint kept strict
replay powerloss-checkpoint kept torn
refute powerloss-checkpoint unsynced-checkpoints
