/* report.h - a plan and what became of it, in words and in JSON (SPEC 3). */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "croute/base/buf.h"
#include "croute/base/json.h"
#include "croute/core/plan/plan.h"
#include "croute/core/want/vtep.h"
#include "croute/model/rule.h"

#define REPORT_LINE_MAX 1024

/* The name of the n-th file, as a plan shows it. */
typedef const char *report_file_fn(const void *context, uint16_t file);

/* A change of a device, or of the nftables table of masquerading. */
struct device_change {
	enum { DEVICE_CHANGE_LINK, DEVICE_CHANGE_TABLE } kind;
	struct vtep_action todo; /* of the table, only whether it is made, repaired or removed */
	struct device device;	 /* as it is wanted; of one that goes, its name */
	struct link was;	 /* index 0: it was not there */
	enum change_result result;
	uint32_t again; /* parts (backoff.h) whose back-off begins with it */
	char error[504];
};

/* All that a report speaks of; borrowed. */
struct report {
	const struct picture *picture;	   /* without any link, devices are not shown */
	const struct device_change *steps; /* in order */
	uint32_t step_count;
	const char *node; /* name of this node, NULL for none */
	report_file_fn *file_name;
	const void *files;
	bool parts;	   /* also tell the parts of peers */
	bool applied;	   /* a real pass: each line ends in what happened */
	const char *until; /* when it is undone unless it is confirmed; NULL: it stays */
	bool ranked;	   /* name table and metric of every route, pod routes too */
	bool bare;	   /* name each row itself, not the peer that it speaks for */
};

/* `10.244.2.0/24 via 10.0.0.12 dev eth1`, with whatever differs from a plain pod route. */
void report_add_route(struct buf *buf, const struct report *report, const struct route *route);

/*
 * Whether a change gets a line: all but the parts of peers do, and those too when report->parts
 * says so, or when there is nothing else to tell.
 */
bool report_tells(const struct report *report, const struct change *change);

/* Whether a change is told once more, as the row that it is (report->bare), when parts are told: it
 * speaks for its peer, and is no route. */
bool report_tells_twice(const struct report *report, const struct change *change);

/* One line of the plan, without line end. The first character tells its kind, for colours. */
void report_change(struct buf *buf, const struct report *report, const struct change *change);

/* A line for an entry that leads to no row. */
void report_unmet(struct buf *buf, const struct report *report, const struct unmet *unmet);

/* A line for the i-th wanted route, over which another program's wins that leads the same way. */
void report_note(struct buf *buf, const struct report *report, uint32_t want);

/* `Plan: 2 to add, …` or `Applied: 2 added, …`. */
void report_summary(struct buf *buf, const struct report *report);

/* `nodes.yaml:14:5`, "" where there is none. */
void report_add_cause(struct buf *buf, const struct report *report, struct desired_cause cause);

/*
 * Why a change was refused, like a compiler error: `nodes.yaml:31:5: error: route …: the kernel
 * says "…" (ENETUNREACH); the other 118 routes are in place`.
 */
void report_refusal(struct buf *buf, const struct report *report, const struct change *change);

/* The same for an entry that was not even tried. */
void report_unmet_refusal(struct buf *buf, const struct report *report, const struct unmet *unmet);

/* The pieces of a line, for other forms of the report. */

/* The row that a change speaks of, of its kind: the wanted one, else the one that goes. */
const void *report_row_of(const struct report *report, const struct change *change);

/* "route", "peer", "neighbour" or "fdb": a peer is a route into the tunnel with what it needs
 * there. */
const char *report_kind(const struct report *report, const struct change *change);

/* Where a change with a wanted row comes from. */
struct desired_cause report_cause_of(const struct report *report, const struct change *change);

/* Why a row that is not wanted goes: "not in the file", "surplus on its key", or what it has to do
 * with flannel. */
const char *report_departure(const struct report *report, const struct change *change);

