/* subnet_env.h - the file that the flannel CNI plugin reads. */
#pragma once

#include <stdint.h>

#include "croute/base/buf.h"
#include "croute/base/error.h"
#include "croute/core/config/config.h"

/*
 * What flanneld writes to /run/flannel/subnet.env (its WriteSubnetFile, pkg/subnet/subnet.go), in
 * its order, for the node `node`: of each family in which it has an address and a podCIDR, the
 * prefix of podNetwork that holds the podCIDR it lists first, and the first usable address of that
 * podCIDR. A podCIDR of one or two addresses has no network address to pass over (RFC 3021, RFC
 * 6164). `mtu` is that of the pods. 0, or -ENOENT with `err` when the node has no podCIDR.
 */
int subnet_env_make(const struct config *config, uint32_t node, uint32_t mtu, struct buf *out,
		    struct error *err);
