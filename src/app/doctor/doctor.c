/* doctor.c - the table of checks, and how their findings are reported. */
#include "app/doctor/doctor.h"

#include <stddef.h>
#include <string.h>

static const struct check_row {
	const char *name;
	doctor_check_fn *check;
} rows[] = {
	{"file", doctor_check_file},
	{"file-mount", doctor_check_mount},
	{"agent", doctor_check_agent},
	{"capabilities", doctor_check_capabilities},
	{"inotify", doctor_check_inotify},
	{"interface", doctor_check_interface},
	{"addresses", doctor_check_addresses},
	{"forwarding", doctor_check_forwarding},
	{"rp_filter", doctor_check_rp_filter},
	{"neighbours", doctor_check_neighbours},
	{"mtu", doctor_check_mtu},
	{"vxlan", doctor_check_vxlan},
	{"checksum", doctor_check_checksum},
	{"foreign-routes", doctor_check_routes},
	{"protocol", doctor_check_protocol},
	{"policy-rules", doctor_check_rules},
	{"forward-chain", doctor_check_forward_chain},
	{"masquerade", doctor_check_masquerade},
	{"bridge-nf", doctor_check_bridge_nf},
	{"systemd-networkd", doctor_check_networkd},
	{"NetworkManager", doctor_check_network_manager},
	{"on-link", doctor_check_on_link},
	{"peers", doctor_check_peers},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* Those of `--adopt`. */
static const struct check_row adopt_rows[] = {
	{"adopt", doctor_check_adopt},
	{"adopt-flanneld", doctor_check_flanneld},
	{"adopt-device", doctor_check_adopted_device},
	{"adopt-mac", doctor_check_adopted_mac},
	{"adopt-peers", doctor_check_adopted_peers},
	{"adopt-routes", doctor_check_adopted_routes},
	{"adopt-rules", doctor_check_adopted_rules},
	{"adopt-cni", doctor_check_adopted_cni},
};
#define ADOPT_ROWS (sizeof(adopt_rows) / sizeof(adopt_rows[0]))
_Static_assert(ROWS + ADOPT_ROWS <= DOCTOR_CHECKS_MOST, "all checks have room in a report");

/* What a result is called by programs, and at the beginning of a line. */
static const char *const words[DOCTOR_RESULTS][2] = {
	[DOCTOR_OK] = {"ok", "ok  "},
	[DOCTOR_UNKNOWN] = {"unknown", "??  "},
	[DOCTOR_WARNING] = {"warning", "warn"},
	[DOCTOR_FAILURE] = {"failure", "FAIL"},
};

static void run_row(const struct check_row *row, const struct doctor_facts *facts,
		    struct doctor_report *out)
{
	struct doctor_check *check = &out->checks[out->count++];

	check->name = row->name;
	row->check(facts, check);
	out->results[check->result]++;
}

void doctor_run(const struct doctor_facts *facts, struct doctor_report *out)
{
	*out = (struct doctor_report){.count = 0};
	for (uint32_t i = 0; i < ROWS; i++)
		run_row(&rows[i], facts, out);
	for (uint32_t i = 0; facts->adopt.asked && i < ADOPT_ROWS; i++)
		run_row(&adopt_rows[i], facts, out);
}

void doctor_add_check(struct buf *out, const struct doctor_check *check)
{
	struct text fix = text_of(check->fix);

	buf_add(out, "%s %s: ", words[check->result][1], check->name);
	buf_add_safe(out, text_of(check->text));
	while (fix.len > 0) {
		buf_add(out, "\n     fix: ");
		buf_add_safe(out, text_next_line(&fix));
	}
}

void doctor_add_summary(struct buf *out, const struct doctor_report *report)
{
	const uint32_t *results = report->results;

	buf_add(out, "Checked: %u ok, %u warning%s, %u failure%s, %u unknown.", results[DOCTOR_OK],
		results[DOCTOR_WARNING], results[DOCTOR_WARNING] == 1 ? "" : "s",
		results[DOCTOR_FAILURE], results[DOCTOR_FAILURE] == 1 ? "" : "s",
		results[DOCTOR_UNKNOWN]);
}

void doctor_put_json(struct json *json, const struct doctor_report *report)
{
	json_open(json, "checks", '[');
	for (uint32_t i = 0; i < report->count; i++) {
		const struct doctor_check *check = &report->checks[i];

		json_open(json, NULL, '{');
		json_put_text(json, "name", check->name);
		json_put_text(json, "result", words[check->result][0]);
		json_put_text(json, "text", check->text);
		json_put_lines(json, "fix", check->fix);
		json_close(json, '}');
	}
	json_close(json, ']');
	json_open(json, "summary", '{');
	for (unsigned i = 0; i < DOCTOR_RESULTS; i++)
		json_put_number(json, words[i][0], report->results[i]);
	json_close(json, '}');
}
