#!/bin/bash
# image.sh - an OCI image of build/croute from an empty base, by plain files: no engine is needed.
# usage: packaging/container/image.sh VERSION [BINARY [DIRECTORY]]
# Writes DIRECTORY/image/, an OCI image layout, and DIRECTORY/croute-VERSION.tar, which docker,
# podman, ctr and skopeo load. The same binary on the same commit gives the same digest;
# SOURCE_DATE_EPOCH stands in for the commit's time.
# SPDX-License-Identifier: MIT
set -euo pipefail
umask 022
export LC_ALL=C TZ=UTC
tree=$(cd "$(dirname "$0")/../.." && pwd)
version=$1 binary=${2:-$tree/build/croute} out=${3:-$tree/build}
licences='MIT AND LGPL-2.1-only AND LGPL-2.1-or-later AND BSD-3-Clause AND BSD-2-Clause AND ISC'
licences+=' AND GPL-3.0-or-later WITH GCC-exception-3.1'

fail() {
	printf 'image.sh: %s; no image was made\n' "$1" >&2
	exit 1
}

# Without git, as in a release's sources, the change log's time is the release's.
commit_time() {
	git -C "$tree" log -1 --format=%ct 2>/dev/null || stat -c %Y "$tree/CHANGELOG.md"
}

# The machine that the binary is for, as e_machine of its ELF header has it.
architecture() {
	case $(od -An -tu2 -j18 -N2 "$binary" | tr -d ' ') in
	62) echo amd64 ;;
	183) echo arm64 ;;
	243) echo riscv64 ;;
	21) echo ppc64le ;;
	*) fail "$binary is for no machine that images are made for (amd64, arm64, riscv64, ppc64le)" ;;
	esac
}

# pack FOLDER ARCHIVE NAME...: an archive that depends on the bytes alone.
pack() {
	local folder=$1 archive=$2
	shift 2
	tar -C "$folder" --format=ustar --sort=name --mtime="@$time" --owner=0 --group=0 \
		--numeric-owner --mode=u=rwX,go=rX -cf "$archive" "$@"
}

digest() { sha256sum "$1" | cut -d' ' -f1; }

# blob FILE: moved to its place; prints its digest.
blob() {
	local sum
	sum=$(digest "$1")
	mv "$1" "$work/image/blobs/sha256/$sum"
	printf '%s' "$sum"
}

size() { stat -c %s "$work/image/blobs/sha256/$1"; }

write_config() {
	local created
	created=$(date -d "@$time" +%Y-%m-%dT%H:%M:%SZ)
	cat <<-EOF
		{"created": "$created", "architecture": "$1", "os": "linux",
		"config": {"User": "0:0", "Entrypoint": ["/usr/sbin/croute"], "Cmd": ["run"], "Labels": {
		"org.opencontainers.image.title": "croute",
		"org.opencontainers.image.description": "keeps kernel pod routes equal to a YAML file",
		"org.opencontainers.image.version": "$version",
		"org.opencontainers.image.revision": "$revision",
		"org.opencontainers.image.created": "$created",
		"org.opencontainers.image.licenses": "$licences"}},
		"rootfs": {"type": "layers", "diff_ids": ["sha256:$2"]},
		"history": [{"created": "$created", "created_by": "packaging/container/image.sh"}]}
	EOF
}

descriptor() {
	printf '{"mediaType": "application/vnd.oci.image.%s", "digest": "sha256:%s", "size": %s' \
		"$1" "$2" "$(size "$2")"
}

write_manifest() {
	printf '{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", '
	printf '"config": %s}, ' "$(descriptor config.v1+json "$1")"
	printf '"layers": [%s}]}\n' "$(descriptor layer.v1.tar+gzip "$2")"
}

write_index() {
	printf '{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", '
	printf '"manifests": [%s, ' "$(descriptor manifest.v1+json "$1")"
	printf '"annotations": {"org.opencontainers.image.ref.name": "%s", ' "$version"
	printf '"io.containerd.image.name": "docker.io/library/croute:%s"}}]}\n' "$version"
}

# What `docker load` of before version 25 reads in the place of the index.
write_docker() {
	printf '[{"Config": "blobs/sha256/%s", "Layers": ["blobs/sha256/%s"], ' "$1" "$2"
	printf '"RepoTags": ["croute:%s"]}]\n' "$version"
}

[ -x "$binary" ] || fail "there is no $binary"
time=${SOURCE_DATE_EPOCH:-$(commit_time)}
revision=$(git -C "$tree" rev-parse HEAD 2>/dev/null || echo unknown)
mkdir -p "$out"
work=$(mktemp -d "$out/.image.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/image/blobs/sha256"

"$tree/packaging/container/root.sh" "$work/root" "$binary"
pack "$work/root" "$work/layer.tar" usr
uncompressed=$(digest "$work/layer.tar")
gzip -n -9 "$work/layer.tar"
layer=$(blob "$work/layer.tar.gz")
write_config "$(architecture)" "$uncompressed" >"$work/config.json"
config=$(blob "$work/config.json")
write_manifest "$config" "$layer" >"$work/manifest.json"
manifest=$(blob "$work/manifest.json")
printf '{"imageLayoutVersion": "1.0.0"}\n' >"$work/image/oci-layout"
write_index "$manifest" >"$work/image/index.json"

rm -rf "$out/image"
cp -r "$work/image" "$out/image"
write_docker "$config" "$layer" >"$work/image/manifest.json"
pack "$work/image" "$work/croute.tar" blobs index.json manifest.json oci-layout
mv "$work/croute.tar" "$out/croute-$version.tar"
printf 'sha256:%s\n' "$manifest"
