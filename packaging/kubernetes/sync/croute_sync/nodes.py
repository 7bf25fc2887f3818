# SPDX-License-Identifier: MIT
"""nodes.py - what of a Node counts for `croute import`, as JSON: some 300 bytes of 16,000."""

import json

FLANNEL = "flannel.alpha.coreos.com/"


def trim(node):
    metadata, status, spec = node["metadata"], node.get("status", {}), node.get("spec", {})
    annotations = metadata.get("annotations") or {}
    kept = {
        "metadata": {
            "name": metadata["name"],
            "creationTimestamp": metadata.get("creationTimestamp"),
            "annotations": {k: v for k, v in annotations.items() if k.startswith(FLANNEL)},
        },
        "spec": {key: spec[key] for key in ("podCIDR", "podCIDRs") if key in spec},
        "status": {
            "addresses": [a for a in status.get("addresses") or [] if a.get("type") == "InternalIP"],
            "conditions": [{"type": "Ready", "status": c.get("status")}
                           for c in status.get("conditions") or [] if c.get("type") == "Ready"],
        },
    }
    return json.dumps(kept, separators=(",", ":")).encode()


def write_list(path, nodes):
    """nodes: trimmed, by name."""
    with open(path, "wb") as out:
        out.write(b'{"kind":"NodeList","apiVersion":"v1","metadata":{},"items":[')
        for number, name in enumerate(sorted(nodes)):
            out.write(b",\n" if number else b"\n")
            out.write(nodes[name])
        out.write(b"]}\n")
