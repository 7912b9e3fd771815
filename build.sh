#!/usr/bin/env bash
# The commands of this repository; `./build.sh help` lists them. Works from any directory.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
artifacts=$root/artifacts
solution=$root/PackStore.sln

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 NO_COLOR=1 MSBUILDTERMINALLOGGER=off LC_ALL=C
if [[ ${CI:-} == true ]]; then
  export MSBUILDDISABLENODEREUSE=1
fi

usage() {
  cat <<'TEXT'
usage: ./build.sh VERB [ARGUMENTS]

  build               restores and builds everything
  test [ARGUMENTS]    builds and runs all tests; ARGUMENTS go to `dotnet test`; ends in `N passed, N failed, N skipped`
  demo [DIR]          imports the files of DIR (default: the installed .NET SDK) into a fresh store, verifies it and
                      reads a sample back byte for byte; --keep leaves the store, --sample N sets the sample (default 50)
  format [--fix]      checks formatting and code style, or repairs them
  bench [FILTER]      runs the benchmarks whose names match FILTER (default: all)
  fuzz [ARGUMENTS]    runs the fuzz targets
  crash [STATES]      crash states beyond what `test` tries (default: 100 million), in steps with rising seeds; goes on where
                      it was stopped, artifacts/crash says how far; --fresh begins anew, --seed S sets the first seed
  kills [N] [SEED]    kills a writing process N times (default 2000)
  night [HOURS]       every proof in turns with rising seeds (default: 8 hours); report in artifacts/night/report.md
  pack                makes the NuGet package under artifacts/packages

CI=true restores in locked mode. CONFIGURATION sets the build of `build` and `test` (default: Debug, with assertions).
PACKTOOL names a packtool for `demo` to use instead of building one.
TEXT
}

say() { printf '%s\n' "$*"; }
fail() { printf '%s\n' "$*" >&2; exit 1; }

restore() { dotnet restore "$solution" -m:2 --nologo --verbosity quiet; }

build() {
  restore
  dotnet build "$solution" --no-restore --configuration "${CONFIGURATION:-Debug}" -m:2 --nologo --verbosity quiet "$@"
}

# The value of one attribute of a TRX file's <Counters>; 0 if the file is absent or cut short.
counter() {
  local value
  value=$(sed -n "s/.*<Counters[^>]* $2=\"\([0-9]*\)\".*/\1/p" "$1" 2>/dev/null | head -n 1)
  printf '%s' "${value:-0}"
}

