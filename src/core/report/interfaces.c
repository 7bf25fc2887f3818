/* interfaces.c - the choice of the interface, told link by link. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/report/interfaces.h"

#include <string.h>

#include "croute/base/buf.h"
#include "croute/core/report/report.h"

#define ROW_MAX 4096
#define ADDRESSES_WIDE 44 /* what is longer pushes its own reason aside, not everybody's */

/* The choice for one address of this node. */
struct choice {
	const struct interface_ctx *question;
	const struct selected *taken; /* NULL: none */
};

static struct choice choice_at(const struct interfaces_ctx *ctx, unsigned family, uint32_t i)
{
	return (struct choice){.question = &ctx->question[family][i],
			       .taken = family_card(&ctx->family[family], i)};
}

static bool is_wanted(const struct interfaces_ctx *ctx, unsigned family, uint32_t i)
{
	return i < CONFIG_ADDRESSES_MOST && ip_is_set(&ctx->question[family][i].address);
}

bool interfaces_lacks(const struct interfaces_ctx *ctx, unsigned family, uint32_t i)
{
	return is_wanted(ctx, family, i) && choice_at(ctx, family, i).taken == NULL;
}

static bool is_taken(const struct choice *choice, const struct link *link)
{
	return choice->taken != NULL && choice->taken->index == link->index;
}

/* As interface_judge, except that a link that was taken because there was no other (NAT) is
 * INTERFACE_TAKEN, too. */
static enum interface_verdict outcome(const struct choice *choice, const struct link *link)
{
	return is_taken(choice, link) ? INTERFACE_TAKEN : interface_judge(choice->question, link);
}

/* Of several addresses the one that the link is good for, else the first. */
static struct choice choice_for(const struct interfaces_ctx *ctx, unsigned family,
				const struct link *link)
{
	struct choice choice = choice_at(ctx, family, 0);

	for (uint32_t i = 1; is_wanted(ctx, family, i) && outcome(&choice, link) != INTERFACE_TAKEN;
	     i++)
		choice = choice_at(ctx, family, i);
	return outcome(&choice, link) == INTERFACE_TAKEN ? choice : choice_at(ctx, family, 0);
}

static bool leads_to_peers(const struct interfaces_ctx *ctx, const struct link *link)
{
	for (uint32_t i = 0; i < ctx->uplink_count; i++) {
		if (ctx->uplinks[i] == link->index)
			return true;
	}
	return false;
}

static void add_verdict(struct buf *out, const struct choice *choice, const struct link *link)
{
	enum interface_verdict verdict = outcome(choice, link);

	if (verdict != INTERFACE_TAKEN)
		buf_add(out, "%s", interface_verdict_text(verdict));
	else if (!is_taken(choice, link))
		buf_add(out, "also has the address, but %s is preferred",
			choice->taken != NULL ? choice->taken->name : "none");
	else if (choice->taken->unnumbered)
		buf_add(out, "is taken; packets leave by the links that lead to peers%s",
			choice->taken->hops == 0 ? ", but there is no route to any yet" : "");
	else if (!ip_same(&choice->taken->address, &choice->question->address))
		buf_add(out, "is taken: no interface has the address, and this is the only one "
			     "that the rules allow");
	else
		buf_add(out, "is taken");
}

static void add_verdicts(struct buf *out, const struct interfaces_ctx *ctx, const struct link *link)
{
	char texts[2][256] = {"", ""};
	bool wanted[2];

	for (unsigned i = 0; i < FAMILIES; i++) {
		struct buf text = BUF_OVER(texts[i]);
		struct choice choice = choice_for(ctx, i, link);

		wanted[i] = is_wanted(ctx, i, 0);
		if (wanted[i])
			add_verdict(&text, &choice, link);
	}
	if (wanted[0] && wanted[1] && strcmp(texts[0], texts[1]) != 0)
		buf_add(out, "IPv4: %s; IPv6: %s", texts[0], texts[1]);
	else
		buf_add(out, "%s",
			wanted[0]   ? texts[0]
			: wanted[1] ? texts[1]
				    : "was not asked for");
}

