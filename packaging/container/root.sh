#!/bin/bash
# root.sh - the files of croute's image: the static binary and the notices that go with it.
# usage: packaging/container/root.sh DIRECTORY [BINARY]
# BINARY.linked, which the build makes, lists what was linked: each package of it gets its notices.
# SPDX-License-Identifier: MIT
set -euo pipefail
umask 022
tree=$(cd "$(dirname "$0")/../.." && pwd)
root=$1 binary=${2:-$tree/build/croute}
linked=()
doc=$root/usr/share/doc/croute

put() { install -D -m "$1" "$2" "$3"; }

# packages FILE...: that have installed those. A file may be listed below /lib, where /usr/lib is linked.
packages() {
	local file
	for file; do
		file=$(realpath "$file")
		dpkg -S "$file" 2>/dev/null || dpkg -S "${file#/usr}" 2>/dev/null ||
			fail "no package has $file: its notices are not known"
	done | sed 's/:.*//' | sort -u
}

fail() {
	printf 'root.sh: %s; no image was made\n' "$1" >&2
	exit 1
}

[ -x "$binary" ] || fail "there is no $binary"
put 755 "$binary" "$root/usr/sbin/croute"
put 644 "$tree/LICENSE" "$doc/LICENSE"
put 644 "$tree/packaging/THIRD-PARTY.md" "$doc/THIRD-PARTY.md"
put 644 /usr/share/common-licenses/LGPL-2.1 "$doc/LGPL-2.1" || fail "the LGPL's text is not here"
list=$binary.linked
! cmp -s "$binary" "$tree/build/croute" || list=$tree/build/croute.linked # a copy
[ ! -e "$list" ] || mapfile -t linked < <(grep '^/' "$list")
[ "${#linked[@]}" -gt 0 ] || fail "there is no list of what $binary was linked with"
[[ "${linked[*]}" != *.so* ]] || fail "$binary needs shared libraries: make it without STATIC=0"
libraries=$(packages "${linked[@]}")
for library in $libraries; do
	put 644 "/usr/share/doc/$library/copyright" "$doc/$library.copyright" ||
		fail "the notices of $library are not in /usr/share/doc"
done
# shellcheck disable=SC2086 # several
dpkg-query -W -f '${Package} ${Version} of ${source:Package}\n' $libraries >"$doc/versions"
chmod 644 "$doc/versions"
