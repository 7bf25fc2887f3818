/* report.c - plan lines for people. */
#include "croute/core/report.h"

#include <linux/rtnetlink.h>
#include <string.h>

#include "croute/core/rtname.h"

#define CAUSE_COLUMN 52

static void add_device(struct buf *buf, const struct report *report, uint32_t index)
{
	const struct link *link;

	if (report->links == NULL || index == 0)
		return;
	link = links_find_index(report->links, index);
	buf_add(buf, " dev ");
	if (link != NULL)
		buf_add_safe(buf, text_of(link->name));
	else
		buf_add(buf, "if%u", index);
}

static void add_destination(struct buf *buf, const struct route *route)
{
	struct prefix prefix = route_prefix(route);
	char text[PREFIX_TEXT_MAX];

	if (route->type != RTN_UNICAST)
		buf_add(buf, "%s ", rtname_type(route->type));
	buf_add(buf, "%s", prefix.len == 0 ? "default" : prefix_format(&prefix, text));
}

static void add_gateway(struct buf *buf, const struct route *route)
{
	struct ip gateway = route_gateway(route);
	char text[IP_TEXT_MAX];

	if (ip_is_set(&gateway))
		buf_add(buf, " via %s", ip_format(&gateway, text));
}

static void add_source(struct buf *buf, const struct route *route)
{
	struct ip src = route_src(route);
	char text[IP_TEXT_MAX];

	if (ip_is_set(&src))
		buf_add(buf, " src %s", ip_format(&src, text));
	if (route->mtu != 0)
		buf_add(buf, " mtu %s%u", route->flags & ROUTE_LOCKED ? "lock " : "", route->mtu);
	if ((route->flags & ROUTE_ONLINK) != 0)
		buf_add(buf, " onlink");
	if ((route->flags & ROUTE_ODD) != 0)
		buf_add(buf, " (with attributes that croute does not write)");
}

/* A pod route's metric follows from its destination, so it is not worth a word. */
static bool is_plain_pod(const struct report *report, const struct route *route)
{
	struct prefix prefix = route_prefix(route);

	return report->config != NULL && route->table == report->config->kernel.table &&
	       route->metric == desired_pod_metric(&report->config->kernel, &prefix);
}

void report_add_route(struct buf *buf, const struct report *report, const struct route *route)
{
	add_destination(buf, route);
	add_gateway(buf, route);
	add_device(buf, report, route->oif);
	if (!is_plain_pod(report, route)) {
		if (route->table != RT_TABLE_MAIN)
			buf_add(buf, " table %u", route->table);
		if (route->metric != 0)
			buf_add(buf, " metric %u", route->metric);
	}
	add_source(buf, route);
}

/* Another program's route: who made it and how it ranks is what matters. */
static void add_foreign(struct buf *buf, const struct report *report, uint32_t want)
{
	uint32_t index = foreign_route_on(report->foreign, want);
	const struct route *route;
	char protocol[RTNAME_MAX];

	if (index >= report->foreign->routes.count) {
		buf_add(buf, "a route of another program");
		return;
	}
	route = rows_at(&report->foreign->routes, index);
	add_destination(buf, route);
	add_gateway(buf, route);
	if ((route->has & ROUTE_HAS_GATEWAY) == 0)
		add_device(buf, report, route->oif);
	buf_add(buf, " proto %s metric %u", rtname_protocol(route->protocol, protocol),
		route->metric);
}

static struct origin origin_of(const struct report *report, struct desired_cause cause)
{
	const struct config_podcidr *podcidr;

	if (cause.is_static)
		return config_route_at(report->config, cause.index)->origin;
	podcidr = config_podcidr_at(report->config, cause.index);
	return config_node_at(report->config, podcidr->node)->origin;
}

void report_add_cause(struct buf *buf, const struct report *report, struct desired_cause cause)
{
	struct origin origin = origin_of(report, cause);

	buf_add_safe(buf, text_of(report->file_name(report->files, origin.file)));
	buf_add(buf, ":%u:%u", origin.line, origin.column);
}

