/* report.c - the lines of a plan. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/report/report.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "croute/core/flannel/flannel.h"
#include "croute/core/plan/foreign.h"
#include "croute/core/plan/guard.h"

#define CAUSE_COLUMN 52

/* Another program's route: who made it and how it ranks is what matters. */
static void add_foreign(struct buf *buf, const struct report *report, uint32_t want)
{
	uint32_t index = foreign_route_on(&report->picture->foreign, want);
	const struct route *route;
	char protocol[NAMES_PROTOCOL_MAX];

	if (index >= report->picture->foreign.routes.count) {
		buf_add(buf, "a route of another program");
		return;
	}
	route = rows_at(&report->picture->foreign.routes, index);
	report_add_way(buf, report, route);
	buf_add(buf, " proto %s metric %u", names_protocol(route->protocol, protocol),
		route->metric);
}

/* `whose` may be NULL. */
static void add_origin(struct buf *buf, const struct report *report, struct desired_cause cause,
		       const char *whose)
{
	if (whose != NULL) {
		buf_add_word(buf, whose);
		buf_add_word(buf, "  ");
	}
	report_add_cause(buf, report, cause);
}

/* A peer's line names its node by itself. */
static const char *whose(const struct report *report, const struct change *change)
{
	if (strcmp(report_kind(report, change), "peer") == 0)
		return NULL;
	if (change->kind == CHANGE_ROUTE && desired_is_own(&report->picture->desired, change->want))
		return "this node's own";
	return report_node_of(report, report_cause_of(report, change));
}

bool report_is_shadowed(const struct change *change)
{
	return change->shadowed && change->result != CHANGE_FAILED;
}

bool report_is_mended(const struct report *report, const struct change *change)
{
	return !report->bare && change->kind != CHANGE_ROUTE && change->action == CHANGE_ADD &&
	       plan_leads(report->picture, change);
}

static char sign(const struct report *report, const struct change *change)
{
	static const char by_result[CHANGE_RESULTS] = {[CHANGE_HELD] = '!',
						       [CHANGE_DELAYED] = '.',
						       [CHANGE_PUT_OFF] = '.',
						       [CHANGE_CONFLICT] = 'x'};
	static const char by_action[] = {[CHANGE_NONE] = '=',
					 [CHANGE_ADD] = '+',
					 [CHANGE_REPLACE] = '~',
					 [CHANGE_DELETE] = '-',
					 [CHANGE_TRIM] = '-'};

	if (report_is_shadowed(change))
		return 's';
	if (by_result[change->result] != 0)
		return by_result[change->result];
	return report_is_mended(report, change) ? '~' : by_action[change->action];
}

/* Only what differs between the row that was and the one that is wanted. */
static void add_was_route(struct buf *buf, const struct report *report, const struct change *change)
{
	const struct route_hops old = picture_was_hops(report->picture, change);
	const struct route *was = old.at[0];
	const struct route *wanted = desired_route_at(&report->picture->desired, change->want);
	struct ip src = route_src(was);
	char text[IP_TEXT_MAX];
	char protocol[NAMES_PROTOCOL_MAX];

	if (was->type != wanted->type)
		buf_add(buf, " %s", names_type(was->type));
	if (was->hops > 1 || wanted->hops > 1)
		report_add_hops(buf, report, &old);
	else
		report_add_gateway_diff(buf, report, was, wanted);
	if (ip_is_set(&src) && memcmp(was->src, wanted->src, 16) != 0)
		buf_add(buf, " src %s", ip_format(&src, text));
	if (was->mtu != wanted->mtu)
		buf_add(buf, " mtu %u", was->mtu);
	if (was->scope != wanted->scope)
		buf_add(buf, " scope %u", was->scope);
	if (was->protocol != wanted->protocol)
		buf_add(buf, " proto %s", names_protocol(was->protocol, protocol));
	if (((was->flags ^ wanted->flags) & ROUTE_ONLINK) != 0)
		buf_add(buf, "%s", was->flags & ROUTE_ONLINK ? " onlink" : " not onlink");
	if (((was->flags ^ wanted->flags) & ~ROUTE_ONLINK) != 0)
		buf_add(buf, " with other attributes");
}

static void add_was(struct buf *buf, const struct report *report, const struct change *change)
{
	const void *was = rows_at(&report->picture->have.rows[change->kind], change->have);

	buf_add(buf, change->kind == CHANGE_ROUTE ? "   was" : "   was ");
	if (change->kind == CHANGE_NEIGH)
		report_add_neigh(buf, report, was);
	else if (change->kind == CHANGE_FDB)
		report_add_fdb(buf, report, was);
	else
		add_was_route(buf, report, change);
}

