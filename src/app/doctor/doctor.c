/* doctor.c - the table of checks, and how their findings are reported. */
/* SPDX-License-Identifier: MIT */
#include "app/doctor/doctor.h"

#include <stddef.h>

/* What a check needs; the first that is missing counts. */
enum {
	NEEDS_FILE = 1 << 0,
	NEEDS_LINKS = 1 << 1,
	NEEDS_ROUTES = 1 << 2,
	NEEDS_TUNNEL = 1 << 4, /* else there is nothing to check */
	NEEDS_HOST_GW = 1 << 5,
	NEEDS_NODE = 1 << 6,
	NEEDS_INTERFACE = 1 << 7,
	ADOPTING = 1 << 8, /* a check of `--adopt` */
};
#define NEEDS_ALL_OF_TUNNEL (NEEDS_FILE | NEEDS_LINKS | NEEDS_TUNNEL)

static const struct row {
	const char *name;
	doctor_check_fn *check;
	unsigned needs;
} rows[] = {
	{"file", doctor_check_file, 0},
	{"file-mount", doctor_check_mount, 0},
	{"agent", doctor_check_agent, 0},
	{"capabilities", doctor_check_capabilities, 0},
	{"inotify", doctor_check_inotify, 0},
	{"interface", doctor_check_interface, NEEDS_FILE | NEEDS_LINKS | NEEDS_NODE},
	{"addresses", doctor_check_addresses, NEEDS_FILE | NEEDS_LINKS | NEEDS_INTERFACE},
	{"forwarding", doctor_check_forwarding, 0},
	{"rp_filter", doctor_check_rp_filter, NEEDS_ALL_OF_TUNNEL | NEEDS_INTERFACE},
	{"linkdown", doctor_check_linkdown, NEEDS_FILE | NEEDS_LINKS | NEEDS_INTERFACE},
	{"multipath", doctor_check_multipath, NEEDS_FILE | NEEDS_LINKS | NEEDS_INTERFACE},
	{"neighbours", doctor_check_neighbours, NEEDS_FILE | NEEDS_LINKS | NEEDS_INTERFACE},
	{"mtu", doctor_check_mtu, NEEDS_FILE | NEEDS_LINKS | NEEDS_INTERFACE},
	{"vxlan", doctor_check_vxlan, NEEDS_ALL_OF_TUNNEL | NEEDS_NODE},
	{"checksum", doctor_check_checksum, NEEDS_FILE | NEEDS_TUNNEL},
	{"foreign-routes", doctor_check_routes, NEEDS_FILE | NEEDS_ROUTES},
	{"protocol", doctor_check_protocol, NEEDS_FILE | NEEDS_ROUTES},
	{"policy-rules", doctor_check_rules, NEEDS_FILE | NEEDS_ROUTES | NEEDS_NODE},
	{"forward-chain", doctor_check_forward_chain, NEEDS_FILE},
	{"masquerade", doctor_check_masquerade, 0},
	{"bridge-nf", doctor_check_bridge_nf, 0},
	{"systemd-networkd", doctor_check_networkd, 0},
	{"NetworkManager", doctor_check_network_manager, NEEDS_FILE | NEEDS_TUNNEL},
	{"on-link", doctor_check_on_link,
	 NEEDS_FILE | NEEDS_LINKS | NEEDS_HOST_GW | NEEDS_INTERFACE},
	{"peers", doctor_check_peers, 0},
	{"adopt", doctor_check_adopt, ADOPTING | NEEDS_FILE | NEEDS_LINKS},
	{"adopt-flanneld", doctor_check_flanneld, ADOPTING},
	{"adopt-peers", doctor_check_adopted_peers, ADOPTING | NEEDS_ALL_OF_TUNNEL | NEEDS_NODE},
	{"adopt-cni", doctor_check_adopted_cni, ADOPTING | NEEDS_FILE},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))
_Static_assert(ROWS <= DOCTOR_CHECKS_MOST, "all checks have room in a report");

/* What a result is called by programs, and at the beginning of a line. */
static const char *const words[DOCTOR_RESULTS][2] = {
	[DOCTOR_OK] = {"ok", "ok  "},
	[DOCTOR_UNKNOWN] = {"unknown", "??  "},
	[DOCTOR_WARNING] = {"warning", "warn"},
	[DOCTOR_FAILURE] = {"failure", "FAIL"},
};

/* Backend none needs no interface. */
static bool lacks(const struct doctor_facts *facts, unsigned needs, struct doctor_check *check)
{
	const struct config *config = facts->config;
	bool none = config != NULL && config->backend == BACKEND_NONE;
	const struct doctor_family *family = facts->family;
	const struct {
		bool lacking;
		unsigned need;
		enum doctor_result result;
		const char *text;
	} causes[] = {
		{config == NULL, NEEDS_FILE, DOCTOR_UNKNOWN, "needs a valid file"},
		{facts->links == NULL, NEEDS_LINKS, DOCTOR_UNKNOWN, "cannot read the links"},
		{!facts->routes_seen, NEEDS_ROUTES, DOCTOR_UNKNOWN, "cannot read rules and routes"},
		{!doctor_tunnels(facts), NEEDS_TUNNEL, DOCTOR_OK, "matters only to VXLAN"},
		{config != NULL && config->backend != BACKEND_HOST_GW, NEEDS_HOST_GW, DOCTOR_OK,
		 "matters only to host-gw"},
		{none, NEEDS_NODE | NEEDS_INTERFACE, DOCTOR_OK, "backend none needs no interface"},
		{!family[0].wanted && !family[1].wanted, NEEDS_NODE, DOCTOR_UNKNOWN,
		 "needs this node's entry in the file"},
		{family[0].link.index == 0 && family[1].link.index == 0, NEEDS_INTERFACE,
		 DOCTOR_UNKNOWN, "needs an interface"},
	};

	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		if (!causes[i].lacking || (needs & causes[i].need) == 0)
			continue;
		doctor_find(check, causes[i].result, "%s", causes[i].text);
		return true;
	}
	return false;
}

void doctor_run(const struct doctor_facts *facts, struct doctor_report *out)
{
	*out = (struct doctor_report){.count = 0};
	for (size_t i = 0; i < ROWS; i++) {
		struct doctor_check *check = &out->checks[out->count];

		if ((rows[i].needs & ADOPTING) != 0 && !facts->adopting)
			continue;
		check->name = rows[i].name;
		if (!lacks(facts, rows[i].needs, check))
			rows[i].check(facts, check);
		out->results[check->result]++;
		out->count++;
	}
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
