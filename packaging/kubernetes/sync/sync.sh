#!/bin/bash
# sync.sh - keeps croute's files of nodes equal to what the API server lists.
# usage: sync.sh [once]
#
# Each INTERVAL seconds the nodes are listed and go through `croute import`. Something is written only
# when they have changed, or when the stamp (source.generatedAt) is RENEW seconds old, so that
# agent.staleAfter can tell a sync that has died from a cluster where nothing happens. Nothing is ever
# written from a listing that failed, was cut off, or has no node that can be used, nor what
# `croute validate` refuses together with the settings.
#
# Without OUTPUT the files go into the ConfigMaps NAME-0 to NAME-(SHARDS-1), each a key nodes-NN.yaml;
# those that are not needed are emptied. With OUTPUT, a directory, they go there, settings beside them.
# ADDRESS is import's --address. NOW, in seconds, stands in for the clock.
set -uo pipefail
umask 022
export LC_ALL=C
NAMESPACE=${NAMESPACE:-kube-system} NAME=${NAME:-croute-nodes} SHARDS=${SHARDS:-8}
SHARD_SIZE=${SHARD_SIZE:-900KiB} INTERVAL=${INTERVAL:-30} RENEW=${RENEW:-600}
ADDRESS=${ADDRESS:-internal} SETTINGS=${SETTINGS:-/etc/croute} OUTPUT=${OUTPUT:-}
CROUTE=${CROUTE:-croute}
work=$(mktemp -d "${TMPDIR:-/tmp}/sync.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
[ -w "${HOME:-/}" ] || export HOME=$work # kubectl keeps a cache there
have=${OUTPUT:-$work/have} next=$work/next

say() { printf 'sync: %s\n' "$*" >&2; }
now() { echo "${NOW:-$(date +%s)}"; }
cluster() { kubectl --request-timeout=60s "$@"; }

# The bytes as the API server sends them: kubectl need not hold them in memory.
list() {
	cluster get --raw /api/v1/nodes >"$work/nodes.json" && return
	say "the nodes cannot be listed; nothing is written, next try in $INTERVAL s"
	return 1
}

# What the ConfigMaps hold, read at the start, after a failure and at each renewal: else nobody but
# this program writes them.
read_present() {
	local i
	mkdir "$have" || return
	for ((i = 0; i < SHARDS; i++)); do
		cluster -n "$NAMESPACE" get configmap "$NAME-$i" --ignore-not-found \
			-o 'go-template={{range .data}}{{.}}{{end}}' >"$have/$(file_of "$i")" || {
			say "ConfigMap $NAME-$i cannot be read; nothing is written, next try in $INTERVAL s"
			forget_present
			return 1
		}
	done
	find "$have" -empty -delete
	mkdir -p "$have"
}

forget_present() { [ -n "$OUTPUT" ] || rm -rf "$have"; }

file_of() { printf 'nodes-%02u.yaml' "$1"; }

# stamp KEY: the greatest of the files present; they differ when a write was cut off.
stamp() { cat "$have"/nodes-*.yaml 2>/dev/null | sed -n "s/^  $1: //p" | sort -n | tail -n 1; }

# import SERIAL TIME: into $next.
import() {
	rm -rf "$next"
	mkdir "$next"
	"$CROUTE" import --from kube-nodes --address "$ADDRESS" --serial "$1" --generated-at "$2" \
		--split "$SHARD_SIZE" --output-dir "$next" "$work/nodes.json" >"$work/told" 2>"$work/import.log"
}

# import_new SERIAL TIME: the same, and what it warns of is said.
import_new() {
	local status=0
	import "$@" || status=1
	sed 's/^/sync: /' "$work/import.log" >&2
	[ "$status" = 0 ] || say "nothing is written, next try in $INTERVAL s"
	return "$status"
}

# files DIRECTORY: the names of its files of nodes, the last first.
files() { find "$1" -name 'nodes-*.yaml' -printf '%f\n' 2>/dev/null | sort -r; }

is_same() {
	local file
	[ "$(files "$have")" = "$(files "$next")" ] || return 1
	for file in $(files "$next"); do cmp -s "$have/$file" "$next/$file" || return 1; done
}

# is_fresh TIME: not due to be renewed. A time ahead of the clock is due.
is_fresh() {
	local age
	[ -n "$1" ] || return
	age=$(($(now) - $(date -d "$1" +%s)))
	((age >= 0 && age < RENEW))
}

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

# manifest NAME [FILE]: a ConfigMap that has that file, or none.
manifest() {
	printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s, namespace: %s}\n' "$1" "$NAMESPACE"
	[ $# = 2 ] || { echo 'data: {}' && return; }
	printf 'data:\n  %s: |\n' "${2##*/}"
	sed 's/^/    /' "$2"
}

apply() {
	manifest "$@" | cluster -n "$NAMESPACE" apply --server-side --force-conflicts \
		--field-manager=croute-sync -f - >"$work/apply.log" 2>&1 && return
	sed 's/^/sync: /' "$work/apply.log" >&2
	say "ConfigMap $1 cannot be written; next try in $INTERVAL s"
	return 1
}

# Those with nodes first, the last of them first: until all are written the serials disagree, and the
# agents keep what they have.
write_configmaps() {
	local i count
	count=$(files "$next" | wc -l)
	for ((i = count - 1; i >= 0; i--)); do
		apply "$NAME-$i" "$next/$(file_of "$i")" || return
	done
	for ((i = count; i < SHARDS; i++)); do
		[ ! -e "$have/$(file_of "$i")" ] || apply "$NAME-$i" || return
	done
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
		return
	fi
	[ "$(files "$next" | wc -l)" -le "$SHARDS" ] || {
		say "$(cat "$work/told"), over the $SHARDS ConfigMaps; nothing is written"
		return 1
	}
	write_configmaps || {
		forget_present
		return 1
	}
	rm -rf "$have"
	cp -r "$next" "$have"
}

# serial AFTER: the time, unless the clock went back. It stays ahead when all ConfigMaps are lost.
serial() { (($(now) > $1)) && now || echo $(($1 + 1)); }

# is_current: with the stamp that is there, the nodes give the files that are there.
is_current() {
	local time
	time=$(stamp generatedAt)
	is_fresh "$time" && import "$(stamp serial)" "$time" && is_same
}

# What is present is looked at anew where the stamp is due.
look() {
	[ ! -d "$have" ] || is_fresh "$(stamp generatedAt)" || forget_present
	[ -d "$have" ] || read_present
}

pass() {
	local old
	list && look || return
	if is_current; then
		[ -z "$OUTPUT" ] || write
		return
	fi
	old=$(stamp serial)
	import_new "$(serial "${old:-0}")" "$(date -u -d "@$(now)" +%Y-%m-%dT%H:%M:%SZ)" || return
	write && say "$(sed 's/^[^:]*: //' "$work/told"), serial $(stamp serial), was ${old:-none}"
}

# A signal is to find this shell waiting: a trap that comes amid a command substitution is lost to
# bash 5.2, with "unexpected EOF while looking for matching". What has begun is brought to its end.
ending='' nap=''
trap 'ending=1; [ -z "$nap" ] || kill "$nap" 2>/dev/null' TERM INT
finish() {
	local status
	wait "$1"
	status=$?
	while [ -n "$ending" ] && kill -0 "$1" 2>/dev/null; do
		wait "$1"
		status=$?
	done
	return "$status"
}

if [ "${1-}" = once ]; then
	pass &
	finish $!
	exit
fi
while [ -z "$ending" ]; do
	pass &
	finish $!
	sleep "$INTERVAL" &
	nap=$!
	[ -z "$ending" ] || kill "$nap"
	wait "$nap"
	nap=''
done
exit 0