bool report_add_reason(struct buf *buf, const struct report *report, const struct change *change)
{
	static const char *const words[CHANGE_RESULTS] = {
		[CHANGE_HELD] = "held: ",
		[CHANGE_DELAYED] = "pending: its node vanished, guard.removeAfter has not passed",
		[CHANGE_PUT_OFF] = "pending: another program keeps undoing it",
		[CHANGE_CONFLICT] = "conflict: ",
	};
	const char *word = words[change->result];

	if (word == NULL && !report_is_shadowed(change))
		return false;
	buf_add(buf, "%s", word != NULL ? word : "shadowed by ");
	if (change->result == CHANGE_HELD)
		guard_add_words(buf, report->picture);
	else if (change->result == CHANGE_CONFLICT && change->want == CHANGE_NO_ROW)
		buf_add(buf, "another program joined this next hop to the route");
	else if (word == NULL || change->result == CHANGE_CONFLICT)
		add_foreign(buf, report, change->want);
	return true;
}

/* Why it is there, or goes; nothing where only the file could tell, and is not at hand. */
static void add_cause(struct buf *buf, const struct report *report, const struct change *change)
{
	bool is_wanted = change->want != CHANGE_NO_ROW;
	bool has_file = report->picture->config != NULL;

	if (report_add_reason(buf, report, change))
		return;
	if (is_wanted && has_file)
		add_origin(buf, report, report_cause_of(report, change), whose(report, change));
	else if (is_wanted)
		buf_add_word(buf, "handed back to flannel");
	else if (has_file)
		buf_add_word(buf, report_departure(report, change));
}

static void add_explanation(struct buf *buf, const struct report *report,
			    const struct change *change)
{
	size_t end = buf->len;
	size_t begin;

	buf_pad(buf, CAUSE_COLUMN, 2);
	begin = buf->len;
	add_cause(buf, report, change);
	if (buf->len == begin)
		buf_cut(buf, end);
	if (change->action == CHANGE_REPLACE)
		add_was(buf, report, change);
}

static void add_outcome(struct buf *buf, const struct report *report, const struct change *change)
{
	const struct failure *failure = plan_failure_of(&report->picture->plan, change);

	if (failure != NULL)
		buf_add(buf, "   failed: %s", failure->words);
	if (failure != NULL || !report->applied)
		return;
	if (change->result == CHANGE_APPLIED)
		buf_add_word(buf, report_is_mended(report, change)   ? "   changed"
				  : change->action == CHANGE_ADD     ? "   added"
				  : change->action == CHANGE_REPLACE ? "   changed"
								     : "   deleted");
	else if (change->result == CHANGE_PLANNED && change->action != CHANGE_NONE)
		buf_add(buf, "   not tried");
}

void report_change(struct buf *buf, const struct report *report, const struct change *change)
{
	const char signs[] = {sign(report, change), ' ', '\0'};

	buf_add_word(buf, signs);
	buf_add_word(buf, report_kind(report, change));
	buf_add_word(buf, " ");
	report_add_object(buf, report, change);
	add_explanation(buf, report, change);
	add_outcome(buf, report, change);
}

void report_unmet(struct buf *buf, const struct report *report, const struct unmet *unmet)
{
	static const char signs[] = {
		[UNMET_REFUSED] = 'x', [UNMET_PENDING] = '.', [UNMET_SKIPPED] = '='};
	static const char *const words[] = {[UNMET_REFUSED] = "failed",
					    [UNMET_PENDING] = "pending",
					    [UNMET_SKIPPED] = "not needed"};

	buf_add(buf, "%c route ", signs[unmet->kind]);
	report_add_route(buf, report, &unmet->route);
	buf_pad(buf, CAUSE_COLUMN, 2);
	add_origin(buf, report, unmet->cause, report_node_of(report, unmet->cause));
	buf_add(buf, "   %s: ", words[unmet->kind]);
	buf_add_safe(buf, text_of(unmet->why));
}

void report_note(struct buf *buf, const struct report *report, uint32_t want)
{
	buf_add(buf, "= route ");
	report_add_route(buf, report, desired_route_at(&report->picture->desired, want));
	buf_pad(buf, CAUSE_COLUMN, 2);
	buf_add(buf, "note: leads the same way as ");
	add_foreign(buf, report, want);
}

bool report_tells(const struct report *report, const struct change *change)
{
	const struct plan_summary *summary = &report->picture->summary;
	bool peers = summary->add + summary->change + summary->remove + summary->held > 0;

	if (change->result == CHANGE_BLOCKED || change->result == CHANGE_SPARED)
		return false;
	return report->parts || change->result == CHANGE_FAILED ||
	       plan_leads(report->picture, change) || !peers;
}

bool report_tells_twice(const struct report *report, const struct change *change)
{
	return report->parts && !report->bare && change->kind != CHANGE_ROUTE &&
	       plan_leads(report->picture, change);
}

/* Devices are no routes or peers, but a reader of the line must not take all for done. */
static uint32_t failed_steps(const struct report *report)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < report->step_count; i++)
		count += report->steps[i].result == CHANGE_FAILED;
	return count;
}

