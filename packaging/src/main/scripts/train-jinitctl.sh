#!/usr/bin/env bash
# The training run of jinitctl's AOT cache: train-jinitctl.sh IMAGE SCRATCH.
#
# One run writes one recording, so this is one invocation, of the verb whose speed users feel most; its answer comes
# from a jinitd started for it.
set -euo pipefail
readonly image=$1 scratch=$2

rm -rf "$scratch"
mkdir -p "$scratch"/{config,run,state,log}
cat >"$scratch/config/training.yaml" <<'YAML'
services:
  one:
    exec: sleep 1000
  two:
    exec: sleep 1000
    requires: [one]
YAML
"$image/sbin/jinitd" --config-dir "$scratch/config" --run-dir "$scratch/run" --state-dir "$scratch/state" \
  --log-dir "$scratch/log" --container &
readonly keeper=$!
trap 'kill -TERM "$keeper" 2>/dev/null || true; wait "$keeper" || true' EXIT

deadline=$((SECONDS + 30))
until [ -S "$scratch/run/control" ]; do
  if ! kill -0 "$keeper" 2>/dev/null || [ "$SECONDS" -ge "$deadline" ]; then
    echo "train-jinitctl: jinitd did not open its control socket" >&2
    exit 1
  fi
  read -rt 0.1 <> <(:) || true
done
"$image/bin/jinitctl" --run-dir "$scratch/run" status one
