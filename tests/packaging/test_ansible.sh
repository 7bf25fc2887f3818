#!/bin/bash
# test_ansible.sh - the role, on machines of our own: dry run, first run, second run, a change, away again.
# MACHINES=3, as in `make check-collection`: on three of them, as the collection that ansible-galaxy
# builds, and in more steps; test_ansible_file has those that need no machine.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
[ "$(id -u)" = 0 ] || { printf 'skip - test_ansible: only root can boot a machine\n' && exit 77; }
# shellcheck source=../netns/lib.sh
. "$(dirname "$0")/../netns/lib.sh"
# shellcheck source=root.sh
. "$(dirname "$0")/root.sh"
# shellcheck source=machine.sh
. "$(dirname "$0")/machine.sh"

command -v ansible-playbook >/dev/null || skip_all 'no ansible-playbook'
why=$(machine_possible) || skip_all "$why"
why=$(root_package) || skip_all "$why"
MACHINES=${MACHINES:-2} ROLE=croute
mapfile -t HOSTS < <(seq -f 'worker-%g' "$MACHINES")
mapfile -t NEEDS < <(root_depends "$WORK/croute.deb")
root_make "$WORK/base" systemd iproute2 procps python3 python3-apt apt "${NEEDS[@]}"
for number in $(seq "$MACHINES"); do
	host=worker-$number
	[ -d "$WORK/$host" ] || cp -a "$WORK/base" "$WORK/$host"
	host_add "$host" "10.0.0.$number/24"
	ip -n "$host" route add default via 10.0.0.254
	machine_boot "$host" "$WORK/$host" || skip_all 'systemd does not boot here'
done

# --- the controller: without a third machine worker-3 is in its inventory, and not there

CONTROLLER=$WORK/controller
mkdir -p "$CONTROLLER/connection_plugins" "$CONTROLLER/group_vars" "$CONTROLLER/home"
cp "$ROOT/tests/packaging/ansible_into.py" "$CONTROLLER/connection_plugins/into.py"
cat >"$CONTROLLER/ansible.cfg" <<END
[defaults]
inventory = hosts
roles_path = $ROOT/packaging/ansible/roles
connection_plugins = connection_plugins
host_key_checking = false
retry_files_enabled = false
interpreter_python = /usr/bin/python3
localhost_warning = false
pipelining = true
gathering = smart
fact_caching = jsonfile
fact_caching_connection = facts
END
{
	echo '[croute]'
	for number in $(seq "$MACHINES"); do
		printf 'worker-%s into_root=%s into_command="%s"\n' "$number" "$WORK/worker-$number" \
			"nsenter -t ${MACHINE[worker-$number]} -m -n -p -u -i --"
	done
	[ "$MACHINES" = 3 ] || echo 'worker-3 croute_address=10.0.0.3'
} >"$CONTROLLER/hosts"
if [ "$MACHINES" = 3 ]; then
	ROLE=croute.croute.croute
	run env HOME="$CONTROLLER/home" ansible-galaxy collection build "$ROOT/packaging/ansible" \
		--output-path "$CONTROLLER"
	run env HOME="$CONTROLLER/home" ansible-galaxy collection install "$CONTROLLER"/croute-croute-*.tar.gz \
		-p "$CONTROLLER/collections"
	check 'the collection can be built and installed' exits 0
	sed -i "s|^roles_path = .*|collections_path = collections|" "$CONTROLLER/ansible.cfg"
fi
printf -- '- hosts: croute\n  roles: [%s]\n' $ROLE >"$CONTROLLER/site.yml"
vars() {
	printf 'ansible_connection: into\nansible_remote_tmp: /var/tmp/ansible\n'
	printf 'croute_deb: %s\n' "$WORK/croute.deb"
	printf "croute_pod_cidrs: ['10.244.{{ inventory_hostname[-1] }}.0/24']\n"
	printf 'croute_config:\n  podNetwork: [10.244.0.0/16]\n%s\n' "$1"
}
vars_write() { vars "$1" >"$CONTROLLER/group_vars/croute.yml"; }

# play [OPTION...]: on HOSTS.
play() { play_on "$(IFS=,; echo "${HOSTS[*]}")" "$@"; }
play_on() {
	run env -C "$CONTROLLER" HOME="$CONTROLLER/home" ANSIBLE_NOCOLOR=1 PATH=/usr/bin:/usr/sbin:/bin:/sbin \
		LC_ALL=C.UTF-8 ansible-playbook site.yml ${TWICE:+site.yml} --limit "$@"
	# shellcheck disable=SC2034 # for check
	LAST="ansible-playbook $*: $(grep -E '^(fatal|failed)' <<<"$OUT")"
}
# changed NUMBER: on each host, and nothing failed.
changed() {
	local host

	for host in "${HOSTS[@]}"; do
		out_line "$host : ok=* changed=$1 unreachable=0 failed=0 *" || return 1
	done
}
# Each of two runs, by one ansible-playbook, ends with the changes of all so far.
play_twice() { TWICE=1 play_on "$@"; }
unchanged_again() {
	local counts

	mapfile -t counts < <(sed -n "s/^$1 .* changed=\([0-9]*\) .* failed=0 .*/\1/p" <<<"$OUT")
	[ "${#counts[@]}" = 2 ] && [ "${counts[0]}" = "${counts[1]}" ]
}
all_hosts() {
	local host

	for host in "${HOSTS[@]}"; do
		"$1" "$host" "${@:2}" || return 1
	done
}
pid_of() { in_machine "$1" systemctl show -P MainPID croute; }
pids() { all_hosts pid_of | xargs; }
runs() { [ "$(in_machine "$1" systemctl is-active croute)" = active ]; }
file_of() { cat "$WORK/$1/etc/croute/croute.yaml"; }

