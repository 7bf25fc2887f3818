/* json.c - the status as JSON, written and read by one table. */
/* SPDX-License-Identifier: MIT */
#include "croute/app/status/status.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "croute/core/report/json_field.h"

#define FORMAT_VERSION 1

#define FIELD(kind, key, member) JSON_FIELD(kind, key, struct status, member, )
#define NEEDED(kind, key, member) JSON_FIELD(kind, key, struct status, member, .needed = true)
#define FIELDS(of_name, array)                                                                     \
	{                                                                                          \
		.name = (of_name), .list = (array), .count = sizeof(array) / sizeof((array)[0])    \
	}

static const char *const results[STATUS_RESULTS] = {
	[STATUS_NO_PASS] = "none",
	[STATUS_DONE] = "done",
	[STATUS_PARTLY] = "partly",
	[STATUS_FAILED] = "failed",
};

static const struct json_field outer_list[] = {
	FIELD(TEXT, "croute", version),
	NEEDED(NUMBER, "pid", pid),
	FIELD(TEXT, "node", node),
	FIELD(FLAG, "byAddress", by_address),
	NEEDED(FLAG, "ready", ready),
	FIELD(TEXT, "reason", reason),
	FIELD(FLAG, "stopped", stopped),
	FIELD(TIME, "startedAt", started_ms),
	NEEDED(TIME, "writtenAt", written_ms),
	NEEDED(NUMBER, "hostUptimeMs", written_uptime_ms),
	NEEDED(NUMBER, "resyncMs", resync_ms),
	FIELD(TEXT, "waitingFor", waiting),
	FIELD(TEXT, "lastError", error),
	FIELD(TEXT, "backend", backend),
	FIELD(NUMBER, "peers", peers),
	FIELD(NUMBER, "problemsMore", problems_more),
};

static const struct json_field config_list[] = {
	FIELD(TEXT, "path", config.path),
	FIELD(FLAG, "valid", config.valid),
	FIELD(TEXT, "error", config.error),
	FIELD(TIME, "since", config.since_ms),
	FIELD(TIME, "generatedAt", config.generated_ms),
	FIELD(FLAG, "stale", config.stale),
};

static const struct json_field routes_list[] = {
	FIELD(NUMBER, "desired", routes.desired),   FIELD(NUMBER, "installed", routes.installed),
	FIELD(NUMBER, "held", routes.held),	    FIELD(NUMBER, "conflict", routes.conflict),
	FIELD(NUMBER, "shadowed", routes.shadowed), FIELD(NUMBER, "pending", routes.pending),
	FIELD(NUMBER, "failed", routes.failed),
};

static const struct json_field reach_list[] = {
	FIELD(NUMBER, "answers", reach.answers),
	FIELD(NUMBER, "unknown", reach.unknown),
	FIELD(NUMBER, "lost", reach.lost),
};

static const struct json_field pass_list[] = {
	JSON_FIELD(WORD, "result", struct status, pass.result, .words = results,
		   .word_count = STATUS_RESULTS),
	FIELD(FLAG, "ofPresentFile", pass.of_present_file),
	FIELD(TIME, "at", pass.at_ms),
	FIELD(NUMBER, "durationUs", pass.duration_us),
	FIELD(TEXT, "reason", pass.reason),
	FIELD(NUMBER, "add", pass.add),
	FIELD(NUMBER, "change", pass.change),
	FIELD(NUMBER, "delete", pass.remove),
};

static const struct json_field guard_list[] = {
	FIELD(NUMBER, "held", guard.held),
	FIELD(TIME, "since", guard.since_ms),
	FIELD(TIME, "releaseAt", guard.release_ms),
	FIELD(TEXT, "text", guard.text),
};

static const struct json_field undone_list[] = {
	FIELD(TEXT, "by", undone.by),
	FIELD(TIME, "at", undone.at_ms),
};

static const struct json_field interface_list[] = {
	JSON_FIELD(TEXT, "name", struct status_interface, name, ),
	JSON_FIELD(NUMBER, "index", struct status_interface, index, ),
	JSON_FIELD(NUMBER, "mtu", struct status_interface, mtu, ),
};

