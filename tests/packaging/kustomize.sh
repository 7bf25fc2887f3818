#!/bin/bash
# kustomize.sh - builds overlays: by the first kubectl that takes them as they are, else, in their older
# form, by one of before 1.21, as Debian 12 has it. Sourced; TREE is packaging/kubernetes.
# SPDX-License-Identifier: MIT

KUBECTL=''
for candidate in $(type -ap kubectl); do
	! "$candidate" kustomize "$TREE/overlays/large" >/dev/null 2>&1 || { KUBECTL=$candidate && break; }
done
[ -n "$KUBECTL" ] || printf '# this kubectl is of before 1.21: fields of kustomization.yaml get their older names\n'

# readme_layout TO: README's own folder in TO/my, beside a copy of the tree.
readme_layout() {
	mkdir -p "$1/my/croute"
	sed -n '/^# kustomization.yaml/,/^```/{/^```/d; s#\.\./croute/packaging/kubernetes#../tree#; p}' "$TREE/README.md" \
		>"$1/my/kustomization.yaml"
	cp "$TREE/overlays/sync/croute.yaml" "$1/my/croute"
}

# kustomize ROOT FOLDER: what FOLDER gives; ROOT, a copy of the tree with it, may be changed.
kustomize() {
	[ -n "$KUBECTL" ] || python3 "$ROOT/tests/packaging/older.py" "$1" || return
	"${KUBECTL:-kubectl}" kustomize "$1/$2"
}