/* A route into the tunnel with what it needs there. */
struct report_peer {
	const char *name; /* NULL: the file does not know it */
	struct ip address;
	struct mac mac;
	struct prefix subnet;
};

/* The peer that a change speaks for; false when it speaks for its row. */
bool report_peer_of(const struct report *report, const struct change *change,
		    struct report_peer *out);

/* What the change is about, without its kind: `10.244.2.0/24 via …`, `worker-2 10.0.0.12 mac …
 * subnet …`. */
void report_add_object(struct buf *buf, const struct report *report, const struct change *change);

/* `10.244.2.0 lladdr … dev croute.1` and `… dst 10.0.0.12 dev croute.1`. */
void report_add_neigh(struct buf *buf, const struct report *report, const struct neigh *neigh);
void report_add_fdb(struct buf *buf, const struct report *report, const struct fdb *fdb);

/* `10.244.5.0/24 via 10.0.0.1`, or with the device where there is no gateway. */
void report_add_way(struct buf *buf, const struct report *report, const struct route *route);

/* Gateway and device of `was` as far as they differ from the wanted ones. */
/* ` via GATEWAY dev DEVICE`, of several next hops each behind `nexthop`. */
void report_add_hops(struct buf *buf, const struct report *report, const struct route_hops *hops);
void report_add_gateway_diff(struct buf *buf, const struct report *report, const struct route *was,
			     const struct route *wanted);

/* Whether a change adds a part that a peer lost: to a person, the peer changes. */
bool report_is_mended(const struct report *report, const struct change *change);

/* Whether a change is shown as shadowed: installed, but another program's route wins over it. */
bool report_is_shadowed(const struct change *change);

/* The name of the node that a pod route leads to, NULL for a static route. */
const char *report_node_of(const struct report *report, struct desired_cause cause);

/* Why a change is in conflict, shadowed, held or pending: "conflict: 10.244.5.0/24 via …". False,
 * and nothing, when it is not. */
bool report_add_reason(struct buf *buf, const struct report *report, const struct change *change);

/* Of a step on a device, or on masquerading. */

/* "link" or "masquerade". */
const char *report_device_kind(const struct device_change *change);

/* '+', '~' or '-'; 'x' for what cannot be made. */
char report_device_sign(const struct device_change *change);

/* What it is about: `croute.1 mtu 1450 (was 1400)`, `table inet croute of 10.244.0.0/16`. */
void report_add_device(struct buf *buf, const struct report *report,
		       const struct device_change *change);

/* What of it was done again and again, as its back-off begins. */
void report_device_again(struct buf *buf, const struct report *report,
			 const struct device_change *change);

/* One line, without line end. */
void report_device_line(struct buf *buf, const struct report *report,
			const struct device_change *change);

/*
 * The whole report as one JSON object and a line end (SPEC 3), change by change so that it needs no
 * memory of its size. 0, or what `write` returned.
 */
int report_json(const struct report *report, json_write_fn *write, void *context);

/* The fields that a route has, into an object that is open. */
void report_put_route(struct json *json, const struct report *report, const struct route *route);

/* Put `interface`, and `interface6` where the families differ; of several addresses of this node
 * also `interfaces`, a list of all. */
void report_put_interfaces(struct json *json, const struct family family[FAMILIES]);

/* The i-th warning, a sentence without end mark; NULL past the last. */
const char *warnings_at(const struct picture *picture, unsigned i);

/* Of a file that follows another on all hosts: a jump into the tunnel or out of it. NULL: none. */
const char *warnings_between(const struct config *was, const struct config *now);

#define NAMES_PROTOCOL_MAX 16

/* RTN_*: "unicast", "blackhole", … */
const char *names_type(uint8_t type);

/* RTPROT_*: "boot", "static", …, else the number, written into `out`. */
const char *names_protocol(uint8_t protocol, char out[NAMES_PROTOCOL_MAX]);

/* Append a rule without its priority, as `ip rule del` takes it: ` from 10.244.1.0/24 lookup 100`.
 */
void names_add_rule(struct buf *out, const struct rule *rule);