# --- the first time

vars_write ''
play_on worker-1 --check --diff
check 'a dry run of the first installation works' all_of 'exits 0' 'not out_line "*failed=[1-9]*"'
check 'and changes nothing' all_of '[ ! -e "$WORK/worker-1/usr/sbin/croute" ]' \
	'[ ! -e "$WORK/worker-1/etc/croute/croute.yaml" ]'
play
check 'the role runs' exits 0
check 'the agents run' all_hosts runs
check 'each host routes to the other two' wait_for all_hosts owned 2
check 'by the address that the facts tell, or the inventory' all_of \
	'route worker-1 "10.244.2.0/24 via 10.0.0.2 dev eth1 *"' \
	'route worker-1 "10.244.3.0/24 via 10.0.0.3 dev eth1 *"'
check 'all have the same file' cmp -s <(file_of worker-1) <(file_of worker-2)
check 'which says how many nodes it has' grep -q 'nodes: 3' <(file_of worker-1)
if [ "$MACHINES" = 3 ]; then
	play
	check 'a second time changes nothing' all_of 'exits 0' 'changed 0'
fi
HOSTS=(worker-1) # from here on: what is to be said of one is said of all

# --- a change

BEFORE=$(pids)
vars_write '  routes: [{to: 192.0.2.0/24, via: 10.0.0.9, metric: 50}]'
if [ "$MACHINES" = 3 ]; then
	play --check --diff
	check 'a dry run shows the difference' all_of 'exits 0' 'changed 1' 'out_line "+- to: 192.0.2.0/24"'
	check 'and changes nothing' all_of 'not grep -q 192.0.2 <(file_of worker-1)' 'all_hosts owned 2'
fi
play
check 'the change is made' all_of 'exits 0' 'changed 1'
check 'the agents follow' wait_for all_hosts route '192.0.2.0/24 via 10.0.0.9 dev eth1 *'
check 'without a restart' [ "$(pids)" = "$BEFORE" ]

# --- what croute refuses

if [ "$MACHINES" = 3 ]; then
	vars_write '  routes: [{to: 192.0.2.7/24, via: 10.0.0.9}]'
	play
	check 'a bad value is refused' all_of 'exits 2' 'said "*host bits*"'
	check 'and the old file stays' grep -q '192.0.2.0/24' <(file_of worker-1)
	check 'and the routes' all_hosts route '192.0.2.0/24 via 10.0.0.9 dev eth1 *'
fi

# --- one host leaves, and another release

vars_write ''
sed -i '/^worker-3/s/$/ croute_pod_cidrs=[]/' "$CONTROLLER/hosts"
sed -i 's/croute\.deb$/croute-next.deb/' "$CONTROLLER/group_vars/croute.yml"
BEFORE=$(pids)
play
check 'a host without podCIDRs is not in the file' all_of 'exits 0' 'not grep -q worker-3 <(file_of worker-1)' \
	'wait_for all_hosts owned 1'
check 'a new package is installed' [ "$(in_machine worker-1 dpkg-query -W -f='${Version}' croute)" = \
	"$(dpkg-deb -f "$WORK/croute-next.deb" Version)" ]
check 'and runs' all_of 'all_hosts runs' '[ "$(pids)" != "$BEFORE" ]'

# --- the program instead of the package

in_machine worker-2 dpkg -P croute >/dev/null 2>&1
rm -rf "$WORK/worker-2/etc/croute"
sed -i "s|^croute_deb: .*|croute_binary: $CROUTE|" "$CONTROLLER/group_vars/croute.yml"
HOSTS=(worker-2)
play_twice worker-2
check 'the program can be installed without the package' all_of 'exits 0' 'runs worker-2' \
	'cmp -s "$CROUTE" "$WORK/worker-2/usr/sbin/croute"'
check 'and a second time changes nothing' unchanged_again worker-2

# --- and away again

play_twice worker-2 -e croute_state=absent
check 'absent takes the routes, the program and the file away' all_of 'exits 0' 'owned worker-2 0' \
	'[ ! -e "$WORK/worker-2/usr/sbin/croute" ]' '[ ! -e "$WORK/worker-2/etc/croute/croute.yaml" ]' 'not runs worker-2'
check 'a second time there is nothing to do' unchanged_again worker-2
finish
