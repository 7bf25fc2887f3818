/* metrics.c - what the agent counts, and its Prometheus text. */
#include "croute/app/status/metrics.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "croute/base/buf.h"

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

void metrics_set_interface(struct metrics *metrics, uint32_t slot, const char *name,
			   const struct ip *address, uint32_t mtu)
{
	struct metrics_interface *interface = &metrics->interfaces[slot];
	struct buf buf = BUF_OVER(interface->name);

	*interface = (struct metrics_interface){.mtu = mtu};
	if (name == NULL || name[0] == '\0')
		return;
	buf_add(&buf, "%s", name);
	interface->address = *address;
}

/* Where the text goes, and the first thing that went wrong. */
struct sink {
	metrics_write_fn *write;
	void *context;
	int status;
};

static void put_line(struct sink *sink, struct buf *line)
{
	buf_add(line, "\n");
	if (sink->status >= 0)
		sink->status = sink->write(sink->context, line->data, line->len);
}

/* Names of interfaces may be any bytes; a label value is UTF-8 with these two escaped. */
static void add_label(struct buf *line, const char *name, const char *value)
{
	char space[METRICS_LINE_MAX / 4];
	struct buf safe = BUF_OVER(space);

	buf_add_safe(&safe, text_of(value));
	buf_add(line, "%s=\"", name);
	for (size_t i = 0; i < safe.len; i++)
		buf_add(line, space[i] == '"' || space[i] == '\\' ? "\\%c" : "%c", space[i]);
	buf_add(line, "\"");
}

/* In what a value is kept; all are shown in the base unit. */
enum unit { UNIT_ONE, UNIT_MS, UNIT_US };

static void add_value(struct buf *line, uint64_t value, enum unit unit)
{
	if (unit == UNIT_MS)
		buf_add(line, " %" PRIu64 ".%03" PRIu64, value / 1000, value % 1000);
	else if (unit == UNIT_US)
		buf_add(line, " %" PRIu64 ".%06" PRIu64, value / 1000000, value % 1000000);
	else
		buf_add(line, " %" PRIu64, value);
}

struct family;
typedef void put_fn(const struct metrics *metrics, const struct family *family, struct sink *sink);

/* One name with its series: a lone number, an array of them by one label, or `put`. */
struct family {
	const char *name;
	const char *type;
	const char *help;
	const char *label; /* NULL: none */
	const char *const *values;
	put_fn *put; /* NULL: the numbers stand at `at` */
	size_t at;
	uint32_t count;
	enum unit unit;
};

static void put_numbers(const struct metrics *metrics, const struct family *family,
			struct sink *sink)
{
	char space[METRICS_LINE_MAX];

	for (uint32_t i = 0; i < family->count; i++) {
		struct buf line = BUF_OVER(space);
		uint64_t value;

		memcpy(&value, (const char *)metrics + family->at + i * sizeof(value),
		       sizeof(value));
		buf_add(&line, "%s", family->name);
		if (family->label != NULL) {
			buf_add(&line, "{");
			add_label(&line, family->label, family->values[i]);
			buf_add(&line, "}");
		}
		add_value(&line, value, family->unit);
		put_line(sink, &line);
	}
}

static void put_build(const struct metrics *metrics, const struct family *family, struct sink *sink)
{
	char space[METRICS_LINE_MAX];
	struct buf line = BUF_OVER(space);

	buf_add(&line, "%s{", family->name);
	add_label(&line, "version", metrics->version);
	buf_add(&line, "} 1");
	put_line(sink, &line);
}

/* A series for each pair of two labels; `values` are rows of `columns`. */
struct grid {
	const char *row;
	const char *column;
	const char *const *row_names;
	const char *const *column_names;
	const uint64_t *values;
	uint32_t rows;
	uint32_t columns;
};

static void put_grid(const struct grid *grid, const struct family *family, struct sink *sink)
{
	char space[METRICS_LINE_MAX];

	for (uint32_t i = 0; i < grid->rows * grid->columns; i++) {
		struct buf line = BUF_OVER(space);

		buf_add(&line, "%s{%s=\"%s\",%s=\"%s\"}", family->name, grid->row,
			grid->row_names[i / grid->columns], grid->column,
			grid->column_names[i % grid->columns]);
		add_value(&line, grid->values[i], UNIT_ONE);
		put_line(sink, &line);
	}
}

static void put_changes(const struct metrics *metrics, const struct family *family,
			struct sink *sink)
{
	struct grid grid = {
		"kind",	       "action",       kind_names, action_names, metrics->changes[0],
		METRICS_KINDS, METRICS_ACTIONS};

	put_grid(&grid, family, sink);
}

static void put_reach(const struct metrics *metrics, const struct family *family, struct sink *sink)
{
	struct grid grid = {"path",
			    "state",
			    reach_paths,
			    reach_kinds,
			    metrics->reach[0],
			    METRICS_REACH_PATHS,
			    METRICS_REACH_KINDS};

	put_grid(&grid, family, sink);
}

static void put_reach_changes(const struct metrics *metrics, const struct family *family,
			      struct sink *sink)
{
	struct grid grid = {"path",
			    "to",
			    reach_paths,
			    reach_changes,
			    metrics->reach_changes[0],
			    METRICS_REACH_PATHS,
			    METRICS_REACH_CHANGES};

	put_grid(&grid, family, sink);
}

static void put_errors(const struct metrics *metrics, const struct family *family,
		       struct sink *sink)
{
	char space[METRICS_LINE_MAX];

