#!/bin/bash
# test_image.sh - the image holds croute and its notices alone, is the same when built again, and
# runs under a real runtime with one capability, nothing writable and 16 MiB.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2034,SC2317 # check calls the predicates
NETNS_TOOLS='ip unshare nsenter ping jq tar gzip sha256sum'
# shellcheck source=../netns/lib.sh
. "$(dirname "$0")/../netns/lib.sh"
# shellcheck source=../netns/agents.sh
. "$ROOT/tests/netns/agents.sh"

VERSION=$(sed -n 's/^VERSION = //p' "$ROOT/Makefile")
BUILD=$ROOT/packaging/container/image.sh
PEERS=1000

# --- the image, by itself
run "$BUILD" "$VERSION" "$WORK/one" "$CROUTE"
check 'an image is made' exits 0
LAYOUT=$WORK/one/image

# blob DIGEST: where those bytes are.
blob() { echo "$LAYOUT/blobs/${1/://}"; }
INDEX=$(jq -r '.manifests[0].digest' "$LAYOUT/index.json")
MANIFEST=$(jq -r '.manifests[0].digest' "$(blob "$INDEX")")
CONFIG=$(jq -r .config.digest "$(blob "$MANIFEST")")
LAYER=$(jq -r '.layers[0].digest' "$(blob "$MANIFEST")")

mkdir "$WORK/bundle" "$WORK/bundle/rootfs"
names() { tar -tzf "$(blob "$LAYER")" | grep -v '/$'; }
check 'the only program is croute' \
	[ "$(names | grep -v '^usr/share/doc/croute/')" = usr/sbin/croute ]
check 'LICENSE, the list of what is in it and the LGPL are there' \
	[ "$(names | grep -cE 'doc/croute/(LICENSE|THIRD-PARTY.md|LGPL-2.1)$')" = 3 ]
notices() { names | sed -n 's#.*/\(.*\)\.copyright$#\1#p' | sort; }
# Of THIRD-PARTY.md, with the version of this gcc.
libraries() {
	sed -n 's/^| [^|]*| \([^ ,|]*-dev\).*/\1/p' "$ROOT/packaging/THIRD-PARTY.md" |
		sed "s/-N-/-$(gcc -dumpversion | cut -d. -f1)-/" | sort
}
archives() { sed -n 's#^/.*/\(lib.*\)\.a$#\1#p' "$CROUTE.linked" | sort -u; }
asked() {
	sed -n 's/^LIBS = //p' "$ROOT/Makefile" | xargs pkg-config --static --libs-only-l | xargs -n 1 | sed 's/^-l/lib/'
}
check 'the build lists the libraries that it linked' all_of 'archives | grep -x libc >/dev/null' \
	'[ -z "$(asked | sort -u | comm -23 - <(archives))" ]'
noticed() {
	local archive held
	held=$(notices | xargs dpkg -L)
	for archive in $(archives); do grep -q "/$archive\.a$" <<<"$held" || return; done
}
check 'the notices of the packages of all of them are there' noticed
check 'which THIRD-PARTY.md names' [ "$(libraries)" = "$(notices)" ]
uncompressed=$(gzip -dc "$(blob "$LAYER")" | wc -c)
printf '# the image: %s bytes to fetch, %s unpacked\n' \
	"$(cat "$LAYOUT"/blobs/sha256/* | wc -c)" "$uncompressed"
check 'at most 3 MiB, unpacked' [ "$uncompressed" -le $((3 << 20)) ]

run cat "$(blob "$CONFIG")"
check 'it runs croute run, as root, with no environment' json '.config |
	.Entrypoint == ["/usr/sbin/croute"] and .Cmd == ["run"] and .User == "0:0" and (has("Env") | not)'
mkdir "$WORK/copy"
cp "$CROUTE" "$WORK/copy/croute"
(umask 077 && TZ=Asia/Tokyo "$BUILD" "$VERSION" "$WORK/two" "$WORK/copy/croute" >"$WORK/two.log")
check 'made again, elsewhere and later, it is the same' all_of \
	'diff -r "$WORK/one/image" "$WORK/two/image" >/dev/null' \
	'cmp -s "$WORK/one/croute-$VERSION.tar" "$WORK/two/croute-$VERSION.tar"'
SOURCE_DATE_EPOCH=1000000000 "$BUILD" "$VERSION" "$WORK/two" "$CROUTE" >"$WORK/two.log"
check 'SOURCE_DATE_EPOCH is its time' \
	grep -qr '"created": "2001-09-09T01:46:40Z", "architecture"' "$WORK/two/image/blobs"
