#!/bin/bash
# test_doctor.sh - what is wrong with a host is found on real hosts, and its fix works.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=vxlan.sh
. "$(dirname "$0")/vxlan.sh"

host_add worker-1 10.0.0.11/24 fd00::11/64
host_add worker-2 10.0.0.12/24 fd00::12/64
node worker-1 "address: [10.0.0.11, 'fd00::11'], podCIDRs: [10.244.1.0/24, 'fd10:244:0:1::/64']"
node worker-2 "address: [10.0.0.12, 'fd00::12'], podCIDRs: [10.244.2.0/24, 'fd10:244:0:2::/64']"
NETWORK="podNetwork: [10.244.0.0/16, 'fd10:244::/48']"
# The agent's status file stays out of the way.
AGENT="agent: {listen: '', statusFile: $WORK/status.json}"
cluster_write 'type: host-gw' "$NETWORK" "$AGENT"

doctor() {
	croute_in worker-1 doctor --node worker-1 -c "$CONF" --color never "$@"
}

# result NAME RESULT: the check comes to that, in JSON.
result() {
	doctor -o json
	json ".checks[] | select(.name == \"$1\") | .result == \"$2\""
}

# fix NAME: do as the check says: those lines that are commands.
fix() {
	doctor -o json
	jq -r ".checks[] | select(.name == \"$1\") | .fix" <"$WORK/stdout" |
		sed -nE "s|/etc/sysctl.d|$WORK|; /^(sysctl|ip|nft) /p" >"$WORK/fix"
	[ -s "$WORK/fix" ] && in_host worker-1 sh -e "$WORK/fix" >"$WORK/fixed" 2>&1
}

# fixed NAME: its commands make it ok. Where there is no sysctl(8) a stand-in writes to /proc/sys.
fixed() {
	fix "$1" && result "$1" ok
}

if ! command -v sysctl >/dev/null; then
	mkdir "$WORK/bin"
	cat >"$WORK/bin/sysctl" <<'END'
