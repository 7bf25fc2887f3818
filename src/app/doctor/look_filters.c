/* look_filters.c - asking iptables and nft, where they are, what happens to forwarded packets. */
#include <errno.h>
#include <string.h>

#include "app/doctor/look.h"
#include "croute/edge/host/run.h"
#include "croute/edge/host/text.h"

/* One look at the packet filters. */
struct filter_look {
	struct doctor_flow flow;
	struct doctor_filters *out;
	bool iptables_nft[2]; /* what iptables made in nftables was seen, of IPv4 and IPv6 */
};

static void release_text(struct host_text *text)
{
	host_text_release(text);
}
#define CLEANUP_TEXT __attribute__((cleanup(release_text)))

/* The old packet filter of one family. Its programs load its modules when they are asked for a
 * table that nobody uses, so it is asked only where the kernel lists the table. */
struct legacy {
	const char *names; /* the tables that are in use; for root only */
	const char *program;
	const char *also; /* another name of the program */
	const char *shown;
	uint8_t family;
};

static const struct legacy legacies[] = {
	{"/proc/net/ip_tables_names", "iptables-legacy", "iptables", "iptables-legacy", AF_INET},
	{"/proc/net/ip6_tables_names", "ip6tables-legacy", "ip6tables", "ip6tables-legacy",
	 AF_INET6},
};

static const char *reason_of(int status)
{
	switch (-status) {
	case ENOENT:
		return "no such program here";
	case EACCES:
	case EPERM:
		return "it takes root";
	case ETIME:
		return "it did not end";
	case EFBIG:
		return "too many rules";
	default:
		return "it could not be run";
	}
}

static void miss(struct doctor_filters *filters, const char *what, int status)
{
	struct buf unseen = BUF_OVER(filters->unseen);

	if (filters->unseen[0] == '\0')
		buf_add(&unseen, "%s (%s)", what, reason_of(status));
}

#define WHERE_MAX sizeof(((struct doctor_filters *)NULL)->flannel)

static void note_flannel(char out[WHERE_MAX], const char *where)
{
	struct buf text = {.data = out, .size = WHERE_MAX};

	if (out[0] == '\0')
		buf_add(&text, "%s", where);
}

/* Ask the first of two programs that is there. */
static int list_table(const char *const programs[2], const char *table, struct host_text *out)
{
	int status = -ENOENT;

	for (int i = 0; i < 2 && status == -ENOENT && programs[i] != NULL; i++) {
		const char *const argv[] = {programs[i], "-w", "2", "-t", table, "-S", NULL};

		status = host_run(host_run_path, argv, out);
	}
	return status;
}

static int judge_iptables(struct filter_look *look, const char *const programs[2],
			  const struct doctor_hook *hook)
{
	CLEANUP_TEXT struct host_text filter = {.status = 0};
	int status = list_table(programs, "filter", &filter);

	if (status < 0)
		return status;
	doctor_judge_iptables(&look->flow, host_text_of(&filter), hook, &look->out->chains);
	if (doctor_sees_flannel_forward(host_text_of(&filter)))
		note_flannel(look->out->flannel_forward, "iptables, table filter");
	return 0;
}

static int seek_flannel(struct filter_look *look, const char *const programs[2])
{
	CLEANUP_TEXT struct host_text nat = {.status = 0};
	int status = list_table(programs, "nat", &nat);

	if (status == 0 && doctor_sees_flannel(host_text_of(&nat)))
		note_flannel(look->out->flannel, "iptables, table nat");
	return status;
}

static bool has_line(struct text text, const char *line)
{
	size_t len = strlen(line);
	const char *at = text.len == 0 ? NULL : memmem(text.at, text.len, line, len);

	return at != NULL && (at == text.at || at[-1] == '\n') &&
	       (at + len == text.at + text.len || at[len] == '\n');
}

