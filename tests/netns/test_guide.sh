#!/bin/bash
# test_guide.sh - the commands of the guide from flannel are run as they stand in it, on hosts that
# flannel has left; what it shows of their output is what comes.
#
# Blocks of the Markdown say by their info string where they belong: `sh desk` runs once, with a
# kubectl that prints the fixture's objects; `console host` on each host, the section as a whole host
# by host; `sh cluster` needs a cluster: of it only the service is started and stopped.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=vxlan.sh
. "$(dirname "$0")/vxlan.sh"
# shellcheck source=flannel.sh
. "$(dirname "$0")/flannel.sh"
# shellcheck source=takeover.sh
. "$(dirname "$0")/takeover.sh"
GUIDE=$ROOT/packaging/kubernetes/docs/from-flannel.md
DESK=$WORK/desk

# --- reading it -----------------------------------------------------------------------------------

# Blocks become files $WORK/guide/SECTION/BLOCK.WORDS, numbered, WORDS the info string with `-`.
guide_split() {
	awk -v out="$WORK/guide" '
		/^## / { section++; block = 0; dir = sprintf("%s/%02d", out, section)
			 system("mkdir -p " dir); print substr($0, 4) >(dir "/title"); next }
		/^```/ && !open { open = 1; words = substr($0, 4); gsub(/ /, "-", words)
				  file = sprintf("%s/%02d.%s", dir, ++block, words); printf "" >file; next }
		/^```$/ { open = 0; close(file); next }
		open { print >file }' "$GUIDE"
}

# --- the places -----------------------------------------------------------------------------------

# kubectl_make: it prints what the fixture has, and nothing else is asked of it.
kubectl_make() {
	mkdir -p "$WORK/bin" "$DESK"
	cat >"$WORK/bin/kubectl" <<END
#!/bin/bash
case "\$*" in
'get nodes -o json') cat $WORK/nodes.json ;;
'-n kube-flannel get configmap kube-flannel-cfg -o json') cat $WORK/configmap.json ;;
*) echo "kubectl: not asked here: \$*" >&2 && exit 1 ;;
esac
END
	chmod 755 "$WORK/bin/kubectl"
	jq -n --rawfile net "$WORK/net-conf.json" \
		'{apiVersion: "v1", kind: "ConfigMap", data: {"cni-conf.json": "{}", "net-conf.json": $net}}' \
		>"$WORK/configmap.json"
	ln -s "$CROUTE" "$WORK/bin/croute"
}

# etc_of HOST: the host's own /etc/croute, which it is told by CROUTE_CONFIG.
etc_of() { echo "$WORK/etc-$1"; }

folders_make() {
	local host

	for host in "${HOSTS[@]}"; do
		cp -r "$DESK/croute" "$(etc_of "$host")" || return 1
		echo "agent: {statusFile: /run/croute-$host.json}" >"$(etc_of "$host")/agent.yaml"
	done
}

# at HOST COMMAND...: there, with the host's name and files.
at() {
	local host=$1

	shift
	in_host "$host" env PATH="$WORK/bin:$PATH" NODE_NAME="$host" CROUTE_CONFIG="$(etc_of "$host")" "$@"
}

desk_run() {
	(cd "$DESK" && PATH=$WORK/bin:$PATH bash -e -o pipefail "$1") >"$WORK/stdout" 2>"$WORK/stderr"
	STATUS=$? OUT=$(cat "$WORK/stdout") ERR=$(cat "$WORK/stderr") LAST=$(cat "$1")
	exits 0
}

# shown LINE: the output has such a line; an ellipsis stands for anything.
shown() {
	local pattern

	pattern=$(tr -s ' ' <<<"$1" | sed 's/[][*?\\]/?/g; s/…/*/g')
	said "$pattern" || { printf '    # not shown: %s\n' "$1" && return 1; }
}

# host_run HOST BLOCK: its commands, each with the lines of output under it.
host_run() {
	local host=$1 line status=0

	while IFS= read -r line <&3; do
		if [[ $line == '# '* ]]; then
			run at "$host" bash -c "${line#\# }"
			exits 0 || return 1
		else
			shown "$line" || status=1
		fi
	done 3<"$2"
	return "$status"
}

# cluster_run HOST BLOCK: the service, which is all of a cluster that there is here.
cluster_run() {
	if grep -q 'systemctl enable --now croute' "$2"; then
		start "agent-$1" nsenter --net="/run/netns/$1" -- env NODE_NAME="$1" \
			CROUTE_CONFIG="$(etc_of "$1")" "$CROUTE" run
		wait_for at "$1" croute status --check
	elif grep -q 'systemctl disable --now croute' "$2"; then
		[ -n "${PID[agent-$1]-}" ] || return 1
		kill -TERM "${PID[agent-$1]}"
		wait "${PID[agent-$1]}"
	fi
}

# section_on HOST FOLDER: all its blocks.
section_on() {
	local block

	for block in "$2"/[0-9]*; do
		case $block in
		*.sh-desk) desk_run "$block" ;;
		*.console-host) host_run "$1" "$block" ;;
		*.sh-cluster) cluster_run "$1" "$block" ;;
		*.yaml) true ;;
		*) false ;;
		esac || { printf '    # in %s, %s\n' "$block" "$1" && return 1; }
		[ ${#ROWS[@]} = 0 ] || rows_go_on || return 1
	done
}

# section FOLDER: on each host where it has blocks for hosts, else once.
section() {
	local host title

	title=$(cat "$1/title")
	compgen -G "$1/*.console-host" >/dev/null || {
		check "$title" section_on desk "$1"
		return
	}
	for host in "${HOSTS[@]}"; do
		check "$title: $host" section_on "$host" "$1"
	done
}

# --- the whole of it ------------------------------------------------------------------------------

guide_split
check 'the guide has commands for desk, host and cluster' all_of \
	"compgen -G '$WORK/guide/*/*.sh-desk' >/dev/null" "compgen -G '$WORK/guide/*/*.console-host' >/dev/null" \
	"compgen -G '$WORK/guide/*/*.sh-cluster' >/dev/null"
unknown=$(find "$WORK/guide" -name '[0-9]*.*' | grep -vE '\.(sh-desk|console-host|sh-cluster|yaml)$')
check 'and no block of which nobody knows where it belongs' [ -z "$unknown" ]
flannel_cluster vxlan
for host in "${HOSTS[@]}"; do
	# shellcheck disable=SC2004 # by name
	BEFORE[$host]=$(flannel_state "$host")
done
kubectl_make
section "$WORK/guide/01"
# The settings that a reader may add, which the hosts here do without: they have no /run of their own.
cp -r "$DESK/croute" "$WORK/more"
cat "$WORK"/guide/01/*.yaml >>"$WORK/more/settings.yaml"
run "$CROUTE" validate "$WORK/more"
check 'what it says to ask for besides is valid' all_of 'exits 0' \
	'grep -q masquerade "$WORK/more/settings.yaml"'
check 'the files are brought to the hosts' folders_make
rows_begin
for folder in "$WORK"/guide/*; do
	[ "$folder" = "$WORK/guide/01" ] || section "$folder"
done
check 'not one ping is lost on all that way' none_lost
check 'and all is as flannel had made it' as_before
finish
