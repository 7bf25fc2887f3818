#!/bin/bash
# bench.sh - the first apply of many peers, side by side: croute (the whole command), `ip -batch`
# and a bare netlink program. Medians and ratios as a Markdown table and in build/bench.json.
# All of it happens in a network namespace of its own that ends with this program.
# BENCH_SIZES="1000 10000" are the numbers of peers, BENCH_RUNS=5 the runs of each.
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")/../.."
if [ -z "${BENCH_INSIDE-}" ]; then
	user=()
	[ "$(id -u)" = 0 ] || user=(--map-root-user)
	BENCH_INSIDE=$(readlink /proc/self/ns/net) exec unshare --net "${user[@]}" "$0" "$@"
fi
[ "$BENCH_INSIDE" != "$(readlink /proc/self/ns/net)" ] || {
	echo "bench.sh: this is no namespace of its own: stopped" >&2
	exit 1
}

read -ra sizes <<<"${BENCH_SIZES:-1000 10000}"
runs=${BENCH_RUNS:-5}
contenders=(croute ip floor)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
"${CC:-gcc}" -std=c17 -D_GNU_SOURCE -O2 -o "$tmp/floor" tests/bench/floor.c

# The same peers for all three: 10.0.1.0/24 via 172.16.0.2 and so on upwards.
write_inputs() {
	awk -v n="$1" -v yaml="$tmp/croute-$1.yaml" -v batch="$tmp/batch-$1" '
		function ip(x) {
			return int(x / 16777216) "." int(x / 65536) % 256 "." int(x / 256) % 256 "." x % 256
		}
		BEGIN {
			print "version: 1\nnodes:" >yaml
			for (i = 0; i <= n; i++) {
				gateway = ip(2886729729 + i)
				net = ip(167772160 + i * 256) "/24"
				print "- {name: n" i ", address: " gateway ", podCIDRs: " net "}" >yaml
				if (i > 0)
					print "route add " net " via " gateway " dev v0 proto 67 metric 67000" >batch
			}
		}'
}

# A link with nothing on it but its own address.
fresh_link() {
	ip link del v0 2>/dev/null || true
	ip link add v0 type veth peer name v1
	ip link set v1 up
	ip address add 172.16.0.1/12 dev v0
	ip link set v0 up
}

perform() {
	case $1 in
	croute) build/croute reconcile -c "$tmp/croute-$2.yaml" --node n0 ;;
	ip) ip -batch "$tmp/batch-$2" ;;
	floor) "$tmp/floor" add "$2" v0 ;;
	esac
}

# One run; its time in microseconds goes to a file of the contender's.
measure() {
	local begin end count
	fresh_link
	begin=${EPOCHREALTIME/./}
	perform "$1" "$2" >"$tmp/out" 2>&1 || {
		tail -n 5 "$tmp/out" >&2
		echo "bench.sh: $1 failed at $2 peers" >&2
		exit 1
	}
	end=${EPOCHREALTIME/./}
	count=$("$tmp/floor" dump)
	[ "$count" = "$2" ] || {
		echo "bench.sh: $1 left $count routes of $2" >&2
		exit 1
	}
	echo $((end - begin)) >>"$tmp/$1-$2"
}

median() { sort -n "$1" | sed -n "$(((runs + 1) / 2))p"; }

# One line of the table, one object of the list.
tell() {
	local size=$1 croute ip floor
	croute=$(median "$tmp/croute-$size") ip=$(median "$tmp/ip-$size") floor=$(median "$tmp/floor-$size")
	[ ! -s "$tmp/json" ] || printf , >>"$tmp/json"
	awk -v n="$size" -v c="$croute" -v i="$ip" -v f="$floor" -v json="$tmp/json" 'BEGIN {
		printf "| %d | %.3f s | %.3f s | %.3f s | %.3f (1/%.1f) | %.2f |\n",
			n, c / 1e6, i / 1e6, f / 1e6, c / i, i / c, c / f
		printf "{\"peers\":%d,\"croute_us\":%d,\"ip_batch_us\":%d,\"floor_us\":%d}",
			n, c, i, f >>json
	}'
}

ip link set lo up
for size in "${sizes[@]}"; do
	write_inputs "$size"
	for ((run = 0; run < runs; run++)); do
		for contender in "${contenders[@]}"; do measure "$contender" "$size"; done
	done
done
printf 'First apply, IPv4, each peer its own gateway; medians of %s runs, Linux %s, %s CPUs.\n\n' \
	"$runs" "$(uname -r)" "$(nproc)"
echo '| peers | croute | ip -batch | bare netlink | croute : ip -batch | croute : bare netlink |'
echo '|---|---|---|---|---|---|'
for size in "${sizes[@]}"; do tell "$size"; done
mkdir -p build
printf '{"version":1,"runs":%d,"kernel":"%s","first_apply":[%s]}\n' \
	"$runs" "$(uname -r)" "$(cat "$tmp/json")" >build/bench.json