archive() { tar -xOf "$WORK/one/croute-$VERSION.tar" "$1"; }
check 'the archive is the layout, and has what older docker load reads' all_of \
	'[ "$(archive index.json)" = "$(cat "$LAYOUT/index.json")" ]' \
	'[ "$(archive manifest.json | jq -r ".[0].RepoTags[0]")" = "croute:$VERSION" ]' \
	'[ "$(archive "$(archive manifest.json | jq -r ".[0].Config")")" = "$(cat "$(blob "$CONFIG")")" ]'

# --- under a runtime
command -v crun >/dev/null || {
	skip 'it runs under a runtime' 'no command crun'
	finish
}
host_add worker-1 10.0.0.1/16

# generation N RANGE [LINE]: as the kubelet writes a ConfigMap: a new directory, ..data renamed over.
MOUNTED=$WORK/configmap
mkdir "$MOUNTED"
generation() {
	mkdir "$MOUNTED/..gen-$1"
	AGENT_KEYS='resync: 1h' conf "guard: {maxDelete: 100%}
${3-}" "$2" >"$MOUNTED/..gen-$1/nodes.yaml"
	ln -s "..gen-$1" "$MOUNTED/..data_tmp"
	mv -T "$MOUNTED/..data_tmp" "$MOUNTED/..data"
	[ -e "$MOUNTED/nodes.yaml" ] || ln -s ..data/nodes.yaml "$MOUNTED/nodes.yaml"
}

# group_make: a memory cgroup of 16 MiB, of the first or the second version.
GROUP=
group_make() {
	local name

	name=$(unique)
	if mkdir "/sys/fs/cgroup/memory/$name" 2>/dev/null; then
		GROUP=/sys/fs/cgroup/memory/$name PEAK=memory.max_usage_in_bytes
		echo $((16 << 20)) >"$GROUP/memory.limit_in_bytes"
	elif [ -e /sys/fs/cgroup/cgroup.controllers ] && mkdir "/sys/fs/cgroup/$name" 2>/dev/null; then
		GROUP=/sys/fs/cgroup/$name PEAK=memory.peak
		echo $((16 << 20)) >"$GROUP/memory.max"
	fi 2>/dev/null
}

group_end() { [ -z "$GROUP" ] || wait_for rmdir "$GROUP"; }

# unpack: the image's files; its pages are charged to the container, as on a node where it is first.
unpack() {
	[ -z "$GROUP" ] || echo "$BASHPID" >"$GROUP/cgroup.procs"
	tar -xzf "$(blob "$LAYER")" -C "$WORK/bundle/rootfs"
}

# bundle: what a kubelet would have the runtime do with the image and base/daemonset.yaml.
bundle() {
	jq --arg data "$MOUNTED" --arg run "$WORK/run-croute" '.config | {
		ociVersion: "1.0.2",
		process: {
			user: {uid: 0, gid: 0}, cwd: "/", args: (.Entrypoint + .Cmd),
			env: ["NODE_NAME=worker-1", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"],
			noNewPrivileges: true,
			capabilities: ({bounding: ["CAP_NET_ADMIN"]} |
				. + {effective: .bounding, permitted: .bounding})
		},
		root: {path: "rootfs", readonly: true},
		mounts: [
			{destination: "/proc", type: "proc", source: "proc"},
			{destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["size=64k", "mode=755"]},
			{destination: "/sys", type: "sysfs", source: "sysfs", options: ["ro", "nosuid", "noexec"]},
			{destination: "/etc/croute", type: "bind", source: $data, options: ["bind", "ro"]},
			{destination: "/run/croute", type: "bind", source: $run, options: ["bind", "rw"]}
		],
		linux: {
			namespaces: [
				{type: "network", path: "/run/netns/worker-1"},
				{type: "mount"}, {type: "pid"}, {type: "ipc"}, {type: "uts"}
			],
			readonlyPaths: ["/proc/sys", "/proc/bus", "/proc/irq"],
			maskedPaths: ["/proc/kcore", "/proc/keys"]
		}
	}' "$(blob "$CONFIG")" >"$WORK/bundle/config.json"
}

runtime() { crun --root "$WORK/crun" --cgroup-manager=disabled "$@"; }

# container_start: it joins the cgroup before croute is in it, so the runtime's own is not counted.
container_start() {
	start agent runtime create --bundle "$WORK/bundle" croute
	wait "${PID[agent]}" || return 1
	CONTAINER=$(runtime state croute | jq .pid)
	[ -z "$GROUP" ] || echo "$CONTAINER" >"$GROUP/cgroup.procs"
	runtime start croute
}

