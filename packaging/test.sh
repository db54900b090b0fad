#!/usr/bin/env bash
# Runs every test: unit, simulation, and black-box tests of the packaged image against real daemons.
#
#   bash packaging/test.sh [MAVEN-ARGUMENT...]
#
# Installs the Debian packages listed in packaging/src/test/debian-packages.txt that are missing (as root or with sudo;
# none of the daemons is started), then runs `mvn -B verify`. Ends with one line "N passed, N failed, N skipped"; the
# exit code is not 0 when a test failed, the build failed, or a test was skipped because a package is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly package_list=packaging/src/test/debian-packages.txt

say() { printf 'test.sh: %s\n' "$*"; }

fail() { say "$*" >&2; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo -n "$@"
  else
    fail "cannot install packages: neither root nor sudo; install them yourself: $missing"
  fi
}

missing_packages() {
  local package
  grep -v -e '^#' -e '^$' "$package_list" | while read -r package; do
    if ! dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed; then
      printf '%s ' "$package"
    fi
  done
}

# Daemons must not start by being installed: invoke-rc.d asks policy-rc.d, 101 forbids.
readonly policy=/usr/sbin/policy-rc.d
forbid_services() {
  if as_root test -e "$policy"; then
    as_root mv "$policy" "$policy.before-jinit-tests"
  fi
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
  as_root chmod 755 "$policy"
}
allow_services() {
  as_root rm -f "$policy"
  if as_root test -e "$policy.before-jinit-tests"; then
    as_root mv "$policy.before-jinit-tests" "$policy"
  fi
}

install_packages() {
  missing=$(missing_packages)
  if [ -z "$missing" ]; then
    say "all packages of $package_list are installed"
    return
  fi
  command -v apt-get >/dev/null || fail "cannot install packages without apt-get: $missing"
  say "installing the Debian packages the tests need: $missing"
  trap allow_services EXIT
  forbid_services
  as_root apt-get update -q || { say "apt-get update failed, trying once more"; as_root apt-get update -q; }
  # shellcheck disable=SC2086 # a list of words
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing
  trap - EXIT
  allow_services
}

check_jdk() {
  local release
  for release in ${JAVA_HOME:+"$JAVA_HOME/release"} /usr/lib/jvm/*/release; do
    if grep -qs '^JAVA_VERSION="25' "$release"; then
      say "JDK 25: ${release%/release}"
      return
    fi
  done
  fail "cannot build: no JDK 25 in JAVA_HOME or below /usr/lib/jvm"
}

# sum ATTRIBUTE: adds it up over the test suites' reports.
sum() {
  find . -path '*/target/*-reports/TEST-*.xml' -print0 \
    | xargs -0 -r grep -ho "<testsuite [^>]*>" | grep -o " $1=\"[0-9]*\"" | tr -dc '0-9\n' \
    | awk '{ total += $1 } END { print total + 0 }'
}

report() {
  local tests failed skipped
  tests=$(sum tests)
  failed=$(($(sum failures) + $(sum errors)))
  skipped=$(sum skipped)
  if skipped_for_package=$(grep -rhoE --include='TEST-*.xml' '<skipped[^>]*is not installed[^>]*' -- */target); then
    say "skipped for missing packages: $skipped_for_package" >&2
  fi
  printf '%d passed, %d failed, %d skipped\n' "$((tests - failed - skipped))" "$failed" "$skipped"
  [ "$tests" -gt 0 ] && [ "$failed" = 0 ] && [ -z "$skipped_for_package" ]
}

main() {
  install_packages
  check_jdk
  find . -path '*/target/*-reports' -type d -prune -exec rm -rf {} +
  local build=0
  mvn -B -ntp verify "$@" </dev/null || build=$?
  report || exit 1
  exit "$build"
}

main "$@"
