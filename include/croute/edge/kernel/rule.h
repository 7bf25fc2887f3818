/* rule.h - the policy rules that are in the kernel. */
#pragma once

#include <stdint.h>

#include "croute/base/error.h"
#include "croute/edge/kernel/netlink.h"
#include "croute/model/rule.h"

/* Told of each rule; a negative return ends the dump and is handed on. */
typedef int kernel_rule_fn(void *context, const struct rule *rule);

/*
 * Stream the rules of a family (RTM_GETRULE) in the order in which the kernel asks them. What the
 * kernel leaves out is 0 (priority, mark) or no condition (net/core/fib_rules.c,
 * fib_nl_fill_rule); a prefix without its address makes the rule odd. A kernel without policy
 * routing, or without the family, has none. 0, -EINTR (read again), or -errno with `err`.
 */
int kernel_read_rules(struct netlink *netlink, uint8_t family, kernel_rule_fn *each, void *context,
		      struct error *err);
