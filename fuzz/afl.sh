#!/usr/bin/env bash
# Fuzzes one target with AFL++ and SharpFuzz: coverage of the library guides the inputs. Needs afl-fuzz (Debian: afl++).
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 LC_ALL=C
target=${1:?usage: fuzz/afl.sh TARGET [SECONDS]} seconds=${2:-600}
command -v afl-fuzz >/dev/null || { echo "afl-fuzz is missing: apt-get install afl++" >&2; exit 1; }
[[ -d $root/fuzz/corpus/$target ]] || { echo "no corpus for $target; see fuzz/README.md" >&2; exit 1; }

work=$root/artifacts/afl
mkdir -p "$work"
[[ -x $work/tools/sharpfuzz ]] || dotnet tool install SharpFuzz.CommandLine --version 2.3.0 --tool-path "$work/tools"
rm -rf "$work/bin" "$work/out-$target"
dotnet publish "$root/fuzz/PackStore.Fuzz.Afl" -c Release -o "$work/bin" -m:2 --nologo -v q -p:RunAnalyzers=false
"$work/tools/sharpfuzz" "$work/bin/PackStore.dll"

# The runtime's own memory is far more than AFL's bound, and its core pattern is not ours to change.
export AFL_SKIP_BIN_CHECK=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_SKIP_CPUFREQ=1 AFL_NO_UI=1
export DOTNET_TieredPGO=0
status=0
afl-fuzz -V "$seconds" -t 10000 -m none -i "$root/fuzz/corpus/$target" -o "$work/out-$target" -- \
  dotnet "$work/bin/PackStore.Fuzz.Afl.dll" "$target" >"$work/$target.log" 2>&1 || status=$?
stats=$work/out-$target/default/fuzzer_stats
if [[ ! -f $stats ]]; then
  tail -n 20 "$work/$target.log" >&2
  exit 1
fi
grep -E '^(execs_done|execs_per_sec|corpus_count|corpus_found|saved_crashes|saved_hangs|bitmap_cvg)' "$stats"
crashes=$(find "$work/out-$target/default/crashes" -type f -name 'id*' | wc -l)
if ((crashes > 0)); then
  echo "$crashes inputs fail: $work/out-$target/default/crashes; replay: PackStore.Fuzz replay $target FILE"
  exit 1
fi
exit "$status"
