/* json.c - the status as JSON, written and read by one table. */
#include "croute/app/status/json.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "app/status/field.h"

#define FORMAT_VERSION 1

#define AT(of, member) .offset = offsetof(of, member)
#define SIZE(of, member) .size = sizeof(((of *)NULL)->member)
#define TEXT(name, of, member)                                                                     \
	{                                                                                          \
		.key = (name), .kind = STATUS_KIND_TEXT, AT(of, member), SIZE(of, member)          \
	}
#define FLAG(name, of, member)                                                                     \
	{                                                                                          \
		.key = (name), .kind = STATUS_KIND_FLAG, AT(of, member)                            \
	}
#define NUMBER(name, of, member)                                                                   \
	{                                                                                          \
		.key = (name), .kind = STATUS_KIND_NUMBER, AT(of, member)                          \
	}
#define SPAN(name, of, member)                                                                     \
	{                                                                                          \
		.key = (name), .kind = STATUS_KIND_SPAN, AT(of, member)                            \
	}
#define TIME(name, of, member)                                                                     \
	{                                                                                          \
		.key = (name), .kind = STATUS_KIND_TIME, AT(of, member)                            \
	}
#define NEEDED(name, of_kind, member)                                                              \
	{                                                                                          \
		.key = (name), .kind = (of_kind), AT(struct status, member), .needed = true        \
	}
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

static const struct status_field outer_list[] = {
	TEXT("croute", struct status, version),
	NEEDED("pid", STATUS_KIND_NUMBER, pid),
	TEXT("node", struct status, node),
	NEEDED("ready", STATUS_KIND_FLAG, ready),
	TEXT("reason", struct status, reason),
	FLAG("stopped", struct status, stopped),
	TIME("startedAt", struct status, started_ms),
	NEEDED("writtenAt", STATUS_KIND_TIME, written_ms),
	NEEDED("hostUptimeMs", STATUS_KIND_SPAN, written_uptime_ms),
	NEEDED("resyncMs", STATUS_KIND_SPAN, resync_ms),
	TEXT("waitingFor", struct status, waiting),
	TEXT("lastError", struct status, error),
	TEXT("backend", struct status, backend),
	NUMBER("peers", struct status, peers),
	NUMBER("problemsMore", struct status, problems_more),
};

static const struct status_field config_list[] = {
	TEXT("path", struct status, config.path),
	FLAG("valid", struct status, config.valid),
	TEXT("error", struct status, config.error),
	TIME("since", struct status, config.since_ms),
	TIME("generatedAt", struct status, config.generated_ms),
	FLAG("stale", struct status, config.stale),
};

static const struct status_field routes_list[] = {
	NUMBER("desired", struct status, routes.desired),
	NUMBER("installed", struct status, routes.installed),
	NUMBER("held", struct status, routes.held),
	NUMBER("conflict", struct status, routes.conflict),
	NUMBER("shadowed", struct status, routes.shadowed),
	NUMBER("pending", struct status, routes.pending),
	NUMBER("failed", struct status, routes.failed),
};

static const struct status_field pass_list[] = {
	{.key = "result",
	 .kind = STATUS_KIND_WORD,
	 AT(struct status, pass.result),
	 .size = STATUS_RESULTS,
	 .words = results},
	FLAG("ofPresentFile", struct status, pass.of_present_file),
	TIME("at", struct status, pass.at_ms),
	SPAN("durationUs", struct status, pass.duration_us),
	TEXT("reason", struct status, pass.reason),
	NUMBER("add", struct status, pass.add),
	NUMBER("change", struct status, pass.change),
	NUMBER("delete", struct status, pass.remove),
};

static const struct status_field guard_list[] = {
	NUMBER("held", struct status, guard.held),
	TIME("since", struct status, guard.since_ms),
	TIME("releaseAt", struct status, guard.release_ms),
	TEXT("text", struct status, guard.text),
};

static const struct status_field interface_list[] = {
	TEXT("name", struct status_interface, name),
	NUMBER("index", struct status_interface, index),
	NUMBER("mtu", struct status_interface, mtu),
};

static const struct status_field problem_list[] = {
	TIME("since", struct status_problem, since_ms),
	TEXT("text", struct status_problem, text),
};

/* The outermost object comes first, the others stand in it. */
static const struct status_fields groups[] = {
	FIELDS(NULL, outer_list),    FIELDS("config", config_list), FIELDS("routes", routes_list),
	FIELDS("guard", guard_list), FIELDS("lastPass", pass_list),
};
#define GROUPS (sizeof(groups) / sizeof(groups[0]))

static const struct status_fields interface_fields = FIELDS("interface", interface_list);
static const struct status_fields problem_fields = FIELDS("problems", problem_list);
static const char *const interface_keys[2] = {"interface", "interface6"};

static void put_interface(struct buf *out, const struct status_interface *interface)
{
	if (interface->name[0] == '\0') {
		buf_add_text(out, text_of("null"));
		return;
	}
	buf_add_text(out, text_of("{"));
	status_field_put(out, &interface_fields, interface);
	status_field_key(out, "address");
	buf_add_text(out, text_of("["));
	for (int i = 0; i < 2; i++) {
		if (interface->address[i][0] == '\0')
			continue;
		status_field_key(out, NULL);
		status_field_text(out, interface->address[i]);
	}
	buf_add_text(out, text_of("]}"));
}

