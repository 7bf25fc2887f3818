#!/bin/bash
# sync.sh - keeps croute's files of nodes equal to what the API server lists.
# usage: sync.sh [once | ready]
#
# Each INTERVAL seconds the nodes are listed and go through `croute import`. Something is written only
# when that differs from what is there, or when the stamp (source.generatedAt) is RENEW seconds old, so
# that agent.staleAfter can tell a sync that has died from a cluster where nothing happens. Nothing is
# ever written from a listing that failed, was cut off, or has no node that can be used, nor what
# `croute validate` refuses together with the settings.
#
# Without OUTPUT the files go into the ConfigMaps NAME-0 to NAME-(SHARDS-1), each a key nodes-NN.yaml;
# other keys there are removed. With OUTPUT, a directory, they go there, settings beside them.
# ADDRESS is import's --address. NOW, in seconds, stands in for the clock.
#
# `ready` is for a probe beside the loop: 0 when a pass has succeeded within twice INTERVAL.

# shellcheck disable=SC2317 # what a pass calls
set -uo pipefail
umask 022
export LC_ALL=C
NAMESPACE=${NAMESPACE:-kube-system} NAME=${NAME:-croute-nodes} SHARDS=${SHARDS:-8}
SHARD_SIZE=${SHARD_SIZE:-900KiB} INTERVAL=${INTERVAL:-30} RENEW=${RENEW:-600}
ADDRESS=${ADDRESS:-internal} SETTINGS=${SETTINGS:-/etc/croute} OUTPUT=${OUTPUT:-}
CROUTE=${CROUTE:-croute} REQUEST_TIMEOUT=${REQUEST_TIMEOUT:-60}
ready=${TMPDIR:-/tmp}/sync.ready # when a pass of the loop has last succeeded

now() { echo "${NOW:-$(date +%s)}"; }

# is_within SECONDS TIME: that long ago at most, and not in the future.
is_within() {
	local age=$(($(now) - $2))
	((age >= 0 && age <= $1))
}

if [ "${1-}" = ready ]; then
	[ -e "$ready" ] && is_within $((2 * ${INTERVAL%.*})) "$(cat "$ready")"
	exit
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/sync.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
[ -w "${HOME:-/}" ] || export HOME=$work # kubectl keeps a cache there
present=$work/present next=$work/next wanted=$work/wanted

say() { printf 'sync: %s\n' "$*" >&2; }

# No --request-timeout: with it kubectl forgets the ServiceAccount of its pod, and asks localhost:8080.
cluster() { timeout --foreground -k 5 "$REQUEST_TIMEOUT" kubectl "$@"; }

# The bytes as the API server sends them: kubectl need not hold them in memory.
list() {
	cluster get --raw /api/v1/nodes >"$work/nodes.json" && return
	say "the nodes cannot be listed; nothing is written, next try in $INTERVAL s"
	return 1
}

# --- what is there, as text: `=== CONFIGMAP KEY` before each value

# One ConfigMap comes as it is, several in a list.
template='{{define "one"}}{{$name := .metadata.name}}{{range $key, $value := .data}}
=== {{$name}} {{$key}}
{{$value}}{{end}}{{end -}}
{{if .items}}{{range .items}}{{template "one" .}}{{end}}{{else}}{{template "one" .}}{{end}}'

# sections DIRECTORY: the same of its files of nodes.
sections() {
	local file
	for file in $(files "$1" | sort); do
		printf '\n=== %s %s\n' "$(configmap_of "$file")" "$file"
		cat "$1/$file"
	done
}

read_present() {
	local names=() i
	if [ -n "$OUTPUT" ]; then
		sections "$OUTPUT" >"$present"
		return
	fi
	for ((i = 0; i < SHARDS; i++)); do names+=("$NAME-$i"); done
	cluster -n "$NAMESPACE" get configmap "${names[@]}" --ignore-not-found \
		-o "go-template=$template" >"$present" && return
	say "the ConfigMaps cannot be read; nothing is written, next try in $INTERVAL s"
	return 1
}

# files DIRECTORY: the names of its files of nodes, the last first.
files() { find "$1" -name 'nodes-*.yaml' -printf '%f\n' | sort -r; }