/* `is taken`, or `IPv4: is taken; IPv6: has no address of this family`. */
static void add_reason(struct buf *out, const struct interfaces_ctx *ctx, const struct link *link)
{
	const char *pattern = interface_part_pattern(&ctx->question[0][0], link);

	add_verdicts(out, ctx, link);
	if (leads_to_peers(ctx, link))
		buf_add(out, "; leads to peers");
	if (pattern == NULL)
		return;
	buf_add(out, "; unanchored, ");
	buf_add_safe(out, text_of(pattern));
	buf_add(out, " would have matched it");
}

static void add_choice(struct buf *out, const struct choice *choice)
{
	const struct selected *taken = choice->taken;
	char text[IP_TEXT_MAX];

	buf_add(out, "%s  ", choice->question->address.family == AF_INET ? "IPv4" : "IPv6");
	if (taken == NULL) {
		buf_add(out, "none for address %s", ip_format(&choice->question->address, text));
		return;
	}
	buf_add_safe(out, text_of(taken->name));
	buf_add(out, "  index %u, mtu %u, address %s", taken->index, taken->mtu,
		ip_format(&taken->address, text));
}

static void add_addresses(struct buf *out, const struct links *links, const struct link *link)
{
	const struct link_address *address;
	uint32_t i = 0;
	bool any = false;
	char text[IP_TEXT_MAX];

	for (; (address = links_next_address(links, link->index, &i)) != NULL; any = true)
		buf_add(out, "%s%s/%u", any ? " " : "", ip_format(&address->ip, text),
			address->len);
	buf_add(out, "%s", any ? "" : "-");
}

/* How wide the column of addresses need be; a few long ones do not count. */
static size_t width_of(const struct links *links)
{
	size_t width = 0;

	for (uint32_t i = 0; i < links->links.count; i++) {
		struct buf text = BUF_LOCAL(ROW_MAX);

		add_addresses(&text, links, links_at(links, i));
		if (text.len > width && text.len <= ADDRESSES_WIDE)
			width = text.len;
	}
	return width;
}

static void add_columns(struct buf *out, size_t width, const char *link, const char *addresses)
{
	size_t start = out->len;

	buf_add_safe(out, text_of(link));
	buf_pad(out, start + LINK_NAME_MAX, 1);
	buf_add(out, "%s", addresses);
	buf_pad(out, start + LINK_NAME_MAX + width, 0);
	buf_add(out, "  ");
}

static int write_line(struct buf *line, json_write_fn *write, void *context)
{
	buf_add(line, "\n");
	return write(context, line->data, line->len);
}

static int write_head(const struct interfaces_ctx *ctx, json_write_fn *write, void *context)
{
	struct buf line = BUF_LOCAL(ROW_MAX);

	buf_add(&line, "node  ");
	buf_add_safe(&line, text_of(ctx->node));
	if (ctx->question[0][0].config->backend == BACKEND_NONE)
		buf_add(&line, "\nbackend none needs no interface");
	for (unsigned i = 0; i < FAMILIES; i++) {
		for (uint32_t n = 0; is_wanted(ctx, i, n); n++) {
			struct choice choice = choice_at(ctx, i, n);

			buf_add(&line, "\n");
			add_choice(&line, &choice);
		}
	}
	return write_line(&line, write, context);
}

/* How many links a search by interface.regex would have found that no whole match finds. */
static void add_unanchored(struct buf *out, const struct interfaces_ctx *ctx)
{
	const struct links *links = ctx->question[0][0].links;
	const struct link *first = NULL;
	uint32_t others = 0;

	for (uint32_t i = 0; i < links->links.count; i++) {
		const struct link *link = links_at(links, i);

		if (interface_part_pattern(&ctx->question[0][0], link) == NULL)
			continue;
		others += first != NULL;
		first = first == NULL ? link : first;
	}
	if (first == NULL)
		return;
	buf_add(out, "\ninterface.regex matches whole names; a search would have found ");
	buf_add_safe(out, text_of(first->name));
	if (others > 0)
		buf_add(out, " and %u more", others);
}

