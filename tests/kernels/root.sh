#!/bin/bash
# root.sh - fills a folder with the guests' file system: this machine's tools, the tests, croute.
# usage: tests/kernels/root.sh FOLDER
# A tool comes with its libraries. Busybox has the applets that are not listed, or missing here.
# SPDX-License-Identifier: MIT
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$1
croute=${CROUTE:-build/croute}
tools=(awk bash bridge cat chmod cmp comm cp cut date diff dirname env find grep head id install ip jq kill ln
	ls mkdir mktemp modprobe mount mv nft nsenter paste ping prlimit ps readlink realpath rm rmmod sed seq
	setpriv sh sha256sum sleep sort ss stat stdbuf strace sysctl tail tc tee timeout touch tr truncate
	umount uname uniq unshare wc xargs)

# libraries FILE...: those that they are linked with, each at its own path; a static one has none.
libraries() {
	local library

	{ ldd "$@" 2>/dev/null || true; } | grep -o '/[^ :]*\.so[^ :]*' | sort -u | while read -r library; do
		[ -e "$root$library" ] || install -D "$(realpath "$library")" "$root$library"
	done
}

mkdir -p "$root"/usr/{bin,lib,lib64,sbin} "$root"/{proc,sys,dev,run,tmp,etc,root,var,croute/build}
for dir in bin lib lib64 sbin; do ln -s "usr/$dir" "$root/$dir"; done
ln -s ../run "$root/var/run"

PATH=$PATH:/usr/sbin:/sbin
busybox=$(type -P busybox)
cp "$busybox" "$root/usr/bin/busybox"
for tool in $("$busybox" --list); do
	[ "$tool" = busybox ] || ln -s busybox "$root/usr/bin/$tool"
done
for tool in "${tools[@]}"; do
	path=$(type -P "$tool") || continue
	cp -L --remove-destination "$path" "$root/usr/bin/$tool"
done
# What the kernel calls when it lacks a module; what stdbuf preloads; croute, also if not static.
ln -s ../bin/modprobe "$root/usr/sbin/modprobe"
for stdbuf in /usr/libexec/coreutils/libstdbuf.so /usr/lib/*/coreutils/libstdbuf.so; do
	[ ! -e "$stdbuf" ] || install -D "$stdbuf" "$root$stdbuf"
done
install "$croute" "$root/croute/build/croute"
libraries "$root"/usr/bin/* "$root/croute/build/croute"

printf 'root:x:0:0::/root:/bin/bash\nnobody:x:65534:65534::/:/bin/false\n' >"$root/etc/passwd"
printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"
printf '127.0.0.1 localhost\n' >"$root/etc/hosts"
[ ! -e /etc/protocols ] || cp /etc/protocols "$root/etc/" # ip rule ipproto udp
for dir in /etc/iproute2 /usr/share/iproute2; do
	[ ! -d "$dir" ] || cp -rL "$dir" "$root${dir%/*}/"
done
[ ! -d /usr/lib/locale/C.utf8 ] || cp -r --parents /usr/lib/locale/C.utf8 "$root"
cp -r --parents tests/netns tests/kernels/labs packaging/systemd "$root/croute"
install tests/kernels/init "$root/init"