static void put_problem(struct buf *out, const struct status_problem *problem)
{
	status_field_key(out, NULL);
	buf_add_text(out, text_of("{"));
	status_field_key(out, "kind");
	status_field_text(out, status_trouble_word(problem->trouble));
	status_field_put(out, &problem_fields, problem);
	buf_add_text(out, text_of("}"));
}

/* A serial may be more than JSON readers take for a whole number: then it is written as text. */
static void put_serial(struct buf *out, const struct status_config *config)
{
	const char *quote = config->serial <= INT64_MAX ? "" : "\"";

	status_field_key(out, "serial");
	if (config->has_serial)
		buf_add(out, "%s%" PRIu64 "%s", quote, config->serial, quote);
	else
		buf_add_text(out, text_of("null"));
}

static void put_groups(struct buf *out, const struct status *status)
{
	status_field_put(out, &groups[0], status);
	for (size_t i = 1; i < GROUPS; i++) {
		status_field_key(out, groups[i].name);
		buf_add_text(out, text_of("{"));
		status_field_put(out, &groups[i], status);
		if (groups[i].list == config_list)
			put_serial(out, &status->config);
		buf_add_text(out, text_of("}"));
	}
}

static void put_status(struct buf *out, const struct status *status)
{
	buf_add(out, "{\"version\":%d", FORMAT_VERSION);
	put_groups(out, status);
	for (int i = 0; i < 2; i++) {
		if (i > 0 && status->interfaces[i].name[0] == '\0')
			continue;
		status_field_key(out, interface_keys[i]);
		put_interface(out, &status->interfaces[i]);
	}
	status_field_key(out, "problems");
	buf_add_text(out, text_of("["));
	for (uint32_t i = 0; i < status->problem_count; i++)
		put_problem(out, &status->problems[i]);
	buf_add_text(out, text_of("]}\n"));
}

int status_json_write(const struct status *status, char *out, size_t size)
{
	char space[STATUS_FILE_MOST];
	struct buf buf = BUF_OVER(space);

	put_status(&buf, status);
	if (buf.len > size || buf.len == sizeof(space) - 1)
		return -ENOSPC;
	memcpy(out, space, buf.len);
	return (int)buf.len;
}

json_t *status_json(const struct status *status)
{
	char bytes[STATUS_FILE_MOST];
	int len = status_json_write(status, bytes, sizeof(bytes));

	return len < 0 ? NULL : json_loadb(bytes, (size_t)len, 0, NULL);
}

static int take_address(const json_t *value, char out[IP_TEXT_MAX], struct error *err)
{
	if (!json_is_string(value) || json_string_length(value) >= IP_TEXT_MAX)
		return error_set(err, EINVAL, "\"interface.address\" has what is no address");
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
		return error_set(err, EINVAL, "\"interface\" is no interface");
	status = status_field_take(value, &interface_fields, out, err);
	for (size_t i = 0; status == 0 && i < json_array_size(addresses); i++)
		status = take_address(json_array_get(addresses, i), out->address[i], err);
	return status;
}

static int take_trouble(const json_t *value, enum status_trouble *out, struct error *err)
{
	const char *word = json_string_value(value);

	for (unsigned i = 0; word != NULL && i < STATUS_TROUBLES; i++) {
		if (strcmp(word, status_trouble_word((enum status_trouble)i)) != 0)
			continue;
		*out = (enum status_trouble)i;
		return 0;
	}
	return error_set(err, EINVAL, "\"problems.kind\" is a word that this croute does not know");
}

static int take_problems(const json_t *array, struct status *out, struct error *err)
{
	int status = 0;

	if (array == NULL)
		return 0;
	if (!json_is_array(array) || json_array_size(array) > STATUS_PROBLEMS_MOST)
		return error_set(err, EINVAL, "\"problems\" is no list of at most %d",
				 STATUS_PROBLEMS_MOST);
	out->problem_count = (uint32_t)json_array_size(array);
	for (uint32_t i = 0; status == 0 && i < out->problem_count; i++) {
		const json_t *value = json_array_get(array, i);
		struct status_problem *problem = &out->problems[i];

		status = take_trouble(json_object_get(value, "kind"), &problem->trouble, err);
		if (status == 0)
			status = status_field_take(value, &problem_fields, problem, err);
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
		return error_set(err, EINVAL, "\"config.serial\" is no whole number");
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
			return error_set(err, EINVAL, "\"%s\" is no object", groups[i].name);
		status = status_field_take(inner, &groups[i], out, err);
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
		return error_set(err, EINVAL, "it is no status of croute's");
	if (json_integer_value(version) != FORMAT_VERSION)
		return error_set(err, EINVAL, "it is of another form (version) than this croute's");
	status = take_groups(object, out, err);
	for (int i = 0; status == 0 && i < 2; i++)
		status = take_interface(json_object_get(object, interface_keys[i]),
					&out->interfaces[i], err);
	return status < 0 ? status : take_problems(json_object_get(object, "problems"), out, err);
}

int status_json_read(const char *bytes, size_t len, struct status *out, struct error *err)
{
	struct status fresh = {.pid = 0};
	json_error_t cause;
	json_t *object = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, &cause);
	int status;

	if (object == NULL)
		return error_set(err, EINVAL, "it is no JSON: %s", cause.text);
	status = take_status(object, &fresh, err);
	json_decref(object);
	if (status == 0)
		*out = fresh;
	return status;
}