int interfaces_text(const struct interfaces_ctx *ctx, json_write_fn *write, void *context)
{
	const struct links *links = ctx->question[0][0].links;
	size_t width = width_of(links);
	int status = write_head(ctx, write, context);
	char text[2 * ROW_MAX] = "\n";
	struct buf line = {.data = text, .size = sizeof(text), .len = 1};

	add_columns(&line, width, "LINK", "ADDRESSES");
	buf_add(&line, "WHY");
	if (status == 0)
		status = write_line(&line, write, context);
	for (uint32_t i = 0; i < links->links.count && status == 0; i++) {
		const struct link *link = links_at(links, i);
		struct buf addresses = BUF_LOCAL(ROW_MAX);

		line = BUF_OVER(text);
		add_addresses(&addresses, links, link);
		add_columns(&line, width, link->name, addresses.data);
		add_reason(&line, ctx, link);
		status = write_line(&line, write, context);
	}
	line = BUF_OVER(text);
	add_unanchored(&line, ctx);
	return status == 0 && line.len > 0 ? write_line(&line, write, context) : status;
}

static void put_addresses(struct json *json, const struct links *links, const struct link *link)
{
	const struct link_address *address;
	uint32_t i = 0;

	json_open(json, "addresses", '[');
	while ((address = links_next_address(links, link->index, &i)) != NULL) {
		struct prefix prefix = {.ip = address->ip, .len = address->len};
		char text[PREFIX_TEXT_MAX];

		json_put_text(json, NULL, prefix_format(&prefix, text));
	}
	json_close(json, ']');
}

static const char *word_of(const struct interfaces_ctx *ctx, unsigned family,
			   const struct link *link)
{
	struct choice choice = choice_for(ctx, family, link);
	enum interface_verdict verdict = outcome(&choice, link);

	/* Another link that holds the address, too. */
	if (verdict == INTERFACE_TAKEN && !is_taken(&choice, link))
		return "second";
	return interface_verdict_word(verdict);
}

static void put_verdicts(struct json *json, const struct interfaces_ctx *ctx,
			 const struct link *link)
{
	struct choice of[FAMILIES] = {choice_for(ctx, 0, link), choice_for(ctx, 1, link)};
	unsigned first = is_wanted(ctx, 0, 0) ? 0 : 1;

	json_put_text(json, "verdict",
		      !is_wanted(ctx, first, 0) ? NULL
		      : is_taken(&of[0], link) || is_taken(&of[1], link)
			      ? "taken"
			      : word_of(ctx, first, link));
	if (!is_wanted(ctx, 0, 0) || !is_wanted(ctx, 1, 0))
		return;
	json_put_text(json, "ipv4", word_of(ctx, 0, link));
	json_put_text(json, "ipv6", word_of(ctx, 1, link));
}

static void put_link(struct json *json, const struct interfaces_ctx *ctx, const struct link *link)
{
	const char *pattern = interface_part_pattern(&ctx->question[0][0], link);
	struct buf reason = BUF_LOCAL(ROW_MAX);

	add_reason(&reason, ctx, link);
	json_open(json, NULL, '{');
	json_put_text(json, "name", link->name);
	json_put_number(json, "index", link->index);
	put_addresses(json, ctx->question[0][0].links, link);
	put_verdicts(json, ctx, link);
	json_put_text(json, "reason", reason.data);
	if (pattern != NULL)
		json_put_text(json, "unanchored", pattern);
	json_close(json, '}');
}

int interfaces_json(const struct interfaces_ctx *ctx, json_write_fn *write, void *context)
{
	const struct links *links = ctx->question[0][0].links;
	struct json json = {.write = write, .context = context};

	json_open(&json, NULL, '{');
	json_put_number(&json, "version", 1);
	json_put_text(&json, "node", ctx->node);
	report_put_interfaces(&json, ctx->family);
	json_open(&json, "links", '[');
	for (uint32_t i = 0; i < links->links.count; i++)
		put_link(&json, ctx, links_at(links, i));
	json_close(&json, ']');
	json_close(&json, '}');
	return json_end(&json);
}
