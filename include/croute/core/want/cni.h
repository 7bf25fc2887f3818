/* cni.h - the files that CNI runtimes and plugins read of this node. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "croute/base/buf.h"
#include "croute/base/error.h"
#include "croute/base/text.h"
#include "croute/core/config/config.h"

#define CNI_CONF_MOST 16384 /* bytes: room for some 200 podCIDRs of a node */

/*
 * The list of plugins for the node `node`: bridge with host-local for its podCIDRs, portmap. Each
 * family in which the node has an address is a set of ranges, so that a pod gets one address of
 * each. `mtu` is that of the pods. Version 0.3.1 of the CNI specification: the first with lists and
 * sets of ranges; every plugin and runtime since knows it.
 *
 * 0; or -errno with `err`: -ENOENT when the node has no podCIDR; -ERANGE when one is too small for
 * host-local, which keeps three addresses for itself; -ENOSPC when they do not fit into `out`.
 */
int cni_make_conf(const struct config *config, uint32_t node, uint32_t mtu, struct buf *out,
		  struct error *err);

/* Whether croute wrote the file: it is JSON with the key "x-croute", which runtimes skip (libcni,
 * ConfListFromBytes). An empty file is nobody's, and counts as croute's. */
bool cni_is_ours(struct text bytes);

/*
 * What flanneld writes to /run/flannel/subnet.env (its WriteSubnetFile, pkg/subnet/subnet.go), in
 * its order, for the node `node`: of each family in which it has an address and a podCIDR, the
 * prefix of podNetwork that holds the podCIDR it lists first, and the first usable address of that
 * podCIDR. A podCIDR of one or two addresses has no network address to skip (RFC 3021, RFC 6164).
 * `mtu` is that of the pods. 0, or -ENOENT with `err` when the node has no podCIDR.
 */
int cni_make_subnet_env(const struct config *config, uint32_t node, uint32_t mtu, struct buf *out,
			struct error *err);