	for (uint32_t i = 0; i < METRICS_ERRNOS; i++) {
		struct buf line = BUF_OVER(space);
		const char *name = i < METRICS_ERRNOS - 1 ? strerrorname_np(errno_codes[i]) : NULL;

		buf_add(&line, "%s{errno=\"%s\"}", family->name, name != NULL ? name : "other");
		add_value(&line, metrics->netlink_errors[i], UNIT_ONE);
		put_line(sink, &line);
	}
}

struct histogram {
	const uint64_t *buckets; /* each by itself */
	const char *const *names;
	uint32_t count;
	uint64_t us; /* all of them */
};

static void put_histogram(const struct histogram *histogram, const struct family *family,
			  struct sink *sink)
{
	char space[METRICS_LINE_MAX];
	struct buf line;
	uint64_t count = 0;

	for (uint32_t i = 0; i < histogram->count; i++) {
		line = BUF_OVER(space);
		count += histogram->buckets[i];
		buf_add(&line, "%s_bucket{le=\"%s\"}", family->name, histogram->names[i]);
		add_value(&line, count, UNIT_ONE);
		put_line(sink, &line);
	}
	line = BUF_OVER(space);
	buf_add(&line, "%s_sum", family->name);
	add_value(&line, histogram->us, UNIT_US);
	put_line(sink, &line);
	line = BUF_OVER(space);
	buf_add(&line, "%s_count", family->name);
	add_value(&line, count, UNIT_ONE);
	put_line(sink, &line);
}

static void put_durations(const struct metrics *metrics, const struct family *family,
			  struct sink *sink)
{
	struct histogram histogram = {metrics->pass_buckets, bucket_names, METRICS_BUCKETS,
				      metrics->pass_us};

	put_histogram(&histogram, family, sink);
}

static void put_rtt(const struct metrics *metrics, const struct family *family, struct sink *sink)
{
	struct histogram histogram = {metrics->reach_buckets, reach_us_names, METRICS_REACH_BUCKETS,
				      metrics->reach_us};

	put_histogram(&histogram, family, sink);
}

static void put_interfaces(const struct metrics *metrics, const struct family *family,
			   struct sink *sink)
{
	char space[METRICS_LINE_MAX];
	char address[IP_TEXT_MAX];

	for (uint32_t i = 0; i < METRICS_INTERFACES; i++) {
		const struct metrics_interface *interface = &metrics->interfaces[i];
		struct buf line = BUF_OVER(space);

		if (interface->name[0] == '\0')
			continue;
		buf_add(&line, "%s{", family->name);
		add_label(&line, "name", interface->name);
		buf_add(&line, ",");
		add_label(&line, "address", ip_format(&interface->address, address));
		buf_add(&line, ",mtu=\"%" PRIu32 "\"} 1", interface->mtu);
		put_line(sink, &line);
	}
}

#define NUMBER(field) .at = offsetof(struct metrics, field), .count = 1
#define NUMBERS(field, name, names)                                                                \
	.at = offsetof(struct metrics, field), .count = sizeof(names) / sizeof((names)[0]),        \
	.label = (name), .values = (names)
#define GAUGE "gauge"
#define COUNTER "counter"

static const struct family families[] = {
	{"croute_build_info", GAUGE, "The version that runs.", .put = put_build},
	{"croute_ready", GAUGE, "Whether /readyz says ready.", NUMBER(ready)},
	{"croute_peers", GAUGE, "Nodes in the file beside this one.", NUMBER(peers)},
	{"croute_routes", GAUGE, "Routes by state.", NUMBERS(routes, "state", route_names)},
	{"croute_reconcile_total", COUNTER, "Passes by how they ended.",
	 NUMBERS(passes, "result", pass_names)},
	{"croute_reconcile_duration_seconds", "histogram", "How long passes took.",
	 .put = put_durations},
	{"croute_reconcile_last_success_timestamp_seconds", GAUGE,
	 "When a pass last ended with nothing refused.", NUMBER(last_success_ms), .unit = UNIT_MS},
	{"croute_changes_total", COUNTER, "Changes that the kernel took.", .put = put_changes},
	{"croute_drift_repairs_total", COUNTER,
	 "Rows put right after another program or the kernel had altered or removed them.",
	 NUMBERS(repairs, "kind", kind_names)},
	{"croute_config_valid", GAUGE, "Whether the file, as last read, is valid.",
	 NUMBER(config_valid)},
	{"croute_config_stale", GAUGE, "Whether the file is older than agent.staleAfter.",
	 NUMBER(config_stale)},
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
	{"croute_interface_info", GAUGE, "The chosen interface, per family where they differ.",
	 .put = put_interfaces},
	{"croute_gateways", GAUGE, "Gateways by the state of their neighbour entry.",
	 NUMBERS(gateways, "state", gateway_names)},
	{"croute_reach", GAUGE, "Ways to peers by how they stand (reach.every).", .put = put_reach},
	{"croute_reach_changes_total", COUNTER, "Ways to peers that were lost, or came back.",
	 .put = put_reach_changes},
	{"croute_reach_rtt_seconds", "histogram", "How long answers of peers took.",
	 .put = put_rtt},
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
	char space[METRICS_LINE_MAX];

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		const struct family *family = &families[i];
		struct buf line = BUF_OVER(space);

		buf_add(&line, "# HELP %s %s\n# TYPE %s %s", family->name, family->help,
			family->name, family->type);
		put_line(&sink, &line);
		(family->put != NULL ? family->put : put_numbers)(metrics, family, &sink);
	}
	return sink.status < 0 ? sink.status : 0;
}