const char *report_node_of(const struct report *report, struct desired_cause cause)
{
	const struct config_podcidr *podcidr;

	if (cause.is_static)
		return NULL;
	podcidr = config_podcidr_at(report->config, cause.index);
	return config_string_at(report->config,
				config_node_at(report->config, podcidr->node)->name);
}

static void add_origin(struct buf *buf, const struct report *report, struct desired_cause cause)
{
	const char *node = report_node_of(report, cause);

	buf_pad(buf, CAUSE_COLUMN, 2);
	if (node != NULL)
		buf_add(buf, "%s  ", node);
	report_add_cause(buf, report, cause);
}

const struct route *report_row_of(const struct report *report, const struct change *change)
{
	if (change->want != CHANGE_NO_ROW)
		return rows_at(&report->desired->routes, change->want);
	return rows_at(report->have, change->have);
}

bool report_is_shadowed(const struct change *change)
{
	return change->shadowed && change->result != CHANGE_FAILED;
}

static char sign_of(const struct change *change)
{
	static const char by_result[CHANGE_RESULTS] = {
		[CHANGE_HELD] = '!', [CHANGE_CONFLICT] = 'x'};
	static const char by_action[] = {[CHANGE_NONE] = '=',
					 [CHANGE_ADD] = '+',
					 [CHANGE_REPLACE] = '~',
					 [CHANGE_DELETE] = '-',
					 [CHANGE_TRIM] = '-'};

	if (report_is_shadowed(change))
		return 's';
	return by_result[change->result] != 0 ? by_result[change->result]
					      : by_action[change->action];
}

/* Only what differs between the row that was and the one that is wanted. */
static void add_was(struct buf *buf, const struct report *report, const struct change *change)
{
	const struct route *was = rows_at(report->have, change->have);
	const struct route *wanted = rows_at(&report->desired->routes, change->want);
	struct ip src = route_src(was);
	char text[IP_TEXT_MAX];

	buf_add(buf, "   was");
	if (was->type != wanted->type)
		buf_add(buf, " %s", rtname_type(was->type));
	if (was->has != wanted->has || memcmp(was->gateway, wanted->gateway, 16) != 0)
		add_gateway(buf, was);
	if (was->oif != wanted->oif)
		add_device(buf, report, was->oif);
	if (ip_is_set(&src) && memcmp(was->src, wanted->src, 16) != 0)
		buf_add(buf, " src %s", ip_format(&src, text));
	if (was->mtu != wanted->mtu)
		buf_add(buf, " mtu %u", was->mtu);
	if (was->scope != wanted->scope)
		buf_add(buf, " scope %u", was->scope);
	if (((was->flags ^ wanted->flags) & ROUTE_ONLINK) != 0)
		buf_add(buf, "%s", was->flags & ROUTE_ONLINK ? " onlink" : " not onlink");
	if (((was->flags ^ wanted->flags) & ~ROUTE_ONLINK) != 0)
		buf_add(buf, " with other attributes");
}

static void add_held(struct buf *buf, const struct report *report)
{
	const struct config_guard *guard = &report->config->guard;

	buf_add(buf, "held: %u of %u destinations would go, over guard.maxDelete %u%s",
		report->guard.leaving, report->guard.owned, guard->max_delete,
		guard->max_delete_is_percent ? "%" : "");
}

void report_add_reason(struct buf *buf, const struct report *report, const struct change *change)
{
	if (change->result == CHANGE_HELD) {
		add_held(buf, report);
		return;
	}
	buf_add(buf, change->result == CHANGE_CONFLICT ? "conflict: " : "shadowed by ");
	add_foreign(buf, report, change->want);
}

static bool needs_reason(const struct change *change)
{
	return report_is_shadowed(change) || change->result == CHANGE_CONFLICT ||
	       change->result == CHANGE_HELD;
}

