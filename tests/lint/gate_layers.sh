#!/bin/bash
# gate_layers.sh - every file includes only what its layer may (src/README.md), its own header first.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
declare -A may=([base]="base" [model]="base model" [core]="base model core" [edge]="base model edge"
	[app]="base model core edge app")
status=0

bad() {
	printf '%s: %s\n' "$1" "$2"
	status=1
}

# The paths that a file includes, in order.
includes() {
	sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]\(.*\)[>"].*/\1/p' "$1"
}

# The header that a file implements: its own, else, when a module has several files, the one of its
# family that it includes first (kernel_route.c: kernel_read.h).
own_header() {
	local layer stem first
	layer=$(basename "$(dirname "$1")") stem=$(basename "${1%.*}")
	first=$(includes "$1" | head -n 1)
	if [ ! -f "include/croute/$layer/$stem.h" ] && [[ $first =~ ^croute/$layer/${stem%%_*}(_.*)?\.h$ ]]; then
		echo "$first"
	else
		echo "croute/$layer/$stem.h"
	fi
}

# Files of edge know of each other only what netlink.h says.
check_include() {
	local file=$1 layer=$2 path=$3 own=$4 target
	target=$(cut -d/ -f2 <<<"$path")
	case " ${may[$layer]} " in
	*" $target "*) ;;
	*) bad "$file" "$layer may not include $path" ;;
	esac
	[ "$layer$target" != edgeedge ] || case $(basename "$path" .h) in
	netlink | "$(basename "$own" .h)") ;;
	*) bad "$file" "a file of edge may not include another: $path" ;;
	esac
}

check_file() {
	local file=$1 layer own path
	layer=$(basename "$(dirname "$file")")
	[ -n "${may[$layer]-}" ] || { bad "$file" "\"$layer\" is no layer" && return; }
	own=$(own_header "$file")
	if [[ $file == *.c && $file != src/app/* && ! -f include/$own ]]; then
		bad "$file" "has no header include/$own"
	fi
	while read -r path; do
		[[ $path == croute/*/*.h ]] || bad "$file" "quotes are for croute/<layer>/x.h, not $path"
		[[ $path != croute/*/*.h ]] || check_include "$file" "$layer" "$path" "$own"
	done < <(sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*"\(.*\)".*/\1/p' "$file")
	if [[ $file == *.c && -f include/$own && $(includes "$file" | head -n 1) != "$own" ]]; then
		bad "$file" "its own header is not its first include"
	fi
}

for file in src/*/*.[ch] include/croute/*/*.h; do
	[ ! -f "$file" ] || check_file "$file"
done
exit $status
