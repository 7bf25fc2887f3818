#!/bin/bash
# fetch.sh - what a cluster is made of, into CACHE once: Kubernetes, built from Debian's source package
# (a quarter of an hour on two processors), etcd, containerd, runc and the CNI plugins as Debian has
# them, and the root of the sync job's image. Nothing is installed, so that no daemon is started.
# usage: tests/cluster/fetch.sh CACHE
# SPDX-License-Identifier: MIT
set -euo pipefail
export LC_ALL=C
mkdir -p "$1"
cache=$(cd "$1" && pwd)
cd "$cache"

say() { printf 'fetch: %s\n' "$*" >&2; }

# --- programs of Debian's packages

# Where nothing was asked of apt yet, it knows of no package.
download() {
	local get=(apt-get -qq -o APT::Sandbox::User=root)
	"${get[@]}" download "$@" || { "${get[@]}" update && "${get[@]}" download "$@"; }
}

# tool PROGRAM PACKAGE PATH...
tool() {
	local program=$1 package=$2
	shift 2
	! PATH=$cache/tools/usr/bin:$cache/tools/usr/sbin:/usr/sbin:$PATH command -v "$program" >/dev/null || return 0
	say "unpacking $package"
	mkdir -p tools/debs
	(cd tools/debs && download "$package" >/dev/null)
	dpkg-deb --fsys-tarfile tools/debs/"$package"_*.deb | tar -xC tools "$@"
}

fetch_tools() {
	tool etcd etcd-server ./usr/bin/etcd
	tool containerd containerd ./usr/bin
	tool runc runc ./usr/sbin/runc
	tool kubectl kubernetes-client ./usr/bin/kubectl
	[ -x /usr/lib/cni/bridge ] || [ -x tools/usr/lib/cni/bridge ] ||
		tool no-such-program containernetworking-plugins ./usr/lib/cni
}

# --- Kubernetes

fetch_source() {
	local from
	[ ! -d gopath/src/k8s.io/kubernetes/cmd ] || return 0
	say "the source of Kubernetes"
	from=$(sed -n 's/^URIs: *//p' /etc/apt/sources.list.d/debian.sources | head -n 1)
	mkdir -p apt/lists/partial
	printf 'deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s bookworm main\n' \
		"$from" >apt/sources
	apt=(apt-get -qq -o "Dir::Etc::sourcelist=$cache/apt/sources" -o Dir::Etc::sourceparts=/dev/null
		-o "Dir::State::lists=$cache/apt/lists" -o APT::Sandbox::User=root)
	"${apt[@]}" update
	(cd apt && "${apt[@]}" source --download-only kubernetes && dpkg-source -x kubernetes_*.dsc tree) >/dev/null
	mkdir -p gopath/src/k8s.io
	mv apt/tree gopath/src/k8s.io/kubernetes
}

build() { nice -n 10 go build "$@"; }

# packages: those whose types the API server has to describe.
packages() {
	grep -rlE --include='*.go' '^// ?\+k8s:openapi-gen=' pkg vendor/k8s.io/ staging/src/k8s.io/ cmd |
		grep -v generated | xargs -n 1 dirname | sort -u |
		sed -e 's|^staging/src/||; s|^vendor/||; /^k8s.io/!s|^|k8s.io/kubernetes/|' |
		grep -vE 'sample-apiserver|_examples|code-generator|kube-openapi|k8s.io/gengo|apiextensions-apiserver/examples' |
		sort -u | sed '/^k8s.io\/kubernetes\//!s|^|k8s.io/kubernetes/vendor/|' | paste -sd,
}

# Debian's package has not what is generated.
generate() {
	local to=pkg/generated/openapi/zz_generated.openapi.go
	[ ! -s $to ] || return 0
	build -o "$cache/gen/openapi-gen" k8s.io/kubernetes/vendor/k8s.io/kube-openapi/cmd/openapi-gen
	"$cache/gen/openapi-gen" -O zz_generated.openapi -p k8s.io/kubernetes/pkg/generated/openapi \
		-h vendor/k8s.io/code-generator/hack/boilerplate.go.txt -i "$(packages)" \
		-o "$cache/gen/out" -r "$cache/gen/violations"
	cp "$cache/gen/out/k8s.io/kubernetes/$to" $to
}

build_kubernetes() {
	local program module part flags='' version
	export GO111MODULE=off GOFLAGS='' GOCACHE=$cache/gocache GOPATH=$cache/gopath
	cd gopath/src/k8s.io/kubernetes
	version=v$(dpkg-parsechangelog -SVersion | sed 's/.*really//; s/-.*//')
	for part in component-base/version client-go/pkg/version; do
		for module in "k8s.io/$part" "k8s.io/kubernetes/vendor/k8s.io/$part"; do
			flags+=" -X $module.gitVersion=$version -X $module.gitMajor=1 -X $module.gitMinor=20"
			flags+=" -X $module.gitTreeState=clean -X $module.gitCommit=debian"
		done
	done
	for program in kube-apiserver kube-controller-manager kube-scheduler kubelet; do
		[ -x "$cache/bin/$program" ] && continue
		mkdir -p "$cache/gen"
		generate
		say "building $program"
		build -ldflags "-s -w$flags" -o "$cache/bin/$program" "k8s.io/kubernetes/cmd/$program"
	done
	cd "$cache"
}

# --- the image of the sync job: Debian and Python, as its Containerfile says

fetch_sync_root() {
	[ ! -x syncroot/usr/bin/python3 ] || return 0
	say "the root of the sync job's image"
	rm -rf syncroot
	debootstrap --variant=minbase --include=python3 bookworm syncroot >debootstrap.log
	rm -rf syncroot/var/cache/apt/archives/*.deb syncroot/var/lib/apt/lists/*
}

fetch_tools
fetch_source
build_kubernetes
fetch_sync_root
