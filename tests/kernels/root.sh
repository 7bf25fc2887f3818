#!/bin/bash
# root.sh - fills a folder with the guests' file system: the tests, croute, this machine's tools.
# usage: tests/kernels/root.sh FOLDER [ARCH]
# A tool comes with its libraries. Busybox has the applets that are not listed, or missing here. A guest
# of another architecture has its own tools (fetch.sh), and croute's unit tests.
# SPDX-License-Identifier: MIT
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$1 arch=${2:-amd64}
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

# tools_here: those of this machine; what the kernel calls when it lacks a module; what stdbuf preloads.
tools_here() {
	local tool path stdbuf

	PATH=$PATH:/usr/sbin:/sbin
	for tool in busybox "${tools[@]}"; do
		path=$(type -P "$tool") || continue
		cp -L "$path" "$root/usr/bin/$tool"
	done
	ln -s ../bin/modprobe "$root/usr/sbin/modprobe"
	for stdbuf in /usr/libexec/coreutils/libstdbuf.so /usr/lib/*/coreutils/libstdbuf.so; do
		[ ! -e "$stdbuf" ] || install -D "$stdbuf" "$root$stdbuf"
	done
	libraries "$root"/usr/bin/* "$root/croute/build/croute"
}

install "$croute" "$root/croute/build/croute"
if [ "$arch" = amd64 ]; then
	tools_here
else
	find "build/$arch/debug/tests/unit" -type f -perm -1 -exec install -D -t "$root/croute/build/units" {} +
fi

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
