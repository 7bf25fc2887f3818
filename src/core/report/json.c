/* json.c - the report as JSON, written piece by piece. */
#include "croute/core/report/json.h"

#include <jansson.h>

/* Names of devices and files may be any bytes, and JSON is UTF-8. */
static json_t *string_or_null(const char *text)
{
	char safe[REPORT_LINE_MAX] = "";
	struct buf buf = BUF_OVER(safe);

	if (text == NULL)
		return json_null();
	buf_add_safe(&buf, text_of(text));
	return json_string(safe);
}

static json_t *interface_json(const struct selected *first, const struct selected *second)
{
	json_t *addresses = json_array();
	char text[IP_TEXT_MAX];

	(void)json_array_append_new(addresses, json_string(ip_format(&first->address, text)));
	if (second != NULL)
		(void)json_array_append_new(addresses,
					    json_string(ip_format(&second->address, text)));
	return json_pack("{s:o, s:i, s:o, s:i}", "name", string_or_null(first->name), "index",
			 (int)first->index, "address", addresses, "mtu", (int)first->mtu);
}

void report_put_interfaces(json_t *object, const struct selected *ipv4, const struct selected *ipv6)
{
	const struct selected *first = ipv4->index != 0 ? ipv4 : ipv6;
	bool both = ipv4->index != 0 && ipv6->index != 0;
	bool same = both && ipv4->index == ipv6->index;

	if (first->index == 0) {
		(void)json_object_set_new(object, "interface", json_null());
		return;
	}
	(void)json_object_set_new(object, "interface", interface_json(first, same ? ipv6 : NULL));
	if (both && !same)
		(void)json_object_set_new(object, "interface6", interface_json(ipv6, NULL));
}

static const char *action_name(const struct report *report, const struct change *change)
{
	if (change->action == CHANGE_REPLACE || report_is_mended(report, change))
		return "change";
	return change->action == CHANGE_DELETE || change->action == CHANGE_TRIM ? "delete" : "add";
}

static void put_error(json_t *object, const struct report *report, const struct change *change)
{
	const struct failure *failure = plan_failure_of(report->plan, change);

	if (failure != NULL)
		(void)json_object_set_new(object, "error", string_or_null(failure->words));
}

/* The reason of a conflict, a shadow, a hold or a delay, as the text line has it. */
static void put_reason(json_t *object, const struct report *report, const struct change *change)
{
	char text[REPORT_LINE_MAX];
	struct buf buf = BUF_OVER(text);

	if (change->result != CHANGE_CONFLICT && change->result != CHANGE_HELD &&
	    change->result != CHANGE_DELAYED && !report_is_shadowed(change))
		return;
	report_add_reason(&buf, report, change);
	(void)json_object_set_new(object, "error", json_string(text));
}

static json_t *cause_json(const struct report *report, const struct change *change)
{
	char text[REPORT_LINE_MAX];
	struct buf buf = BUF_OVER(text);

	if (report->config == NULL)
		return change->want != CHANGE_NO_ROW ? json_string("handed back to flannel")
						     : json_null();
	if (change->want == CHANGE_NO_ROW)
		return json_string(report_departure(report, change));
	report_add_cause(&buf, report,
			 desired_cause_at(report->desired, change->kind, change->want));
	return json_string(text);
}

static const char *result_name(const struct change *change)
{
	static const char *const names[CHANGE_RESULTS] = {
		[CHANGE_PLANNED] = "planned",	[CHANGE_APPLIED] = "applied",
		[CHANGE_FAILED] = "failed",	[CHANGE_HELD] = "held",
		[CHANGE_CONFLICT] = "conflict", [CHANGE_BLOCKED] = "conflict",
		[CHANGE_DELAYED] = "pending",	[CHANGE_AGAIN] = "failed",
	};

	return report_is_shadowed(change) ? "shadowed" : names[change->result];
}

static json_t *change_json(const struct report *report, const struct change *change)
{
	const char *node = NULL;
	char text[REPORT_LINE_MAX];
	struct buf buf = BUF_OVER(text);
	json_t *object;

	if (change->want != CHANGE_NO_ROW)
		node = report_node_of(
			report, desired_cause_at(report->desired, change->kind, change->want));
	report_add_object(&buf, report, change);
	object = json_pack("{s:s, s:s, s:s, s:o, s:o, s:s}", "action", action_name(report, change),
			   "kind", report_kind(report, change), "text", text, "node",
			   string_or_null(node), "cause", cause_json(report, change), "result",
			   result_name(change));
	put_error(object, report, change);
	put_reason(object, report, change);
	return object;
}

