/* look_filters.c - which chains drop forwarded packets, asked of the kernel itself. */
#include <errno.h>
#include <string.h>

#include "app/doctor/look.h"
#include "croute/edge/host/text.h"
#include "croute/edge/nft/chains.h"

#define FLANNEL_NAT "FLANNEL-POSTRTG" /* chains of flannel's */
#define FLANNEL_FORWARD "FLANNEL-FWD"

static void release_text(struct host_text *text)
{
	host_text_release(text);
}
#define CLEANUP_TEXT __attribute__((cleanup(release_text)))

#define WHERE_MAX sizeof(((struct doctor_filters *)NULL)->flannel)

static void note(char out[WHERE_MAX], const char *where)
{
	struct buf text = {.data = out, .size = WHERE_MAX};

	if (out[0] == '\0')
		buf_add(&text, "%s", where);
}

static void note_unseen(struct doctor_filters *filters, const char *what, int status)
{
	struct buf unseen = BUF_OVER(filters->unseen);
	bool denied = status == -EPERM || status == -EACCES;

	if (filters->unseen[0] == '\0')
		buf_add(&unseen, "%s (%s)", what,
			denied ? "needs CAP_NET_ADMIN" : strerrordesc_np(-status));
}

static void keep_chain(struct doctor_filters *filters, const struct chain *chain)
{
	if (filters->chain_count < DOCTOR_CHAINS_MOST)
		filters->chains[filters->chain_count] = *chain;
	filters->chain_count++;
}

static void take_chain(void *context, const struct chain *chain)
{
	struct doctor_filters *filters = context;

	if (chain->forwards && chain->drops)
		keep_chain(filters, chain);
	if (strcmp(chain->name, FLANNEL_NAT) == 0)
		note(filters->flannel, "iptables, table nat");
	if (strcmp(chain->name, FLANNEL_FORWARD) == 0)
		note(filters->flannel_forward, "iptables, table filter");
	if (strcmp(chain->table, "flannel-ipv4") == 0 ||
	    strcmp(chain->table, "flannel-ipv6") == 0) {
		note(filters->flannel, "nftables, tables flannel-ipv4 and flannel-ipv6");
		note(filters->flannel_forward, "nftables, tables flannel-ipv4 and flannel-ipv6");
	}
}

static void look_at_nftables(struct doctor_filters *filters)
{
	struct nft nft = {0};
	int status = nft_open(&nft, NULL);

	for (int i = 0; i < 5 && (status == 0 || status == -EINTR); i++) {
		filters->chain_count = 0;
		status = nft_read_chains(&nft, take_chain, filters, NULL);
		if (status == 0)
			break;
	}
	/* flannel before 0.20 had no chains of its own, but comments. */
	if (status == 0 && nft_mentions(&nft, "nat", "flanneld masq"))
		note(filters->flannel, "iptables, table nat");
	if (status == 0 && nft_mentions(&nft, "filter", "flanneld forward"))
		note(filters->flannel_forward, "iptables, table filter");
	if (status < 0 && !nft_is_missing(status))
		note_unseen(filters, "nftables", status);
	nft_close(&nft);
}

/* The kernel makes a table that it is asked for, so only those that it lists are asked for. */
static bool has_line(struct text text, const char *line)
{
	size_t len = strlen(line);
	const char *at = text.len == 0 ? NULL : memmem(text.at, text.len, line, len);

	return at != NULL && (at == text.at || at[-1] == '\n') && at[len] == '\n';
}

static bool mentions(const struct legacy_table *table, const char *word)
{
	return memmem(table->bytes.base, table->bytes.used, word, strlen(word)) != NULL;
}

static int look_at_table(struct doctor_filters *filters, uint8_t family, const char *name)
{
	struct chain chain = {.name = "FORWARD", .family = family, .legacy = true};
	struct legacy_table table = {.drops = false};
	struct buf copy = BUF_OVER(chain.table);
	int status = legacy_read(family, name, &table);

	buf_add(&copy, "%s", name);
	if (status == 0 && table.drops)
		keep_chain(filters, &chain);
	if (status == 0 && (mentions(&table, FLANNEL_NAT) || mentions(&table, "flanneld masq")))
		note(filters->flannel, "legacy iptables, table nat");
	if (status == 0 &&
	    (mentions(&table, FLANNEL_FORWARD) || mentions(&table, "flanneld forward")))
		note(filters->flannel_forward, "legacy iptables, table filter");
	legacy_release(&table);
	return status;
}

static void look_at_legacy(struct doctor_filters *filters, uint8_t family)
{
	static const char *const tables[] = {"filter", "nat"};
	CLEANUP_TEXT struct host_text names = {.status = 0};
	int status = host_text_read(
		"", family == AF_INET ? "/proc/net/ip_tables_names" : "/proc/net/ip6_tables_names",
		&names);

	/* Without the file the kernel has no such packet filter. */
	if (status == -ENOENT)
		return;
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]) && status == 0; i++) {
		if (has_line(host_text_of(&names), tables[i]))
			status = look_at_table(filters, family, tables[i]);
	}
	if (status < 0)
		note_unseen(filters, family == AF_INET ? "legacy iptables" : "legacy ip6tables",
			    status);
}

void doctor_look_filters(struct doctor_facts *facts, struct progress *progress)
{
	progress_stage(progress, "reading packet filters");
	look_at_nftables(&facts->filters);
	look_at_legacy(&facts->filters, AF_INET);
	look_at_legacy(&facts->filters, AF_INET6);
}
