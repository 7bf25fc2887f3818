# SPDX-License-Identifier: MIT
"""settings.py - what the environment says."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    namespace: str  # of the ConfigMaps and of croute's pods
    name: str  # NAME-0 to NAME-(shards - 1) hold the nodes
    shards: int
    shard_size: str
    config: str  # the ConfigMap of croute's settings
    folder: str  # with output: where they are mounted
    output: str  # a directory, in the place of ConfigMaps
    deployment: str  # what Events are about; none without
    address: str  # import's --address
    interval: float  # seconds between looks when nothing is heard
    renew: int  # seconds after which the stamp is written anew
    timeout: float  # of a request
    nudges: float  # a second, at most; 0: none
    listen: str
    croute: str
    now: str  # stands in for the clock


def read(environ=os.environ):
    def of(name, default):
        return environ.get(name) or default

    return Settings(
        namespace=of("NAMESPACE", "croute"), name=of("NAME", "croute-nodes"),
        shards=int(of("SHARDS", "8")), shard_size=of("SHARD_SIZE", "900KiB"),
        config=of("CONFIG", "croute"), folder=of("SETTINGS", "/etc/croute"),
        output=of("OUTPUT", ""), deployment=of("DEPLOYMENT", ""),
        address=of("ADDRESS", "internal"), interval=float(of("INTERVAL", "30")),
        renew=int(of("RENEW", "600")), timeout=float(of("REQUEST_TIMEOUT", "60")),
        nudges=float(of("NUDGES", "100")), listen=of("LISTEN", "127.0.0.1:9668"),
        croute=of("CROUTE", "croute"), now=of("NOW", ""),
    )
