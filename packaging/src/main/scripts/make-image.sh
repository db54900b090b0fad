#!/usr/bin/env bash
# Makes the image: make-image.sh IMAGE AOT. JAVA_HOME names the JDK 25 whose jlink and java are used. With "false" as AOT
# the image gets no AOT caches: it is built sooner and starts slower.
#
# Everything in it is found relative to itself, so it runs from wherever it is copied to. The AOT caches remember size
# and modification time of the jars: copy with times kept (cp -a, tar, rsync -a). With other times the programs still
# run, only slower.
set -euo pipefail

readonly image=$1 aot=$2
readonly scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly packaging=$(cd "$scripts/../../.." && pwd)
readonly work=$packaging/target
readonly class_path=$work/class-path
: "${JAVA_HOME:?must name a JDK 25}"

# What the programs use (jdeps over the jars, less what only unused parts of the libraries ask for: no java.desktop,
# java.sql, java.xml of logback's XML configuration, no java.naming of its JNDI look-ups).
readonly modules=java.base,java.logging,java.management,java.xml,jdk.unsupported,jdk.management

say() { printf 'image: %s\n' "$*"; }

native_names() {
  case $(uname -m) in
    x86_64) echo x86_64-Linux amd64-Linux-clang ;;
    aarch64) echo aarch64-Linux aarch64-Linux-clang ;;
    *) echo "image: cannot choose native libraries for $(uname -m): only x86_64 and aarch64 are supported" >&2; exit 1 ;;
  esac
}

copy_jars() {
  mkdir -p "$image/lib"
  local jar
  for jar in "$class_path"/*.jar; do
    case ${jar##*/} in
      # Only native libraries, which are unpacked below; of annotations nothing is needed at run time.
      jffi-*-native.jar | jspecify-*.jar) continue ;;
    esac
    cp -p "$jar" "$image/lib/"
  done
}

unpack_natives() {
  local jffi junixsocket
  read -r jffi junixsocket <<<"$(native_names)"
  mkdir -p "$image/libexec/native"
  unzip -qjo "$class_path"/jffi-*-native.jar "jni/$jffi/libjffi-*.so" -d "$image/libexec/native"
  unzip -qjo "$class_path"/junixsocket-native-common-*.jar "lib/$junixsocket/jni/libjunixsocket-native-*.so" \
    -x '*.nodeps.so' -d "$image/libexec/native"
}

make_runtime() {
  rm -rf "$image/libexec/runtime"
  "$JAVA_HOME/bin/jlink" --add-modules "$modules" --strip-debug --no-header-files --no-man-pages --compress zip-0 \
    --vm server --output "$image/libexec/runtime"
}

# write_argv PROGRAM AOT_OPTION: the argument file of the program, with the option or, when empty, without a cache.
write_argv() {
  local library argument='' jar line
  for jar in "$image"/lib/initd-*.jar $(ls -I 'initd-*' "$image/lib"); do
    case $1:${jar##*/} in
      manager:initd-cli-*) continue ;;
    esac
    argument+=${argument:+:}%i/lib/${jar##*/}
  done
  library=$(basename "$image"/libexec/native/libjunixsocket-native-*.so)
  while IFS= read -r line; do
    case $line in
      @NATIVE@)
        echo '-Djffi.boot.library.path=%i/libexec/native'
        echo "-Dorg.newsclub.net.unix.library.override=%i/libexec/native/$library"
        ;;
      @AOT@) printf '%s' "${2:+$2
}" ;;
      @CLASSPATH@) echo "$argument" ;;
      *) printf '%s\n' "$line" ;;
    esac
  done <"$packaging/src/main/image/$1.argv" >"$image/libexec/$1.argv.new"
  mv "$image/libexec/$1.argv.new" "$image/libexec/$1.argv"
}

# java_command PROGRAM: fills the array `java_command` with what the launcher or the keeper would execute.
java_command() {
  mapfile -t java_command < <(sed "s|%i|$image|g" "$image/libexec/$1.argv")
  java_command=("$image/libexec/runtime/bin/java" "${java_command[@]}")
}

has_class() { unzip -l "$image/lib/$1" "$2.class" >/dev/null 2>&1; }

# make_cache PROGRAM JAR MAIN: a training run of the real program writes down what it loaded, a second run of java
# makes the cache of it.
make_cache() {
  local program=$1 recorded=$work/$1.aotconf
  rm -f "$recorded" "$image/libexec/$program.aot"
  if [ "$aot" = false ]; then
    return
  fi
  if ! has_class "$2" "$3"; then
    say "no AOT cache for $program: $2 has no class $3"
    return
  fi
  write_argv "$program" "-XX:AOTMode=record
-XX:AOTConfiguration=$recorded"
  if ! timeout --kill-after=10 120 bash "$scripts/train-$program.sh" "$image" "$work/train-$program" \
    >"$work/train-$program.log" 2>&1 </dev/null; then
    cat "$work/train-$program.log" >&2
    say "cannot train $program: its training run failed, see above" >&2
    exit 1
  fi
  if [ ! -s "$recorded" ]; then
    cat "$work/train-$program.log" >&2
    say "cannot train $program: the training run ended without writing $recorded; it must end in an orderly way" >&2
    exit 1
  fi
  write_argv "$program" "-XX:AOTMode=create
-XX:AOTConfiguration=$recorded
-XX:AOTCache=$image/libexec/$program.aot"
  java_command "$program"
  "${java_command[@]}" >"$work/create-$program.log" 2>&1 || { cat "$work/create-$program.log" >&2; exit 1; }
  rm -f "$recorded"
  say "AOT cache for $program: $(stat -c %s "$image/libexec/$program.aot") bytes"
}

main() {
  rm -rf "$image"
  mkdir -p "$image"/{bin,sbin,lib,libexec}
  mkdir -p "$image/share"
  cp "$packaging/../LICENSE" "$image/"
  cp -r "$packaging/../etc/jinit.d" "$image/share/examples"
  cp -p "$packaging/../initd-cli/target/launcher/jinitctl" "$image/bin/jinitctl"
  if [ -x "$packaging/../initd-core/target/keeper/jinitd" ]; then
    cp -p "$packaging/../initd-core/target/keeper/jinitd" "$image/sbin/jinitd"
  else
    say "no keeper: initd-core has not built jinitd"
  fi
  copy_jars
  unpack_natives
  make_runtime
  write_argv jinitctl ''
  write_argv manager ''
  make_cache manager initd-core-*.jar org/jinit/daemon/Manager
  finish_argv manager
  make_cache jinitctl initd-cli-*.jar org/jinit/cli/Jinitctl
  finish_argv jinitctl
  say "$image is ready, $(du -sm "$image" | cut -f1) MB"
}

# The argument file users get: with the cache when there is one.
finish_argv() {
  if [ -e "$image/libexec/$1.aot" ]; then
    write_argv "$1" "-XX:AOTCache=%i/libexec/$1.aot"
  else
    write_argv "$1" ''
  fi
}

main
