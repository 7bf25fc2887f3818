#!/bin/bash
# lib.sh - a real cluster in network namespaces: etcd, the control plane of Kubernetes, and nodes with
# containerd and a kubelet each. Sourced. All of it ends with the namespaces of ../netns/lib.sh; what is left
# besides, control groups and three sysctls that every kubelet sets, is put back.
#
#	control (10.99.0.10)   n1 (10.99.0.11)   n2 (10.99.0.12)   n3 (10.99.0.13)
#	       |                    |                 |                 |
#	       ---------------------------- wire ------------------------
#
# No kube-proxy: a rule of nftables stands for the API server's service address.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2034 # who sources this
NETNS_TOOLS='ip unshare nsenter ping jq pgrep python3 openssl'
# shellcheck source=../netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../netns/lib.sh"
CACHE=$(realpath -m "${CLUSTER_CACHE:-$ROOT/build/cluster}")
STATE=$CACHE/run # as much as a boot leaves: the disks of the nodes
PKI=$STATE/pki
CONTROL=10.99.0.10 SERVICE=10.96.0.1 PODS=${PODS:-10.128.0.0/9}
NODES='1 2 3'
GROUPS_OF=${GROUPS_OF:-croute-cluster} # nodes' control groups: croute-cluster-1..
PATH=$CACHE/bin:$PATH:$CACHE/tools/usr/bin:$CACHE/tools/usr/sbin:/usr/sbin:/sbin
SYSCTLS='vm/overcommit_memory kernel/panic kernel/panic_on_oops'

# cluster_possible: prints why not.
cluster_possible() {
	local missing=''
	[ -x "$CACHE/bin/kubelet" ] && [ -d "$CACHE/syncroot" ] || {
		echo "not built; tests/cluster/fetch.sh $CACHE"
		return 1
	}
	for tool in etcd containerd runc nft openssl python3 kubectl; do
		command -v "$tool" >/dev/null || missing+=" $tool"
	done
	[ -z "$missing" ] || { echo "no$missing" && return 1; }
	[ "$(id -u)" = 0 ] || { echo 'root is needed for kubelets' && return 1; }
	[ -d /sys/fs/cgroup/memory ] || { echo 'no memory control group of version 1' && return 1; }
	mkdir "/sys/fs/cgroup/memory/$GROUPS_OF" 2>/dev/null || { echo 'no control groups to write to' && return 1; }
	rmdir "/sys/fs/cgroup/memory/$GROUPS_OF"
	grep -qw overlay /proc/filesystems || { echo 'no overlay file system' && return 1; }
}

k() { in_host control kubectl --kubeconfig="$STATE/admin.conf" "$@"; }
now_ms() { date +%s%3N; }
api_ready() { k get --raw /readyz >/dev/null 2>&1; }

# --- keys

# certificate NAME SUBJECT EXTENSIONS
certificate() {
	openssl req -newkey rsa:2048 -nodes -keyout "$PKI/$1.key" -out "$PKI/$1.csr" -subj "$2" 2>/dev/null &&
		openssl x509 -req -in "$PKI/$1.csr" -CA "$PKI/ca.crt" -CAkey "$PKI/ca.key" -CAcreateserial \
			-out "$PKI/$1.crt" -days 30 -extfile <(printf '%s\n' "$3") 2>/dev/null
}

# kubeconfig KEY FILE
kubeconfig() {
	cat >"$2" <<-YAML
		apiVersion: v1
		kind: Config
		clusters: [{name: c, cluster: {server: "https://$CONTROL:6443", certificate-authority: $PKI/ca.crt}}]
		users: [{name: u, user: {client-certificate: $PKI/$1.crt, client-key: $PKI/$1.key}}]
		contexts: [{name: c, context: {cluster: c, user: u}}]
		current-context: c
	YAML
}

pki_make() {
	local i client=extendedKeyUsage=clientAuth
	rm -rf "$PKI"
	mkdir -p "$PKI"
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$PKI/ca.key" -out "$PKI/ca.crt" -days 30 \
		-subj /CN=cluster 2>/dev/null
	certificate apiserver /CN=kube-apiserver "extendedKeyUsage=serverAuth
subjectAltName=DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,IP:127.0.0.1,IP:$CONTROL,IP:$SERVICE"
	certificate admin /O=system:masters/CN=admin $client
	certificate controllers /CN=system:kube-controller-manager $client
	certificate scheduler /CN=system:kube-scheduler $client
	certificate kubelet-client /O=system:masters/CN=apiserver-kubelet-client $client
	for i in $NODES; do
		certificate "node$i" "/O=system:nodes/CN=system:node:n$i" "extendedKeyUsage=clientAuth,serverAuth
subjectAltName=IP:10.99.0.$((10 + i)),DNS:n$i"
		kubeconfig "node$i" "$STATE/node$i.conf"
	done
	openssl genrsa -out "$PKI/sa.key" 2048 2>/dev/null
	openssl rsa -in "$PKI/sa.key" -pubout -out "$PKI/sa.pub" 2>/dev/null
	kubeconfig admin "$STATE/admin.conf"
	kubeconfig controllers "$STATE/controllers.conf"
	kubeconfig scheduler "$STATE/scheduler.conf"
}

