#!/bin/bash
# test_image_index.sh - images for two machines as one index: digests, labels, and what each SBOM says.
# MACHINE=arm64, as in `make check-arch`: with what was built for that one, which runs. Else croute
# with another machine's number in its header stands in for it.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=../cli/lib.sh
. "$(dirname "$0")/../cli/lib.sh"
command -v jq >/dev/null || skip_all 'no jq'
VERSION=$(sed -n 's/^VERSION = //p' "$ROOT/Makefile")
OTHER=${MACHINE:-arm64} LAYOUT=$WORK/image OWN=$WORK/own/croute
BINARY=$ROOT/build/$OTHER/croute
mkdir "$WORK/own"
cp "$CROUTE" "$CROUTE.linked" "$WORK/own/"
if [ -z "${MACHINE-}" ]; then
	BINARY=$WORK/other
	cp "$CROUTE" "$BINARY"
	cp "$CROUTE.linked" "$BINARY.linked"
	printf '\267\0' | dd of="$BINARY" bs=1 seek=18 conv=notrunc status=none
fi

run "$ROOT/packaging/container/image.sh" "$VERSION" "$WORK" "$OWN" "$BINARY"
check 'one image is made for two machines' all_of 'exits 0' 'out_line "sha256:*"'
blob() { echo "$LAYOUT/blobs/${1/://}"; }
INDEX=$(blob "$OUT")
manifest() { blob "$(jq -r --arg machine "$1" '.manifests[] | select(.platform.architecture == $machine).digest' "$INDEX")"; }
part() { blob "$(jq -r "$2.digest" "$(manifest "$1")")"; }
OURS=$(jq -r .manifests[0].platform.architecture "$INDEX")
check 'the layout names the index alone' [ "$(jq -r '[.manifests[] | .mediaType, .digest, .annotations[]] | join(" ")' \
	"$LAYOUT/index.json")" = "application/vnd.oci.image.index.v1+json $OUT $VERSION docker.io/library/croute:$VERSION" ]
check 'which has an image for each' [ "$(jq -r '[.manifests[].platform.architecture] | join(" ")' "$INDEX")" = "$OURS $OTHER" ]

# Each descriptor in it: digest and size.
descriptors() { jq -r '.. | objects | select(has("mediaType") and has("digest")) | "\(.digest) \(.size)"' "$@" | sort -u; }
digests_hold() {
	local digest size count=0

	while read -r digest size; do
		[ "sha256:$(sha256sum <"$(blob "$digest")" | cut -d' ' -f1)" = "$digest" ] &&
			[ "$(stat -c %s "$(blob "$digest")")" = "$size" ] || return
		count=$((count + 1))
	done < <(descriptors "$LAYOUT/index.json" "$INDEX" "$(manifest "$OURS")" "$(manifest "$OTHER")")
	[ "$count" = 7 ] && [ "$(find "$LAYOUT/blobs" -type f | wc -l)" = 7 ]
}
check 'every digest and size in it is true' digests_hold

