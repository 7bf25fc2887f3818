#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""fake_nodes.py - Nodes without a kubelet, 16 kB each as real ones are, through the API.

usage: fake_nodes.py PKI SERVER create|delete FROM TO
       fake_nodes.py PKI SERVER bind
Node i has the address 10.100.0.0 + i and the podCIDR number i of 10.144.0.0. bind: in the place of the
scheduler, which looks at all Nodes for each pod of a DaemonSet.
"""

import http.client
import ipaddress
import json
import ssl
import sys
import threading
import time

PKI, SERVER, VERB = sys.argv[1:4]
THREADS = 6
PODS = "/api/v1/namespaces/croute/pods"


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


def connect():
    context = ssl.create_default_context(cafile=PKI + "/ca.crt")
    context.load_cert_chain(PKI + "/admin.crt", PKI + "/admin.key")
    return http.client.HTTPSConnection(SERVER, 6443, context=context)


def ask(connection, method, path, body=None):
    connection.request(method, path, body and json.dumps(body), {"Content-Type": "application/json"})
    response = connection.getresponse()
    return response.status, response.read()


def binding(pod):
    terms = pod["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    node = terms["nodeSelectorTerms"][0]["matchFields"][0]["values"][0]
    name = pod["metadata"]["name"]
    return "POST", f"{PODS}/{name}/binding", {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": name},
                                              "target": {"kind": "Node", "name": node}}


def requests():
    if VERB == "bind":
        query = "?fieldSelector=spec.nodeName%3D&labelSelector=app.kubernetes.io%2Fname%3Dcroute"
        return [binding(pod) for pod in json.loads(ask(connect(), "GET", PODS + query)[1])["items"]]
    numbers = range(int(sys.argv[4]), int(sys.argv[5]))
    if VERB == "create":
        return [("POST", "/api/v1/nodes", node(i)) for i in numbers]
    return [("DELETE", f"/api/v1/nodes/fake-{i:05}") for i in numbers]


def work(own, refused):
    connection = connect()
    for request in own:
        status, body = ask(connection, *request)
        if status >= 300 and (VERB, status) != ("bind", 409):
            refused.append((request[1], status, body[:200]))


bad = []
todo = requests()
threads = [threading.Thread(target=work, args=(todo[k::THREADS], bad)) for k in range(THREADS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
for line in bad[:3]:
    print(line, file=sys.stderr)
sys.exit(1 if bad else 0)
