#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""image.py - an archive as `docker save` writes it, of a folder. usage: OUT NAME:TAG COMMAND USER FOLDER [ARGUMENT]"""

import hashlib
import io
import json
import os
import sys
import tarfile

out, name, command, user, folder, *arguments = sys.argv[1:]
layer = out + ".layer"
with tarfile.open(layer, "w") as tar:
    for entry in sorted(set(os.listdir(folder)) - {"proc", "sys", "dev"}):
        tar.add(os.path.join(folder, entry), arcname=entry)
with open(layer, "rb") as held:
    digest = hashlib.file_digest(held, "sha256").hexdigest()
config = json.dumps({
    "architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": ["sha256:" + digest]},
    "config": {"Entrypoint": command.split(), "Cmd": arguments, "User": user,
               "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]},
    "history": [{"created_by": "image.py"}]}).encode()
stem = hashlib.sha256(config).hexdigest()
manifest = json.dumps([{"Config": stem + ".json", "RepoTags": [name], "Layers": [digest + ".tar"]}]).encode()
with tarfile.open(out, "w") as tar:
    tar.add(layer, arcname=digest + ".tar")
    for path, data in ((stem + ".json", config), ("manifest.json", manifest)):
        entry = tarfile.TarInfo(path)
        entry.size = len(data)
        tar.addfile(entry, io.BytesIO(data))
os.remove(layer)
