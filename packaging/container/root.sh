#!/bin/bash
# root.sh - the files of croute's image: the static binary and the notices that go with it.
# usage: packaging/container/root.sh DIRECTORY [BINARY]
set -euo pipefail
umask 022
tree=$(cd "$(dirname "$0")/../.." && pwd)
root=$1 binary=${2:-$tree/build/croute}
doc=$root/usr/share/doc/croute

put() { install -D -m "$1" "$2" "$3"; }

# Packages that THIRD-PARTY.md names: their notices go with the binary.
libraries() {
	grep '^| ' "$tree/packaging/THIRD-PARTY.md" | cut -d'|' -f3 | grep -oE '[a-z0-9.+-]+-dev'
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
for library in $(libraries); do
	put 644 "/usr/share/doc/$library/copyright" "$doc/$library.copyright" ||
		fail "the notices of $library are not in /usr/share/doc"
done
