#!/bin/bash
# test_image_build.sh - the image is made where just the packages of `build-deps build` are, as the
# README and the Containerfile have it.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
NETNS_TOOLS='ip unshare nsenter ping chroot dpkg-query gcc make'
# shellcheck source=../netns/lib.sh
. "$(dirname "$0")/../netns/lib.sh"
# shellcheck source=root.sh
. "$(dirname "$0")/root.sh"

mapfile -t NAMED < <("$ROOT/packaging/build-deps" --list build)
dpkg-query -s "${NAMED[@]}" >/dev/null 2>&1 || skip_all 'the packages of build-deps build are not installed'

# --- the machine: those packages, the sources, and what was compiled of them
INSIDE=$WORK/root
root_make "$INSIDE" "${NAMED[@]}"
mkdir -p "$INSIDE/src/build"
(cd "$ROOT" && tar -c --exclude=./build --exclude=./.git .) | tar -x -C "$INSIDE/src"
cp -a "$ROOT/build/release" "$INSIDE/src/build/"
mount --bind /dev "$INSIDE/dev"
mount -t proc proc "$INSIDE/proc"
inside() { chroot "$INSIDE" env -i HOME=/ PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C "$@"; }

check 'no other package is there' [ "$(inside dpkg-query -W -f '${Package}\n' | wc -l)" -lt 150 ]
run inside make -C /src image
check 'make image makes one' all_of 'exits 0' 'out_line "sha256:*"' '[ -s "$INSIDE/src/build/image/index.json" ]'
check 'of a binary that was linked there' grep -q '/libc\.a$' "$INSIDE/src/build/croute.linked"
run inside /src/packaging/container/root.sh /image
check 'so does what the Containerfile runs' all_of 'exits 0' '[ -x "$INSIDE/image/usr/sbin/croute" ]'
check 'which needs no more than that' grep -qx \
	'RUN make && packaging/container/root.sh /image' "$ROOT/packaging/container/Containerfile"
check 'nothing of the image is missing' \
	[ "$(find "$INSIDE/image/usr/share/doc/croute" -name '*.copyright' | wc -l)" -gt 7 ]

# --- what cannot be given away rightly is not made
realpath "$(gcc -print-file-name=libc.so.6)" >"$INSIDE/src/build/croute.linked"
run inside /src/packaging/container/root.sh /image
check 'a binary with shared libraries makes no image' all_of 'exits 1' 'err_line "*shared libraries*"'
rm "$INSIDE/src/build/croute.linked"
run inside /src/packaging/container/root.sh /image
check 'nor one of unknown libraries' all_of 'exits 1' 'err_line "*linked*"'
finish
