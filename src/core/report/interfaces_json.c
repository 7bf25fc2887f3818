/* interfaces_json.c - the choice of the interface as JSON. */
#include "croute/core/report/interfaces.h"

#include <jansson.h>

#include "croute/core/report/json.h"

/* Names may be any bytes, and JSON is UTF-8. */
static json_t *safe_string(const char *string)
{
	char text[SELECT_LINE_MAX] = "";
	struct buf buf = BUF_OVER(text);

	buf_add_safe(&buf, text_of(string));
	return json_string(text);
}

static json_t *addresses_json(const struct links *links, const struct link *link)
{
	json_t *array = json_array();

	for (uint32_t i = 0; i < links->addresses.count; i++) {
		const struct link_address *address = links_address_at(links, i);
		char text[IP_TEXT_MAX];

		if (address->link == link->index)
			(void)json_array_append_new(
				array,
				json_sprintf("%s/%u", ip_format(&address->ip, text), address->len));
	}
	return array;
}

static const char *word_of(const struct select_choice *choice, const struct link *link)
{
	enum select_verdict verdict = select_outcome(choice, link);

	/* Another link that holds the address, too. */
	if (verdict == SELECT_TAKEN && choice->taken.index != link->index)
		return "second";
	return select_verdict_word(verdict);
}

static void put_verdicts(json_t *object, const struct select_view *view, const struct link *link)
{
	const struct select_choice *first = select_is_wanted(&view->ipv4) ? &view->ipv4
									  : &view->ipv6;

	if (!select_is_wanted(first)) {
		(void)json_object_set_new(object, "verdict", json_null());
		return;
	}
	(void)json_object_set_new(
		object, "verdict",
		json_string(select_takes(view, link) ? "taken" : word_of(first, link)));
	if (!select_is_wanted(&view->ipv4) || !select_is_wanted(&view->ipv6))
		return;
	(void)json_object_set_new(object, "ipv4", json_string(word_of(&view->ipv4, link)));
	(void)json_object_set_new(object, "ipv6", json_string(word_of(&view->ipv6, link)));
}

static json_t *link_json(const struct select_view *view, const struct link *link)
{
	const char *pattern = select_part_pattern(&view->ipv4.question, link);
	char reason[SELECT_LINE_MAX] = "";
	struct buf buf = BUF_OVER(reason);
	json_t *object = json_pack("{s:o, s:i, s:o}", "name", safe_string(link->name), "index",
				   (int)link->index, "addresses",
				   addresses_json(view->ipv4.question.links, link));

	select_add_reason(&buf, view, link);
	put_verdicts(object, view, link);
	(void)json_object_set_new(object, "reason", json_string(reason));
	if (pattern != NULL)
		(void)json_object_set_new(object, "unanchored", safe_string(pattern));
	return object;
}

json_t *select_json(const struct select_view *view)
{
	const struct links *links = view->ipv4.question.links;
	json_t *object = json_pack("{s:i, s:o}", "version", 1, "node", safe_string(view->node));
	json_t *array = json_array();

	report_put_interfaces(object, &view->ipv4.taken, &view->ipv6.taken);
	for (uint32_t i = 0; i < links->links.count; i++)
		(void)json_array_append_new(array, link_json(view, links_at(links, i)));
	(void)json_object_set_new(object, "links", array);
	return object;
}
