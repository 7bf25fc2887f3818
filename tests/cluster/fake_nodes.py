#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""fake_nodes.py - Nodes without a kubelet, 16 kB each as real ones are, through the API.

usage: fake_nodes.py PKI SERVER create|delete FROM TO
Node i has the address 10.100.0.0 + i and the podCIDR number i of 10.144.0.0.
"""

import http.client
import ipaddress
import json
import ssl
import sys
import threading
import time

PKI, SERVER, VERB, FROM, TO = sys.argv[1:]
THREADS = 6


def node(i):
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    images = [{"names": [f"registry.example.com/team/service-{k:03}@sha256:{i * 1000 + k:064x}",
                         f"registry.example.com/team/service-{k:03}:v1.{k}"], "sizeBytes": 10000000 + k}
              for k in range(50)]
    cidr = f"{ipaddress.ip_address('10.144.0.0') + 256 * i}/24"
    return {
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": f"fake-{i:05}", "labels": {"kubernetes.io/os": "linux"}},
        "spec": {"podCIDR": cidr, "podCIDRs": [cidr], "taints": [{"key": "fake", "effect": "NoSchedule"}]},
        "status": {
            "addresses": [{"type": "InternalIP", "address": str(ipaddress.ip_address("10.100.0.1") + i)}],
            "conditions": [{"type": kind, "status": status, "lastHeartbeatTime": now, "reason": "Fake",
                            "lastTransitionTime": now, "message": "nobody says anything about " + kind}
                           for kind, status in (("Ready", "True"), ("MemoryPressure", "False"),
                                                ("DiskPressure", "False"), ("PIDPressure", "False"))],
            "images": images,
            "nodeInfo": {"machineID": f"{i:032x}", "systemUUID": f"{i:032x}", "bootID": f"{i:032x}",
                         "kernelVersion": "6.1.0", "osImage": "none", "containerRuntimeVersion": "none://0",
                         "kubeletVersion": "v1.20.2", "kubeProxyVersion": "v1.20.2",
                         "operatingSystem": "linux", "architecture": "amd64"}}}


def work(numbers, refused):
    context = ssl.create_default_context(cafile=PKI + "/ca.crt")
    context.load_cert_chain(PKI + "/admin.crt", PKI + "/admin.key")
    connection = http.client.HTTPSConnection(SERVER, 6443, context=context)
    for i in numbers:
        if VERB == "create":
            connection.request("POST", "/api/v1/nodes", json.dumps(node(i)),
                               {"Content-Type": "application/json"})
        else:
            connection.request("DELETE", f"/api/v1/nodes/fake-{i:05}")
        response = connection.getresponse()
        body = response.read()
        if response.status >= 300:
            refused.append((i, response.status, body[:200]))


bad = []
threads = [threading.Thread(target=work, args=(range(int(FROM) + k, int(TO), THREADS), bad))
           for k in range(THREADS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
for line in bad[:3]:
    print(line, file=sys.stderr)
sys.exit(1 if bad else 0)