run_tests() {
  local results=$artifacts/test-results passed=0 failed=0 skipped=0 project name trx status bad total ran
  build
  rm -rf "$results"
  mkdir -p "$results"
  while IFS= read -r project; do
    name=$(basename "$project" .csproj)
    trx=$results/$name.trx
    say "== $name"
    status=0
    dotnet test "$project" --no-build --configuration "${CONFIGURATION:-Debug}" --nologo --results-directory "$results" \
      --logger "trx;LogFileName=$name.trx" --blame-hang-timeout 10m --blame-hang-dump-type none "$@" </dev/null || status=$?
    bad=$(($(counter "$trx" failed) + $(counter "$trx" error) + $(counter "$trx" timeout) + $(counter "$trx" aborted)))
    total=$(counter "$trx" total)
    ran=$(counter "$trx" executed)
    if ((status != 0 && bad == 0)); then
      say "$name: the run ended with exit code $status and no failed test; counted as one failure"
      bad=1
    fi
    passed=$((passed + $(counter "$trx" passed)))
    failed=$((failed + bad))
    skipped=$((skipped + total - ran))
  done < <(grep -l '<IsTestProject>true' "$root"/tests/*/*.csproj)

  if ((passed + failed == 0)); then
    say "no test ran"
    failed=1
  fi
  say "$passed passed, $failed failed, $skipped skipped"
  ((failed == 0))
}

now() { printf '%s' "${EPOCHREALTIME//[.,]/}"; }

# rate COUNT MICROSECONDS: a number a second with one decimal.
rate() { awk -v n="$1" -v us="$2" 'BEGIN { printf "%.1f", n * 1e6 / (us > 0 ? us : 1) }'; }
seconds() { awk -v us="$1" 'BEGIN { printf "%.2f", us / 1e6 }'; }

demo() {
  local source="" keep=false sample=50
  while (($# > 0)); do
    case $1 in
      --keep) keep=true ;;
      --sample) sample=${2:?--sample wants a number}; shift ;;
      -*) fail "demo: unknown option $1" ;;
      *) source=$1 ;;
    esac
    shift
  done
  [[ $sample =~ ^[1-9][0-9]*$ ]] || fail "demo: --sample wants a positive number, not $sample"
  [[ -n $source ]] || source=$(dirname "$(readlink -f "$(command -v dotnet)")")
  [[ -d $source ]] || fail "demo: $source is not a directory"
  source=$(cd "$source" && pwd)

  # Not local: the trap below runs after this function has returned.
  packtool=${PACKTOOL:-}
  if [[ -z $packtool ]]; then
    say "== building packtool (Release)"
    dotnet publish "$root/src/Tools/Tools.csproj" --configuration Release --output "$artifacts/packtool" -m:2 --nologo \
      --verbosity quiet
    packtool=$artifacts/packtool/packtool
  fi

  work=$(mktemp -d "${TMPDIR:-/tmp}/packstore-demo.XXXXXX")
  if [[ $keep == true ]]; then
    trap 'say "kept: $work"' EXIT
  else
    trap 'rm -rf "$work"' EXIT
  fi
  local store=$work/store

  # The tool does not follow links and says so for what it cannot read: count what is left.
  find "$source" -type f -readable -print0 | sort -z >"$work/files"
  local files bytes
  files=$(tr -cd '\0' <"$work/files" | wc -c)
  bytes=$(find "$source" -type f -readable -printf '%s\n' | awk '{ n += $1 } END { printf "%d", n }')
  ((files > 0)) || fail "demo: $source has no readable files"

  local start import_us verify_us status=0
  say "== packtool import $store $source ($files files, $((bytes >> 20)) MiB)"
  start=$(now)
  "$packtool" import "$store" "$source" --from dir || status=$?
  import_us=$(($(now) - start))
  if ((status == 5)); then
    say "import: some files were refused, as reported above"
  elif ((status != 0)); then
    fail "demo: import ended with exit code $status"
  fi

  say "== packtool verify $store"
  start=$(now)
  "$packtool" verify "$store" --level full || fail "demo: verify ended with exit code $?"
  verify_us=$(($(now) - start))

  say "== packtool stat $store"
  "$packtool" stat "$store" || fail "demo: stat ended with exit code $?"

  say "== packtool get, compared byte for byte"
  local step=$(((files + sample - 1) / sample)) checked=0 i=0 file sum
  start=$(now)
  while IFS= read -r -d '' file <&3; do
    if ((i++ % step != 0)); then
      continue
    fi
    sum=$(sha256sum <"$file")
    sum=${sum%% *}
    "$packtool" get "$store" "$sum" --output 0 -o "$work/delivered" -q || fail "demo: get $sum ($file): exit code $?"
    cmp -- "$file" "$work/delivered" || fail "demo: $file came back with other bytes"
    rm -f "$work/delivered"
    checked=$((checked + 1))
  done 3<"$work/files"
  local get_us=$(($(now) - start))

  say "== done"
  say "imported  $files files, $((bytes >> 20)) MiB in $(seconds "$import_us") s:" \
    "$(rate "$files" "$import_us") files/s, $(rate $((bytes >> 20)) "$import_us") MiB/s"
  say "verified  every checksum in $(seconds "$verify_us") s"
  say "compared  $checked files with their sources in $(seconds "$get_us") s, one process each: all equal"
}

format() {
  restore
  if [[ ${1:-} == --fix ]]; then
    dotnet format "$solution" --no-restore
  else
    dotnet format "$solution" --no-restore --verify-no-changes
    say "format: clean"
  fi
}

bench() {
  local filter=${1:-*}
  if (($# > 0)); then
    shift
  fi
  [[ $filter == *'*'* ]] || filter="*$filter*"
  dotnet run --project "$root/bench/PackStore.Bench" --configuration Release -- --filter "$filter" "$@"
}

fuzz() { dotnet run --project "$root/fuzz/PackStore.Fuzz" --configuration Release -- "$@"; }

# The tests of a filter, without the bound on hangs that `test` has, for long forms set by environment variables.
long_tests() {
  dotnet test "$root/tests/PackStore.Tests" --no-build --configuration "${CONFIGURATION:-Debug}" --nologo \
    --filter "$1" --logger 'console;verbosity=detailed' </dev/null
}

crash() {
  local wanted=100000000 seed=1 step=${CRASH_STEP:-5000000} progress=$artifacts/crash/progress.tsv log tried status fresh=false
  while (($# > 0)); do
    case $1 in
      --fresh) fresh=true ;;
      --seed) seed=${2:?--seed wants a number}; shift ;;
      *) wanted=$1 ;;
    esac
    shift
  done
  [[ $wanted =~ ^[1-9][0-9]*$ && $seed =~ ^[0-9]+$ ]] || fail "usage: ./build.sh crash [STATES] [--seed S] [--fresh]"
  if [[ $fresh == true ]]; then
    rm -rf "$artifacts/crash"
  fi
  mkdir -p "$artifacts/crash"
  touch "$progress"
  build

  # One process holds what it has seen of one step; a step that ended well stands in the file: seed, states.
  while :; do
    tried=$(awk '{ n += $2 } END { printf "%d", n }' "$progress")
    if ((tried >= wanted)); then
      break
    fi
    while grep -q "^$seed[[:space:]]" "$progress"; do
      seed=$((seed + 1))
    done
    log=$artifacts/crash/seed-$seed.log
    status=0
    PACKSTORE_CRASH_STATES=$((wanted - tried < step ? wanted - tried : step)) PACKSTORE_CRASH_SEED=$seed \
      long_tests 'FullyQualifiedName~CrashStateTests' >"$log" 2>&1 || status=$?
    if ((status != 0)); then
      grep -m 1 -A 20 '\[FAIL\]' "$log" || tail -n 20 "$log"
      fail "crash: seed $seed failed after $tried good states; the log is $log"
    fi
    states=$(sed -n 's/.*so far: \([0-9]*\) states tried.*/\1/p' "$log" | sort -n | tail -n 1)
    ((${states:-0} > 0)) || fail "crash: seed $seed tried no state; the log is $log"
    printf '%s\t%s\n' "$seed" "$states" >>"$progress"
    say "crash: seed $seed: $states states, $((tried + states)) of $wanted"
  done
  say "crash: $tried states tried, none bad ($(wc -l <"$progress") steps)"
}

kills() {
  build
  PACKSTORE_KILLS=${1:-2000} PACKSTORE_KILL_SEED=${2:-20} long_tests 'FullyQualifiedName~KillTests'
}

pack() { dotnet pack "$root/src/PackStore/PackStore.csproj" --configuration Release --output "$artifacts/packages" --nologo; }

verb=${1:-help}
shift || true
case $verb in
  build) build "$@" ;;
  test) run_tests "$@" ;;
  demo) demo "$@" ;;
  format) format "$@" ;;
  bench) bench "$@" ;;
  fuzz) fuzz "$@" ;;
  crash) crash "$@" ;;
  kills) kills "$@" ;;
  night) exec "$root/eng/night.sh" "$@" ;;
  pack) pack "$@" ;;
  help | -h | --help) usage ;;
  *) usage >&2; exit 2 ;;
esac