#!/bin/bash
name=${2%%=*} value=${2#*=}
[[ $name == */* ]] || name=${name//.//}
echo "$value" >"/proc/sys/$name" && echo "${1%%=*} = $value"
END
	chmod 755 "$WORK/bin/sysctl"
	PATH=$PATH:$WORK/bin
fi

# --- a healthy host -------------------------------------------------------------------------------

agent_start worker-1 --node worker-1 -c "$CONF"
check 'the agent comes up' wait_for owned worker-1 2
doctor
check 'a healthy host: exit 0' exits 0
check 'nothing fails' not out_line 'FAIL *'
check 'one line a check, in the same words' out_line 'ok forwarding: net.ipv4.ip_forward is 1; *'
check 'the agent is seen' out_line 'ok agent: an agent runs*'
check 'the interface is named' out_line 'ok interface: eth1 carries 10.0.0.11; eth1 carries fd00::11'
check 'the last line counts' out_line 'Checked: * ok, * warnings*, 0 failures, * unknown.'
check 'nothing is said on standard error' [ "$ERR" = '' ]
doctor -o json
check 'JSON has the same checks' json '.version == 1 and (.checks | length) == 25 and .summary.failure == 0'
check 'each with name, result, text and fix' json \
	'all(.checks[]; (.name | length) > 0 and (.text | length) > 0 and (.fix | type) == "string" and (.result | IN("ok", "warning", "failure", "unknown")))'
routes=$(routes_of worker-1)
doctor --peers
check 'it changes nothing' [ "$routes" = "$(routes_of worker-1)" ]
croute_in worker-1 doctor --node worker-1 -c "$CONF" --color always
check 'colours where they are asked for' grep -q $'\033\[32mok' <<<"$OUT"

# --- settings, real ones --------------------------------------------------------------------------

sysctl_in worker-1 ipv4/ip_forward 0
doctor
check 'no forwarding: exit 1' exits 1
check 'no forwarding is told' out_line 'FAIL forwarding: net.ipv4.ip_forward is 0: *'
check 'with the command that fixes it' out_line 'fix: sysctl -w net.ipv4.ip_forward=1 | tee -a /etc/sysctl.d/90-croute.conf'
check 'which does' fixed forwarding
check 'and keeps it for the next boot' grep -qx 'net.ipv4.ip_forward = 1' "$WORK/90-croute.conf"
sysctl_in worker-1 ipv6/conf/all/forwarding 0
check 'no IPv6 forwarding is a failure' result forwarding failure
check 'and fixed' fixed forwarding
sysctl_in worker-1 ipv4/conf/eth1/forwarding 0
check 'no forwarding on the interface is a failure' result forwarding failure
check 'and fixed' fixed forwarding
agent_stop TERM
check 'no agent is only a warning' result agent warning

# --- routes of others -----------------------------------------------------------------------------

ip -n worker-1 route add 10.244.7.0/24 via 10.0.0.12
ip -n worker-1 route add 10.244.8.0/24 via 10.0.0.12 proto bird
doctor
check 'routes of others are told, and who made them' out_line \
	'warn foreign-routes: *1 of protocol boot, 1 of protocol bird: 10.244.7.0/24 via 10.0.0.12 *'
check 'a warning is no failure: exit 0' exits 0
ip -n worker-1 route del 10.244.7.0/24
ip -n worker-1 route del 10.244.8.0/24
check 'and gone again' result foreign-routes ok
ip -n worker-1 route add 10.99.0.0/16 via 10.0.0.12 proto 67
doctor
check 'another program with our protocol number is told' out_line \
	'warn protocol: 1 route of protocol 67 that the file does not ask for: 10.99.0.0/16 via 10.0.0.12 *'
ip -n worker-1 route del 10.99.0.0/16
check 'and gone again' result protocol ok

# --- peers ----------------------------------------------------------------------------------------

node worker-9 'address: 10.0.0.19, podCIDRs: 10.244.9.0/24'
cluster_write 'type: host-gw' "$NETWORK"
in_host worker-1 ping -n -q -c 1 -W 20 10.0.0.12 >/dev/null 2>&1
start ask nsenter --net=/run/netns/worker-1 -- ping -n -q -i 0.2 10.0.0.19
neigh_failed() {
	ip -n worker-1 neigh show 10.0.0.19 | grep FAILED >/dev/null
}
wait_for neigh_failed
kill "${PID[ask]}"
wait "${PID[ask]}" 2>/dev/null
# The last ping may have begun another try.
check 'a peer that is not there fails in the kernel' wait_for neigh_failed
doctor
check 'without --peers nobody is looked at' out_line '[?][?] peers: not looked at*'
doctor --peers
check 'a peer that does not answer is a failure' out_line 'FAIL peers: 1 of 3 do not answer: worker-9*'
check 'exit 1' exits 1
ip -n worker-1 neigh flush all
doctor --peers
check 'without an entry in the kernel an echo tells' out_line '[?][?] peers: 2 reachable, 1 not asked lately; measured: no echo comes back from worker-9'
unset 'NODES[worker-9]'

# --- the tunnel -----------------------------------------------------------------------------------

cluster_write 'type: vxlan' "$NETWORK"
ip -n worker-1 link add vx9 type vxlan id 1 dstport 8472 local 10.0.0.11 dev eth1
doctor
check 'a device of the same VNI and port is a failure' out_line \
	'FAIL vxlan: vx9 already uses VNI 1 on port 8472; croute.1 cannot be created'
check 'the device of the other family is not meant' not out_line '*croute-v6.1 cannot*'
ip -n worker-1 link del vx9
check 'and gone again' result vxlan ok
pass worker-1
check 'the tunnel comes up' exits 0
check 'its MTU is right' result mtu ok
ip -n worker-1 link set eth1 mtu 1400
check 'an underlay that leaves no room is a failure' result mtu failure
pass worker-1
check 'which a pass repairs' result mtu ok
ip -n worker-1 link set eth1 mtu 1500
pass worker-1
sysctl_in worker-1 ipv4/conf/eth1/rp_filter 1
pass worker-2
check 'strict rp_filter under it is a warning' result rp_filter warning
doctor
check 'and whether packets are lost now is measured' all_of \
	"out_line 'warn rp_filter: *; measured: packets with pod addresses arrive at worker-2'" \
	"out_line 'ok mtu: *; measured: the largest packets arrive at worker-2'"
run in_host worker-1 setpriv --bounding-set -net_raw "$CROUTE" doctor --node worker-1 -c "$CONF"
check 'where it cannot be, the command that does is named' all_of 'not out_line "*measured:*"' \
	"out_line 'fix: whether any are lost now: croute reach'"
ip link set port2 mtu 1400
doctor
check 'an MTU that the network does not take is found' all_of 'exits 0' \
	"out_line 'warn mtu: measured: the largest packets are lost on the way to worker-2, or back'"
ip link set port2 mtu 1500
check 'and fixed' fixed rp_filter
sysctl_in worker-1 ipv4/conf/croute.1/forwarding 0
check 'no forwarding on the tunnel is a failure' result forwarding failure
check 'and fixed, with a dot in the name' fixed forwarding

# --- a tunnel that is not what it seems -----------------------------------------------------------

ip -n worker-1 link set croute.1 alias ''
check 'a tunnel without its alias is a failure' result vxlan failure
check 'and fixed' fixed vxlan
ip -n worker-1 link add br9 type bridge
ip -n worker-1 link set croute.1 master br9
doctor
check 'a tunnel in a bridge is a failure' out_line 'FAIL vxlan: croute.1 is a port of bridge br9: *'
check 'and fixed' fixed vxlan
ip -n worker-1 link del br9

# --- other programs -------------------------------------------------------------------------------

mkdir -p /run/systemd/netif /run/systemd/units /run/NetworkManager/conf.d
: >/run/systemd/netif/state
doctor
check 'systemd-networkd without our drop-in is a warning' out_line 'warn systemd-networkd: runs without croute?s drop-in *'
mkdir -p /run/systemd/networkd.conf.d
cp "$ROOT/packaging/systemd/networkd.conf" /run/systemd/networkd.conf.d/10-croute.conf
check 'with the drop-in it is fine' result systemd-networkd ok
ln -s x /run/systemd/units/invocation:systemd-networkd.service
touch -h -d '2001-01-01' /run/systemd/units/invocation:systemd-networkd.service
doctor
check 'a drop-in that came after its start is not in force' out_line 'warn systemd-networkd: *10-croute.conf is not in force yet: *'
check 'NetworkManager without our drop-in is a warning' result NetworkManager warning
cp "$ROOT/packaging/systemd/unmanaged.conf" /run/NetworkManager/conf.d/10-croute.conf
check 'one that leaves the tunnel alone is fine' result NetworkManager ok
index=$(ip -n worker-1 -j link show croute.1 | jq '.[0].ifindex')
mkdir /run/NetworkManager/devices
printf '[device]\nmanaged=true\n' >"/run/NetworkManager/devices/$index"
doctor
check 'but not while it holds the device' out_line 'warn NetworkManager: manages croute.1: no drop-in that names it is in force*'
rm -r /run/systemd/netif /run/NetworkManager

# --- the file -------------------------------------------------------------------------------------

mkdir "$WORK/volume"
cp "$CONF" "$WORK/volume/nodes.yaml"
cp "$CONF" "$WORK/bound"
mount --bind "$WORK/bound" "$WORK/volume/nodes.yaml"
doctor -c "$WORK/volume"
check 'a file that is a mount by itself is told' out_line "warn file-mount: $WORK/volume/nodes.yaml is a mount *"
umount "$WORK/volume/nodes.yaml"
doctor -c "$WORK/volume"
check 'a plain directory is fine' out_line 'ok file-mount: *'
printf 'version: 1\nnodes: none\n' >"$WORK/bad.yaml"
doctor -c "$WORK/bad.yaml"
check 'an invalid file is a failed check: exit 1' exits 1
check 'with its line' out_line 'FAIL file: bad.yaml:2:8: error: *'
check 'the rest is checked' out_line 'ok forwarding: *'
doctor -c "$WORK/none"
check 'no file likewise' all_of 'exits 1' "out_line 'FAIL file: *'" "out_line 'ok forwarding: *'"
doctor --node nobody-1 -c "$CONF"
check 'another node is found by its address' exits 0
doctor word
check 'a word too many is a usage error' exits 64

# --- without privilege ----------------------------------------------------------------------------

chmod 644 "$CONF"
run in_host worker-1 setpriv --reuid 65534 --clear-groups --bounding-set=-all --inh-caps=-all \
	"$CROUTE" doctor --peers --node worker-1 -c "$CONF"
if err_line 'setpriv: *'; then
	skip 'it looks around without privilege' 'no other user here'
else
	check 'without privilege: exit 0' exits 0
	check 'it says what it lacks' out_line 'warn capabilities: *CAP_NET_ADMIN*'
	check 'and sees settings, links and peers' all_of "out_line 'ok forwarding: *'" "out_line 'ok mtu: *'" "out_line '* peers: *'"
fi

# --- size -----------------------------------------------------------------------------------------

{
	printf 'version: 1\npodNetwork: 10.0.0.0/8\nnodes:\n'
	printf -- '- {name: worker-1, address: 192.168.0.1, podCIDRs: 10.0.0.0/24}\n'
	for n in {1..10000}; do
		printf -- '- {name: n%d, address: 192.168.%d.%d, podCIDRs: 10.%d.%d.0/24}\n' \
			"$n" $((n / 250 + 1)) $((n % 250 + 1)) $((n / 250 + 1)) $((n % 250))
	done
} >"$WORK/big.yaml"
addresses_add worker-1 eth1 192.168.0.1/16
TIMEFORMAT='%U %S'
{ time doctor --peers -c "$WORK/big.yaml"; } 2>"$WORK/took"
printf '# %s s of CPU for ten thousand peers\n' "$(cat "$WORK/took")"
check 'ten thousand peers are counted' out_line '* peers: 0 reachable, 10000 not asked lately; measured: no echo comes back from *'
check 'in less than 2 s of CPU' awk '{ exit !($1 + $2 < 2) }' "$WORK/took"
finish
