#!/bin/bash
# root.sh - a throwaway Debian to install packages into; sourced after ../cli/lib.sh or ../netns/lib.sh.
#
# The packages that are named, and all that they depend on, are copied from the machine as it is, each
# with its entry in dpkg's list, so that dependencies are checked as on a real host. No network is used,
# and nothing outside of the new root is touched.
# SPDX-License-Identifier: MIT

# root_packages NAME...: these and what they depend on, of what is installed here.
root_packages() {
	dpkg-query -W -f='${Status}|${Package}|${Provides},|${Pre-Depends},${Depends}\n' | awk -F'|' -v want="$*" '
		function plain(text) { gsub(/\([^)]*\)|:[a-z0-9]+| /, "", text); return text }
		/^install ok installed/ {
			rest = $4
			for (i = 5; i <= NF; i++)
				rest = rest "," $i
			needs[$2] = plain(rest)
			count = split(plain($3), names, ",")
			for (i = 1; i <= count; i++)
				if (names[i] != "")
					provider[names[i]] = $2
		}
		END {
			todo = split(want, queue, " ")
			for (at = 1; at <= todo; at++) {
				name = queue[at] in needs ? queue[at] : provider[queue[at]]
				if (name == "" || name in seen)
					continue
				seen[name] = 1
				print name
				count = split(needs[name], names, ",")
				for (i = 1; i <= count; i++)
					queue[++todo] = names[i]
			}
		}'
}

# root_files PACKAGE...: what they brought, without what is only to be read but for the copyrights.
root_files() {
	local unread='^/(\.|usr/share/(doc|man|locale|info|lintian|zoneinfo|i18n|perl5)(/.*)?)?$'

	dpkg -L "$@" | awk -v unread="$unread" '!($0 ~ unread) || /^\/usr\/share\/doc\/[^\/]+(\/copyright)?$/' | sort -u
}

# root_make DIRECTORY PACKAGE...: a root with the essential packages and those.
root_make() {
	local root=$1 packages dir

	shift
	mapfile -t packages < <(root_packages \
		"$(dpkg-query -W -f='${Essential} ${Package}\n' | awk '$1 == "yes" { print $2 }' | xargs)" "$@")
	mkdir -p "$root"
	for dir in bin sbin lib lib32 lib64 libx32; do
		[ ! -L "/$dir" ] || ln -s "usr/$dir" "$root/$dir"
	done
	mkdir -p "$root"/{dev,etc,proc,root,run,sys,tmp,usr/{bin,lib,lib64,sbin},var/{lib/dpkg/info,log}}
	root_files "${packages[@]}" | tar -C / -c --no-recursion --ignore-failed-read -T - 2>/dev/null |
		tar -C "$root" -x --keep-directory-symlink
	root_database "$root" "${packages[@]}"
}

# root_database DIRECTORY PACKAGE...: dpkg's own list of them.
root_database() {
	local root=$1 name file

	shift
	mkdir -p "$root"/var/lib/dpkg/{updates,triggers,alternatives}
	dpkg-query -s "$@" >"$root/var/lib/dpkg/status"
	for name; do
		for file in /var/lib/dpkg/info/"$name"{,:*}.{list,conffiles,triggers}; do
			[ ! -f "$file" ] || cp "$file" "$root/var/lib/dpkg/info/"
		done
	done
	: >"$root/var/lib/dpkg/available"
	cp /etc/passwd /etc/group /etc/os-release "$root/etc/" 2>/dev/null
	cp /var/lib/dpkg/info/format "$root/var/lib/dpkg/info/"
	ldconfig -r "$root"
}

# Tests that run side by side make it one after another: it is built in one place.
# root_package: $WORK/croute.deb, and croute-next.deb, the same with a higher version; tells why not.
# With DEB_SOURCE the source package and the symbols are in $WORK/archive: in build/ the next one to
# make the package replaces them.
root_package() {
	local tool

	for tool in dh dpkg-buildpackage dpkg-deb; do
		command -v "$tool" >/dev/null || { echo "no command $tool" && return 1; }
	done
	# shellcheck disable=SC2153 # of the test
	{
		flock 9
		"$ROOT/packaging/debian/build" "$(sed -n 's/^VERSION = //p' "$ROOT/Makefile")" ${DEB_SOURCE:+source} \
			>"$WORK/deb.log" 2>&1 9>&- && cp "$ROOT/$(tail -n 1 "$WORK/deb.log")" "$WORK/croute.deb" &&
			{ [ -z "${DEB_SOURCE-}" ] || { mkdir -p "$WORK/archive" &&
				cp "$ROOT"/build/croute_*.{dsc,tar.*} "$ROOT"/build/croute-dbgsym_*.deb "$WORK/archive"; }; }
	} 9>"$ROOT/build/deb.lock" || { printf 'not ok - %s: no package: %s\n' "$TEST_NAME" \
		"$(tail -n 5 "$WORK/deb.log")" && return 1; }
	dpkg-deb -R "$WORK/croute.deb" "$WORK/next"
	sed -i 's/^Version: .*/&+next/' "$WORK/next/DEBIAN/control"
	dpkg-deb -Znone -b "$WORK/next" "$WORK/croute-next.deb" >/dev/null
}

# root_depends DEB: the packages that it depends on.
root_depends() {
	dpkg-deb -f "$1" Depends | tr ',' '\n' | awk '{ print $1 }'
}