# --- the control plane

# control NAME COMMAND...: in the background of its host, its words in a log.
control() {
	local name=$1
	shift
	in_host control "$@" >>"$STATE/log/$name.log" 2>&1 &
	PID["$name"]=$!
}

api_start() {
	# shellcheck disable=SC2086 # several arguments
	control api kube-apiserver --etcd-servers=http://127.0.0.1:2379 --advertise-address=$CONTROL \
		--secure-port=6443 --tls-cert-file="$PKI/apiserver.crt" --tls-private-key-file="$PKI/apiserver.key" \
		--client-ca-file="$PKI/ca.crt" --authorization-mode=Node,RBAC --allow-privileged=true \
		--enable-admission-plugins=NodeRestriction --service-cluster-ip-range=10.96.0.0/16 \
		--service-account-key-file="$PKI/sa.pub" --service-account-signing-key-file="$PKI/sa.key" \
		--service-account-issuer=https://kubernetes.default.svc \
		--api-audiences=https://kubernetes.default.svc,kubernetes --cert-dir="$STATE/certs" \
		--kubelet-client-certificate="$PKI/kubelet-client.crt" \
		--kubelet-client-key="$PKI/kubelet-client.key" \
		--kubelet-preferred-address-types=InternalIP ${API_ARGUMENTS-}
	WAIT_SECONDS=300 wait_for api_ready
}

api_stop() { kill "${PID[api]}" && wait "${PID[api]}" 2>/dev/null; }

control_start() {
	host_add control $CONTROL/24
	mkdir -p "$STATE/etcd" && chmod 700 "$STATE/etcd"
	control etcd etcd --data-dir "$STATE/etcd" --listen-client-urls http://127.0.0.1:2379 \
		--advertise-client-urls http://127.0.0.1:2379 --listen-peer-urls http://127.0.0.1:2380 --unsafe-no-fsync
	api_start || return
	# shellcheck disable=SC2086 # several arguments
	control controllers kube-controller-manager --kubeconfig="$STATE/controllers.conf" \
		--bind-address=127.0.0.1 --allocate-node-cidrs --cluster-cidr="$PODS" --node-cidr-mask-size=24 \
		--service-cluster-ip-range=10.96.0.0/16 --use-service-account-credentials \
		--service-account-private-key-file="$PKI/sa.key" --root-ca-file="$PKI/ca.crt" \
		--leader-elect=false --cert-dir="$STATE/certs" ${CONTROLLERS-}
	control scheduler kube-scheduler --kubeconfig="$STATE/scheduler.conf" --bind-address=127.0.0.1 \
		--leader-elect=false --cert-dir="$STATE/certs"
}

# --- images

