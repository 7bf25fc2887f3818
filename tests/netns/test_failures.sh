#!/bin/bash
# test_failures.sh - what cannot be done is told with its reason, and stops nothing else.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

host_add worker-1 10.0.0.11/24 10.0.0.44/24 fd00::11/64
CONF=$WORK/nodes.yaml

pass() {
	croute_in worker-1 reconcile --node worker-1 -c "$CONF" "$@"
}

cat >"$CONF" <<'YAML'
version: 1
nodes:
  - name: worker-1
    address: [10.0.0.11, 'fd00::11']
    podCIDRs: [10.244.1.0/24, 'fd10:244:0:1::/64']
  - name: worker-2
    address: 10.0.0.12
    podCIDRs: [10.244.2.0/24]
  - name: far-away
    address: [10.9.9.9, 'fd99::9']
    podCIDRs: [10.244.3.0/24, 'fd10:244:0:3::/64']
  - name: worker-5
    address: [10.0.0.15, 'fd00::15']
    podCIDRs: [10.244.5.0/24, 'fd10:244:0:5::/64']
YAML

# The kernel refuses: a gateway that is not on the link.
pass
check 'a refused route is exit 1' exits 1
check 'the refusal has the kernel'\''s own words and the line of the file' \
	err_line '*nodes.yaml:9:5: error: *10.244.3.0/24 via 10.9.9.9*Nexthop has invalid gateway*'
check 'the IPv6 refusal is told too' err_line '*nodes.yaml:9:5: error: *fd10:244:0:3::/64*'
check 'all others are in place' owned worker-1 3
check 'the plan shows the refused one' out_line '+ route 10.244.3.0/24 via 10.9.9.9 dev eth1 far-away nodes.yaml:9:5*'
pass -o json
check 'JSON gives the error' json '.summary.failed == 2 and
	([.changes[] | select(.result == "failed" and .node == "far-away" and (.error | length) > 0)] | length) == 2'
pass --dry-run
check 'a dry run still plans it' out_line '+ route 10.244.3.0/24 *'

# A peer whose address this host holds.
sed -i "s/\[10\.9\.9\.9, 'fd99::9'\]/10.0.0.44/; s/10.244.3.0\/24, 'fd10.*'/10.244.3.0\/24/" "$CONF"
pass
check 'a peer whose address this host holds is exit 1' exits 1
check 'it is refused by name and line' said '*nodes.yaml:9:5: error: *10.0.0.44*'
check 'its route is not installed: traffic would loop' not route worker-1 '10.244.3.0/24 *'
check 'the others stand' owned worker-1 3
sed -i '/far-away/,/10.244.3.0/d' "$CONF"
check 'without it a pass is empty' empty_second_pass worker-1 "$CONF" --node worker-1

# A podCIDR of a family in which its node has no address.
cp "$CONF" "$WORK/keep"
sed -i "s/podCIDRs: \[10.244.2.0\/24\]/podCIDRs: [10.244.2.0\/24, 'fd10:244:0:2::\/64']/" "$CONF"
pass
check 'a podCIDR of a family its node lacks is a warning, exit 0' exits 0
check 'the warning has its line' said '*nodes.yaml:*: warning: *fd10:244:0:2::/64*'
check 'that podCIDR is skipped' owned worker-1 3
cp "$WORK/keep" "$CONF"

# The interface.
host_link_add worker-1 eth2 10.3.0.1/24
ip -n worker-1 link add veth17f90f70 type veth peer name veth-other
ip -n worker-1 link set veth17f90f70 up
addresses_add worker-1 veth17f90f70 10.7.0.1/24

# fence LINE: the file with this as its `interface`.
fence() {
	cp "$WORK/keep" "$CONF"
	printf 'interface: %s\n' "$1" >>"$CONF"
}

interface_is() {
	pass -o json --dry-run
	[ "$(jq -r .interface.name <"$WORK/stdout")" = "$1" ]
}

