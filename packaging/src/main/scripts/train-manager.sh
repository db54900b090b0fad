#!/usr/bin/env bash
# The training run of the manager's AOT cache: train-manager.sh IMAGE SCRATCH.
#
# Boots the image's jinitd with a few services of every usual kind, asks it things, shuts it down in order. What is
# loaded here starts fast later; what is not costs time at its first use.
set -euo pipefail
readonly image=$1 scratch=$2

rm -rf "$scratch"
mkdir -p "$scratch"/{config,run,state,log}
cat >"$scratch/config/training.yaml" <<YAML
services:
  one:
    exec: sleep 1000
    log: {to: file}
  two:
    exec: [sh, -c, "echo ready >&3; exec sleep 1000"]
    ready: pipe
    requires: [one]
    log: {to: file}
  notified:
    exec: [sh, -c, "exec sleep 1000"]
    environment: {COLOUR: blue}
    wants: [one]
    stop: {signal: TERM, timeout: 2s}
  failing:
    exec: "false"
    restart: {when: on-failure, delay: 10ms, limit: {count: 2, within: 10s}}
  work:
    type: task
    exec: "true"
  all:
    type: target
    wants: [two, notified, work]
  last:
    exec: [sh, -c, "echo up >$scratch/up; exec sleep 1000"]
    wants: [all, failing]
YAML
ctl() { "$image/bin/jinitctl" --run-dir "$scratch/run" "$@"; }

# Java writes the recording when it exits, which takes seconds, but the keeper waits only a moment for a manager that
# has said goodbye. So the keeper gets this in between, and it is Java's end that is waited for here.
cat >"$scratch/manager" <<SH
#!/bin/bash
mapfile -t arguments < <(sed 's|%i|$image|g' '$image/libexec/manager.argv')
'$image/libexec/runtime/bin/java' "\${arguments[@]}" "\$@" &
echo \$! >'$scratch/pid'
wait
SH
chmod +x "$scratch/manager"

"$image/sbin/jinitd" --manager "$scratch/manager" --config-dir "$scratch/config" --run-dir "$scratch/run" --state-dir "$scratch/state" \
  --log-dir "$scratch/log" --container &
readonly keeper=$!
trap 'kill -TERM "$keeper" 2>/dev/null || true' EXIT

deadline=$((SECONDS + 30))
until [ -e "$scratch/up" ]; do
  if ! kill -0 "$keeper" 2>/dev/null || [ "$SECONDS" -ge "$deadline" ]; then
    echo "train-manager: jinitd did not bring up its services" >&2
    exit 1
  fi
  read -rt 0.1 <> <(:) || true
done
# What these verbs answer does not matter here, the tests look at that.
for command in list 'list --json' 'status two' 'status --json' 'why failing' 'restart two' 'stop notified' \
  'start notified' 'logs two'; do
  # shellcheck disable=SC2086 # words
  ctl $command || true
done
kill -TERM "$keeper"
wait "$keeper" || true
trap - EXIT
deadline=$((SECONDS + 60))
while kill -0 "$(cat "$scratch/pid")" 2>/dev/null && [ "$SECONDS" -lt "$deadline" ]; do
  read -rt 0.1 <> <(:) || true
done
