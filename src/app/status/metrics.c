/* metrics.c - what the agent counts, and its Prometheus text. */
/* SPDX-License-Identifier: MIT */
#include "croute/app/status/metrics.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "croute/base/buf.h"

#define LABEL_MAX (METRICS_LINE_MAX / 4)
#define VALUE_MAX 32

/* Upper bounds of a pass's duration, as numbers and as label values; the last bucket has none. */
static const uint64_t bucket_us[METRICS_BUCKETS - 1] = {
	1000,	2500,	5000,	 10000,	  25000,   50000,    100000,
	250000, 500000, 1000000, 2500000, 5000000, 10000000,
};
static const char *const bucket_names[METRICS_BUCKETS] = {
	"0.001", "0.0025", "0.005", "0.01", "0.025", "0.05", "0.1",
	"0.25",	 "0.5",	   "1",	    "2.5",  "5",     "10",   "+Inf",
};

static const uint64_t reach_us[METRICS_REACH_BUCKETS - 1] = {
	100, 250, 500, 1000, 2500, 5000, 10000, 50000, 100000, 1000000,
};
static const char *const reach_us_names[METRICS_REACH_BUCKETS] = {
	"0.0001", "0.00025", "0.0005", "0.001", "0.0025", "0.005",
	"0.01",	  "0.05",    "0.1",    "1",	"+Inf",
};
static const char *const reach_paths[METRICS_REACH_PATHS] = {"node", "pod", "full"};
static const char *const reach_kinds[METRICS_REACH_KINDS] = {"unknown", "answers", "lost"};
static const char *const reach_changes[METRICS_REACH_CHANGES] = {"lost", "answers"};

static const char *const route_names[METRICS_ROUTES] = {
	"desired", "installed", "held", "conflict", "shadowed", "pending", "failed",
};
static const char *const pass_names[METRICS_PASSES] = {"success", "partial", "failed"};
static const char *const kind_names[METRICS_KINDS] = {
	"route", "peer", "link", "address", "neighbour", "fdb", "masquerade",
};
static const char *const action_names[METRICS_ACTIONS] = {"add", "change", "delete"};
static const char *const file_names[METRICS_FILES] = {"desired", "written"};
static const char *const load_names[METRICS_LOADS] = {"success", "failed"};
static const char *const gateway_names[METRICS_GATEWAYS] = {
	"reachable",
	"stale",
	"failed",
	"unknown",
};

/* A label value for every errno would be unbounded; these are what routing, neighbour and link
 * messages are refused with, all else is `other`. */
static const int errno_codes[METRICS_ERRNOS - 1] = {
	EPERM,	       ENOENT,	 ESRCH,	      EINTR,   ENOMEM,	     EACCES,	 EBUSY,
	EEXIST,	       ENODEV,	 EINVAL,      ENOSPC,  ERANGE,	     EOPNOTSUPP, EADDRINUSE,
	EADDRNOTAVAIL, ENETDOWN, ENETUNREACH, ENOBUFS, EHOSTUNREACH,
};

void metrics_begin(struct metrics *metrics, const char *version)
{
	struct buf buf;

	*metrics = (struct metrics){.peers = 0};
	buf = BUF_OVER(metrics->version);
	buf_add_safe(&buf, text_of(version));
}

static uint64_t since_1970(int64_t ms)
{
	return ms > 0 ? (uint64_t)ms : 0;
}

void metrics_count_pass(struct metrics *metrics, enum metrics_pass result, uint64_t duration_us,
			int64_t now_ms)
{
	uint32_t bucket = 0;

	while (bucket < METRICS_BUCKETS - 1 && duration_us > bucket_us[bucket])
		bucket++;
	metrics->passes[result]++;
	metrics->pass_buckets[bucket]++;
	metrics->pass_us += duration_us;
	if (result == METRICS_PASS_SUCCESS)
		metrics->last_success_ms = since_1970(now_ms);
}

void metrics_count_reach(struct metrics *metrics, uint64_t us)
{
	uint32_t bucket = 0;

	while (bucket < METRICS_REACH_BUCKETS - 1 && us > reach_us[bucket])
		bucket++;
	metrics->reach_buckets[bucket]++;
	metrics->reach_us += us;
}