void report_summary(struct buf *buf, const struct report *report)
{
	struct plan_summary s = report->picture->summary;

	if (report->applied)
		buf_add(buf, "Applied: %u added, %u changed, %u deleted, ", s.add, s.change,
			s.remove);
	else
		buf_add(buf, "Plan: %u to add, %u to change, %u to delete, ", s.add, s.change,
			s.remove);
	buf_add(buf, "%u held, %u in conflict, %u shadowed, ", s.held, s.conflict, s.shadowed);
	if (report->applied || s.failed > 0)
		buf_add(buf, "%u failed, ",
			s.failed + (report->applied ? failed_steps(report) : 0));
	if (s.pending > 0)
		buf_add(buf, "%u pending, ", s.pending);
	buf_add(buf, "%u unchanged.", s.unchanged);
}

/* Whether a route of croute's stands at the end of what `change` was to do. */
static bool leaves_route(const struct report *report, const struct change *change)
{
	if (change->action == CHANGE_ADD || change->action == CHANGE_REPLACE)
		return change->result == CHANGE_APPLIED;
	return change->action == CHANGE_DELETE && change->result != CHANGE_APPLIED &&
	       !leftovers_is_removal(report->picture, change);
}

static bool is_of_peer(const struct report *report, const struct change *route,
		       const struct change *part)
{
	struct desired_cause a;
	struct desired_cause b;

	if (route->want == CHANGE_NO_ROW || part->want == CHANGE_NO_ROW)
		return false;
	a = desired_cause_at(&report->picture->desired, CHANGE_ROUTE, route->want);
	b = desired_cause_at(&report->picture->desired, part->kind, part->want);
	return a.is_static == b.is_static && a.index == b.index;
}

/* The routes of croute's that are as they should be, besides that of `except`. */
static uint32_t count_others(const struct report *report, const struct change *except)
{
	uint32_t count = report->picture->plan.unchanged;
	bool own = except->kind != CHANGE_ROUTE && except->want != CHANGE_NO_ROW;

	for (uint32_t i = 0; i < plan_change_count(&report->picture->plan); i++) {
		const struct change *change = plan_change_at(&report->picture->plan, i);
		bool stands = leaves_route(report, change);

		if (change->kind != CHANGE_ROUTE || change->action == CHANGE_NONE)
			continue;
		own = own && (stands || !is_of_peer(report, change, except));
		count += stands && change != except;
	}
	return count - own;
}

/* Without a code it is croute that says so. */
static void add_failure(struct buf *buf, const struct failure *failure)
{
	const char *name = strerrorname_np(failure->code);

	if (failure->code == 0)
		buf_add(buf, ": %s", failure->words);
	else
		buf_add(buf, ": the kernel says \"%s\" (%s)", failure->words,
			name != NULL ? name : "unknown error");
}

/* What the kernel means by an invalid gateway, or by no way to it. */
static void add_hint(struct buf *buf, const struct report *report, const struct change *change,
		     const struct failure *failure)
{
	const struct route *route = report_row_of(report, change);
	struct ip gateway;
	char text[IP_TEXT_MAX];

	if (change->kind == CHANGE_ROUTE && strstr(failure->words, "RTA_VIA") != NULL)
		buf_add(buf, "; IPv4 by an IPv6 next hop needs Linux 5.2, or use backend vxlan");
	if (change->kind != CHANGE_ROUTE || change->want == CHANGE_NO_ROW ||
	    report->picture->links.links.count == 0 || (route->flags & ROUTE_ONLINK) != 0 ||
	    (failure->code != ENETUNREACH && failure->code != EHOSTUNREACH &&
	     failure->code != EINVAL))
		return;
	gateway = route_gateway(route);
	if (!ip_is_set(&gateway) || links_covers(&report->picture->links, route->oif, &gateway))
		return;
	buf_add(buf, ": %s is not on the link", ip_format(&gateway, text));
	if (!report_cause_of(report, change).is_static)
		buf_add(buf, "; use backend vxlan, or via or offLink: router");
}

void report_refusal(struct buf *buf, const struct report *report, const struct change *change)
{
	const struct failure *failure = plan_failure_of(&report->picture->plan, change);
	uint32_t others = count_others(report, change);

	if (change->want != CHANGE_NO_ROW && report->picture->config != NULL) {
		report_add_cause(buf, report, report_cause_of(report, change));
		buf_add(buf, ": ");
	}
	buf_add(buf, "error: %s ", report_kind(report, change));
	report_add_object(buf, report, change);
	add_failure(buf, failure);
	add_hint(buf, report, change, failure);
	if (others == 1)
		buf_add(buf, "; the other route is in place");
	else if (others > 1)
		buf_add(buf, "; the other %u routes are in place", others);
}

void report_unmet_refusal(struct buf *buf, const struct report *report, const struct unmet *unmet)
{
	report_add_cause(buf, report, unmet->cause);
	buf_add(buf, ": error: route ");
	report_add_route(buf, report, &unmet->route);
	buf_add(buf, ": %s; it is skipped, the others are not affected", unmet->why);
}