images_make() {
	local to=$STATE/images version root
	version=$(sed -n 's/^VERSION = //p' "$ROOT/Makefile")
	mkdir -p "$to" && rm -rf "${to:?}"/*
	"$ROOT/packaging/container/image.sh" "$version" "$STATE" "$CROUTE" >/dev/null
	mv "$STATE/croute-$version.tar" "$to/croute.tar"
	mkdir -p "$STATE/pause" "$STATE/tools/bin" "$STATE/tools/etc"
	gcc -static -Os -s -o "$STATE/pause/pause" -x c - <<-'C'
		#include <signal.h>
		#include <unistd.h>
		static void end(int s) { _exit(s == SIGCHLD); }
		int main(void) { signal(SIGTERM, end); signal(SIGINT, end); signal(SIGCHLD, SIG_IGN); for (;;) pause(); }
	C
	python3 "$ROOT/tests/cluster/image.py" "$to/pause.tar" k8s.gcr.io/pause:3.2 /pause 0 "$STATE/pause"
	cp -L "$(command -v busybox)" "$STATE/tools/bin/busybox"
	ln -sf busybox "$STATE/tools/bin/sh"
	ln -sf busybox "$STATE/tools/bin/sleep"
	python3 "$ROOT/tests/cluster/image.py" "$to/tools.tar" docker.io/library/tools:1 /bin/sh 0 "$STATE/tools"
	mkdir -p "$STATE/cni/bin" "$STATE/cni/usr/lib/cni"
	cp "$STATE/tools/bin/busybox" "$STATE/cni/bin/"
	for tool in sh cp mv; do ln -sf busybox "$STATE/cni/bin/$tool"; done
	cp "$(cni_plugins)"/{bridge,host-local,loopback,portmap} "$STATE/cni/usr/lib/cni/"
	python3 "$ROOT/tests/cluster/image.py" "$to/cni.tar" "docker.io/library/croute-cni:$version" \
		"$(sed -n 's/^ENTRYPOINT //p' "$ROOT/packaging/kubernetes/cni/Containerfile" | jq -r 'join(" ")')" 0 \
		"$STATE/cni" "$(sed -n 's/^CMD //p' "$ROOT/packaging/kubernetes/cni/Containerfile" | jq -r '.[0]')"
	root=$CACHE/syncroot
	install -m 755 "$CROUTE" "$root/usr/sbin/croute"
	rm -rf "$root/usr/lib/python3/dist-packages/croute_sync"
	cp -r "$ROOT/packaging/kubernetes/sync/croute_sync" "$root/usr/lib/python3/dist-packages/"
	python3 "$ROOT/tests/cluster/image.py" "$to/sync.tar" "docker.io/library/croute-sync:$version" \
		'/usr/bin/python3 -m croute_sync' 65534:65534 "$root"
}

cni_plugins() { [ -x /usr/lib/cni/bridge ] && echo /usr/lib/cni || echo "$CACHE/tools/usr/lib/cni"; }

# --- nodes

# node_start I: a host with process 1 of its own; containerd and the kubelet are restarted when they end.
node_start() {
	local disk=$STATE/node$1
	mkdir -p "$disk"/{containerd,kubelet,cni,cnilib,log}
	host_add "n$1" "10.99.0.$((10 + $1))/24"
	ip -n "n$1" route add default via $CONTROL dev eth1
	in_host "n$1" nft -f - <<-NFT
		table ip service {
			chain out { type nat hook output priority -100; ip daddr $SERVICE tcp dport 443 dnat to $CONTROL:6443; }
			chain in { type nat hook prerouting priority -100; ip daddr $SERVICE tcp dport 443 dnat to $CONTROL:6443; }
			chain back { type nat hook postrouting priority 100; ip saddr $PODS ip daddr $CONTROL masquerade; }
		}
	NFT
	nsenter --net="/run/netns/n$1" unshare --mount --uts --pid --fork --kill-child --propagation private \
		env CACHE="$CACHE" STATE="$STATE" GROUPS_OF="$GROUPS_OF" "$BASH" "$ROOT/tests/cluster/node.sh" "$1" \
		>"$disk/log/init.log" 2>&1 &
	PID["n$1"]=$!
	wait_for has_child "${PID[n$1]}"
	INIT[$1]=$(pgrep -P "${PID[n$1]}")
}
declare -A INIT=()
has_child() { pgrep -P "$1" >/dev/null; }

# in_node I COMMAND...
in_node() {
	local i=$1
	shift
	nsenter -t "${INIT[$i]}" -n -m -u -p -- "$@"
}

# node_stop I: as a power cut does.
node_stop() {
	kill -KILL "${INIT[$1]}" 2>/dev/null
	wait "${PID[n$1]}" 2>/dev/null
	ip netns del "n$1"
	node_groups_go "$1"
}

node_groups_go() {
	local group
	for group in /sys/fs/cgroup/*/"$GROUPS_OF-$1"; do
		[ ! -d "$group" ] || find "$group" -depth -type d -exec rmdir {} + 2>/dev/null
	done
}

node_is_there() { k get node "n$1" >/dev/null 2>&1; }
node_has_cidr() { [ -n "$(k get node "n$1" -o 'jsonpath={.spec.podCIDR}')" ]; }

# --- all of it

sysctls_keep() {
	local name
	for name in $SYSCTLS; do printf '%s %s\n' "$name" "$(cat "/proc/sys/$name")"; done
}
sysctls_back() {
	local name value
	while read -r name value; do echo "$value" >"/proc/sys/$name"; done <<<"$KEPT"
}

cluster_start() {
	local i
	rm -rf "$STATE"
	mkdir -p "$STATE/log"
	KEPT=$(sysctls_keep)
	trap '[ $BASHPID != $$ ] || cluster_stop' EXIT # not in a subshell that ends by an error
	images_make && pki_make && control_start || return
	for i in $NODES; do node_start "$i"; done
	for i in $NODES; do WAIT_SECONDS=300 wait_for node_has_cidr "$i" || return; done
}

cluster_stop() {
	local i
	for i in $NODES; do node_stop "$i" 2>/dev/null; done
	kill "${PID[@]}" 2>/dev/null
	wait "${PID[@]}" 2>/dev/null
	for i in $NODES; do wait_for groups_gone "$i"; done
	sysctls_back
}
groups_gone() {
	node_groups_go "$1"
	! ls -d /sys/fs/cgroup/*/"$GROUPS_OF-$1" >/dev/null 2>&1
}

why=$(cluster_possible) || skip_all "$why"
WAIT_SECONDS=120
