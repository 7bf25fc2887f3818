#!/bin/bash
# gate_text.sh - nothing in the tree speaks of the place where it was written: no paths of somebody's
# machine, no hosts but the public ones that readers are sent to.
# SPDX-License-Identifier: MIT
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
hosts='(.*\.)?(kernel\.org|ietf\.org|rfc-editor\.org|github\.com|debian\.org|gnu\.org|json-schema\.org|w3\.org'
hosts+='|opensource\.org|spdx\.org|prometheus\.io|kubernetes\.io|kubernetes\.default\.svc|yaml\.org|systemd\.io|pcre\.org'
hosts+='|libevent\.org|infradead\.org|llvm\.org|keepachangelog\.com|semver\.org|example\.(com|org|net))'
hosts+='|localhost|127\.[0-9.]+|10\.[0-9.]+|\[::1\]|\$.*|%s.*|node|HOST|ADDRESS'
list() { find . -path ./.git -prune -o -path ./build -prune -o -type f -print; }
status=0
found=$(list | xargs -d '\n' grep -HIoE '(^|[^A-Za-z0-9_.])/(wor[k]|hom[e]|roo[t])/[A-Za-z0-9_.-]+' | grep -v '/roo[t]/rootfs')
[ -z "$found" ] || { printf 'a path of somebody'\''s machine: %s\n' "$found" && status=1; }
while IFS= read -r line; do
	host=${line##*://}
	[[ $host =~ ^($hosts)$ ]] || { printf 'an unknown host: %s\n' "$line" && status=1; }
done < <(list | xargs -d '\n' grep -HIoE 'https?://(\[[0-9a-fA-F:]+\]|[^]/:)>"'\'' `,;|\\]+)')
exit $status