static const struct json_field problem_list[] = {
	JSON_FIELD(WORD, "kind", struct status_problem, trouble, .words = status_trouble_words,
		   .word_count = STATUS_TROUBLES, .needed = true),
	JSON_FIELD(TIME, "since", struct status_problem, since_ms, ),
	JSON_FIELD(TEXT, "text", struct status_problem, text, ),
};

/* The outermost object comes first, the others stand in it. */
static const struct json_fields groups[] = {
	FIELDS(NULL, outer_list),      FIELDS("config", config_list), FIELDS("routes", routes_list),
	FIELDS("reach", reach_list),   FIELDS("guard", guard_list),   FIELDS("lastPass", pass_list),
	FIELDS("undone", undone_list),
};
#define GROUPS (sizeof(groups) / sizeof(groups[0]))

static const struct json_fields interface_fields = FIELDS("interface", interface_list);
static const struct json_fields problem_fields = FIELDS("problems", problem_list);
static const char *const interface_keys[2] = {"interface", "interface6"};

static void put_interface(struct json *json, const char *key,
			  const struct status_interface *interface)
{
	if (interface->name[0] == '\0') {
		json_put_null(json, key);
		return;
	}
	json_open(json, key, '{');
	json_field_put(json, &interface_fields, interface);
	json_open(json, "address", '[');
	for (int i = 0; i < 2; i++) {
		if (interface->address[i][0] != '\0')
			json_put_text(json, NULL, interface->address[i]);
	}
	json_close(json, ']');
	json_close(json, '}');
}

static void put_problem(struct json *json, const struct status_problem *problem)
{
	json_open(json, NULL, '{');
	json_field_put(json, &problem_fields, problem);
	json_close(json, '}');
}

/* A serial may be more than JSON readers take for a whole number: then it is written as text. */
static void put_serial(struct json *json, const struct status_config *config)
{
	struct buf text = BUF_LOCAL(24);

	buf_add(&text, "%" PRIu64, config->serial);
	if (!config->has_serial)
		json_put_null(json, "serial");
	else if (config->serial <= INT64_MAX)
		json_put_number(json, "serial", (int64_t)config->serial);
	else
		json_put_text(json, "serial", text.data);
}

static void put_groups(struct json *json, const struct status *status)
{
	json_field_put(json, &groups[0], status);
	for (size_t i = 1; i < GROUPS; i++) {
		json_open(json, groups[i].name, '{');
		json_field_put(json, &groups[i], status);
		if (groups[i].list == config_list)
			put_serial(json, &status->config);
		json_close(json, '}');
	}
}

void status_json_put(struct json *json, const struct status *status)
{
	put_groups(json, status);
	put_interface(json, interface_keys[0], &status->interfaces[0]);
	if (status->interfaces[1].name[0] != '\0')
		put_interface(json, interface_keys[1], &status->interfaces[1]);
	if (status->cards[0].name[0] != '\0')
		json_open(json, "interfaces", '[');
	for (uint32_t i = 0; i < CARRYING_MOST && status->cards[i].name[0] != '\0'; i++)
		put_interface(json, NULL, &status->cards[i]);
	if (status->cards[0].name[0] != '\0')
		json_close(json, ']');
	json_open(json, "problems", '[');
	for (uint32_t i = 0; i < status->problem_count; i++)
		put_problem(json, &status->problems[i]);
	json_close(json, ']');
}

int status_json_write(const struct status *status, char *out, size_t size)
{
	struct buf buf = {.data = out, .size = size};
	struct json json = {.write = json_write_buf, .context = &buf};

	json_open(&json, NULL, '{');
	json_put_number(&json, "version", FORMAT_VERSION);
	status_json_put(&json, status);
	json_close(&json, '}');
	return json_end(&json) < 0 ? -ENOSPC : (int)buf.len;
}

