#!/bin/bash
# cni.sh - what a container runtime does with a network configuration, by the real plugins.
#
# A test sources lib.sh first. The plugins are looked for in $CNI_PATH, where build-deps unpacks them
# and where distributions install them. Each host has a /var/lib/cni of its own.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2034,SC2317 # tests use the variables; check calls the predicates

# cni_find PLUGIN...: CNI_PATH is a folder that has these.
cni_find() {
	local folder plugin

	for folder in ${CNI_PATH-} "$ROOT/build/tools/usr/lib/cni" /usr/lib/cni /opt/cni/bin /usr/libexec/cni; do
		for plugin in "$@"; do
			[ -x "$folder/$plugin" ] || continue 2
		done
		export CNI_PATH=$folder
		return 0
	done
	return 1
}

cni_find bridge host-local portmap || skip_all 'no CNI plugins: packaging/build-deps test fetches them'
mount -t tmpfs tmpfs /var/lib || skip_all 'cannot mount over /var/lib'
mkdir -p /var/lib/cni

# cni_plugin HOST COMMAND POD CONF: run one plugin as a runtime on that host would; its answer is OUT.
cni_plugin() {
	local host=$1 command=$2 pod=$3 conf=$4 plugin

	plugin=$CNI_PATH/$(jq -r .type <<<"$conf")
	mkdir -p "$WORK/cni-$host"
	LAST="$command by $plugin for $pod on $host"
	# shellcheck disable=SC2016 # for the inner shell
	OUT=$(CNI_COMMAND=$command CNI_CONTAINERID=$pod CNI_NETNS=/run/netns/$pod CNI_IFNAME=eth0 \
		in_host "$host" unshare --mount sh -c 'mount --bind "$1" /var/lib/cni && exec "$2"' - \
		"$WORK/cni-$host" "$plugin" <<<"$conf" 2>"$WORK/stderr")
	STATUS=$? ERR=$(cat "$WORK/stderr")
	return $STATUS
}

# cni HOST ADD|DEL POD LIST: all plugins of a list, each given what the one before answered, as libcni
# does it; DEL goes backwards, and is given what ADD has answered last.
cni() {
	local host=$1 command=$2 pod=$3 list=$4 order=keys result=null conf i

	[ "$command" = ADD ] || order='keys | reverse' result=$(cat "$WORK/$pod.result")
	for i in $(jq ".plugins | $order | .[]" "$list"); do
		conf=$(jq -c --argjson i "$i" --argjson result "$result" '. as $list | .plugins[$i] |
			. + {name: $list.name, cniVersion: $list.cniVersion} |
			if .capabilities then . + {runtimeConfig: {portMappings: []}} | del(.capabilities) else . end |
			if $result then . + {prevResult: $result} else . end' "$list")
		cni_plugin "$host" "$command" "$pod" "$conf" || return
		[ "$command" != ADD ] || result=$OUT
	done
	[ "$command" != ADD ] || printf '%s\n' "$result" >"$WORK/$pod.result"
}

# cni_address POD FAMILY: what ADD has given to it.
cni_address() {
	jq -r --arg version "$2" '.ips[] | select(.version == $version).address | split("/")[0]' "$WORK/$1.result"
}

# no_lease HOST: host-local has no address given away.
no_lease() {
	! find "$WORK/cni-$1" -type f -name '[0-9a-f]*[0-9.:]*' ! -name 'last_*' ! -name lock | grep . >/dev/null
}

# flannel_list ENV: the list that the flannel plugin hands on to others, made of its file (its
# doCmdAdd); with flannel's own settings of hairpinMode and isDefaultGateway.
flannel_list() {
	local FLANNEL_NETWORK='' FLANNEL_SUBNET='' FLANNEL_IPV6_NETWORK='' FLANNEL_IPV6_SUBNET=''
	local FLANNEL_MTU='' FLANNEL_IPMASQ=''

	# shellcheck disable=SC1090 # what it is made of is what is tested
	. "$1"
	jq -n --arg net4 "$FLANNEL_NETWORK" --arg net6 "$FLANNEL_IPV6_NETWORK" \
		--arg sub4 "$(network_of "$FLANNEL_SUBNET")" --arg sub6 "$(network_of "$FLANNEL_IPV6_SUBNET")" \
		--argjson mtu "$FLANNEL_MTU" --argjson masq "$FLANNEL_IPMASQ" '{
		name: "cbr0", cniVersion: "0.3.1", plugins: [{
			type: "bridge", mtu: $mtu, ipMasq: ($masq | not), isGateway: true,
			hairpinMode: true, isDefaultGateway: true, ipam: {
				type: "host-local", ranges: [[{subnet: $sub4}], [{subnet: $sub6}]],
				routes: [{dst: $net4}, {dst: $net6}]}}]}'
}

# network_of ADDRESS/LEN: of the lengths that the tests use, /24 and /64.
network_of() {
	case $1 in
	*:*/64) echo "${1%:*}:/64" ;;
	*/24) echo "${1%.*}.0/24" ;;
	*) return 1 ;;
	esac
}
