#!/usr/bin/env bash
# Every proof in turns with rising seeds until the time is up, and a report of it. `./build.sh night [HOURS]`.
set -uo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit 1
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 NO_COLOR=1 MSBUILDTERMINALLOGGER=off LC_ALL=C

hours=${1:-8}
[[ $hours =~ ^[0-9]+(\.[0-9]+)?$ ]] || { echo "usage: ./build.sh night [HOURS]" >&2; exit 2; }
seconds=$(awk -v h="$hours" 'BEGIN { printf "%d", h * 3600 }')
# One turn of all stages takes some minutes at this size; NIGHT_SIZE=1 makes it tiny, to try the command itself.
size=${NIGHT_SIZE:-100}
first_seed=${NIGHT_SEED:-$(date +%s)}

folder=$root/artifacts/night
rm -rf "$folder"
mkdir -p "$folder"
report=$folder/report.md
started=$(date +%s)
stages=(crash damage faults model interleavings kernel kills fuzz stores)

declare -A turns=() counts=() units=() failures=() first=() spent=()
for stage in "${stages[@]}"; do
  turns[$stage]=0 counts[$stage]=0 failures[$stage]=0 first[$stage]="" spent[$stage]=0
done
units=([crash]="crash states" [damage]="tests of damaged stores" [faults]="tests of failing disks"
  [model]="runs of model tests" [interleavings]="tests of threads" [kernel]="tests on real kernels"
  [kills]="kills" [fuzz]="inputs" [stores]="stores with a random byte overwritten")

say() { printf '%s\n' "$*"; }

# suite FILTER: runs tests of the built suite. The hang bound of CI is not for long forms.
suite() {
  dotnet test tests/PackStore.Tests --no-build --nologo --filter "$1" --logger 'console;verbosity=detailed' </dev/null
}

passed() { sed -n 's/^ *Passed: *\([0-9]*\)$/\1/p' "$1" | tail -n 1; }

# run STAGE SEED LOG: does one turn; prints how much was tried.
run() {
  local seed=$2 log=$3 status=0
  case $1 in
    crash)
      PACKSTORE_CRASH_STATES=$((20000 * size)) PACKSTORE_CRASH_SEED=$seed suite 'FullyQualifiedName~CrashStateTests' \
        >"$log" 2>&1 || status=$?
      sed -n 's/.*so far: \([0-9]*\) states tried.*/\1/p' "$log" | sort -n | tail -n 1
      ;;
    damage) suite 'FullyQualifiedName~Damage|FullyQualifiedName~Repair' >"$log" 2>&1 || status=$?; passed "$log" ;;
    faults) PACKSTORE_FAULTS=all suite 'FullyQualifiedName~Fault' >"$log" 2>&1 || status=$?; passed "$log" ;;
    model) suite 'FullyQualifiedName~Properties|FullyQualifiedName~Model' >"$log" 2>&1 || status=$?; passed "$log" ;;
    interleavings)
      PACKSTORE_SCHEDULES=$((20 * size)) PACKSTORE_SCHEDULE_SEED=$seed \
        suite 'FullyQualifiedName~Interleav|FullyQualifiedName~Concurrency|FullyQualifiedName~Schedul' >"$log" 2>&1 \
        || status=$?
      passed "$log"
      ;;
    kernel) suite 'FullyQualifiedName~Tests.Kernel' >"$log" 2>&1 || status=$?; passed "$log" ;;
    kills)
      PACKSTORE_KILLS=$((2 * size)) PACKSTORE_KILL_SEED=$seed suite 'FullyQualifiedName~KillTests' >"$log" 2>&1 \
        || status=$?
      sed -n 's/^ *\([0-9]*\) kills, .*/\1/p' "$log" | tail -n 1
      ;;
    fuzz)
      dotnet fuzz/PackStore.Fuzz/bin/Release/net10.0/PackStore.Fuzz.dll --iterations $((20000 * size)) --seed "$seed" \
        >"$log" 2>&1 || status=$?
      awk '$3 == "cases" { n += $2 } END { printf "%d\n", n }' "$log"
      ;;
    stores)
      eng/random-damage.sh "$size" $((seed % 32768)) >"$log" 2>&1 || status=$?
      sed -n 's/^\([0-9]*\) rounds, .*/\1/p' "$log" | tail -n 1
      ;;
  esac
  return "$status"
}

write_report() {
  local now stage total=0
  now=$(date +%s)
  {
    say "# Night run"
    say ""
    say "Commit $(git rev-parse --short HEAD 2>/dev/null || echo unknown), seeds from $first_seed on," \
      "$(((now - started) / 60)) of $((seconds / 60)) minutes, $(nproc) processors. $1"
    say ""
    say "| stage | turns | tried | failed turns | minutes |"
    say "|---|---:|---:|---:|---:|"
    for stage in "${stages[@]}"; do
      say "| $stage | ${turns[$stage]} | ${counts[$stage]} ${units[$stage]} | ${failures[$stage]} |" \
        "$((spent[$stage] / 60)) |"
      total=$((total + failures[$stage]))
    done
    say ""
    say "$total turns failed."
    for stage in "${stages[@]}"; do
      if [[ -n ${first[$stage]} ]]; then
        say ""
        say "## First failure of $stage"
        say ""
        say "${first[$stage]}"
      fi
    done
  } >"$report.new"
  mv "$report.new" "$report"
}

say "night: building"
dotnet restore PackStore.sln -m:2 --nologo --verbosity quiet || exit 1
dotnet build tests/PackStore.Tests/PackStore.Tests.csproj --no-restore -m:2 --nologo --verbosity quiet || exit 1
dotnet build fuzz/PackStore.Fuzz/PackStore.Fuzz.csproj --no-restore -c Release -m:2 --nologo --verbosity quiet || exit 1
PACKTOOL=$(eng/random-damage.sh --build) || exit 1
export PACKTOOL
say "night: $hours hours from seed $first_seed on; report: $report"

any_failed=0
for ((turn = 0; ; turn++)); do
  seed=$(((first_seed + turn) % 1000000000))
  for stage in "${stages[@]}"; do
    began=$(date +%s)
    if ((began - started >= seconds && turn > 0)); then
      break 2
    fi
    log=$folder/$stage-$seed.log
    status=0
    count=$(run "$stage" "$seed" "$log") || status=$?
    turns[$stage]=$((turns[$stage] + 1))
    counts[$stage]=$((counts[$stage] + ${count:-0}))
    spent[$stage]=$((spent[$stage] + $(date +%s) - began))
    if ((status != 0)); then
      any_failed=1
      failures[$stage]=$((failures[$stage] + 1))
      if [[ -z ${first[$stage]} ]]; then
        first[$stage]=$(say "Turn $turn, seed $seed, exit code $status; the whole log is ${log#"$root/"}."
          say '```'
          grep -m 1 -A 25 -E '\[FAIL\]|^FAILED|  Failed |error' "$log" | cut -c 1-300
          say '```')
      fi
    elif ((failures[$stage] == 0)); then
      # What went well needs no log; one is kept to look at.
      mv -f "$log" "$folder/$stage.log"
    else
      rm -f "$log"
    fi
    say "night: turn $turn, $stage: ${count:-0} ${units[$stage]}, exit code $status"
    write_report "Still running."
  done
done
write_report "Done."
say "night: report: $report"
exit "$any_failed"
