/* agent_status.h - a status as an agent in full work would write it. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "croute/app/status/status.h"

#define MINUTE INT64_C(60000)
#define NOW INT64_C(1795402800000) /* 2026-11-23T03:00:00Z */

static inline void set(char *out, const char *text)
{
	memcpy(out, text, strlen(text) + 1);
}

static inline void add_two_conflicts(struct status *status)
{
	status_add_problem(status, STATUS_TROUBLE_CONFLICT, NOW - 5 * MINUTE,
			   "route 10.244.5.0/24 via 10.0.0.15 dev eth1: taken");
	status_add_problem(status, STATUS_TROUBLE_CONFLICT, NOW - 4 * MINUTE,
			   "route 10.244.6.0/24 via 10.0.0.16 dev eth1: taken");
}

/* Written 12 s before NOW, when the host was up for 100 s. */
static inline struct status status_made(void)
{
	return (struct status){
		.version = "0.1.0",
		.pid = 4242,
		.node = "worker-1",
		.backend = "host-gw",
		.config = {.path = "/etc/croute",
			   .valid = true,
			   .since_ms = NOW - 180 * MINUTE,
			   .has_serial = true,
			   .serial = 42,
			   .generated_ms = NOW - 200 * MINUTE},
		.interfaces = {{.name = "eth1",
				.index = 3,
				.mtu = 1500,
				.address = {"10.0.0.11", "fd00::11"}}},
		.peers = 119,
		.routes = {.desired = 119, .installed = 117, .conflict = 2},
		.pass = {.result = STATUS_PARTLY,
			 .of_present_file = true,
			 .at_ms = NOW - 12345,
			 .duration_us = 850,
			 .reason = "resync",
			 .add = 2,
			 .change = 1},
		.ready = true,
		.resync_ms = 60000,
		.started_ms = NOW - INT64_C(3) * 24 * 60 * MINUTE,
		.written_ms = NOW - 12000,
		.written_uptime_ms = 100000,
	};
}