void metrics_count_change(struct metrics *metrics, enum metrics_kind kind,
			  enum metrics_action action, uint64_t count)
{
	metrics->changes[kind][action] += count;
}

void metrics_count_repair(struct metrics *metrics, enum metrics_kind kind, uint64_t count)
{
	metrics->repairs[kind] += count;
}

void metrics_count_load(struct metrics *metrics, enum metrics_load result, int64_t now_ms)
{
	metrics->config_loads[result]++;
	metrics->config_valid = result == METRICS_LOAD_SUCCESS;
	if (result == METRICS_LOAD_SUCCESS)
		metrics->last_load_ms = since_1970(now_ms);
}

void metrics_count_netlink_error(struct metrics *metrics, int code)
{
	uint32_t i = 0;

	while (i < METRICS_ERRNOS - 1 && errno_codes[i] != abs(code))
		i++;
	metrics->netlink_errors[i]++;
}

/* Where the text goes, and the first thing that went wrong. */
struct sink {
	metrics_write_fn *write;
	void *context;
	int status;
};

static void put(struct sink *sink, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct sink *sink, const char *format, ...)
{
	struct buf line = BUF_LOCAL(METRICS_LINE_MAX);
	va_list args;

	va_start(args, format);
	buf_add_args(&line, format, args);
	va_end(args);
	buf_add(&line, "\n");
	if (sink->status >= 0)
		sink->status = sink->write(sink->context, line.data, line.len);
}

/* Names of interfaces may be any bytes; a label value is UTF-8 with two characters escaped. */
static const char *escape(const char *value, char out[LABEL_MAX])
{
	struct buf safe = BUF_LOCAL(LABEL_MAX / 2);
	struct buf escaped = {.data = out, .size = LABEL_MAX};

	out[0] = '\0';
	buf_add_safe(&safe, text_of(value));
	for (size_t i = 0; i < safe.len; i++)
		buf_add(&escaped, safe.data[i] == '"' || safe.data[i] == '\\' ? "\\%c" : "%c",
			safe.data[i]);
	return out;
}

/* In what a value is kept; all are shown in the base unit. */
enum unit { UNIT_ONE, UNIT_MS, UNIT_US };

static const char *format_value(uint64_t value, enum unit unit, char out[VALUE_MAX])
{
	struct buf buf = {.data = out, .size = VALUE_MAX};

	if (unit == UNIT_MS)
		buf_add(&buf, "%" PRIu64 ".%03" PRIu64, value / 1000, value % 1000);
	else if (unit == UNIT_US)
		buf_add(&buf, "%" PRIu64 ".%06" PRIu64, value / 1000000, value % 1000000);
	else
		buf_add(&buf, "%" PRIu64, value);
	return out;
}

struct metric_family;
typedef void put_fn(const struct metrics *metrics, const struct metric_family *family,
		    struct sink *sink);

/* One name with its series: a lone number, an array of them by one or two labels, the buckets of a
 * histogram, or `put`. */
struct metric_family {
	const char *name;
	const char *type;
	const char *help;
	const char *label; /* NULL: none */
	const char *const *values;
	const char *column; /* a second label; NULL: none */
	const char *const *columns;
	put_fn *put; /* NULL: the numbers stand at `at` */
	size_t at;
	size_t sum; /* of a histogram: where the sum of all stands */
	uint32_t count;
	uint32_t width; /* of a row: values of the second label, else 1 */
	enum unit unit;
};

static uint64_t number_at(const struct metrics *metrics, size_t at, uint32_t i)
{
	uint64_t value;

	memcpy(&value, (const char *)metrics + at + i * sizeof(value), sizeof(value));
	return value;
}

static void put_numbers(const struct metrics *metrics, const struct metric_family *family,
			struct sink *sink)
{
	char value[VALUE_MAX];

