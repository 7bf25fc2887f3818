#!/bin/bash
# fetch.sh - gets the kernel of a Debian suite: build/kernels/SUITE/vmlinux, its modules beside it.
# usage: tests/kernels/fetch.sh SUITE [ARCH]
# The package is the one that the suite's linux-image-ARCH depends on. It comes from the mirror in
# this machine's sources, through a source list of our own: nothing that apt knows here changes.
# For another machine than this one, the tools of the guest come too: build/kernels/SUITE-ARCH.
# What is in build/kernels is not fetched again. Exit status 77, the reason on stdout: not available.
# SPDX-License-Identifier: MIT
set -euo pipefail
cd "$(dirname "$0")/../.."
PATH=$PATH:/usr/sbin:/sbin
suite=$1 arch=${2:-amd64}
self=tests/kernels/fetch.sh
dir=$PWD/build/kernels/$suite${2:+-$2}
modules=(veth bridge vxlan dummy overlay nf_tables nft_masq nft_chain_nat nft_ct nft_counter
	nft_compat nft_fib_inet nft_reject_inet unix_diag vrf 8021q macvlan bonding)
tools=(bash busybox-static coreutils diffutils findutils gawk grep iproute2 iputils-ping jq kmod libc-bin
	libcmocka0 libnl-3-200 mount nftables procps sed strace util-linux)

unavailable() { printf '%s\n' "$*" && exit 77; }

# The mirror of Debian that apt uses here, also before it has read any list.
mirror() {
	apt-get indextargets --format '$(REPO_URI) $(LABEL) $(COMPONENT)' 'Created-By: Packages' |
		awk '$NF == "main" && ($2 == "Debian" || $1 ~ /\/debian\/?$/) { print $1; exit }'
}

# private TOOL ARGUMENT...: apt-get or apt-cache, with the private list and nothing else.
private() {
	"$1" -q -o Dir::Etc::sourcelist="$dir/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::State::lists="$dir/lists" -o Dir::State::status=/dev/null -o Dir::Cache="$dir/cache" \
		-o Acquire::Languages=none -o Acquire::Retries=3 -o APT::Architecture="$arch" \
		-o APT::Architectures::="$arch" -o APT::Sandbox::User=root "${@:2}"
}

# The image's package, whose name has the version.
image() {
	private apt-cache depends --important "linux-image-$arch" |
		sed -n 's/.*Depends: \(linux-image-.*\)/\1/p' | head -n 1
}

download() {
	local keyring=/usr/share/keyrings/debian-archive-keyring.gpg from options package

	command -v apt-get >/dev/null || unavailable 'no apt-get'
	from=$(mirror)
	[ -n "$from" ] || unavailable "apt has no source of Debian's packages here"
	options="arch=$arch$([ ! -e $keyring ] || echo " signed-by=$keyring")"
	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
	printf 'deb [%s] %s %s main\n' "$options" "$from" "$suite" >"$dir/sources.list"
	private apt-get update -o APT::Update::Error-Mode=any >&2 || unavailable "no package lists of $suite"
	package=$(image)
	[ -n "$package" ] || unavailable "$suite has no linux-image-$arch"
	(cd "$dir/cache" && private apt-get download "$package" >&2) || unavailable "$package cannot be downloaded"
	[ "$arch" = amd64 ] || {
		mkdir -p "$dir/tools" && private apt-get install --download-only -y --no-install-recommends "${tools[@]}" >&2 &&
			mv "$dir"/cache/archives/*.deb "$dir/tools/"
	} || unavailable "the tools of $suite for $arch cannot be downloaded"
	mv "$dir"/cache/*.deb "$dir/"
	rm -r "$dir/lists" "$dir/cache"
}

# vmlinux IMAGE: the kernel out of its image, since decompressing it under emulation takes as long as
# the rest of a boot. Header fields setup_sects, payload_offset and payload_length (boot.rst).
vmlinux() {
	local sectors offset length payload=$dir/payload elf=$dir/elf

	sectors=$(od -An -tu1 -j 497 -N 1 "$1")
	read -r offset length < <(od -An -tu4 -j 584 -N 8 "$1")
	tail -c "+$(((sectors + 1) * 512 + offset + 1))" "$1" >"$payload"
	truncate -s "$length" "$payload"
	# Behind the compressed data stands its size, which the tools take for garbage, after all output.
	{ xz -dcq --single-stream "$payload" || zstd -dcq "$payload" || gzip -dcq "$payload"; } \
		>"$elf" 2>/dev/null || true
	rm "$payload"
	[ "$(head -c 4 "$elf")" = $'\x7fELF' ] || cp "$1" "$elf"
	mv "$elf" "$dir/vmlinux"
}

# userland PACKAGE...: into the guest's root, as on a system where /bin is /usr/bin.
userland() {
	local package root=$dir/root

	mkdir -p "$root"/usr/{bin,sbin}
	ln -s usr/bin usr/sbin "$root/"
	for package in "$@"; do
		dpkg-deb --fsys-tarfile "$package" | tar -x -C "$root" --keep-directory-symlink \
			--exclude=./usr/share/{doc,info,locale,man} --exclude=./usr/share/perl
	done
}

# The modules above, with what they depend on, into $dir/root.
modules() {
	local all=$1 version to module path

	version=$(basename "$all"/lib/modules/*)
	to=$dir/root/usr/lib/modules/$version
	mkdir -p "$to"
	depmod -b "$all" "$version"
	for module in "${modules[@]}"; do
		modprobe -d "$all" -S "$version" --show-depends "$module" 2>/dev/null || true
	done | sed -n 's/^insmod \([^ ]*\).*/\1/p' | sort -u | while read -r path; do
		install -D -m 644 "$path" "$to/${path#"$all/lib/modules/$version/"}"
	done
	cp "$all/lib/modules/$version"/modules.{builtin,builtin.modinfo,order} "$to/"
	find "$to" -name '*.ko.xz' -exec xz -d {} +
	depmod -b "$dir/root" "$version"
}

unpack() {
	local all=$dir/all

	rm -rf "$all" "$dir/root" "$dir/vmlinux"
	dpkg-deb -x "$dir"/*.deb "$all"
	[ -d "$all/lib" ] || ln -s usr/lib "$all/lib"
	mkdir -p "$dir/root/usr/lib"
	ln -s usr/lib "$dir/root/lib"
	if [ "$arch" = amd64 ]; then
		vmlinux "$all"/boot/vmlinuz-*
	else
		userland "$dir"/tools/*.deb
		cp "$all"/boot/vmlinuz-* "$dir/vmlinux"
	fi
	modules "$all"
	rm -rf "$all"
}

mkdir -p "$dir"
exec 9>"$dir/lock"
flock 9
compgen -G "$dir/*.deb" >/dev/null || download
[ "$dir/vmlinux" -nt "$self" ] || unpack
