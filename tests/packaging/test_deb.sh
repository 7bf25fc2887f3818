#!/bin/bash
# test_deb.sh - Debian's package: what is in it, and its life where no systemd runs, as in an image.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
[ "$(id -u)" = 0 ] || { printf 'skip - test_deb: only root can install packages\n' && exit 77; }
# shellcheck source=../netns/lib.sh
. "$(dirname "$0")/../netns/lib.sh"
# shellcheck source=root.sh
. "$(dirname "$0")/root.sh"

why=$(DEB_SOURCE=1 root_package) || skip_all "$why"
DEB=$WORK/croute.deb
UNIT=$ROOT/packaging/systemd/croute.service

# --- what is in it

if command -v lintian >/dev/null; then
	run lintian --allow-root --pedantic --fail-on error,warning "$DEB" "$WORK"/archive/croute_*.dsc
	check 'lintian finds nothing, in the source package neither' exits 0
else
	skip 'lintian finds nothing' 'no lintian'
fi
run dpkg-deb -c "$DEB"
# holds MODE PATH: with root as its owner.
holds() { out_line "$1 root/root * ./$2"; }
check 'the program' holds -rwxr-xr-x usr/sbin/croute
check 'the manual pages' all_of 'holds -rw-r--r-- usr/share/man/man8/croute.8.gz' \
	'holds -rw-r--r-- usr/share/man/man5/croute.yaml.5.gz'
check 'the completions' all_of \
	'holds -rw-r--r-- usr/share/bash-completion/completions/croute' \
	'holds -rw-r--r-- usr/share/zsh/vendor-completions/_croute' \
	'holds -rw-r--r-- usr/share/fish/vendor_completions.d/croute.fish'
check 'the unit, once' [ "$(grep -c 'lib/systemd/system/croute.service$' <<<"$OUT")" = 1 ]
check 'a template, and no file that is read' all_of 'holds -rw-r--r-- etc/croute/croute.yaml.example' \
	'[ "$(grep -c "etc/croute/." <<<"$OUT")" = 1 ]'
check 'the examples' holds -rw-r--r-- usr/share/doc/croute/examples/minimal.yaml
check 'whose right it is' holds -rw-r--r-- usr/share/doc/croute/copyright
run dpkg-deb -c "$WORK"/archive/croute-dbgsym_*.deb
check 'its symbols are in a package of their own' out_line '*/usr/lib/debug/.build-id/*.debug'
run dpkg-deb -f "$DEB" Depends
check 'it needs shared libraries, by name' all_of 'out_line "*libc6 (>=*"' 'out_line "*libyaml-0-2*"'

cp "$DEB" "$WORK/first.deb"
rm -r "$WORK/next"
root_package >/dev/null
check 'made again, it is the same to the last byte' cmp "$WORK/first.deb" "$DEB"

# --- the unit

if command -v systemd-analyze >/dev/null; then
	run systemd-analyze security --offline=true --threshold=20 "$UNIT"
	check 'systemd finds the unit safe: 2.0 or below' exits 0
	{ cat "$UNIT" && sed -n '/^\[Service\]/,$p' "$ROOT/packaging/systemd/reach.conf"; } >"$WORK/reach.service"
	run systemd-analyze security --offline=true --threshold=20 "$WORK/reach.service"
	check 'and with what reach needs' exits 0
else
	skip 'systemd finds the unit safe' 'no systemd-analyze'
fi

# --- its life

