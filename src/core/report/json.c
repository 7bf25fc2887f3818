/* json.c - the report as JSON. */
#include "croute/core/report/json.h"

#include "core/report/json_row.h"
#include "croute/core/report/device.h"

static void put_interface(struct json *json, const char *key, const struct selected *first,
			  const struct selected *second)
{
	char text[IP_TEXT_MAX];

	json_open(json, key, '{');
	json_put_text(json, "name", first->name);
	json_put_number(json, "index", first->index);
	json_open(json, "address", '[');
	json_put_text(json, NULL, ip_format(&first->address, text));
	if (second != NULL)
		json_put_text(json, NULL, ip_format(&second->address, text));
	json_close(json, ']');
	json_put_number(json, "mtu", first->mtu);
	json_close(json, '}');
}

void report_put_interfaces(struct json *json, const struct selected *ipv4,
			   const struct selected *ipv6)
{
	const struct selected *first = ipv4->index != 0 ? ipv4 : ipv6;
	bool both = ipv4->index != 0 && ipv6->index != 0;
	bool same = both && ipv4->index == ipv6->index;

	if (first->index == 0) {
		json_put_null(json, "interface");
		return;
	}
	put_interface(json, "interface", first, same ? ipv6 : NULL);
	if (both && !same)
		put_interface(json, "interface6", ipv6, NULL);
}

static const char *action_name(const struct report *report, const struct change *change)
{
	if (change->action == CHANGE_REPLACE || report_is_mended(report, change))
		return "change";
	return change->action == CHANGE_DELETE || change->action == CHANGE_TRIM ? "delete" : "add";
}

/* Of a failure, its words; of a conflict, a shadow, a hold or a delay, the reason that the text
 * line has. */
static void put_error(struct json *json, const struct report *report, const struct change *change)
{
	const struct failure *failure = plan_failure_of(&report->picture->plan, change);
	char text[REPORT_LINE_MAX];
	struct buf buf = BUF_OVER(text);

	if (failure != NULL)
		json_put_text(json, "error", failure->words);
	if (change->result != CHANGE_CONFLICT && change->result != CHANGE_HELD &&
	    change->result != CHANGE_DELAYED && change->result != CHANGE_PUT_OFF &&
	    !report_is_shadowed(change))
		return;
	report_add_reason(&buf, report, change);
	json_put_text(json, "error", text);
}

static void put_node(struct json *json, const struct report *report, const struct change *change)
{
	struct desired_cause cause;

	if (change->want == CHANGE_NO_ROW) {
		json_put_null(json, "node");
		return;
	}
	cause = desired_cause_at(&report->picture->desired, change->kind, change->want);
	json_put_text(json, "node", report_node_of(report, cause));
}

static void put_cause(struct json *json, const struct report *report, const struct change *change)
{
	bool is_wanted = change->want != CHANGE_NO_ROW;
	char text[REPORT_LINE_MAX];
	struct buf buf = BUF_OVER(text);

	if (report->picture->config == NULL) {
		json_put_text(json, "cause", is_wanted ? "handed back to flannel" : NULL);
		return;
	}
	if (is_wanted)
		report_add_cause(
			&buf, report,
			desired_cause_at(&report->picture->desired, change->kind, change->want));
	json_put_text(json, "cause", is_wanted ? text : report_departure(report, change));
}

static const char *result_name(const struct change *change)
{
	static const char *const names[CHANGE_RESULTS] = {
		[CHANGE_PLANNED] = "planned",	[CHANGE_APPLIED] = "applied",
		[CHANGE_FAILED] = "failed",	[CHANGE_HELD] = "held",
		[CHANGE_CONFLICT] = "conflict", [CHANGE_BLOCKED] = "conflict",
		[CHANGE_DELAYED] = "pending",	[CHANGE_PUT_OFF] = "pending",
		[CHANGE_AGAIN] = "failed",
	};

	return report_is_shadowed(change) ? "shadowed" : names[change->result];
}

static void put_change(struct json *json, const struct report *report, const struct change *change)
{
	char text[REPORT_LINE_MAX];
	struct buf buf = BUF_OVER(text);

	report_add_object(&buf, report, change);
	json_open(json, NULL, '{');
	json_put_text(json, "action", action_name(report, change));
	json_put_text(json, "kind", report_kind(report, change));
	json_put_text(json, "text", text);
	report_put_object(json, report, change);
	put_node(json, report, change);
	put_cause(json, report, change);
	json_put_text(json, "result", result_name(change));
	put_error(json, report, change);
	json_close(json, '}');
}

