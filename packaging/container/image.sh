#!/bin/bash
# image.sh - an OCI image from an empty base, by plain files: no engine is needed.
# usage: packaging/container/image.sh VERSION DIRECTORY BINARY...
# Writes DIRECTORY/image/, an OCI layout of one index with an image for the machine of each BINARY,
# DIRECTORY/croute-VERSION.tar, which docker, podman, ctr and skopeo load, and the SBOM of each,
# DIRECTORY/croute-VERSION-MACHINE.spdx.json. The same binaries on the same commit give the same
# digest, which it prints; SOURCE_DATE_EPOCH stands in for the commit's time.
# SPDX-License-Identifier: MIT
set -euo pipefail
umask 022
export LC_ALL=C TZ=UTC
tree=$(cd "$(dirname "$0")/../.." && pwd)
version=$1 out=$2
shift 2

fail() {
	printf 'image.sh: %s; no image was made\n' "$1" >&2
	exit 1
}

# Without git, as in a release's sources, the change log's time is the release's.
commit_time() {
	git -C "$tree" log -1 --format=%ct 2>/dev/null || stat -c %Y "$tree/CHANGELOG.md"
}

# machine BINARY: what it is for, as e_machine of its ELF header has it.
machine() {
	case $(od -An -tx1 -j18 -N2 "$1" | tr -d ' ') in
	3e00) echo amd64 ;;
	b700) echo arm64 ;;
	f300) echo riscv64 ;;
	1500) echo ppc64le ;;
	0016) echo s390x ;;
	*) fail "$1 is for no machine that images are made for (amd64, arm64, riscv64, ppc64le, s390x)" ;;
	esac
}

# pack FOLDER ARCHIVE NAME...: an archive that depends on the bytes alone.
pack() {
	local folder=$1 archive=$2
	shift 2
	tar -C "$folder" --format=ustar --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 \
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

# labels SBOM: of the image's configuration, and annotations of its manifest; without one, of the index.
labels() {
	local name=org.opencontainers.image

	printf '{"%s": "croute", "%s": "keeps kernel pod routes equal to a YAML file",\n' $name.title $name.description
	printf '"%s": "%s", "%s": "%s", "%s": "%s"' $name.version "$version" $name.revision "$revision" \
		$name.created "$created"
	[ $# = 0 ] || printf ', "%s": "%s"' $name.licenses "$(sed -n 's/.*"licenseDeclared": "\([^"]*\)".*/\1/p' "$1" |
		sed 's/ AND /\n/g' | sort -u | paste -sd'|' | sed 's/|/ AND /g')"
	printf '}'
}

# descriptor KIND DIGEST, to be closed by whoever adds to it.
descriptor() {
	printf '{"mediaType": "application/vnd.oci.image.%s", "digest": "sha256:%s", "size": %s' \
		"$1" "$2" "$(stat -c %s "$work/image/blobs/sha256/$2")"
}

# add BINARY: its image; its descriptor goes to $work/manifests.
add() {
	local arch root sbom uncompressed layer config manifest
	arch=$(machine "$1")
	root=$work/root-$arch sbom=$root/usr/share/doc/croute/croute.spdx.json

	"$tree/packaging/container/root.sh" "$root" "$1"
	pack "$root" "$work/layer.tar" usr
	uncompressed=$(digest "$work/layer.tar")
	gzip -n -9 "$work/layer.tar"
	layer=$(blob "$work/layer.tar.gz")
	cat >"$work/config.json" <<-EOF
		{"created": "$created", "architecture": "$arch", "os": "linux",
		"config": {"User": "0:0", "Entrypoint": ["/usr/sbin/croute"], "Cmd": ["run"],
		"Labels": $(labels "$sbom")},
		"rootfs": {"type": "layers", "diff_ids": ["sha256:$uncompressed"]},
		"history": [{"created": "$created", "created_by": "packaging/container/image.sh"}]}
	EOF
	config=$(blob "$work/config.json")
	printf '{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
		"config": %s}, "layers": [%s}],\n"annotations": %s}\n' "$(descriptor config.v1+json "$config")" \
		"$(descriptor layer.v1.tar+gzip "$layer")" "$(labels "$sbom")" >"$work/manifest.json"
	manifest=$(blob "$work/manifest.json")
	printf '%s%s,\n"platform": {"architecture": "%s", "os": "linux"}}' "${images:+, }" \
		"$(descriptor manifest.v1+json "$manifest")" "$arch" >>"$work/manifests"
	cp "$sbom" "$out/croute-$version-$arch.spdx.json"
	# What `docker load` of before version 25 reads in the place of the index: the first machine's.
	images=${images:-"[{\"Config\": \"blobs/sha256/$config\", \"Layers\": [\"blobs/sha256/$layer\"],
		\"RepoTags\": [\"croute:$version\"]}]"}
}

for binary; do [ -x "$binary" ] || fail "there is no $binary"; done
twice=$(for binary; do machine "$binary"; done | sort | uniq -d)
[ -z "$twice" ] || fail "two programs are for $twice"
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(commit_time)}
export SOURCE_DATE_EPOCH
created=$(date -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)
revision=$(git -C "$tree" rev-parse HEAD 2>/dev/null || echo unknown)
mkdir -p "$out"
work=$(mktemp -d "$out/.image.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/image/blobs/sha256"

images=
for binary; do add "$binary"; done
printf '{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",\n"manifests": [%s],
	"annotations": %s}\n' "$(cat "$work/manifests")" "$(labels)" >"$work/index.json"
index=$(blob "$work/index.json")
printf '{"imageLayoutVersion": "1.0.0"}\n' >"$work/image/oci-layout"
printf '{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [%s,
	"annotations": {"org.opencontainers.image.ref.name": "%s",
	"io.containerd.image.name": "docker.io/library/croute:%s"}}]}\n' \
	"$(descriptor index.v1+json "$index")" "$version" "$version" >"$work/image/index.json"

rm -rf "$out/image"
cp -r "$work/image" "$out/image"
printf '%s\n' "$images" >"$work/image/manifest.json"
pack "$work/image" "$work/croute.tar" blobs index.json manifest.json oci-layout
mv "$work/croute.tar" "$out/croute-$version.tar"
printf 'sha256:%s\n' "$index"
