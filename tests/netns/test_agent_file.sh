#!/bin/bash
# test_agent_file.sh - whatever is done to the file and to the way there, the agent ends up following it.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=agents.sh
. "$(dirname "$0")/agents.sh"

host_add worker-1 10.0.0.1/16
AGENT_KEYS="resync: 1h, statusFile: $STATUS_FILE"
EXTRA='guard: {maxDelete: 100%}'
conf_first "$EXTRA" 1-10
agent_begin
check 'the agent applies the file' within owned worker-1 10

# --- a thousand times, and then it is the last one that counts
in_place() { conf "$EXTRA" "$@" >"$CONF"; }
conf "$EXTRA" 1-20 >"$WORK/a.yaml"
conf "$EXTRA" 5-30 >"$WORK/b.yaml"
before=$(cpu_ms)
for n in {1..500}; do
	cp "$WORK/a.yaml" "$CONF"
	cp "$WORK/b.yaml" "$CONF"
done
in_place 1-12
check 'rewritten a thousand times, the last one counts' within owned worker-1 12
printf '# a thousand rewrites cost %s ms of CPU\n' $(($(cpu_ms) - before))
check 'the agent is ready' within ready
for n in {1..250}; do
	cp "$WORK/a.yaml" "$WORK/etc/.1" && mv "$WORK/etc/.1" "$CONF"
	mv "$CONF" "$WORK/etc/elsewhere.yaml"
	mv "$WORK/etc/elsewhere.yaml" "$CONF"
	cp "$WORK/b.yaml" "$WORK/etc/.2" && mv "$WORK/etc/.2" "$CONF"
done
conf_write "$EXTRA" 1-13
check 'a storm of renames, and the last one counts' within owned worker-1 13
seq 20000 | sed "s#.*#$WORK/etc/x&#" | xargs touch
find "$WORK/etc" -name 'x*' -delete
conf_write "$EXTRA" 1-14
check 'more events than inotify keeps, and the file is still followed' within owned worker-1 14
check 'the agent is ready after all that' within ready

# --- a writer who takes his time: nothing is read before he is done
in_place 1-15
within owned worker-1 15
loads=$(metric 'croute_config_loads_total{result="failed"}')
exec {WRITER}>"$CONF"
conf "$EXTRA" 1-16 | head -8 >&"$WRITER"
ip -n worker-1 route del "$(pods 2)" proto 67
check 'while a file is written the routes are kept' within via_peer 2
conf "$EXTRA" 1-16 | tail -n +9 >&"$WRITER"
exec {WRITER}>&-
check 'the whole file is followed when its writer closes it' within owned worker-1 16
check 'and no half of it was ever read' metric_is 'croute_config_loads_total{result="failed"}' "$loads"

# --- permission, for an agent that is not allowed everything
chmod 000 "$CONF"
conf_write "$EXTRA" 1-17
check 'a file whose permission was taken is replaced' within owned worker-1 17

# --- the directory
rm -r "${WORK:?}/etc"
check 'a removed directory is told' within log_has 'the last good state stays'
ip -n worker-1 route del "$(pods 3)" proto 67
check 'and the last good state is kept up' within via_peer 3
check 'not ready meanwhile' not ready
echo 'version: 1' >"$WORK/etc"
check 'a file in the place of the directory is lived with' within page_says /readyz 'not ready'
rm "$WORK/etc"
mkdir "$WORK/etc"
conf_write "$EXTRA" 1-18
check 'the directory made anew is followed' within owned worker-1 18
check 'and ready' within ready

mount -t tmpfs tmpfs "$WORK/etc"
conf_write "$EXTRA" 1-19
kill -HUP "${PID[agent]}"
check 'what is mounted over it is found at the next look' within owned worker-1 19
conf_write "$EXTRA" 1-20
check 'and followed from then on' within owned worker-1 20
umount "$WORK/etc"
check 'with a file system that is unmounted, what is beneath is followed again' within owned worker-1 18
conf_write "$EXTRA" 1-21
check 'and on' within owned worker-1 21

