/* metrics.h - what the agent counts, and its Prometheus text (SPEC 8). */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "croute/core/want/rows.h"
#include "croute/edge/host/self.h"

enum metrics_route {
	METRICS_DESIRED,
	METRICS_INSTALLED,
	METRICS_HELD,
	METRICS_CONFLICT,
	METRICS_SHADOWED,
	METRICS_PENDING,
	METRICS_FAILED,
	METRICS_ROUTES,
};

/* How a pass ended. */
enum metrics_pass {
	METRICS_PASS_SUCCESS, /* nothing failed; conflicts and holds have gauges of their own */
	METRICS_PASS_PARTIAL, /* ran to its end, some changes were refused */
	METRICS_PASS_FAILED,  /* did not run to its end */
	METRICS_PASSES,
};

enum metrics_kind {
	METRICS_ROUTE,
	METRICS_PEER,
	METRICS_LINK,
	METRICS_ADDRESS,
	METRICS_NEIGHBOUR,
	METRICS_FDB,
	METRICS_MASQUERADE,
	METRICS_KINDS,
};

enum metrics_action { METRICS_ADD, METRICS_CHANGE, METRICS_DELETE, METRICS_ACTIONS };

/* Files of the agent for network plugins. */
enum metrics_file { METRICS_FILES_DESIRED, METRICS_FILES_WRITTEN, METRICS_FILES };

enum metrics_load { METRICS_LOAD_SUCCESS, METRICS_LOAD_FAILED, METRICS_LOADS };

enum metrics_gateway {
	METRICS_REACHABLE,
	METRICS_STALE,
	METRICS_UNREACHED, /* state="failed" */
	METRICS_UNKNOWN,
	METRICS_GATEWAYS,
};

enum metrics_reach { METRICS_REACH_LOST, METRICS_REACH_ANSWERS, METRICS_REACH_CHANGES };

#define METRICS_REACH_PATHS 3 /* enum reach_path: node, pod, full */
#define METRICS_REACH_KINDS 3 /* enum reach_kind: unknown, answers, lost */
#define METRICS_REACH_BUCKETS 11
#define METRICS_BUCKETS 14 /* of a pass's duration, the one without end among them */
#define METRICS_ERRNOS 20  /* those that routing knows by name, and `other` */
#define METRICS_VERSION_MAX 32
#define METRICS_LINE_MAX 512

/*
 * Plain data; metrics_begin sets it up. Gauges are set in place, counters by the functions below.
 * Every series is there from the beginning, with 0, so that an alert never waits for the first
 * event; only croute_interface_info is absent while there is no interface.
 */
struct metrics {
	char version[METRICS_VERSION_MAX];
	uint64_t ready; /* 0 or 1, what /readyz says */
	uint64_t peers;
	uint64_t routes[METRICS_ROUTES];
	uint64_t passes[METRICS_PASSES];
	uint64_t pass_buckets[METRICS_BUCKETS]; /* each by itself, not added up */
	uint64_t pass_us;			/* all durations */
	uint64_t last_success_ms;		/* since 1970 */
	uint64_t changes[METRICS_KINDS][METRICS_ACTIONS];
	uint64_t repairs[METRICS_KINDS];
	uint64_t config_valid; /* 0 or 1 */
	uint64_t config_stale; /* 0 or 1 */
	uint64_t config_age_ms;
	uint64_t config_serial;
	uint64_t config_loads[METRICS_LOADS];
	uint64_t last_load_ms; /* since 1970, of the last good one */
	uint64_t guard_held;
	uint64_t files[METRICS_FILES];
	uint64_t netlink_errors[METRICS_ERRNOS];
	uint64_t netlink_overruns;
	uint64_t gateways[METRICS_GATEWAYS];
	uint64_t reach[METRICS_REACH_PATHS][METRICS_REACH_KINDS];
	uint64_t reach_changes[METRICS_REACH_PATHS][METRICS_REACH_CHANGES];
	uint64_t reach_buckets[METRICS_REACH_BUCKETS]; /* each by itself */
	uint64_t reach_us;			       /* all of them */
	struct selected interfaces[CARRYING_MOST]; /* of each address of this node; index 0: none */
	struct process process;
};

void metrics_begin(struct metrics *metrics, const char *version);

/* A pass that ended at `now_ms` since 1970. */
void metrics_count_pass(struct metrics *metrics, enum metrics_pass result, uint64_t duration_us,
			int64_t now_ms);

/* `count` changes that the kernel took. */
void metrics_count_change(struct metrics *metrics, enum metrics_kind kind,
			  enum metrics_action action, uint64_t count);

/* `count` rows that another program had removed or altered, repaired again. */
void metrics_count_repair(struct metrics *metrics, enum metrics_kind kind, uint64_t count);

/* The file was read at `now_ms` since 1970, and is valid or not; sets config_valid. */
void metrics_count_load(struct metrics *metrics, enum metrics_load result, int64_t now_ms);

/* The kernel refused a message: an errno, positive or negative. */
void metrics_count_netlink_error(struct metrics *metrics, int code);

/* An answer to a probe, and how long it took. */
void metrics_count_reach(struct metrics *metrics, uint64_t us);

/* Where the text goes, a line at a time; a negative return ends the rendering. */
typedef int metrics_write_fn(void *context, const char *text, size_t len);

/*
 * All metrics in Prometheus' text format 0.0.4, in a fixed order. 0, or what `write` returned to
 * end it. Values are integers or have a fixed number of decimals: no locale, no rounding.
 */
int metrics_render(const struct metrics *metrics, metrics_write_fn *write, void *context);