static void look_at_legacy(struct filter_look *look, const struct legacy *legacy)
{
	CLEANUP_TEXT struct host_text names = {.status = 0};
	const char *const programs[2] = {legacy->program, legacy->also};
	struct doctor_hook hook = {.family = legacy->family};
	struct buf name = BUF_OVER(hook.name);
	int status = host_text_read("", legacy->names, &names);

	/* Without the file there is no such packet filter. */
	if (status == -ENOENT)
		return;
	buf_add(&name, "%s FORWARD", legacy->shown);
	if (status == 0 && has_line(host_text_of(&names), "filter"))
		status = judge_iptables(look, programs, &hook);
	if (status == 0 && has_line(host_text_of(&names), "nat"))
		status = seek_flannel(look, programs);
	if (status < 0)
		miss(look->out, legacy->shown, status);
}

/* These look at nftables and make nothing there. */
static void look_at_iptables_nft(struct filter_look *look, unsigned i)
{
	static const char *const names[2] = {"iptables-nft", "ip6tables-nft"};
	static const char *const shown[2] = {"iptables FORWARD", "ip6tables FORWARD"};
	const char *const programs[2] = {names[i], NULL};
	struct doctor_hook hook = {.family = i == 0 ? AF_INET : AF_INET6};
	struct buf name = BUF_OVER(hook.name);

	buf_add(&name, "%s", shown[i]);
	look->iptables_nft[i] = judge_iptables(look, programs, &hook) == 0;
	if (look->iptables_nft[i])
		(void)seek_flannel(look, programs);
}

/* Tables that iptables made are looked at by iptables, which knows its own extensions. */
static bool is_seen(const struct filter_look *look, const struct doctor_nft_table *table)
{
	if (strcmp(table->name, "filter") != 0)
		return false;
	return (strcmp(table->family, "ip") == 0 && look->iptables_nft[0]) ||
	       (strcmp(table->family, "ip6") == 0 && look->iptables_nft[1]);
}

static int judge_table(struct filter_look *look, const struct doctor_nft_table *table)
{
	CLEANUP_TEXT struct host_text json = {.status = 0};
	const char *const argv[] = {"nft",   "-j",	    "-t",	 "list",
				    "table", table->family, table->name, NULL};
	int status = host_run(host_run_path, argv, &json);

	if (status == 0)
		status = doctor_judge_nft(&look->flow, host_text_of(&json), &look->out->chains);
	return status;
}

static int look_at_nftables(struct filter_look *look)
{
	CLEANUP_TEXT struct host_text json = {.status = 0};
	static const char nft_tables[] = "nftables, tables flannel-ipv4 and flannel-ipv6";
	const char *const argv[] = {"nft", "-j", "-t", "list", "chains", NULL};
	struct doctor_nft found = {.count = 0};
	int status = host_run(host_run_path, argv, &json);

	if (status == 0)
		status = doctor_find_nft(host_text_of(&json), &found);
	if (status < 0)
		return status;
	if (found.flannel) {
		note_flannel(look->out->flannel, nft_tables);
		note_flannel(look->out->flannel_forward, nft_tables);
	}
	for (uint32_t i = 0; i < found.count && status == 0; i++) {
		if (!is_seen(look, &found.tables[i]))
			status = judge_table(look, &found.tables[i]);
	}
	return found.more ? -EFBIG : status;
}

void doctor_look_filters(struct doctor_facts *facts, struct progress *progress)
{
	struct filter_look look = {.out = &facts->filters};
	int status;

	doctor_find_flow(facts, &look.flow);
	for (unsigned i = 0; i < 2; i++) {
		progress_stage(progress, "asking iptables");
		look_at_legacy(&look, &legacies[i]);
		look_at_iptables_nft(&look, i);
	}
	progress_stage(progress, "asking nft");
	status = look_at_nftables(&look);
	/* With iptables alone the tables of nft's own are not seen. */
	if (status < 0)
		miss(look.out, "nftables", status);
	look.out->flannel_asked = status == 0 || look.iptables_nft[0];
}