static void add_explanation(struct buf *buf, const struct report *report,
			    const struct change *change)
{
	if (needs_reason(change)) {
		buf_pad(buf, CAUSE_COLUMN, 2);
		report_add_reason(buf, report, change);
	} else if (change->want != CHANGE_NO_ROW) {
		add_origin(buf, report, desired_cause_at(report->desired, change->want));
	} else if (report->config != NULL) {
		buf_pad(buf, CAUSE_COLUMN, 2);
		buf_add(buf,
			change->action == CHANGE_TRIM ? "surplus on its key" : "not in the file");
	}
	if (change->action == CHANGE_REPLACE)
		add_was(buf, report, change);
}

static void add_outcome(struct buf *buf, const struct report *report, const struct change *change)
{
	const struct failure *failure = plan_failure_of(report->plan, change);

	if (!report->applied)
		return;
	if (failure != NULL)
		buf_add(buf, "   failed: %s", failure->words);
	else if (change->result == CHANGE_APPLIED)
		buf_add(buf, "   %s",
			change->action == CHANGE_ADD	   ? "added"
			: change->action == CHANGE_REPLACE ? "changed"
							   : "deleted");
	else if (change->result == CHANGE_PLANNED && change->action != CHANGE_NONE)
		buf_add(buf, "   not tried");
}

void report_change(struct buf *buf, const struct report *report, const struct change *change)
{
	buf_add(buf, "%c route ", sign_of(change));
	report_add_route(buf, report, report_row_of(report, change));
	add_explanation(buf, report, change);
	add_outcome(buf, report, change);
}

void report_setback(struct buf *buf, const struct report *report, const struct setback *setback)
{
	static const char signs[] = {
		[SETBACK_REFUSED] = 'x', [SETBACK_PENDING] = '.', [SETBACK_SKIPPED] = '='};
	static const char *const words[] = {[SETBACK_REFUSED] = "failed",
					    [SETBACK_PENDING] = "pending",
					    [SETBACK_SKIPPED] = "not needed"};

	buf_add(buf, "%c route ", signs[setback->kind]);
	report_add_route(buf, report, &setback->route);
	add_origin(buf, report, setback->cause);
	buf_add(buf, "   %s: ", words[setback->kind]);
	buf_add_safe(buf, text_of(setback->why));
}

void report_note(struct buf *buf, const struct report *report, uint32_t want)
{
	buf_add(buf, "= route ");
	report_add_route(buf, report, rows_at(&report->desired->routes, want));
	buf_pad(buf, CAUSE_COLUMN, 2);
	buf_add(buf, "note: leads the same way as ");
	add_foreign(buf, report, want);
}

void report_summary(struct buf *buf, const struct report *report)
{
	struct plan_summary s = plan_summarize(report->plan, report->desired);

	if (report->applied)
		buf_add(buf, "Applied: %u added, %u changed, %u deleted, ", s.add, s.change,
			s.remove);
	else
		buf_add(buf, "Plan: %u to add, %u to change, %u to delete, ", s.add, s.change,
			s.remove);
	buf_add(buf, "%u held, %u in conflict, %u shadowed, ", s.held, s.conflict, s.shadowed);
	if (report->applied || s.failed > 0)
		buf_add(buf, "%u failed, ", s.failed);
	if (s.pending > 0)
		buf_add(buf, "%u pending, ", s.pending);
	buf_add(buf, "%u unchanged.", s.unchanged);
}

void report_refusal(struct buf *buf, const struct report *report, const struct change *change,
		    uint32_t others)
{
	const struct failure *failure = plan_failure_of(report->plan, change);
	const char *name = strerrorname_np(failure->code);

	if (change->want != CHANGE_NO_ROW) {
		report_add_cause(buf, report, desired_cause_at(report->desired, change->want));
		buf_add(buf, ": ");
	}
	buf_add(buf, "error: route ");
	report_add_route(buf, report, report_row_of(report, change));
	buf_add(buf, ": the kernel says \"%s\" (%s); the other %u routes are in place",
		failure->words, name != NULL ? name : "unknown error", others);
}

void report_setback_refusal(struct buf *buf, const struct report *report,
			    const struct setback *setback)
{
	report_add_cause(buf, report, setback->cause);
	buf_add(buf, ": error: route ");
	report_add_route(buf, report, &setback->route);
	buf_add(buf, ": %s; it is left out, all others are not affected", setback->why);
}