	for (uint32_t i = 0; i < family->count; i++) {
		const char *row = family->label != NULL ? family->values[i / family->width] : NULL;

		(void)format_value(number_at(metrics, family->at, i), family->unit, value);
		if (row == NULL)
			put(sink, "%s %s", family->name, value);
		else if (family->column == NULL)
			put(sink, "%s{%s=\"%s\"} %s", family->name, family->label, row, value);
		else
			put(sink, "%s{%s=\"%s\",%s=\"%s\"} %s", family->name, family->label, row,
			    family->column, family->columns[i % family->width], value);
	}
}

/* The buckets are kept each by itself. */
static void put_histogram(const struct metrics *metrics, const struct metric_family *family,
			  struct sink *sink)
{
	char value[VALUE_MAX];
	uint64_t count = 0;

	for (uint32_t i = 0; i < family->count; i++) {
		count += number_at(metrics, family->at, i);
		put(sink, "%s_bucket{le=\"%s\"} %" PRIu64, family->name, family->values[i], count);
	}
	put(sink, "%s_sum %s", family->name,
	    format_value(number_at(metrics, family->sum, 0), UNIT_US, value));
	put(sink, "%s_count %" PRIu64, family->name, count);
}

static void put_build(const struct metrics *metrics, const struct metric_family *family,
		      struct sink *sink)
{
	char version[LABEL_MAX];

	put(sink, "%s{version=\"%s\"} 1", family->name, escape(metrics->version, version));
}

static void put_errors(const struct metrics *metrics, const struct metric_family *family,
		       struct sink *sink)
{
	for (uint32_t i = 0; i < METRICS_ERRNOS; i++) {
		const char *name = i < METRICS_ERRNOS - 1 ? strerrorname_np(errno_codes[i]) : NULL;

		put(sink, "%s{errno=\"%s\"} %" PRIu64, family->name, name != NULL ? name : "other",
		    metrics->netlink_errors[i]);
	}
}

static void put_interfaces(const struct metrics *metrics, const struct metric_family *family,
			   struct sink *sink)
{
	for (uint32_t i = 0; i < CARRYING_MOST; i++) {
		const struct selected *interface = &metrics->interfaces[i];
		char address[IP_TEXT_MAX];
		char name[LABEL_MAX];

		if (interface->index != 0)
			put(sink, "%s{name=\"%s\",address=\"%s\",mtu=\"%" PRIu32 "\"} 1",
			    family->name, escape(interface->name, name),
			    ip_format(&interface->address, address), interface->mtu);
	}
}

#define COUNT_OF(names) (sizeof(names) / sizeof((names)[0]))
#define NUMBER(field) .at = offsetof(struct metrics, field), .count = 1, .width = 1
#define NUMBERS(field, name, names)                                                                \
	.at = offsetof(struct metrics, field), .count = COUNT_OF(names), .width = 1,               \
	.label = (name), .values = (names)
#define GRID(field, row, rows, second, seconds)                                                    \
	.at = offsetof(struct metrics, field), .count = COUNT_OF(rows) * COUNT_OF(seconds),        \
	.width = COUNT_OF(seconds), .label = (row), .values = (rows), .column = (second),          \
	.columns = (seconds)
#define HISTOGRAM(field, names, total)                                                             \
	.put = put_histogram, .at = offsetof(struct metrics, field),                               \
	.sum = offsetof(struct metrics, total), .count = COUNT_OF(names), .values = (names)
#define GAUGE "gauge"
#define COUNTER "counter"

