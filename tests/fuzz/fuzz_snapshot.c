/* fuzz_snapshot.c - any bytes as a snapshot: no crash in a pass, no line that drives a terminal. */
/* SPDX-License-Identifier: MIT */
/* covers: src/app/snapshot/json.c */
#include "app/snapshot/json.h"

#include "node.h"

struct page {
	char *bytes;
	size_t len;
	size_t size;
};

static const char plain[] = "version: 1\n"
			    "interface: {canReach: [10.0.0.12]}\n"
			    "nodes:\n"
			    "  - {name: worker-1, address: [10.0.0.11, 'fd00::11'],"
			    " podCIDRs: [10.244.1.0/24, 'fd10:244:0:1::/64']}\n"
			    "  - {name: worker-2, address: [10.0.0.12, 'fd00::12'],"
			    " podCIDRs: [10.244.2.0/24, 'fd10:244:0:2::/64']}\n"
			    "  - {name: worker-3, address: 10.0.0.13, podCIDRs: [10.244.3.0/24]}\n"
			    "routes:\n"
			    "  - {to: 192.0.2.0/24, via: 10.0.0.1}\n";

static const char tunnelled[] =
	"version: 1\n"
	"backend: {type: vxlan, vxlan: {directRouting: true}}\n"
	"nodes:\n"
	"  - {name: worker-1, address: [10.0.0.11, 'fd00::11'],"
	" podCIDRs: [10.244.1.0/24, 'fd10:244:0:1::/64'], vtepMAC: 02:00:00:00:00:01}\n"
	"  - {name: worker-2, address: [10.0.0.12, 'fd00::12'],"
	" podCIDRs: [10.244.2.0/24, 'fd10:244:0:2::/64'], vtepMAC: 02:00:00:00:00:02}\n"
	"  - {name: worker-3, address: 192.0.2.13, podCIDRs: [10.244.3.0/24],"
	" vtepMAC: 02:00:00:00:00:03}\n";

static int keep(void *context, const char *text, size_t len)
{
	struct page *page = context;

	while (page->size - page->len < len) {
		page->size = page->size * 2 + len;
		page->bytes = realloc(page->bytes, page->size);
		if (page->bytes == NULL)
			abort();
	}
	memcpy(page->bytes + page->len, text, len);
	page->len += len;
	return 0;
}

static struct page write_page(const struct snapshot *snapshot)
{
	struct page page = {.bytes = NULL};

	if (snapshot_json_write(snapshot, keep, &page) < 0)
		abort();
	return page;
}

/* Names become safe when they are written first; after that nothing changes any more. */
static void check_written(const struct snapshot *snapshot)
{
	struct page first = write_page(snapshot);
	struct page second;
	struct snapshot back;
	struct error err;

	snapshot_init(&back);
	if (snapshot_json_read(first.bytes, first.len, &back, &err) < 0)
		abort();
	second = write_page(&back);
	if (first.len != second.len || memcmp(first.bytes, second.bytes, first.len) != 0)
		abort();
	snapshot_release(&back);
	free(first.bytes);
	free(second.bytes);
}

static void check_steps(const struct report *report)
{
	char text[REPORT_LINE_MAX];

	for (uint32_t i = 0; i < report->step_count; i++) {
		struct buf line = BUF_OVER(text);

		report_device_line(&line, report, &report->steps[i]);
		node_check_line(&line);
	}
}

static void check_report(const struct report *report)
{
	char text[REPORT_LINE_MAX];

	for (uint32_t i = 0; i < plan_change_count(&report->picture->plan); i++) {
		struct buf line = BUF_OVER(text);

		report_change(&line, report, plan_change_at(&report->picture->plan, i));
		node_check_line(&line);
	}
	for (uint32_t i = 0; i < desired_unmet_count(&report->picture->desired); i++) {
		struct buf line = BUF_OVER(text);

		report_unmet(&line, report, desired_unmet_at(&report->picture->desired, i));
		node_check_line(&line);
	}
	check_steps(report);
	if (report_json(report, node_drop, NULL) < 0)
		abort();
}

static void plan_over(struct pass *pass, const struct loaded *loaded)
{
	struct report report;

	if (!node_pass(pass, loaded, &report))
		return;
	report.parts = true;
	check_report(&report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct loaded files[2];
	static struct pass *pass;
	struct snapshot snapshot;
	struct error err;

	if (pass == NULL) {
		pass = pass_open(&err);
		if (pass == NULL)
			abort();
		node_load(plain, &files[0]);
		node_load(tunnelled, &files[1]);
	}
	snapshot_init(&snapshot);
	if (snapshot_json_read((const char *)data, size, &snapshot, &err) == 0) {
		check_written(&snapshot);
		pass->source.snapshot = &snapshot;
		plan_over(pass, &files[0]);
		plan_over(pass, &files[1]);
	}
	snapshot_release(&snapshot);
	return 0;
}