# configmap_of nodes-NN.yaml
configmap_of() {
	local number=${1//[^0-9]/}
	printf '%s-%d' "$NAME" "$((10#$number))"
}

# keys FILE: its `CONFIGMAP KEY`s.
keys() { sed -n 's/^=== //p' "$1" | sort; }

# stamp KEY: the greatest of what is present; they differ when a write was cut off.
stamp() { sed -n "s/^  $1: //p" "$present" | sort -n | tail -n 1; }

# import SERIAL TIME: into $next.
import() {
	rm -rf "$next"
	mkdir "$next"
	"$CROUTE" import --from kube-nodes --address "$ADDRESS" --serial "$1" --generated-at "$2" \
		--split "$SHARD_SIZE" --output-dir "$next" "$work/nodes.json" \
		>"$work/told" 2>"$work/import.log" && sections "$next" >"$wanted"
}

# import_new SERIAL TIME: the same, and what it warns of is said.
import_new() {
	local status=0
	import "$@" || status=1
	sed 's/^/sync: /' "$work/import.log" >&2
	[ "$status" = 0 ] || say "nothing is written, next try in $INTERVAL s"
	return "$status"
}

# is_fresh TIME: not due to be renewed. A time ahead of the clock is due.
is_fresh() { [ -n "$1" ] && is_within $((RENEW - 1)) "$(date -d "$1" +%s)"; }

check() {
	local status=0
	rm -rf "$work/check"
	mkdir "$work/check"
	cp "$SETTINGS"/*.y*ml "$SETTINGS"/*.json "$work/check/" 2>/dev/null
	cp "$next"/nodes-*.yaml "$work/check/"
	"$CROUTE" validate "$work/check" >"$work/check.log" 2>&1 || status=1
	[ "$status" = 0 ] || {
		sed 's/^/sync: /' "$work/check.log" >&2
		say "the settings with these nodes are refused; nothing is written, next try in $INTERVAL s"
	}
	return "$status"
}

# --- writing

manifest() {
	printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s, namespace: %s}\n' "$1" "$NAMESPACE"
	printf 'data:\n  %s: |\n' "$2"
	sed 's/^/    /' "$next/$2"
}

# change NAME ARGUMENT...: by kubectl, whose words are for when it fails.
change() {
	local name=$1
	shift
	cluster -n "$NAMESPACE" "$@" >"$work/change.log" 2>&1 && return
	sed 's/^/sync: /' "$work/change.log" >&2
	say "ConfigMap $name cannot be written; next try in $INTERVAL s"
	return 1
}

# The API server checks what it is sent; a newer kubectl fetches no schema of everything then.
apply() {
	manifest "$@" | change "$1" apply --server-side --force-conflicts --validate=false \
		--field-manager=croute-sync -f -
}

# An apply would only give up what it had written itself: another manager's key would stay.
drop() { change "$1" patch configmap "$1" --type merge -p "{\"data\": {\"$2\": null}}"; }

# Those with nodes first, the last of them first: until all are written the serials disagree, and the
# agents keep what they have.
write_configmaps() {
	local file name key
	for file in $(files "$next"); do
		apply "$(configmap_of "$file")" "$file" || return
	done
	while read -r name key; do
		drop "$name" "$key" </dev/null || return
	done < <(comm -23 <(keys "$present") <(keys "$wanted"))
}

# put FILE: into OUTPUT, by rename, where it is not there already.
put() {
	local to=$OUTPUT/${1##*/}
	cmp -s "$1" "$to" || { cp "$1" "$OUTPUT/.new" && mv "$OUTPUT/.new" "$to"; }
}

write_directory() {
	local file
	for file in $(files "$next"); do put "$next/$file" || return; done
	for file in "$work"/check/*; do put "$file" || return; done
	for file in "$OUTPUT"/*; do
		[ -e "$work/check/${file##*/}" ] || rm "$file" || return
	done
}

write() {
	check || return
	if [ -n "$OUTPUT" ]; then
		write_directory
	elif [ "$(files "$next" | wc -l)" -le "$SHARDS" ]; then
		write_configmaps
	else
		say "$(cat "$work/told"), over the $SHARDS ConfigMaps; nothing is written"
		return 1
	fi
}

# serial AFTER: the time, unless the clock went back. It stays ahead when all ConfigMaps are lost.
serial() { (($(now) > $1)) && now || echo $(($1 + 1)); }

# is_current: with the stamp that is there, the nodes give what is there.
is_current() {
	local time
	time=$(stamp generatedAt)
	is_fresh "$time" && import "$(stamp serial)" "$time" && cmp -s "$present" "$wanted"
}

pass() {
	local old new
	list && read_present || return
	if is_current; then
		[ -z "$OUTPUT" ] || write
		return
	fi
	old=$(stamp serial)
	new=$(serial "${old:-0}")
	import_new "$new" "$(date -u -d "@$(now)" +%Y-%m-%dT%H:%M:%SZ)" || return
	write && say "$(sed 's/^[^:]*: //' "$work/told"), serial $new, was ${old:-none}"
}

# By rename: the probe may look at any time.
loop_pass() { pass && now >"$work/ready" && mv "$work/ready" "$ready"; }

# --- signals

# Each command runs in a process group of its own, which a signal ends with all that it waits for; a
# write that is cut off is made whole by the next job. So the signal finds this shell waiting: a trap
# that comes amid a command substitution is lost to bash 5.2, with "unexpected EOF while looking for
# matching".
ending='' job=''
trap 'ending=1; [ -z "$job" ] || kill -- "-$job" 2>/dev/null' TERM INT
run() {
	local status
	set -m
	"$@" &
	job=$!
	set +m
	[ -z "$ending" ] || kill -- "-$job" 2>/dev/null
	wait "$job" 2>/dev/null
	status=$?
	[ -z "$ending" ] || wait "$job" 2>/dev/null
	job=''
	return "$status"
}

if [ "${1-}" = once ]; then
	run pass
	exit
fi
trap 'rm -rf "$work" "$ready"' EXIT
rm -f "$ready"
while [ -z "$ending" ]; do
	run loop_pass
	run sleep "$INTERVAL"
done
exit 0
