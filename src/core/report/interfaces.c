/* interfaces.c - the choice of the interface, told link by link. */
#include "croute/core/report/interfaces.h"

#include <string.h>

#include "croute/core/report/json.h"

#define ADDRESSES_WIDE 44 /* what is longer pushes its own reason aside, not everybody's */

bool interfaces_is_wanted(const struct interfaces_choice *choice)
{
	return ip_is_set(&choice->question.address);
}

static bool takes(const struct interfaces_ctx *view, const struct link *link)
{
	return view->ipv4.taken.index == link->index || view->ipv6.taken.index == link->index;
}

/* As interface_judge, except that a link that was taken because there was no other (NAT) is
 * INTERFACE_TAKEN, too. */
static enum interface_verdict outcome(const struct interfaces_choice *choice,
				      const struct link *link)
{
	if (choice->taken.index == link->index)
		return INTERFACE_TAKEN;
	return interface_judge(&choice->question, link);
}

static bool is_translated(const struct interfaces_choice *choice)
{
	return !ip_same(&choice->taken.address, &choice->question.address);
}

static void add_verdict(struct buf *out, const struct interfaces_choice *choice,
			const struct link *link)
{
	enum interface_verdict verdict = outcome(choice, link);

	if (verdict != INTERFACE_TAKEN)
		buf_add(out, "%s", interface_verdict_text(verdict));
	else if (choice->taken.index != link->index)
		buf_add(out, "also holds the address, but %s is preferred", choice->taken.name);
	else if (is_translated(choice))
		buf_add(out, "is taken: no interface holds the address, and the rules leave this "
			     "one alone");
	else
		buf_add(out, "is taken");
}

static void add_verdicts(struct buf *out, const struct interfaces_ctx *view,
			 const struct link *link)
{
	char first[256] = "";
	char second[256] = "";
	struct buf ipv4 = BUF_OVER(first);
	struct buf ipv6 = BUF_OVER(second);

	if (interfaces_is_wanted(&view->ipv4))
		add_verdict(&ipv4, &view->ipv4, link);
	if (interfaces_is_wanted(&view->ipv6))
		add_verdict(&ipv6, &view->ipv6, link);
	if (ipv4.len > 0 && ipv6.len > 0 && strcmp(first, second) != 0)
		buf_add(out, "IPv4: %s; IPv6: %s", first, second);
	else if (ipv4.len + ipv6.len > 0)
		buf_add(out, "%s", ipv4.len > 0 ? first : second);
	else
		buf_add(out, "was not asked for");
}

/* `is taken`, or `IPv4: is taken; IPv6: has no address of this family`. */
static void add_reason(struct buf *out, const struct interfaces_ctx *view, const struct link *link)
{
	const char *pattern = interface_part_pattern(&view->ipv4.question, link);

	add_verdicts(out, view, link);
	if (pattern == NULL)
		return;
	buf_add(out, "; unanchored, ");
	buf_add_safe(out, text_of(pattern));
	buf_add(out, " would have matched it");
}

void interfaces_add_choice(struct buf *out, const struct interfaces_choice *choice)
{
	const struct selected *taken = &choice->taken;
	char text[IP_TEXT_MAX];

	buf_add(out, "%s  ", choice->question.address.family == AF_INET ? "IPv4" : "IPv6");
	if (taken->index == 0) {
		buf_add(out, "none for address %s", ip_format(&choice->question.address, text));
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

size_t interfaces_width(const struct interfaces_ctx *view)
{
	const struct links *links = view->ipv4.question.links;
	size_t width = 0;

	for (uint32_t i = 0; i < links->links.count; i++) {
		char text[INTERFACES_LINE_MAX];
		struct buf buf = BUF_OVER(text);

		add_addresses(&buf, links, links_at(links, i));
		if (buf.len > width && buf.len <= ADDRESSES_WIDE)
			width = buf.len;
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

void interfaces_add_head(struct buf *out, const struct interfaces_ctx *view)
{
	add_columns(out, view->width, "LINK", "ADDRESSES");
	buf_add(out, "WHY");
}

void interfaces_add_link(struct buf *out, const struct interfaces_ctx *view,
			 const struct link *link)
{
	char text[INTERFACES_LINE_MAX];
	struct buf addresses = BUF_OVER(text);

	add_addresses(&addresses, view->ipv4.question.links, link);
	add_columns(out, view->width, link->name, text);
	add_reason(out, view, link);
}

void interfaces_add_unanchored(struct buf *out, const struct interfaces_ctx *view)
{
	const struct links *links = view->ipv4.question.links;
	const struct link *first = NULL;
	uint32_t count = 0;

	for (uint32_t i = 0; i < links->links.count; i++) {
		const struct link *link = links_at(links, i);

		if (interface_part_pattern(&view->ipv4.question, link) == NULL)
			continue;
		first = first == NULL ? link : first;
		count++;
	}
	if (first == NULL)
		return;
	buf_add(out, "interface.regex matches whole names; a search would have found ");
	buf_add_safe(out, text_of(first->name));
	if (count > 1)
		buf_add(out, " and %u more", count - 1);
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

static const char *word_of(const struct interfaces_choice *choice, const struct link *link)
{
	enum interface_verdict verdict = outcome(choice, link);

	/* Another link that holds the address, too. */
	if (verdict == INTERFACE_TAKEN && choice->taken.index != link->index)
		return "second";
	return interface_verdict_word(verdict);
}

static void put_verdicts(struct json *json, const struct interfaces_ctx *view,
			 const struct link *link)
{
	bool ipv4 = interfaces_is_wanted(&view->ipv4);
	bool ipv6 = interfaces_is_wanted(&view->ipv6);

	if (!ipv4 && !ipv6)
		json_put_null(json, "verdict");
	else if (takes(view, link))
		json_put_text(json, "verdict", "taken");
	else
		json_put_text(json, "verdict", word_of(ipv4 ? &view->ipv4 : &view->ipv6, link));
	if (!ipv4 || !ipv6)
		return;
	json_put_text(json, "ipv4", word_of(&view->ipv4, link));
	json_put_text(json, "ipv6", word_of(&view->ipv6, link));
}

static void put_link(struct json *json, const struct interfaces_ctx *view, const struct link *link)
{
	const char *pattern = interface_part_pattern(&view->ipv4.question, link);
	char reason[INTERFACES_LINE_MAX] = "";
	struct buf buf = BUF_OVER(reason);

	add_reason(&buf, view, link);
	json_open(json, NULL, '{');
	json_put_text(json, "name", link->name);
	json_put_number(json, "index", link->index);
	put_addresses(json, view->ipv4.question.links, link);
	put_verdicts(json, view, link);
	json_put_text(json, "reason", reason);
	if (pattern != NULL)
		json_put_text(json, "unanchored", pattern);
	json_close(json, '}');
}

int interfaces_json(const struct interfaces_ctx *view, json_write_fn *write, void *context)
{
	const struct links *links = view->ipv4.question.links;
	struct json json = {.write = write, .context = context};

	json_open(&json, NULL, '{');
	json_put_number(&json, "version", 1);
	json_put_text(&json, "node", view->node);
	report_put_interfaces(&json, &view->ipv4.taken, &view->ipv6.taken);
	json_open(&json, "links", '[');
	for (uint32_t i = 0; i < links->links.count; i++)
		put_link(&json, view, links_at(links, i));
	json_close(&json, ']');
	json_close(&json, '}');
	return json_end(&json);
}
