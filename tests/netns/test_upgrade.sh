#!/bin/bash
# test_upgrade.sh - the binary of 0.1.0 and the present one take turns on one host: no packet is lost,
# no row rewritten, and what either wrote the other reads.
#
# 0.1.0 is built once, from the history, into build/. TURNS=20 takes more turns.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
NETNS_TOOLS="ip unshare nsenter ping setpriv jq bridge git make"
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=vxlan.sh
. "$(dirname "$0")/vxlan.sh"

BEFORE=038e5c9fa8719842fde05add514405008a762e79
CACHE=$ROOT/build/croute-0.1.0

[[ $CROUTE != */san/* ]] || skip_all 'what the sanitizers find, the other tests show'
[ -x "$CACHE" ] || git -c safe.directory='*' -C "$ROOT" cat-file -e "$BEFORE^{commit}" 2>/dev/null ||
	skip_all 'the history of this tree does not reach back to 0.1.0'

# build_before: unoptimized, for it is quicker.
build_before() {
	mkdir "$WORK/0.1.0" &&
		git -c safe.directory='*' -C "$ROOT" archive "$BEFORE" | tar -x -C "$WORK/0.1.0" &&
		run make -s -C "$WORK/0.1.0" -j"$(nproc)" CFLAGS=-O0 build/croute && exits 0 &&
		mkdir -p "${CACHE%/*}" && cp "$WORK/0.1.0/build/croute" "$CACHE.$$" && mv "$CACHE.$$" "$CACHE"
}

[ -x "$CACHE" ] || build_before || skip_all "0.1.0 does not build here: $(tail -n 1 <<<"$ERR")"
declare -A BINARY=([old]=$CACHE [new]=$CROUTE) OTHER=([old]=new [new]=old)

node worker-1 'address: [10.0.0.1, "fd00::1"], podCIDRs: [10.244.1.0/24, "fd10:244:0:1::/64"]'
node worker-2 'address: [10.0.0.2, "fd00::2"], podCIDRs: [10.244.2.0/24, "fd10:244:0:2::/64"]'
for at in 1 2; do
	host_add worker-$at 10.0.0.$at/16 fd00::$at/64
	pod_add worker-$at 10.244.$at.2/24 fd10:244:0:$at::2/64
done
mkdir "$WORK/cni"
LINES=('podNetwork: [10.244.0.0/16, "fd10:244::/48"]' 'adopt: none'
	'routes: [{to: 10.96.0.0/12, via: 10.0.0.9, metric: 50}, {to: 198.18.0.0/15, type: blackhole}]'
	"agent: {resync: 1h, listen: '', statusFile: $WORK/status.json, subnetEnv: $WORK/subnet.env," \
	"  cniConf: $WORK/cni/10-croute.conflist, masquerade: true, blackholeLocal: true}")

# write BACKEND LINE...: an old file, which need not settle.
write() {
	cluster_write "$1" "${LINES[@]}" "${@:2}"
	touch -d '1 hour ago' "$CONF"
}

# of VERSION ARGUMENT...: that binary on worker-1.
of() {
	run in_host worker-1 "${BINARY[$1]}" "${@:2}"
}

rows() {
	ip -n worker-1 -4 route show table all proto 67
	ip -n worker-1 -6 route show table all proto 67
	ip -n worker-1 -o -d link show type vxlan
	ip -n worker-1 neigh show nud permanent | sort
	in_host worker-1 bridge fdb show | grep -E 'permanent|static' | sort
	in_host worker-1 nft -a list table inet croute 2>/dev/null
	cat "$WORK/subnet.env" "$WORK/cni/10-croute.conflist"
}

# ready_is: the agent has written that it is ready.
ready_is() {
	jq -e --arg pid "${PID[agent]}" '.ready and .pid == ($pid | tonumber)' "$WORK/status.json" >/dev/null 2>&1
}

# plainly_refused WORD...: a message that names what it is about, and no crash.
plainly_refused() {
	[[ $STATUS =~ ^(1|3|64)$ && -n $ERR ]] && for word in "$@"; do [[ $ERR = *"$word"* ]] || return; done
}

# read_by VERSION: the status of the agent of the other.
read_by() {
	of "$1" status --status-file "$WORK/status.json"
	exits 0 && [[ $OUT = *ready* && $OUT = *worker-1* ]]
}

# left_by VERSION: it leaves the host to the agent of the other. It waits for the lock first, so each
# is asked once.
declare -A LEFT
left_by() {
	[ -z "${LEFT[$1]-}" ] || return 0
	LEFT[$1]=yes
	of "$1" reconcile --node worker-1 -c "$CONF"
	plainly_refused "${PID[agent]}"
}

# turn VERSION SIGNAL
turn() {
	start agent nsenter --net=/run/netns/worker-1 -- "${BINARY[$1]}" run --node worker-1 -c "$CONF"
	wait_for ready_is && read_by "${OTHER[$1]}" && left_by "${OTHER[$1]}" && rows_go_on || {
		ERR+=$'\n'$(cat "$WORK/agent.log")
		return 1
	}
	agent_stop "$2"
	[[ $STATUS =~ ^(0|137)$ ]]
}

rows_go_on() {
	row_goes_on 4 && row_goes_on 6
}

turns() {
	local at

	for ((at = 0; at < ${TURNS:-3}; at++)); do
		turn new $((at % 2 ? 15 : 9)) && turn old $((at % 2 ? 9 : 15)) || return
	done
}

# hands_over VERSION: the other waits for it to end, and takes its place.
hands_over() {
	local next=(nsenter --net=/run/netns/worker-1 -- "${BINARY[${OTHER[$1]}]}" run --node worker-1 -c "$CONF")

	start agent nsenter --net=/run/netns/worker-1 -- "${BINARY[$1]}" run --node worker-1 -c "$CONF"
	wait_for ready_is && start next "${next[@]}" && wait_for grep "${PID[agent]}" "$WORK/next.log" || return
	agent_stop TERM
	PID[agent]=${PID[next]}
	wait_for ready_is && rows_go_on && agent_stop TERM && exits 0
}

# newer_file KEYS: 0.1.0 refuses a file of today whole, and names what it does not know.
newer_file() {
	write "$1" 'reach: {every: 1m}'
	of old reconcile --node worker-1 -c "$CONF"
	write "$1"
	plainly_refused '"reach"' && [ "$ROWS" = "$(rows)" ]
}

# Of the neighbours only permanent ones count, and those of a tunnel's forwarding.
nothing_rewritten() {
	monitor_stop worker-1
	HEARD=$(grep -vE ' (REACHABLE|STALE|DELAY|PROBE|FAILED|INCOMPLETE|NOARP) *$' <<<"$HEARD")
	OUT=$HEARD
	diff <(printf '%s\n' "$ROWS") <(rows) | sed 's/^/    # /'
	[ -z "$HEARD" ] && [ "$ROWS" = "$(rows)" ]
}

# snapshot_crosses FROM: what it saw, the other plans over; nothing is to be done.
snapshot_crosses() {
	of "$1" snapshot
	printf '%s\n' "$OUT" >"$WORK/snapshot.json"
	of "${OTHER[$1]}" reconcile --dry-run --exit-code --kernel-state "$WORK/snapshot.json" --node worker-1 -c "$CONF"
	exits 0
}

# confirm_crosses FROM ARGUMENT...: a pass of it is confirmed, or undone, by the other.
confirm_crosses() {
	of "$1" reconcile --confirm 10m --node worker-1 -c "$CONF"
	exits 0 && of "${OTHER[$1]}" confirm "${@:2}" && exits 0
}

has_no() { ! ip -n worker-1 route show "$1" | grep . >/dev/null; }

# backend NAME KEYS
backend() {
	local from more

	write "$2"
	for at in 1 2; do
		run in_host worker-$at "$CACHE" reconcile --node worker-$at -c "$CONF"
		check "$1: 0.1.0 makes the routes of worker-$at" exits 0
	done
	row_start 4 worker-1-pod 10.244.2.2 && row_start 6 worker-1-pod fd10:244:0:2::2
	check "$1: 0.1.0 runs" turn old TERM
	ROWS=$(rows)
	check "$1: a file of today is refused by 0.1.0, and changes nothing" newer_file "$2"
	monitor_start worker-1 ip monitor route neigh
	check "$1: they take turns, by SIGTERM and SIGKILL, and each reads the other's status" turns
	check "$1: one that waits for the other takes its place" all_of 'hands_over old' 'hands_over new'
	check "$1: no row, rule or file was rewritten" nothing_rewritten
	for from in old new; do
		check "$1: a snapshot of the $from one is read by the other" snapshot_crosses "$from"
		more="  - {name: far-$from, address: 10.0.0.7, podCIDRs: [10.244.7.0/24]}"
		write "$2" && printf '%s\n' "$more" >>"$CONF"
		check "$1: what the $from one tried, the other undoes" confirm_crosses "$from" --undo
		check "$1: and it is undone" has_no 10.244.7.0/24
		check "$1: what the $from one tried, the other confirms" confirm_crosses "$from"
		check "$1: and it is in place" eval '! has_no 10.244.7.0/24'
		write "$2"
		of "${OTHER[$from]}" reconcile --node worker-1 -c "$CONF"
		check "$1: the other removes it" exits 0
	done
	check "$1: no packet was lost" rows_lost 0 4 6
}

backend host-gw 'type: host-gw'
backend vxlan 'type: vxlan'
[ "${TURNS:-3}" -le 3 ] || backend directRouting 'type: vxlan, vxlan: {directRouting: true}'
finish
