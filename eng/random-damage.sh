#!/usr/bin/env bash
# Overwrites one random byte of one random file of a fresh store, N times over, and looks with packtool alone what comes
# of it: every get is exact or a miss, verify and repair end as their contract says, and after repair all is well.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export LC_ALL=C NO_COLOR=1

usage() {
  cat <<'TEXT'
usage: eng/random-damage.sh [N] [SEED]
       eng/random-damage.sh --build      builds packtool and prints its path

  N rounds (default 1000) from SEED on (default 1); round I of seed S is round 1 of seed S+I-1. PACKTOOL names a packtool to
  use instead of building one: a native one where that can be done, for it is started some thirty times a round. A store
  that fails is kept. Ends in `N rounds, N failed`; exit code 0 if none failed.
TEXT
}

say() { printf '%s\n' "$*"; }

# Native where there is a linker for it, else as it comes. Prints the path.
build_packtool() {
  local out=$root/artifacts/packtool-native linker
  mkdir -p "$out"
  for linker in clang gcc; do
    if command -v "$linker" >/dev/null && dotnet publish "$root/src/Tools/Tools.csproj" -c Release -r linux-x64 \
      -p:PublishAot=true -p:CppCompilerAndLinker=$linker -p:RunAnalyzers=false --output "$out" -m:2 --nologo -v q \
      >"$out/publish.log" 2>&1; then
      printf '%s\n' "$out/packtool"
      return
    fi
  done
  out=$root/artifacts/packtool
  dotnet publish "$root/src/Tools/Tools.csproj" -c Release -p:RunAnalyzers=false --output "$out" -m:2 --nologo -v q >&2
  printf '%s\n' "$out/packtool"
}

if [[ ${1:-} == --build ]]; then
  build_packtool
  exit
fi

rounds=${1:-1000} seed=${2:-1}
[[ $rounds =~ ^[1-9][0-9]*$ && $seed =~ ^[0-9]+$ ]] || { usage >&2; exit 2; }

work=$(mktemp -d "${TMPDIR:-/tmp}/packstore-damage.XXXXXX")
trap 'rm -rf "$work"' EXIT

packtool=${PACKTOOL:-}
if [[ -z $packtool ]]; then
  packtool=$(build_packtool)
fi

# run WHAT CODES COMMAND...: the exit code must be one of CODES; $status has it.
run() {
  local what=$1 codes=$2
  shift 2
  status=0
  timeout 120 "$packtool" "$@" >"$work/out" 2>"$work/err" || status=$?
  [[ " $codes " == *" $status "* ]] || problem "$what: exit code $status, right are $codes: $(head -c 600 "$work/err")"
}

problem() {
  problems+=("$*")
}

source=$work/source
mkdir -p "$source/deep" "$work/old"
# A number a byte from awk: the same in every run, without /dev/urandom.
noise() { awk -v n="$1" -v s="$2" 'BEGIN { srand(s); for (i = 0; i < n; i++) printf "%c", 33 + int(rand() * 93) }'; }
i=0
for length in 0 1 60 64 700 4096 5000 12000 40000 66000 150000; do
  noise "$length" "$((i += 1))" >"$source/file-$length"
done
noise 300 50 >"$source/deep/name with a space"
# Beyond the default threshold, hence in a file of its own.
head -c $(((4 << 20) + 77)) /dev/zero | tr '\0' 'x' >"$source/loose"
noise 900 60 >"$work/old/overwritten"
noise 1100 61 >"$work/new"
noise 500 62 >"$work/old/removed"
noise 2000 63 >"$work/later"

declare -A file_of=()
while IFS= read -r -d '' file; do
  sum=$(sha256sum <"$file")
  file_of[${sum%% *}]=$file
done < <(find "$source" -type f -print0)

# Two keys with two versions, of which the older may come back where the newer record is what was hit.
twice=aa01 gone=aa02

make_store() {
  run "init" 0 init "$store" --segment-size 256K
  run "put" 0 put "$store" "$twice" "$work/old/overwritten"
  run "put" 0 put "$store" "$gone" "$work/old/removed"
  run "import" 0 import "$store" "$source" --from dir
  run "put" 0 put "$store" "$twice" "$work/new"
  run "rm" 0 rm "$store" "$gone"
}

