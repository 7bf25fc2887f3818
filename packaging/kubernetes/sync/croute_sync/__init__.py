# SPDX-License-Identifier: MIT
"""croute_sync - keeps croute's files of nodes equal to the Nodes of a cluster, by watches.

    settings   the environment
    api        the API server as a pod meets it: TLS, token, streamed lists, watches
    mirror     one resource as it is now: a list, then a watch, again when that breaks
    nodes      what of a Node counts
    files      `croute import` and `croute validate`: from nodes to files that croute takes
    configmaps, directory    where the files go
    nudge      the kubelets, which then refresh the mounted ConfigMaps at once
    job        all of this together
    report     log, readiness, metrics, Events
"""