static const struct metric_family families[] = {
	{"croute_build_info", GAUGE, "The version that runs.", .put = put_build},
	{"croute_ready", GAUGE, "Whether /readyz says ready.", NUMBER(ready)},
	{"croute_peers", GAUGE, "Nodes in the file beside this one.", NUMBER(peers)},
	{"croute_routes", GAUGE, "Routes by state.", NUMBERS(routes, "state", route_names)},
	{"croute_reconcile_total", COUNTER, "Passes by how they ended.",
	 NUMBERS(passes, "result", pass_names)},
	{"croute_reconcile_duration_seconds", "histogram", "How long passes took.",
	 HISTOGRAM(pass_buckets, bucket_names, pass_us)},
	{"croute_reconcile_last_success_timestamp_seconds", GAUGE,
	 "When a pass last ended with nothing refused.", NUMBER(last_success_ms), .unit = UNIT_MS},
	{"croute_changes_total", COUNTER, "Changes that the kernel took.",
	 GRID(changes, "kind", kind_names, "action", action_names)},
	{"croute_drift_repairs_total", COUNTER,
	 "Rows put right after another program or the kernel had altered or removed them.",
	 NUMBERS(repairs, "kind", kind_names)},
	{"croute_config_valid", GAUGE, "Whether the file, as last read, is valid.",
	 NUMBER(config_valid)},
	{"croute_config_stale", GAUGE, "Whether the file is older than agent.staleAfter.",
	 NUMBER(config_stale)},
	{"croute_config_age_seconds", GAUGE,
	 "Age of the file in force, by source.generatedAt, else by its mtime.",
	 NUMBER(config_age_ms), .unit = UNIT_MS},
	{"croute_config_serial", GAUGE, "source.serial of the file in force.",
	 NUMBER(config_serial)},
	{"croute_config_loads_total", COUNTER, "Readings of the file by how they ended.",
	 NUMBERS(config_loads, "result", load_names)},
	{"croute_config_last_load_timestamp_seconds", GAUGE, "When the file in force was read.",
	 NUMBER(last_load_ms), .unit = UNIT_MS},
	{"croute_guard_held", GAUGE, "Deletions that the guard holds back, until croute release.",
	 NUMBER(guard_held)},
	{"croute_files", GAUGE, "Files for network plugins: asked for, and as they should be.",
	 NUMBERS(files, "state", file_names)},
	{"croute_netlink_errors_total", COUNTER, "Messages that the kernel refused.",
	 .put = put_errors},
	{"croute_netlink_overruns_total", COUNTER, "Times that events were lost (ENOBUFS).",
	 NUMBER(netlink_overruns)},
	{"croute_interface_info", GAUGE, "The chosen interface of each of this node's addresses.",
	 .put = put_interfaces},
	{"croute_gateways", GAUGE, "Gateways by the state of their neighbour entry.",
	 NUMBERS(gateways, "state", gateway_names)},
	{"croute_reach", GAUGE, "Ways to peers by how they stand (reach.every).",
	 GRID(reach, "path", reach_paths, "state", reach_kinds)},
	{"croute_reach_changes_total", COUNTER, "Ways to peers that were lost, or came back.",
	 GRID(reach_changes, "path", reach_paths, "to", reach_changes)},
	{"croute_reach_rtt_seconds", "histogram", "How long answers of peers took.",
	 HISTOGRAM(reach_buckets, reach_us_names, reach_us)},
	{"process_cpu_seconds_total", COUNTER, "CPU time used, user and system.",
	 NUMBER(process.cpu_ms), .unit = UNIT_MS},
	{"process_open_fds", GAUGE, "File descriptors that are open.", NUMBER(process.open_fds)},
	{"process_max_fds", GAUGE, "File descriptors that may be open.", NUMBER(process.max_fds)},
	{"process_virtual_memory_bytes", GAUGE, "Address space in use.",
	 NUMBER(process.virtual_bytes)},
	{"process_virtual_memory_max_bytes", GAUGE, "Address space that may be used.",
	 NUMBER(process.virtual_max_bytes)},
	{"process_resident_memory_bytes", GAUGE, "Memory in use.", NUMBER(process.resident_bytes)},
	{"process_start_time_seconds", GAUGE, "When the process started.",
	 NUMBER(process.started_ms), .unit = UNIT_MS},
};

int metrics_render(const struct metrics *metrics, metrics_write_fn *write, void *context)
{
	struct sink sink = {.write = write, .context = context};

	for (size_t i = 0; i < COUNT_OF(families); i++) {
		const struct metric_family *family = &families[i];

		put(&sink, "# HELP %s %s\n# TYPE %s %s", family->name, family->help, family->name,
		    family->type);
		(family->put != NULL ? family->put : put_numbers)(metrics, family, &sink);
	}
	return sink.status < 0 ? sink.status : 0;
}