# Looks at every key; fills $hits with those that were there, and which version it was.
get_all() {
  local when=$1 key
  hits=()
  for key in "${!file_of[@]}" "$twice" "$gone"; do
    rm -f "$work/got"
    run "get $key $when" "0 3 6" get "$store" "$key" --output 0 -o "$work/got"
    ((status == 0)) || continue
    case $key in
      "$twice")
        if cmp -s "$work/got" "$work/new"; then
          hits[$key]=new
        elif cmp -s "$work/got" "$work/old/overwritten"; then
          hits[$key]=old
        else
          problem "get $key $when: WRONG BYTES"
        fi
        ;;
      "$gone")
        hits[$key]=old
        cmp -s "$work/got" "$work/old/removed" || problem "get $key $when: WRONG BYTES"
        ;;
      *)
        hits[$key]=new
        cmp -s "$work/got" "${file_of[$key]}" || problem "get $key $when: WRONG BYTES"
        ;;
    esac
  done
}

# Overwrites one byte with another one; says where.
damage() {
  local files file size at old new under=$store
  # Every other time among the segments, which are few files.
  if ((RANDOM % 2 == 0)); then
    under=$store/segments
  fi
  mapfile -d '' -t files < <(find "$under" -type f -size +0 -print0 | sort -z)
  file=${files[RANDOM % ${#files[@]}]}
  size=$(stat -c %s "$file")
  # Every other time in the front, where the headers are.
  if ((RANDOM % 2 == 0 && size > 4096)); then
    size=4096
  fi
  at=$(((RANDOM << 30 | RANDOM << 15 | RANDOM) % size))
  old=$(od -An -tu1 -j "$at" -N 1 "$file")
  new=$(((old + 1 + RANDOM % 255) % 256))
  printf '%b' "\\0$(printf '%03o' "$new")" | dd of="$file" bs=1 seek="$at" conv=notrunc status=none
  where="${file#"$store"/} byte $at: $((old)) became $new"
}

declare -A hits=() before=() hit_files=() ends=()
failed=0 gets=0 misses=0
for ((round = 0; round < rounds; round++)); do
  RANDOM=$(((seed + round) % 32768))
  problems=()
  store=$work/store
  rm -rf "$store"
  make_store
  damage
  get_all "with damage"
  before=()
  for key in "${!hits[@]}"; do before[$key]=${hits[$key]}; done
  gets=$((gets + ${#file_of[@]} + 2))
  misses=$((misses + ${#file_of[@]} + 1 - ${#hits[@]}))

  run "verify with damage" "0 3 5" verify "$store"
  seen=$status
  run "repair" "0 4" repair "$store"
  ends["verify $seen, repair $status"]=$((${ends["verify $seen, repair $status"]:-0} + 1))
  [[ $seen != 3 || $status == 4 ]] || problem "verify found damage, and repair said there is none"
  run "verify after repair" 0 verify "$store"

  get_all "after repair"
  for key in "${!before[@]}"; do
    # What repair finds again may be the newer version, or the removal.
    [[ ${hits[$key]:-none} == "${before[$key]}" || ${hits[$key]:-none} == new || $key == "$gone" ]] \
      || problem "get $key: ${before[$key]} before repair, ${hits[$key]:-a miss} after it"
  done
  run "put after repair" 0 put "$store" aa03 "$work/later"
  run "get after that" 0 get "$store" aa03 --output 0 -o "$work/got"
  cmp -s "$work/got" "$work/later" || problem "get of what was put after repair: WRONG BYTES"

  area=${where%% *}
  area=${area%%/*}
  hit_files[$area]=$((${hit_files[$area]:-0} + 1))
  if ((${#problems[@]} > 0)); then
    failed=$((failed + 1))
    say "FAILED: eng/random-damage.sh 1 $((seed + round)): $where"
    printf '  %s\n' "${problems[@]}"
    kept=$(mktemp -d "${TMPDIR:-/tmp}/packstore-damaged.XXXXXX")
    cp -a "$store" "$kept/"
    say "  kept: $kept/store"
  fi
done

for area in "${!hit_files[@]}"; do say "hit        $area ${hit_files[$area]} times"; done | sort
for end in "${!ends[@]}"; do say "ended in   $end: ${ends[$end]} times"; done | sort
say "gets       $gets with damage, $misses of them misses"
say "$rounds rounds, $failed failed"
((failed == 0))
