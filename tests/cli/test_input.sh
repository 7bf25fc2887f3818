#!/bin/bash
# test_input.sh - standard input and pipes as the file; and what croute writes may not be what it reads.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
cd "$WORK" || exit 1

NODES='nodes: [{name: a, address: 10.0.0.1, podCIDRs: 10.244.1.0/24}]'
printf 'version: 1\n%s\n' "$NODES" >good.yaml

# fed COMMAND...: as run, with the good file on a pipe.
fed() {
	LAST="$*"
	STATUS=0
	"$@" >stdout 2>stderr < <(cat good.yaml) || STATUS=$?
	OUT=$(cat stdout)
	ERR=$(cat stderr)
}

fed "$CROUTE" validate -
check 'validate takes -' all_of 'exits 0' '[ "$OUT" = "<stdin>: valid: 1 node, 1 podCIDR, 0 routes" ]'
fed "$CROUTE" validate -c -
check '-c - does as well' exits 0
fed "$CROUTE" validate /dev/stdin
check '/dev/stdin is a pipe' all_of 'exits 0' '[[ $OUT == "/dev/stdin: valid"* ]]'
run "$CROUTE" validate <(printf 'version: 1\nnodse: []\n')
check 'a pipe is read once, and its lines can be shown all the same' all_of 'exits 3' '[[ $ERR == *"nodse: []"* ]]'
mkfifo idle.yaml
run timeout 60 "$CROUTE" validate idle.yaml # without the refusal it would wait
check 'a FIFO that nobody writes to is refused' all_of 'exits 3' '[[ $ERR == *"is a FIFO that no program writes to"* ]]'
cat good.yaml >idle.yaml &
run "$CROUTE" validate idle.yaml
check 'one with a writer is read' exits 0
wait
fed "$CROUTE" lookup 10.244.1.1 -c - --node a
check 'lookup names the place in it' grep -q '<stdin>:2:9' <<<"$OUT"
run "$CROUTE" validate --replace a.yaml=good.yaml -
check 'nothing can be replaced in it' exits 3
fed timeout 5 "$CROUTE" run -c - # without the refusal it would wait
check 'run needs a file that it can read again' all_of 'exits 64' '[[ $ERR == *"reads the file repeatedly"* ]]'

mkdir d elsewhere
ln -s d link
# written KEY PATH: whether the file is refused for what it has under agent.KEY.
written() {
	printf 'version: 1\npodNetwork: 10.244.0.0/16\nagent: {%s: %s}\n%s\n' "$1" "$2" "$NODES" >d/a.yaml
	run "$CROUTE" validate "${3:-d}"
	[ "$STATUS" = 3 ] && [[ $ERR == *"\"$1\" $2 lies in what croute reads"* ]]
}
check 'a status file in the directory is refused' written statusFile "$WORK/d/status.json"
check 'also one without an ending that is read' written statusFile "$WORK/d/status"
check 'and one behind a link' written statusFile "$WORK/link/status.json"
check 'and one seen from elsewhere' written statusFile "$WORK/d/status.json" link
check 'and a relative one' written statusFile d/status.json
check 'subnetEnv, too' written subnetEnv "$WORK/d/subnet.env"
check 'cniConf, too' written cniConf "$WORK/d/1.conflist"
check 'and the file itself' written statusFile "$WORK/d/a.yaml" d/a.yaml
written statusFile "$WORK/elsewhere/status.json"
check 'but not one elsewhere' exits 0
ln -s ../elsewhere/status.json d/b.yaml
echo 'x-none: 1' >elsewhere/status.json
check 'unless a link in the directory leads to it' written statusFile "$WORK/elsewhere/status.json"
rm d/b.yaml
mkdir d/..1
ln -s ..1 d/..data
ln -s ..data/a.yaml d/c.yaml
mv d/a.yaml d/..1/
sed -i "s|elsewhere/status.json|d/s.json|" d/..1/a.yaml
run "$CROUTE" validate d
check 'a file in a volume is refused' all_of 'exits 3' '[[ $ERR == *lies\ in* ]]'
sed -i "s|d/s.json|d/..1/s.json|" d/..1/a.yaml
run "$CROUTE" validate d
check 'and one in its present generation' all_of 'exits 3' '[[ $ERR == *lies\ in* ]]'
rm -r d/..1 d/..data d/c.yaml
echo 'version: 2' >d/a.yaml # nothing would be routed
run timeout 5 "$CROUTE" run -c d --status-file link/s.json
check 'run refuses --status-file there' all_of 'exits 64' '[[ $ERR == *"--status-file lies in"* ]]'

finish