for rule in '{name: eth1}' '{name: [bond1, eth1]}' "{regex: 'eth1|bond1'}" "{regex: ['bond.*', 'eth[0-9]+']}"; do
	fence "$rule"
	check "interface $rule takes eth1" interface_is eth1
done
for rule in '{name: eth2}' "{regex: 'eth'}" "{regex: 'eth2|bond1'}"; do
	fence "$rule"
	pass
	check "interface $rule, which shuts out the address, is exit 1" exits 1
	check "interface $rule lists each interface with its reason" all_of \
		"said '*eth1*'" "said '*eth2*'" "said '*lo*'" "said '*veth17f90f70*'"
	check "interface $rule keeps what is installed" owned worker-1 3
done
fence "{regex: 'eth'}"
pass
check 'where an unanchored match would have differed, croute says so' said '*whole*'

sed 's/10\.0\.0\.11, .fd00::11.\]/10.7.0.1]/' "$WORK/keep" >"$CONF"
echo "interface: {regex: 'eth1|bond1'}" >>"$CONF"
pass
check 'eth1|bond1 never takes veth17f90f70, though it holds the address' exits 1
check 'veth17f90f70 is passed over with a reason' said '*veth17f90f70*'
sed -i '$d' "$CONF"
check 'without a rule the holder of the address is taken, whatever it is' interface_is veth17f90f70

sed 's/10\.0\.0\.11, .fd00::11.\]/10.0.0.99]/' "$WORK/keep" >"$CONF"
pass
check 'an address that no interface holds is exit 1' exits 1
check 'it is named' said '*10.0.0.99*'
check 'each interface is listed' all_of "said '*eth1*'" "said '*eth2*'" "said '*lo*'"
check 'what is installed is kept' all_of "route worker-1 '10.244.2.0/24 *proto 67 *'" \
	"route worker-1 '10.244.5.0/24 *proto 67 *'"

cp "$WORK/keep" "$CONF"
ip -n worker-1 link set eth1 down
pass
check 'an interface that is down is exit 1' exits 1
check 'it says that it is down' said '*eth1*down*'
ip -n worker-1 link set eth1 up
addresses_add worker-1 eth1 fd00::11/64 2>/dev/null
pass
check 'with the link all is put back' exits 0
check 'and a pass after it is empty' empty_second_pass worker-1 "$CONF" --node worker-1

# Privilege.
no_capabilities=(setpriv --bounding-set -all --inh-caps -all)
install -m 755 "$CROUTE" "$WORK/croute"
chmod 644 "$CONF"
ip -n worker-1 route del 10.244.2.0/24 proto 67
run in_host worker-1 "${no_capabilities[@]}" "$WORK/croute" reconcile --node worker-1 -c "$CONF"
check 'without CAP_NET_ADMIN a pass is exit 1' exits 1
check 'it names the capability' said '*CAP_NET_ADMIN*'
check 'nothing is changed' owned worker-1 2
run in_host worker-1 "${no_capabilities[@]}" "$WORK/croute" reconcile --node worker-1 -c "$CONF" --dry-run
check 'a dry run needs no capability' exits 0
check 'and sees what is missing' out_line '+ route 10.244.2.0/24 *'
if [ "$(id -u)" = 0 ] && setpriv --reuid 65534 --clear-groups true 2>/dev/null; then
	run in_host worker-1 setpriv --reuid 65534 --regid 65534 --clear-groups \
		"$WORK/croute" reconcile --node worker-1 -c "$CONF" --dry-run
	check 'a dry run needs no privileged user' all_of 'exits 0' "out_line '+ route 10.244.2.0/24 *'"
	chmod 600 "$CONF"
	run in_host worker-1 setpriv --reuid 65534 --regid 65534 --clear-groups \
		"$WORK/croute" reconcile --node worker-1 -c "$CONF" --dry-run
	check 'a file that may not be read is exit 3' all_of 'exits 3' "said '*nodes.yaml: no permission*'"
else
	skip 'a dry run needs no privileged user' 'no second user id here'
fi

finish
