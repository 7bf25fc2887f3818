/* look_filters.c - which chains drop forwarded packets, asked of the kernel itself. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "app/doctor/look.h"
#include "croute/edge/host/facts.h"
#include "croute/edge/nft/chains.h"

#define FLANNEL_NAT "FLANNEL-POSTRTG"	/* a chain of flannel's; */
#define FLANNEL_COMMENT "flanneld masq" /* before 0.20 it had none of its own, but comments */

static void note_flannel(struct doctor_filters *filters, const char *where)
{
	struct buf text = BUF_OVER(filters->flannel);

	if (filters->flannel[0] == '\0')
		buf_add(&text, "%s", where);
}

/* A process that has the capability may be refused anyway: in another user namespace. */
static void note_unseen(struct doctor_filters *filters, const char *what, int status)
{
	struct buf unseen = BUF_OVER(filters->unseen);
	bool lacks_it = (status == -EPERM || status == -EACCES) && !filters->has_net_admin;

	if (filters->unseen[0] == '\0')
		buf_add(&unseen, "%s (%s)", what,
			lacks_it ? "needs CAP_NET_ADMIN" : strerrordesc_np(-status));
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
		note_flannel(filters, "iptables, table nat");
	if (strcmp(chain->table, "flannel-ipv4") == 0 || strcmp(chain->table, "flannel-ipv6") == 0)
		note_flannel(filters, "nftables, tables flannel-ipv4 and flannel-ipv6");
}

static void look_at_nftables(struct doctor_filters *filters)
{
	struct nft nft = {0};
	int status = nft_open(&nft, NULL);

	for (int i = 0; status == 0 && i < 5; i++) {
		filters->chain_count = 0;
		status = nft_read_chains(&nft, take_chain, filters, NULL);
		if (status != -EINTR)
			break;
		status = 0;
	}
	if (status == 0 && nft_mentions(&nft, "nat", FLANNEL_COMMENT))
		note_flannel(filters, "iptables, table nat");
	if (status < 0 && !nft_is_missing(status))
		note_unseen(filters, "nftables", status);
	nft_close(&nft);
}

static bool mentions(struct text text, const char *word)
{
	return text.len > 0 && memmem(text.at, text.len, word, strlen(word)) != NULL;
}

static int look_at_table(struct doctor_filters *filters, uint8_t family, const char *name)
{
	struct chain chain = {.name = "FORWARD", .family = family, .legacy = true};
	struct legacy_table table = {.drops = false};
	struct buf copy = BUF_OVER(chain.table);
	int status = legacy_read(family, name, &table);
	struct text rows = {.at = (const char *)table.bytes.base, .len = table.bytes.used};

	buf_add(&copy, "%s", name);
	if (status == 0 && table.drops)
		keep_chain(filters, &chain);
	if (status == 0 && (mentions(rows, FLANNEL_NAT) || mentions(rows, FLANNEL_COMMENT)))
		note_flannel(filters, "legacy iptables, table nat");
	legacy_release(&table);
	return status;
}

/* The kernel makes a table that it is asked for, so only those that it lists are asked for. Without
 * the list it has no such packet filter. */
static void look_at_legacy(struct doctor_filters *filters, uint8_t family)
{
	static const char *const tables[] = {"filter", "nat"};
	__attribute__((cleanup(host_text_release))) struct host_text names = {.status = 0};
	bool ipv4 = family == AF_INET;
	int status = host_text_read(
		"", ipv4 ? "/proc/net/ip_tables_names" : "/proc/net/ip6_tables_names", &names);

	if (status == -ENOENT)
		return;
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]) && status == 0; i++) {
		if (mentions(host_text_of(&names), tables[i]))
			status = look_at_table(filters, family, tables[i]);
	}
	if (status < 0)
		note_unseen(filters, ipv4 ? "legacy iptables" : "legacy ip6tables", status);
}

void doctor_look_filters(struct doctor_filters *filters)
{
	look_at_nftables(filters);
	look_at_legacy(filters, AF_INET);
	look_at_legacy(filters, AF_INET6);
}
