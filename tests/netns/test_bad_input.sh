#!/bin/bash
# test_bad_input.sh - files that are no good are refused whole, with words, and never crash anything.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

host_add worker-1 10.0.0.11/24
GOOD=$WORK/good.yaml
cat >"$GOOD" <<'YAML'
version: 1
nodes:
  - {name: worker-1, address: 10.0.0.11, podCIDRs: [10.244.1.0/24]}
  - {name: worker-2, address: 10.0.0.12, podCIDRs: [10.244.2.0/24]}
YAML
croute_in worker-1 reconcile --node worker-1 -c "$GOOD"
check 'the good file is applied' owned worker-1 1
BAD=$WORK/bad.yaml

# refused WORD: validate and reconcile refuse $BAD with exit 3, say WORD (a glob), touch nothing.
refused() {
	run timeout 300 "$CROUTE" validate "$BAD"
	exits 3 && not crashed && said "*$1*" || return 1
	croute_in worker-1 reconcile --node worker-1 -c "$BAD"
	exits 3 && not crashed && route worker-1 '10.244.2.0/24 via 10.0.0.12 *proto 67 *'
}

# accepted: the file is as good as the good one.
accepted() {
	run "$CROUTE" validate "$BAD"
	exits 0 || return 1
	empty_second_pass worker-1 "$BAD" --node worker-1
}

# peer VALUES: a file whose second node reads so.
peer() {
	sed '$d' "$GOOD" >"$BAD"
	printf '  - {%s}\n' "$1" >>"$BAD"
}

: >"$BAD"
check 'an empty file' refused 'bad.yaml*'
rm "$BAD"
check 'no file at all' refused 'bad.yaml*no such file*'
mkdir "$BAD"
check 'a directory with nothing in it' refused 'bad.yaml*'
rmdir "$BAD"
ln -s bad.yaml "$BAD"
check 'a link to itself' refused 'bad.yaml*'
rm "$BAD"
truncate -s 64M "$BAD"
check '64 MiB of zeros' refused 'bad.yaml*'
truncate -s 80M "$BAD"
check 'more than 64 MiB' refused 'bad.yaml*'
head -c 65536 /dev/urandom >"$BAD"
check 'random bytes' refused 'bad.yaml*'
head -c 100000 /dev/zero | tr '\0' '[' >"$BAD"
check '100,000 nested brackets' refused 'bad.yaml:1:*'
head -c 100000 /dev/zero | tr '\0' '{' >"$BAD"
check '100,000 nested braces' refused 'bad.yaml:1:*'
printf 'version: 1\0\n' >"$BAD"
check 'a NUL byte' refused 'bad.yaml:*'
{ cat "$GOOD"; printf 'version: 1\n'; } >"$BAD"
check 'a key that is repeated' refused 'bad.yaml:5:*version*'
{ cat "$GOOD"; printf 'podNetworks: []\n'; } >"$BAD"
check 'an unknown key, with the one that was meant' refused 'bad.yaml:5:1: error: *podNetworks*did you mean*podNetwork*'
sed 's/\[10.244.2.0\/24\]/*x/; s/\[10.244.1.0\/24\]/\&x [10.244.1.0\/24]/' "$GOOD" >"$BAD"
check 'an alias' refused 'bad.yaml:*'
{ cat "$GOOD"; echo '---'; cat "$GOOD"; } >"$BAD"
check 'two documents' refused 'bad.yaml:*document*'
sed '1s/1/!!int 1/' "$GOOD" >"$BAD"
check 'a tag' refused 'bad.yaml:1:*tag*'
printf 'nodes:\n' >"$BAD"
check 'no version' refused 'bad.yaml*version*'
sed '1s/1/2/' "$GOOD" >"$BAD"
check 'a version of the future' refused 'bad.yaml:1:*version*'