static void put_setback(struct json *json, const struct report *report, const struct unmet *unmet)
{
	static const char *const results[] = {[UNMET_REFUSED] = "failed",
					      [UNMET_PENDING] = "pending",
					      [UNMET_SKIPPED] = "skipped"};
	char text[REPORT_LINE_MAX];
	char cause[REPORT_LINE_MAX];
	struct buf buf = BUF_OVER(text);
	struct buf cause_buf = BUF_OVER(cause);

	report_add_route(&buf, report, &unmet->route);
	report_add_cause(&cause_buf, report, unmet->cause);
	json_open(json, NULL, '{');
	json_put_text(json, "action", "add");
	json_put_text(json, "kind", "route");
	json_put_text(json, "text", text);
	report_put_route(json, report, &unmet->route);
	json_put_text(json, "node", report_node_of(report, unmet->cause));
	json_put_text(json, "cause", cause);
	json_put_text(json, "result", results[unmet->kind]);
	json_put_text(json, "error", unmet->why);
	json_close(json, '}');
}

static void put_summary(struct json *json, const struct plan_summary *s)
{
	json_open(json, "summary", '{');
	json_put_number(json, "add", s->add);
	json_put_number(json, "change", s->change);
	json_put_number(json, "delete", s->remove);
	json_put_number(json, "held", s->held);
	json_put_number(json, "conflict", s->conflict);
	json_put_number(json, "shadowed", s->shadowed);
	json_put_number(json, "failed", s->failed);
	json_put_number(json, "pending", s->pending);
	json_put_number(json, "unchanged", s->unchanged);
	json_close(json, '}');
}

static void put_step(struct json *json, const struct report *report,
		     const struct device_change *step)
{
	static const char *const results[CHANGE_RESULTS] = {
		[CHANGE_PLANNED] = "planned", [CHANGE_APPLIED] = "applied",
		[CHANGE_FAILED] = "failed",   [CHANGE_HELD] = "held",
		[CHANGE_PUT_OFF] = "pending",
	};
	char sign = report_device_sign(step);
	char text[REPORT_LINE_MAX];
	struct buf buf = BUF_OVER(text);

	report_add_device(&buf, report, step);
	json_open(json, NULL, '{');
	json_put_text(json, "action", sign == '-' ? "delete" : sign == '~' ? "change" : "add");
	json_put_text(json, "kind", report_device_kind(step));
	json_put_text(json, "text", text);
	json_put_null(json, "node");
	json_put_null(json, "cause");
	json_put_text(json, "result", results[step->result]);
	if (step->result == CHANGE_FAILED)
		json_put_text(json, "error", step->error);
	json_close(json, '}');
}

static void put_changes(struct json *json, const struct report *report,
			const struct plan_summary *summary)
{
	struct report bare = *report;

	bare.bare = true;
	json_open(json, "changes", '[');
	for (uint32_t i = 0; i < report->step_count; i++)
		put_step(json, report, &report->steps[i]);
	for_each_change (change, &report->picture->plan) {
		if (report_tells(report, summary, change))
			put_change(json, report, change);
		if (report_tells_twice(report, change))
			put_change(json, &bare, change);
	}
	for (uint32_t i = 0; i < desired_unmet_count(&report->picture->desired); i++)
		put_setback(json, report, desired_unmet_at(&report->picture->desired, i));
	json_close(json, ']');
}

int report_json(const struct report *report, json_write_fn *write, void *context)
{
	struct plan_summary summary = plan_summarize(report->picture);
	struct json json = {.write = write, .context = context};

	json_open(&json, NULL, '{');
	json_put_number(&json, "version", 1);
	json_put_text(&json, "node", report->node);
	report_put_interfaces(&json, &report->picture->family[0].link,
			      &report->picture->family[1].link);
	put_changes(&json, report, &summary);
	put_summary(&json, &summary);
	if (report->until != NULL) {
		json_open(&json, "confirm", '{');
		json_put_text(&json, "until", report->until);
		json_close(&json, '}');
	}
	json_close(&json, '}');
	return json_end(&json);
}
