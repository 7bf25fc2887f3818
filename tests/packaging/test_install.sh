#!/bin/bash
# test_install.sh - `make install`, `make uninstall` and `make dist`: what lies where, and that nothing stays.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=../cli/lib.sh
. "$(dirname "$0")/../cli/lib.sh"

VERSION=$(sed -n 's/^VERSION = //p' "$ROOT/Makefile")
# make_in TREE ARGUMENT...: make, not as a part of the one that runs the tests; nothing is built anew.
make_in() { run env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u CI -u WERROR make -C "$1" -o all "${@:2}"; }
files() { (cd "$1" && find . ! -type d | sort); }
has() { [ -f "$WORK/root$1" ]; }

for prefix in /usr /usr/local; do
	mkdir -p "$WORK/root/etc/croute"
	make_in "$ROOT" install DESTDIR="$WORK/root" PREFIX=$prefix
	check "it installs to $prefix" all_of 'exits 0' 'has $prefix/sbin/croute' 'has $prefix/share/man/man8/croute.8' \
		'has $prefix/share/bash-completion/completions/croute' \
		'has $prefix/lib/systemd/networkd.conf.d/10-croute.conf' 'has /etc/iproute2/rt_protos.d/croute.conf'
	check 'and says what holds for the whole host, and how to decline it' all_of \
		'out_line "*systemd-networkd keeps all routes of others*"' 'out_line "*NETWORKD=no*"'
	check 'the unit starts that program' \
		grep -qx "ExecStart=$prefix/sbin/croute run" "$WORK/root$prefix/lib/systemd/system/croute.service"
	touch "$WORK/root/etc/croute/croute.yaml"
	make_in "$ROOT" uninstall DESTDIR="$WORK/root" PREFIX=$prefix
	check "uninstalled, only the user's file stays" [ "$(files "$WORK/root")" = ./etc/croute/croute.yaml ]
	rm -r "$WORK/root"
done

make_in "$ROOT" install DESTDIR="$WORK/root" PREFIX=/usr/local NETWORKD=no
check 'below /usr/local zsh and NetworkManager find theirs' all_of \
	'has /usr/local/share/zsh/site-functions/_croute' 'has /etc/NetworkManager/conf.d/10-croute.conf'
check 'what holds for the whole host can be declined' all_of 'not out_line "*systemd-networkd*"' \
	'not has /usr/local/lib/systemd/networkd.conf.d/10-croute.conf'
run "$CROUTE" validate "$WORK/root/etc/croute"
check 'without a file croute points to the template' said '*copy croute.yaml.example there to croute.yaml*'
sed 's/^nodes: \[\]/nodes:/; s/^#  /  /; s/^#\([a-z]\)/\1/' "$WORK/root/etc/croute/croute.yaml.example" >"$WORK/all.yaml"
run "$CROUTE" validate "$WORK/all.yaml"
check 'whose examples are all valid' exits 0
make_in "$ROOT" uninstall DESTDIR="$WORK/root" PREFIX=/usr/local
check "without the user's file nothing stays" all_of '[ -z "$(files "$WORK/root")" ]' '[ ! -e "$WORK/root/etc/croute" ]'

run "$ROOT/packaging/version"
check 'all places say the version of the Makefile' exits 0

# --- the sources: what a release has, and that a release makes the same

make_in "$ROOT" dist
check 'make dist packs the sources' exits 0
cp "$ROOT/build/croute-$VERSION.tar.gz" "$WORK/"
tar -C "$WORK" -xf "$WORK/croute-$VERSION.tar.gz"
TREE=$WORK/croute-$VERSION
check 'with all that builds, tests and packages it' all_of '[ -f "$TREE/LICENSE" ]' '[ -x "$TREE/tests/run" ]' \
	'[ -f "$TREE/packaging/debian/control" ]' '[ -f "$TREE/src/app/cmd/main.c" ]'
check 'and nothing that was built' [ ! -e "$TREE/build" ]
export SOURCE_DATE_EPOCH
SOURCE_DATE_EPOCH=$(stat -c %Y "$TREE/CHANGELOG.md")
make_in "$TREE" dist
check 'a release packs itself to the same bytes' cmp "$WORK/croute-$VERSION.tar.gz" "$TREE/build/croute-$VERSION.tar.gz"
finish