mapfile -t NEEDS < <(root_depends "$DEB")
root_make "$WORK/root" systemd iproute2 procps "${NEEDS[@]}"
cp "$WORK"/*.deb "$WORK/root/"
mount -t proc proc "$WORK/root/proc"
mount -t tmpfs tmpfs "$WORK/root/run"
mount -t tmpfs tmpfs "$WORK/root/dev"
: >"$WORK/root/dev/null" && mount --bind /dev/null "$WORK/root/dev/null"
host_add worker-1 10.0.0.1/16
in_root() { in_host worker-1 chroot "$WORK/root" "$@"; }
on() { run in_root "$@"; }
LINKS=$WORK/root/etc/systemd/system
enabled() { [ -L "$LINKS/multi-user.target.wants/croute.service" ]; }

on dpkg -i /croute.deb
check 'it installs' exits 0
check 'and says what holds for the whole host, and how to decline it' all_of \
	'out_line "croute: *systemd-networkd keeps all routes of others*"' \
	'out_line "croute: *ln -s /dev/null /etc/systemd/networkd.conf.d/10-croute.conf"'
check 'and runs from the next boot on' enabled
on systemd-analyze verify --man=no croute.service
check 'systemd finds no fault with the unit' all_of 'exits 0' '[ -z "$ERR" ]'
on systemd-analyze cat-config systemd/networkd.conf
check 'systemd-networkd is told to leave routes alone' out_line ManageForeignRoutes=no
in_root sh -c 'mkdir -p /etc/systemd/networkd.conf.d && ln -s /dev/null /etc/systemd/networkd.conf.d/10-croute.conf'
on systemd-analyze cat-config systemd/networkd.conf
check 'unless it is declined so' not out_line ManageForeignRoutes=no
rm -r "$WORK/root/etc/systemd/networkd.conf.d"
on croute version
check 'the program runs' all_of 'exits 0' 'out_line "croute *"'
on croute validate
check 'without a file it points to the template' said '*copy croute.yaml.example there to croute.yaml*'
cp "$ROOT/packaging/debian/tests/route" "$WORK/root/"
on /route
check "Debian's own test of the package passes" exits 0
cp "$ROOT/examples/minimal.yaml" "$WORK/root/etc/croute/croute.yaml"
sed -i 's/10\.0\.0\.11/10.0.0.1/' "$WORK/root/etc/croute/croute.yaml"
start agent nsenter --net=/run/netns/worker-1 -- chroot "$WORK/root" croute run --node worker-1
check 'and routes' wait_for owned worker-1 1
ip -n worker-1 route show proto 67 >"$WORK/before"
same_routes() { ip -n worker-1 route show proto 67 | cmp -s - "$WORK/before"; }
echo '# mine' >>"$WORK/root/etc/iproute2/rt_protos.d/croute.conf"
on systemctl disable croute
on dpkg -i /croute-next.deb
check 'it can be upgraded' all_of 'exits 0' 'same_routes' agent_alive
check 'and keeps what one changed in its files' grep -q '# mine' \
	"$WORK/root/etc/iproute2/rt_protos.d/croute.conf"
check 'and that one disabled it' not enabled
agent_stop TERM
check 'the agent ends when it is told to' exits 0
on dpkg -r croute
check 'removed, the routes stay' all_of 'exits 0' same_routes
check 'it says how many, and how to remove them' all_of 'said "croute: routes that stay in the kernel: 1.*"' \
	'said "croute: *ip -4 route flush table all proto 67*"'
check 'it leaves the file' test -s "$WORK/root/etc/croute/croute.yaml"
on dpkg -P croute
check 'purged, the routes stay' all_of 'exits 0' same_routes
check "and one's own file, no other" [ "$(cd "$WORK/root" && find etc usr/sbin usr/lib run \
	-name '*croute*' | sort | xargs)" = 'etc/croute etc/croute/croute.yaml' ]
in_host worker-1 ip link add croute.1 type vxlan id 1 dstport 8472
in_host worker-1 ip link set croute.1 alias croute
rm -r "$WORK/root/etc/croute"
on dpkg -i /croute.deb
on dpkg -P croute
check 'a tunnel that is left is told, too' said 'croute: *ip link delete croute.1'
check "without a file of one's own /etc/croute goes" not test -e "$WORK/root/etc/croute"
ip -n worker-1 route flush table all proto 67
ip -n worker-1 link delete croute.1
on dpkg -i /croute.deb
on dpkg -P croute
check 'where nothing is left, nothing is said' not said 'croute: *'
finish