probe() { run runtime exec croute /usr/sbin/croute status --check; }
probed() { probe && exits 0; }
healthy() { page_is 200 /healthz; }
status_of() { awk -v key="$1:" '$1 == key { print $2 }' "/proc/$CONTAINER/status"; }

# crun refuses a machine that has both versions of cgroups; this mount is the test's own.
umount /sys/fs/cgroup/unified 2>/dev/null

mkdir "$WORK/run-croute"
generation 1 "1-$PEERS"
group_make
(unpack)
bundle
if ! container_start; then
	group_end
	skip 'it runs under a runtime' "crun: $(tail -1 "$WORK/agent.log")"
	finish
fi
check 'with NET_ADMIN alone it applies the file of its host' within owned worker-1 "$PEERS"
check '/readyz says ready' within ready
check '/healthz says healthy' within healthy
check 'the exec probe finds it ready' wait_for probed
check 'it has that one capability, and can get no other' all_of \
	'[ "$(status_of CapEff)" = 0000000000001000 ]' '[ "$(status_of CapBnd)" = 0000000000001000 ]' \
	'[ "$(status_of NoNewPrivs)" = 1 ]'
# Of the mounts, all that may be written is its own /run/croute and what the runtime made in memory.
writable() { awk '$6 ~ /(^|,)rw(,|$)/ { print $5 }' "/proc/$CONTAINER/mountinfo" | sort | tr '\n' ' '; }
check 'nothing of the image can be written' [ "$(writable)" = '/dev /proc /run/croute ' ]

generation 2 "3-$PEERS"
check 'a first new generation of the ConfigMap is followed' within owned worker-1 $((PEERS - 2))
generation 3 "1-$((PEERS + 10))"
check 'and a second' within owned worker-1 $((PEERS + 10))
check 'still the process that was started' [ "$(runtime state croute | jq .pid)" = "$CONTAINER" ]
check 'still ready, by either probe' all_of 'within ready' 'wait_for probed'

# /proc/sys cannot be written there.
tunnel() { route worker-1 "$(pods 7) via 10.100.7.0 dev croute.1 proto 67 * onlink"; }
generation 4 "1-$PEERS" 'backend: {type: vxlan}'
check 'a tunnel can be made with that capability, too' all_of 'within tunnel' 'within ready'
generation 5 "1-$((PEERS + 10))"
check 'and be left again' all_of 'within via_peer 7' 'within owned worker-1 $((PEERS + 10))' \
	'not ip -n worker-1 link show croute.1 2>/dev/null'

if [ -n "$GROUP" ] && [ -r "$GROUP/$PEAK" ]; then
	printf '# %s peers, five files: its cgroup had %s KiB at the peak, the image included\n' \
		"$PEERS" $(($(cat "$GROUP/$PEAK") >> 10))
	check 'within 16 MiB' [ "$(cat "$GROUP/$PEAK")" -le $((16 << 20)) ]
else
	skip 'within 16 MiB' 'no memory cgroup that may be written'
fi

rm "$MOUNTED/..data"
ln -s ..gone "$MOUNTED/..data"
check 'with the file gone, the readiness probes fail and the routes stay' all_of \
	'wait_for not ready' 'wait_for not probed' 'owned worker-1 $((PEERS + 10))' 'healthy'
runtime kill croute TERM
check 'SIGTERM ends it' wait_for process_gone "$CONTAINER"
check 'and leaves the routes' owned worker-1 $((PEERS + 10))
runtime delete croute

# --- what the uninstall overlay runs: flush, and then an agent without a file
uninstall() {
	jq --argjson args "$1" '.process.args = $args' "$WORK/bundle/config.json" >"$WORK/bundle/new" &&
		mv "$WORK/bundle/new" "$WORK/bundle/config.json"
}
uninstall '["/usr/sbin/croute", "flush"]'
container_start
check 'flush from the image removes the routes' within owned worker-1 0
wait_for process_gone "$CONTAINER"
runtime delete croute
uninstall '["/usr/sbin/croute", "run", "--config", "/nothing"]'
container_start
check 'an agent without a file stays, and adds nothing' all_of 'within healthy' 'owned worker-1 0'
runtime kill croute TERM
wait_for process_gone "$CONTAINER"
runtime delete --force croute
group_end
check 'nothing remains of the container' not runtime state croute 2>/dev/null
finish