# --- links
mkdir "$WORK/one" "$WORK/two" "$WORK/last"
conf "$EXTRA" 1-22 >"$WORK/one/nodes.yaml"
conf "$EXTRA" 1-23 >"$WORK/two/nodes.yaml"
conf "$EXTRA" 1-24 >"$WORK/last/nodes.yaml"
ln -s ../one/nodes.yaml "$WORK/etc/.link" && mv -T "$WORK/etc/.link" "$CONF"
check 'a file that became a link is followed' within owned worker-1 22
for n in {1..100}; do
	ln -sfn ../two/nodes.yaml "$WORK/etc/.link" && mv -T "$WORK/etc/.link" "$CONF"
	ln -sfn ../one/nodes.yaml "$WORK/etc/.link" && mv -T "$WORK/etc/.link" "$CONF"
done
ln -sfn ../last/nodes.yaml "$WORK/etc/.link" && mv -T "$WORK/etc/.link" "$CONF"
check 'swapped two hundred times, the last one counts' within owned worker-1 24
ln -sfn ../nowhere "$WORK/etc/.link" && mv -T "$WORK/etc/.link" "$CONF"
check 'a link that leads nowhere is told' within page_says /readyz 'not ready'
check 'and deletes nothing' owned worker-1 24
ln -sfn nodes.yaml "$WORK/etc/.link" && mv -T "$WORK/etc/.link" "$CONF"
check 'a link to itself too' within page_says /readyz 'not ready'
conf_write "$EXTRA" 1-25
check 'a file in its place ends it' within owned worker-1 25
agent_stop TERM
check 'SIGTERM ends it with 0' exits 0

# --- permission taken away, as a user who needs it
mkdir "$WORK/mine"
CONF=$WORK/mine/nodes.yaml
AGENT_KEYS="resync: 1h, statusFile: ''"
conf "$EXTRA" 1-25 >"$CONF"
touch -d '1 hour ago' "$CONF"
start agent nsenter --net=/run/netns/worker-1 -- setpriv --reuid 65534 --regid 65534 --clear-groups \
	--inh-caps +net_admin --ambient-caps +net_admin "$CROUTE" run --node worker-1 -c "$CONF"
ip -n worker-1 route del "$(pods 4)" proto 67
check 'an agent with CAP_NET_ADMIN only does its work' within owned worker-1 25
chmod 700 "$WORK/mine"
chmod 000 "$CONF"
check 'permission that is taken away is told' within log_has 'no permission to read it'
ip -n worker-1 route del "$(pods 4)" proto 67
check 'the last good state is kept up' within via_peer 4
conf "$EXTRA" 1-26 >"$CONF"
chmod 644 "$CONF"
chmod 755 "$WORK/mine"
check 'permission that is given back is noticed' within owned worker-1 26
agent_stop TERM
check 'SIGTERM ends it with 0, too' exits 0

# --- a memory cgroup of 8 MiB
CONF=$WORK/etc/nodes.yaml
AGENT_KEYS="resync: 1h, statusFile: $STATUS_FILE"
GROUP=/sys/fs/cgroup/memory/$(unique)
if grep -q __asan_init "$CROUTE"; then
	skip 'a memory cgroup of 8 MiB' 'a sanitizer needs more for itself'
elif mkdir "$GROUP" 2>/dev/null && echo $((8 << 20)) >"$GROUP/memory.limit_in_bytes"; then
	trap 'rmdir "$GROUP"' EXIT
	conf_first "$EXTRA" 1-1000
	# shellcheck disable=SC2016 # for the inner shell
	start agent nsenter --net=/run/netns/worker-1 -- "$BASH" -c 'echo $$ >"$1/cgroup.procs"; shift; exec "$@"' \
		- "$GROUP" "$CROUTE" run --node worker-1 -c "$CONF"
	check 'a thousand peers in a memory cgroup of 8 MiB' within owned worker-1 1000
	for n in {1..20}; do
		conf_write "$EXTRA" "1-$((900 + n))"
		wait_for owned worker-1 "$((900 + n))" || break
	done
	check 'twenty new files there, too' all_of 'owned worker-1 920' agent_alive
	agent_stop TERM
	check 'SIGTERM ends it with 0, there too' exits 0
	wait_for rmdir "$GROUP"
	trap - EXIT
else
	skip 'a memory cgroup of 8 MiB' 'no memory cgroup that may be written'
fi
skip 'the clock set back a day' 'the clock is the machine'\''s; decisions use the one that only moves forward'
finish