peer 'name: worker-2, address: 10.0.0.12, podCIDRs: [10.244.1.7/24]'
check 'host bits in a CIDR, with the CIDR that was meant' refused 'bad.yaml:4:*10.244.1.7/24*10.244.1.0/24*'
peer 'name: worker-2, address: "::ffff:10.0.0.1", podCIDRs: [10.244.2.0/24]'
check 'an IPv4-mapped address' refused 'bad.yaml:4:*::ffff:10.0.0.1*'
peer 'name: worker-2, address: 10.0.0.12, podCIDRs: [10.244.1.0/24]'
check 'the podCIDR of this very node' refused 'bad.yaml:4:*10.244.1.0/24*worker-1*'
peer 'name: worker-2, address: 10.0.0.12, podCIDRs: [0.0.0.0/0]'
check 'a default route as podCIDR' refused 'bad.yaml:4:*0.0.0.0/0*'
peer 'name: worker-2, address: 10.0.0.12, podCIDRs: [10.0.0.0/24]'
check 'a podCIDR that covers a node'\''s address' refused 'bad.yaml:4:*10.0.0.0/24*'
peer "name: $(head -c 300 /dev/zero | tr '\0' n), address: 10.0.0.12, podCIDRs: [10.244.2.0/24]"
check 'a name of 300 bytes' refused 'bad.yaml:4:*'
peer 'name: worker-1, address: 10.0.0.12, podCIDRs: [10.244.2.0/24]'
check 'two nodes of one name' refused 'bad.yaml:4:*worker-1*'
peer 'name: worker-2, address: [10.0.0.12, 10.0.0.13, 10.0.0.14, 10.0.0.15, 10.0.0.16], podCIDRs: [10.244.2.0/24]'
check 'five addresses of one family' refused 'bad.yaml:4:*'
peer 'name: worker-2, address: [10.0.0.12, 10.0.0.12], podCIDRs: [10.244.2.0/24]'
check 'one address twice' refused 'bad.yaml:4:*'
peer 'name: worker-2, address: [fd00::], podCIDRs: [10.244.2.0/24]'
check 'an unquoted address that ends in a colon is told to be quoted' refused 'bad.yaml:4:*quote*'
{ cat "$GOOD"; echo "interface: {regex: 'eth(1'}"; } >"$BAD"
check 'a regex that does not parse' refused 'bad.yaml:5:*'
{ cat "$GOOD"; echo 'kernel: {protocol: 186}'; } >"$BAD"
check 'the protocol number of another daemon, named' refused 'bad.yaml:5:*186*'

# All errors in one run, each with its line and a caret.
cat >"$BAD" <<'YAML'
version: 1
nodes:
  - {name: worker-1, address: 10.0.0.300, podCIDRs: [10.244.1.0/24]}
  - {name: worker-2, address: 10.0.0.12, podCIDR: [10.244.2.0/24]}
  - {name: worker-3, address: 10.0.0.13, podCIDRs: [10.244.3.1/24]}
YAML
run "$CROUTE" validate "$BAD"
check 'all errors come in one run' all_of 'exits 3' "said '*bad.yaml:3:*'" "said '*bad.yaml:4:*'" "said '*bad.yaml:5:*'"
check 'a source line is shown with a caret' all_of "said '*10.0.0.300*'" "said '*^*'"
run "$CROUTE" validate "$BAD" -o json
check 'in JSON they are a list' json '.version == 1 and (.errors | length) >= 3 and
	(.errors[0] | .line == 3 and (.column > 0) and (.file | test("bad.yaml")) and (.text | length > 0))'

# What looks odd and is right.
sed 's/$/\r/' "$GOOD" >"$BAD"
check 'CRLF line ends are fine' accepted
{ printf '\357\273\277'; cat "$GOOD"; } >"$BAD"
check 'a byte-order mark is fine' accepted
{ echo '---'; cat "$GOOD"; echo '...'; } >"$BAD"
check 'document marks around one document are fine' accepted
{ cat "$GOOD"; echo 'x-anything: {goes: [here]}'; } >"$BAD"
check 'keys that begin with x- are ignored' accepted
printf '{"version":1,"nodes":[{"name":"worker-1","address":"10.0.0.11","podCIDRs":["10.244.1.0/24"]},{"name":"worker-2","address":["10.0.0.12"],"podCIDRs":"10.244.2.0/24"}]}' >"$BAD"
check 'JSON is fine' accepted

finish
