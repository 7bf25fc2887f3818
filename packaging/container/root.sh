#!/bin/bash
# root.sh - the files of croute's image: the static binary, the notices that go with it, and an SBOM.
# usage: packaging/container/root.sh DIRECTORY [BINARY]
# BINARY.linked, which the build makes, lists what was linked: each package of it gets its notices,
# and its line in croute.spdx.json. Of another machine, both come from the root beside BINARY, as
# packaging/cross/sysroot makes it. SOURCE_DATE_EPOCH stands in for the SBOM's time.
# SPDX-License-Identifier: MIT
set -euo pipefail
umask 022
tree=$(cd "$(dirname "$0")/../.." && pwd)
root=$1 binary=${2:-$tree/build/croute}
sysroot=$(realpath -m "${binary%/*}/root")
linked=()
doc=$root/usr/share/doc/croute

put() { install -D -m "$1" "$2" "$3"; }

fail() {
	printf 'root.sh: %s; no image was made\n' "$1" >&2
	exit 1
}

# there FILE: the package of another machine that has it. A binary package's version may add to its source's.
there() {
	awk -F'|' -v file=" $1 " -v arch="$(basename "${sysroot%/root}")" -v root="$sysroot" '
		index(" " $NF, file) {
			gsub(/^[A-Z][a-z]*: /, "", $1)
			gsub(/^[A-Z][a-z]*: /, "", $2)
			source[1] = $1
			if (sub(/^Source: /, "", $3))
				split($3, source, /[ ()]+/)
			print $1, $2, source[1], source[2] ? source[2] : $2, arch, root
		}' "$sysroot/packages" | grep .
}

# here FILE: the package of this machine. It may be listed below /lib, where /usr/lib is linked.
here() {
	local package

	package=$(dpkg -S "$1" 2>/dev/null || dpkg -S "${1#/usr}" 2>/dev/null) || return
	dpkg-query -W -f '${Package} ${Version} ${source:Package} ${source:Version} ${Architecture} \n' \
		"${package%%: *}"
}

# packages FILE...: a line for each that has installed those: name, version, source, the source's
# version, machine, and the root that it is in.
packages() {
	local file

	for file; do
		file=$(realpath "$file")
		if [[ $file = "$sysroot"/* ]]; then there "${file#"$sysroot"}"; else here "$file"; fi ||
			fail "no package has $file: its notices are not known"
	done | sort -u
}

# licence_of PACKAGE: as THIRD-PARTY.md has it.
licence_of() {
	local name

	name=$(sed -E 's/-[a-z0-9]+-cross$//; s/^libgcc-[0-9]+/libgcc-N/' <<<"$1")
	sed -n "s/^|[^|]*| $name\(,[^|]*\)\{0,1\} | \(.*\) |\$/\2/p" "$tree/packaging/THIRD-PARTY.md" |
		grep . || fail "packaging/THIRD-PARTY.md does not name the licence of $1"
}

# element ID NAME VERSION LICENCE PURL MEMBER...: a package of the SBOM.
element() {
	printf '  {"SPDXID": "SPDXRef-%s", "name": "%s", "versionInfo": "%s", "licenseDeclared": "%s",\n' "${@:1:4}"
	printf '   "licenseConcluded": "%s", "copyrightText": "NOASSERTION", "filesAnalyzed": false,\n' "$4"
	printf '   "downloadLocation": "NOASSERTION", "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", '
	printf '"referenceType": "purl",\n   "referenceLocator": "%s"}], %s}' "$5" "$6"
}

# sbom: SPDX 2.3 of the packages on stdin.
sbom() {
	local version sum site name of source from arch vendor distro licence names=()
	version=$(sed -n 's/^VERSION = //p' "$tree/Makefile")
	sum=$(sha256sum <"$binary" | cut -d' ' -f1)
	site=$(sed -n 's/^Homepage: //p' "$tree/packaging/debian/control")
	vendor=$(. /etc/os-release && echo "$ID") distro=$(. /etc/os-release && echo "$ID-${VERSION_ID-}")

	printf '{"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",\n'
	printf '"name": "croute-%s", "documentNamespace": "%s/spdx/%s",\n' "$version" "$site" "$sum"
	printf '"creationInfo": {"created": "%s", "creators": ["Tool: croute-root.sh-%s"]},\n"packages": [\n' \
		"$(date -u -d "@${SOURCE_DATE_EPOCH:-$(date +%s)}" +%Y-%m-%dT%H:%M:%SZ)" "$version"
	element croute croute "$version" MIT "pkg:generic/croute@$version" \
		"\"checksums\": [{\"algorithm\": \"SHA256\", \"checksumValue\": \"$sum\"}]"
	while read -r name of source from arch _; do
		names+=("$name")
		printf ',\n'
		licence=$(licence_of "$name")
		element "$name" "$name" "$of" "$licence" \
			"pkg:deb/$vendor/$name@$(sed 's/+/%2B/g; s/:/%3A/g' <<<"$of")?arch=$arch&distro=$distro" \
			"\"sourceInfo\": \"$source $from\""
	done
	printf '],\n"relationships": [\n  {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", '
	printf '"relatedSpdxElement": "SPDXRef-croute"}'
	printf ',\n  {"spdxElementId": "SPDXRef-croute", "relationshipType": "STATIC_LINK", "relatedSpdxElement": "SPDXRef-%s"}' \
		"${names[@]}"
	printf ']}\n'
}

[ -x "$binary" ] || fail "there is no $binary"
put 755 "$binary" "$root/usr/sbin/croute"
put 644 "$tree/LICENSE" "$doc/LICENSE"
put 644 "$tree/packaging/THIRD-PARTY.md" "$doc/THIRD-PARTY.md"
put 644 /usr/share/common-licenses/LGPL-2.1 "$doc/LGPL-2.1" || fail "the LGPL's text is not here"
list=$binary.linked
! cmp -s "$binary" "$tree/build/croute" || list=$tree/build/croute.linked # a copy
[ ! -e "$list" ] || mapfile -t linked < <(grep '^/' "$list" | sort -u)
[ "${#linked[@]}" -gt 0 ] || fail "there is no list of what $binary was linked with"
[[ "${linked[*]}" != *.so* ]] || fail "$binary needs shared libraries: make it without STATIC=0"
libraries=$(packages "${linked[@]}")
while read -r library _ _ _ _ from; do
	put 644 "$from/usr/share/doc/$library/copyright" "$doc/$library.copyright" ||
		fail "the notices of $library are not in $from/usr/share/doc"
done <<<"$libraries"
sbom <<<"$libraries" >"$doc/croute.spdx.json"