KEYS='title description version revision created'
labelled() { jq -e --arg keys "$2" ".$3 as \$labels | (\$keys / \" \" | all(. as \$key |
	\$labels[\"org.opencontainers.image.\" + \$key] // \"\" | length > 0)) and
	\$labels[\"org.opencontainers.image.version\"] == \"$VERSION\"" "$1" >/dev/null; }
check 'the index says what it is' labelled "$INDEX" "$KEYS" annotations

# What SPDX 2.3 and the minimum elements of an SBOM ask for.
complete() {
	jq -e '.spdxVersion == "SPDX-2.3" and .dataLicense == "CC0-1.0" and .SPDXID == "SPDXRef-DOCUMENT" and
		(.documentNamespace | test("^https?://[^#]+/spdx/[0-9a-f]{64}$")) and (.name | length > 0) and
		(.creationInfo | .created == $image[0].created and .creators == ["Tool: croute-root.sh-" + $version]) and
		(.packages | length > 7 and all(. as $of | (.SPDXID | test("^SPDXRef-[a-zA-Z0-9.-]+$")) and
			([.name, .versionInfo, .licenseDeclared, .licenseConcluded, .copyrightText, .downloadLocation] |
				all(type == "string" and length > 0)) and .filesAnalyzed == false and
			(.externalRefs[0] | .referenceCategory == "PACKAGE-MANAGER" and .referenceType == "purl" and
				(.referenceLocator | test("^pkg:[a-z]+/([a-z]+/)?" + $of.name + "@[^?+:]+([?]arch=[a-z0-9]+&distro=[a-z0-9.-]+)?$"))))) and
		([.packages[].SPDXID] | length == (unique | length)) and
		(.relationships[0] | .relationshipType == "DESCRIBES" and .relatedSpdxElement == "SPDXRef-croute") and
		([.relationships[1:][] | select(.relationshipType == "STATIC_LINK" and .spdxElementId == "SPDXRef-croute").relatedSpdxElement] ==
			[.packages[1:][].SPDXID])' --arg version "$VERSION" --slurpfile image "$1" "$2" >/dev/null
}
noticed() { find "$doc" -name '*.copyright' -printf '%f\n' | sed 's/\.copyright$//' | sort; }
for machine in "$OURS" "$OTHER"; do
	config=$(part "$machine" .config) layer=$(part "$machine" '.layers[0]')
	mkdir "$WORK/root-$machine"
	tar -xzf "$layer" -C "$WORK/root-$machine"
	doc=$WORK/root-$machine/usr/share/doc/croute
	check "$machine: its configuration names that machine and its layer" [ "$(jq -r '"\(.architecture) \(.os) \(.rootfs.diff_ids[0])"' "$config")" = \
		"$machine linux sha256:$(gzip -dc "$layer" | sha256sum | cut -d' ' -f1)" ]
	check "$machine: labels and annotations tell what it is, and under which licences" all_of \
		'labelled "$config" "$KEYS licenses" config.Labels' 'labelled "$(manifest "$machine")" "$KEYS licenses" annotations' \
		'grep -q "licenses\": \"BSD-2-Clause AND .*LGPL-2.1-only .* AND MIT\"" "$config"'
	check "$machine: the SBOM is complete" complete "$config" "$doc/croute.spdx.json"
	check "$machine: lists the packages whose notices are there, and what they were made from" all_of \
		'[ "$(jq -r ".packages[1:][].name" "$doc/croute.spdx.json" | sort)" = "$(noticed)" ]' \
		'jq -e ".packages[1:] | all(.sourceInfo | test(\"^[a-z0-9.+-]+ [0-9]\"))" "$doc/croute.spdx.json" >/dev/null'
	check "$machine: is of this very program" [ "$(jq -r '.packages[0].checksums[0].checksumValue' "$doc/croute.spdx.json")" = \
		"$(sha256sum <"$WORK/root-$machine/usr/sbin/croute" | cut -d' ' -f1)" ]
	check "$machine: lies beside the image, too" cmp -s "$doc/croute.spdx.json" "$WORK/croute-$VERSION-$machine.spdx.json"
done
[ "$OURS" != amd64 ] || check 'a package has the version that is installed' [ "$(dpkg-query -W -f '${Version}' libyaml-dev)" = \
	"$(jq -r '.packages[] | select(.name == "libyaml-dev").versionInfo' "$WORK/croute-$VERSION-$OURS.spdx.json")" ]

run "$ROOT/packaging/container/image.sh" "$VERSION" "$WORK" "$OWN" "$CROUTE"
check 'two programs for one machine make none' all_of 'exits 1' "err_line '*two programs are for $OURS; no image was made'"
[ -n "${MACHINE-}" ] || finish

run "$ROOT/build/$MACHINE/run" "$WORK/root-$MACHINE/usr/sbin/croute" version
check "what is in the image for $MACHINE runs" all_of 'exits 0' "out_line 'croute $VERSION*'"
run "$ROOT/build/$MACHINE/run" "$WORK/root-$MACHINE/usr/sbin/croute" validate "$ROOT/examples/vxlan.yaml"
check 'and reads a file' exits 0
finish