static int take_address(const json_t *value, char out[IP_TEXT_MAX], struct error *err)
{
	if (!json_is_string(value) || json_string_length(value) >= IP_TEXT_MAX)
		return error_set(err, EINVAL, "\"interface.address\" has what is not an address");
	memcpy(out, json_string_value(value), json_string_length(value));
	return 0;
}

static int take_interface(const json_t *value, struct status_interface *out, struct error *err)
{
	const json_t *addresses = json_object_get(value, "address");
	int status;

	if (value == NULL || json_is_null(value))
		return 0;
	if (!json_is_object(value) || !json_is_array(addresses) || json_array_size(addresses) > 2)
		return error_set(err, EINVAL, "\"interface\" is not an interface");
	status = json_field_take(value, &interface_fields, out, err);
	for (size_t i = 0; status == 0 && i < json_array_size(addresses); i++)
		status = take_address(json_array_get(addresses, i), out->address[i], err);
	return status;
}

static int take_problems(const json_t *array, struct status *out, struct error *err)
{
	int status = 0;

	if (array == NULL)
		return 0;
	if (!json_is_array(array) || json_array_size(array) > STATUS_PROBLEMS_MOST)
		return error_set(err, EINVAL, "\"problems\" is not a list of at most %d",
				 STATUS_PROBLEMS_MOST);
	out->problem_count = (uint32_t)json_array_size(array);
	for (uint32_t i = 0; status == 0 && i < out->problem_count; i++) {
		status = json_field_take(json_array_get(array, i), &problem_fields,
					 &out->problems[i], err);
	}
	return status;
}

static int take_serial(const json_t *config, struct status_config *out, struct error *err)
{
	const json_t *value = json_object_get(config, "serial");
	const char *text = json_string_value(value);
	int status = 0;

	if (value == NULL || json_is_null(value))
		return 0;
	if (json_is_integer(value) && json_integer_value(value) >= 0)
		out->serial = (uint64_t)json_integer_value(value);
	else
		status = text == NULL ? -EINVAL
				      : text_to_u64(text_of(text), UINT64_MAX, &out->serial);
	if (status < 0)
		return error_set(err, EINVAL, "\"config.serial\" is not a whole number");
	out->has_serial = true;
	return 0;
}

static int take_groups(const json_t *object, struct status *out, struct error *err)
{
	for (size_t i = 0; i < GROUPS; i++) {
		const json_t *inner = groups[i].name == NULL
					      ? object
					      : json_object_get(object, groups[i].name);
		int status;

		if (inner != NULL && !json_is_object(inner))
			return error_set(err, EINVAL, "\"%s\" is not an object", groups[i].name);
		status = json_field_take(inner, &groups[i], out, err);
		if (status < 0)
			return status;
	}
	return take_serial(json_object_get(object, "config"), &out->config, err);
}

static int take_status(const json_t *object, struct status *out, struct error *err)
{
	const json_t *version = json_object_get(object, "version");
	int status;

	if (!json_is_integer(version))
		return error_set(err, EINVAL, "not a croute status file");
	if (json_integer_value(version) != FORMAT_VERSION)
		return error_set(err, EINVAL,
				 "written in another format (version) than this croute reads");
	status = take_groups(object, out, err);
	for (int i = 0; status == 0 && i < 2; i++)
		status = take_interface(json_object_get(object, interface_keys[i]),
					&out->interfaces[i], err);
	for (size_t i = 0; status == 0 && i < CARRYING_MOST; i++)
		status = take_interface(json_array_get(json_object_get(object, "interfaces"), i),
					&out->cards[i], err);
	return status < 0 ? status : take_problems(json_object_get(object, "problems"), out, err);
}

int status_json_read(const char *bytes, size_t len, struct status *out, struct error *err)
{
	struct status fresh = {.pid = 0};
	json_error_t cause;
	json_t *object = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, &cause);
	int status;

	if (object == NULL)
		return error_set(err, EINVAL, "not JSON: %s", cause.text);
	status = take_status(object, &fresh, err);
	json_decref(object);
	if (status == 0)
		*out = fresh;
	return status;
}