static json_t *setback_json(const struct report *report, const struct setback *setback)
{
	static const char *const results[] = {[SETBACK_REFUSED] = "failed",
					      [SETBACK_PENDING] = "pending",
					      [SETBACK_SKIPPED] = "skipped"};
	char text[REPORT_LINE_MAX];
	char cause[REPORT_LINE_MAX];
	struct buf buf = BUF_OVER(text);
	struct buf cause_buf = BUF_OVER(cause);

	report_add_route(&buf, report, &setback->route);
	report_add_cause(&cause_buf, report, setback->cause);
	return json_pack("{s:s, s:s, s:s, s:o, s:s, s:s, s:o}", "action", "add", "kind", "route",
			 "text", text, "node",
			 string_or_null(report_node_of(report, setback->cause)), "cause", cause,
			 "result", results[setback->kind], "error", string_or_null(setback->why));
}

static json_t *summary_json(const struct report *report)
{
	struct plan_summary s = plan_summarize(report->plan, report->desired);

	return json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i}", "add", (int)s.add,
			 "change", (int)s.change, "delete", (int)s.remove, "held", (int)s.held,
			 "conflict", (int)s.conflict, "shadowed", (int)s.shadowed, "failed",
			 (int)s.failed, "pending", (int)s.pending, "unchanged", (int)s.unchanged);
}

static json_t *step_json(const struct report_step *step)
{
	static const char *const results[CHANGE_RESULTS] = {
		[CHANGE_PLANNED] = "planned",
		[CHANGE_APPLIED] = "applied",
		[CHANGE_FAILED] = "failed",
		[CHANGE_HELD] = "held",
	};
	const char *action = step->sign == '-' ? "delete" : step->sign == '~' ? "change" : "add";
	json_t *object = json_pack("{s:s, s:s, s:s, s:n, s:n, s:s}", "action", action, "kind",
				   step->kind, "text", step->text, "node", "cause", "result",
				   results[step->result]);

	if (step->result == CHANGE_FAILED)
		(void)json_object_set_new(object, "error", json_string(step->error));
	return object;
}

/* One more of a list. */
static void put_item(struct json_sink *sink, uint32_t *count, json_t *item)
{
	json_sink_text(sink, (*count)++ > 0 ? "," : "");
	json_sink_value(sink, item);
}

static void put_changes(struct json_sink *sink, const struct report *report)
{
	struct plan_summary summary = plan_summarize(report->plan, report->desired);
	struct report bare = *report;
	uint32_t count = 0;

	bare.bare = true;
	for (uint32_t i = 0; i < report->step_count; i++)
		put_item(sink, &count, step_json(&report->steps[i]));
	for (uint32_t i = 0; i < plan_change_count(report->plan); i++) {
		const struct change *change = plan_change_at(report->plan, i);

		if (report_tells(report, &summary, change))
			put_item(sink, &count, change_json(report, change));
		if (report_tells_twice(report, change))
			put_item(sink, &count, change_json(&bare, change));
	}
	for (uint32_t i = 0; i < desired_setback_count(report->desired); i++)
		put_item(sink, &count,
			 setback_json(report, desired_setback_at(report->desired, i)));
}

int report_json(const struct report *report, json_sink_write_fn *write, void *context)
{
	struct json_sink sink = {.write = write, .context = context};
	json_t *interfaces = json_object();

	report_put_interfaces(interfaces, &report->ipv4, &report->ipv6);
	json_sink_text(&sink, "{\"version\":1,\"node\":");
	json_sink_value(&sink, string_or_null(report->node));
	json_sink_text(&sink, ",\"interface\":");
	json_sink_value(&sink, json_incref(json_object_get(interfaces, "interface")));
	if (json_object_get(interfaces, "interface6") != NULL) {
		json_sink_text(&sink, ",\"interface6\":");
		json_sink_value(&sink, json_incref(json_object_get(interfaces, "interface6")));
	}
	json_decref(interfaces);
	json_sink_text(&sink, ",\"changes\":[");
	put_changes(&sink, report);
	json_sink_text(&sink, "],\"summary\":");
	json_sink_value(&sink, summary_json(report));
	if (report->until != NULL) {
		json_sink_text(&sink, ",\"confirm\":");
		json_sink_value(&sink, json_pack("{s:s}", "until", report->until));
	}
	json_sink_text(&sink, "}\n");
	return sink.status;
}
