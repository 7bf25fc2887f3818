#!/bin/bash
# test_ansible_file.sh - what the role makes of an inventory, without a machine: one controller, no host.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=../cli/lib.sh
. "$(dirname "$0")/../cli/lib.sh"
command -v ansible-playbook >/dev/null || skip_all 'no ansible-playbook'
cp -rL "$ROOT/packaging/ansible/roles" "$WORK/roles" # out of the tree
cd "$WORK" || exit 1
cat >hosts <<END
[croute]
a croute_pod_cidrs="['10.244.1.0/24']"
b croute_pod_cidrs="['10.244.2.0/24']" croute_address="['10.0.0.12', 'fd00::12']"
c croute_pod_cidrs="['10.244.3.0/24']" croute_address=10.0.0.13
[all:vars]
ansible_connection=local
ansible_python_interpreter=/usr/bin/python3
ansible_remote_tmp=$WORK/tmp
croute_service=false
croute_path=$CROUTE
croute_config_path=$WORK/out/croute.yaml
croute_extra_nodes=[{'name': 'x', 'address': '10.0.0.99', 'podCIDRs': ['10.244.9.0/24']}]
croute_config={'routes': [{'to': '192.0.2.0/24', 'dev': 'eth1', 'nodes': ['zz*']}]}
END
printf -- '- hosts: croute\n  gather_facts: false\n  roles: [croute]\n' >site.yml
play() {
	run env HOME="$WORK/home" ANSIBLE_NOCOLOR=1 LC_ALL=C.UTF-8 PATH=/usr/bin:/usr/sbin:/bin:/sbin \
		ansible-playbook -i hosts site.yml --tags croute_file "$@"
}
# The controller stands in for the host `a`: its facts are whatever this machine has.
set_facts() { sed -i "s/^a .*/& croute_address=10.0.0.11/" hosts; }

play --limit b
if [[ $OUT == *'croute_address of a is not set'* ]]; then
	check 'a host of which nothing is known is named' exits 2
	set_facts
	play --limit b
fi
check 'the file is written with --limit and no facts gathered before' all_of 'exits 0' \
	"grep -q '\"name\": \"a\"' out/croute.yaml"
check 'it has the nodes of the inventory and the others' all_of "grep -q 'nodes: 4' out/croute.yaml" \
	"grep -q '\"name\": \"x\"' out/croute.yaml" "grep -q '10.0.0.12\", \"fd00::12' out/croute.yaml"
check 'what croute warns of is shown' out_line '*"zz\**" matches no node of the file*'
play --limit b
check 'a second time changes nothing' out_line 'b *changed=0 *'
cp out/croute.yaml before
play --limit b --check --diff -e '{"croute_config": {"routes": [{"to": "192.0.2.0/25", "dev": "eth1"}]}}'
check 'a dry run shows the difference, and changes nothing' all_of 'exits 0' 'out_line "b *changed=1 *"' \
	"grep -q '^+.*192\.0\.2\.0/25' stdout" 'cmp -s before out/croute.yaml'
play --limit b -e '{"croute_config": {"routes": [{"to": "192.0.2.7/24", "dev": "eth1"}], "backend": {"typ": "vxlan"}}}'
check 'a bad value and an unknown key are refused, and the old file stays' all_of 'exits 2' 'said "*host bits*"' \
	'said "*did you mean*"' 'cmp -s before out/croute.yaml'

rm -rf out
play --limit b -e croute_group=crouet
check 'an error in the name of the group is named' all_of 'exits 2' '[[ $OUT == *crouet*"no group of that name; it has croute"* ]]'
check 'and nothing is written' [ ! -e out ]
play --limit b -e croute_state=gone
check 'a state that does not exist is refused' all_of 'exits 2' '[[ $OUT == *croute_state*present*absent* ]]'

sed -i '/^c /a d croute_pod_cidrs="['"'10.244.4.0/24'"']" ansible_connection=ssh ansible_host=127.0.0.1 ansible_port=1' hosts
set_facts
play --limit b
check 'a host that does not answer is named, and nothing is written' all_of 'exits 2' \
	'[[ $OUT == *"croute_address of d is not set"* ]]' '[ ! -e out ]'
sed -i '/^d /d' hosts

run ansible-galaxy collection build "$ROOT/packaging/ansible" --output-path collection
check 'the role is a collection' exits 0
run ansible-galaxy collection install collection/*.tar.gz -p collections --offline
printf -- '- hosts: croute\n  gather_facts: false\n  roles: [croute.croute.croute]\n' >site.yml
export ANSIBLE_COLLECTIONS_PATH=$WORK/collections
play --limit b
check 'which runs' all_of 'exits 0' '[ -e out/croute.yaml ]'

check 'the unit is the one of systemd/' cmp -s "$ROOT/packaging/systemd/croute.service" \
	"$ROOT/packaging/ansible/roles/croute/files/croute.service"

if command -v ansible-lint >/dev/null; then
	run env -C "$ROOT/packaging/ansible" HOME="$WORK/home" ansible-lint --offline -q --nocolor
	check 'ansible-lint finds nothing' exits 0
else
	skip 'ansible-lint finds nothing' 'no ansible-lint'
fi
check 'the collection has the placeholder of the Debian package' [ \
	"$(sed -n 's/^repository: //p' "$ROOT/packaging/ansible/galaxy.yml")" = \
	"$(sed -n 's/^Homepage: //p' "$ROOT/packaging/debian/control")" ]
finish
