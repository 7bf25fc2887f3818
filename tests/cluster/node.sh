#!/bin/bash
# node.sh - process 1 of a node: its own /run, /sys and disks, then containerd and the kubelet, each
# started again when it ends. usage: node.sh I, with CACHE, STATE and GROUPS_OF.
# SPDX-License-Identifier: MIT
i=$1 disk=$STATE/node$1
hostname "n$i"

# Paths below are the machine's, so they stay until all is mounted.
groups=$disk/cgroup
mkdir -p "$groups"
mount --rbind /sys/fs/cgroup "$groups"
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount --rbind "$groups" /sys/fs/cgroup
umount -l "$groups"
mount -t tmpfs tmpfs /run
mkdir -p /run/netns /run/containerd /run/lock
# What the node writes there, the machine does not see.
for folder in /etc /opt /var/lib /var/log; do
	mkdir -p "$disk/up$folder" "$disk/work$folder"
	mount -t overlay -o "lowerdir=$folder,upperdir=$disk/up$folder,workdir=$disk/work$folder" overlay $folder
done
mkdir -p /var/lib/containerd /var/lib/kubelet /var/log/pods /var/log/containers /etc/cni/net.d /var/lib/cni
mkdir -p "$disk/log/pods" "$disk/log/containers"
while read -r from to; do mount --bind "$disk/$from" "$to"; done <<'MOUNTS'
containerd /var/lib/containerd
kubelet /var/lib/kubelet
cni /etc/cni/net.d
cnilib /var/lib/cni
log/pods /var/log/pods
log/containers /var/log/containers
MOUNTS
mount --make-rshared /

for group in /sys/fs/cgroup/*/; do
	mkdir -p "$group$GROUPS_OF-$i" 2>/dev/null
done
for file in cpus mems; do
	cat /sys/fs/cgroup/cpuset/cpuset.$file >"/sys/fs/cgroup/cpuset/$GROUPS_OF-$i/cpuset.$file"
done
for group in memory pids cpu; do echo $$ >"/sys/fs/cgroup/$group/$GROUPS_OF-$i/cgroup.procs"; done

cat >"$disk/containerd.toml" <<'TOML'
version = 2
[grpc]
  address = "/run/containerd/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "k8s.gcr.io/pause:3.2"
  disable_apparmor = true
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/opt/cni/bin"
    conf_dir = "/etc/cni/net.d"
TOML
cat >"$disk/kubelet.yaml" <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $STATE/pki/ca.crt}}
authorization: {mode: Webhook}
cgroupDriver: cgroupfs
cgroupRoot: /$GROUPS_OF-$i
enforceNodeAllocatable: []
failSwapOn: false
tlsCertFile: $STATE/pki/node$i.crt
tlsPrivateKeyFile: $STATE/pki/node$i.key
evictionHard: {imagefs.available: 1%, nodefs.available: 1%, memory.available: 10Mi}
imageGCHighThresholdPercent: 100
nodeStatusUpdateFrequency: 5s
YAML

socket=/run/containerd/containerd.sock
containerd_answers() { ctr -a $socket version >/dev/null 2>&1; } # or is waited for, for seconds
while :; do containerd -c "$disk/containerd.toml" >>"$disk/log/containerd.log" 2>&1; done &
until containerd_answers; do :; done
for archive in "$STATE"/images/*.tar; do ctr -n k8s.io -a $socket images import "$archive"; done
while :; do
	until containerd_answers; do :; done
	kubelet --config="$disk/kubelet.yaml" --kubeconfig="$STATE/node$i.conf" \
		--hostname-override="n$i" --node-ip="10.99.0.$((10 + i))" --cert-dir="$disk/certs" \
		--container-runtime=remote --container-runtime-endpoint=unix://$socket --network-plugin=cni
done >>"$disk/log/kubelet.log" 2>&1 &
while :; do wait -n; done
