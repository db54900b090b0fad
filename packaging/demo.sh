#!/usr/bin/env bash
# Builds jinit and runs it in the foreground with the sample services of etc/jinit.d. Ctrl-C stops everything in order.
#
#   bash packaging/demo.sh [JINITD-OPTION...]
#
# It keeps all it writes below packaging/target/demo; nothing of the machine is touched, and root is not needed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly image=$PWD/packaging/target/jinit demo=$PWD/packaging/target/demo

mvn -q -B -ntp package -DskipTests </dev/null
mkdir -p "$demo"/{run,state,log}

cat <<TEXT
demo: jinitd runs in this terminal, Ctrl-C ends it. In another terminal:

    export JINIT_RUN_DIR=$demo/run
    $image/bin/jinitctl list
    $image/bin/jinitctl status web
    $image/bin/jinitctl logs web
    $image/bin/jinitctl why web
    $image/bin/jinitctl restart database --with-dependents

TEXT
exec "$image/sbin/jinitd" --container --config-dir "$PWD/etc/jinit.d" --run-dir "$demo/run" \
  --state-dir "$demo/state" --log-dir "$demo/log" "$@"
