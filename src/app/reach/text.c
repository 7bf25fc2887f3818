/* text.c - what was found of a peer, as text and JSON. */
/* SPDX-License-Identifier: MIT */
#include "app/reach/text.h"

#include "croute/app/reach/sample.h"

static const char *const line_words[REACH_LINES] = {"", "check: ", "fix: "};
static const char *const line_keys[REACH_LINES] = {"cause", "check", "fix"};

static const char *name_of(const struct reach_finding *finding)
{
	const struct config *config = finding->view->config;

	return config_string_at(config, config_node_at(config, finding->peer->node)->name);
}

static const char *address_of(const struct reach_finding *finding, char out[IP_TEXT_MAX])
{
	const struct config *config = finding->view->config;
	struct ip ip = reach_address(config, finding->peer);

	return ip_format(&ip, out);
}

static bool is_shown(const struct reach_finding *finding, unsigned path)
{
	if (path == REACH_TO || path == REACH_FROM ||
	    (path != REACH_NODE && finding->peer->card > 0))
		return false;
	return path != REACH_ADDRESS || ip_is_set(&finding->address);
}

static void add_path(struct buf *out, const struct reach_finding *finding, enum reach_path path)
{
	const struct reach_state *state = &finding->path[path];
	char text[IP_TEXT_MAX];

	buf_add(out, "  %s ",
		path == REACH_ADDRESS ? ip_format(&finding->address, text) : reach_path_word(path));
	if (state->kind == REACH_ANSWERS)
		buf_add(out, "%u.%02u ms", state->rtt_us / 1000, state->rtt_us / 10 % 100);
	else
		buf_add(out, "%s", reach_kind_word((enum reach_kind)state->kind));
	if (path != REACH_FULL || state->kind == REACH_UNKNOWN)
		return;
	buf_add(out, " (%u bytes", finding->size);
	if (finding->largest > 0)
		buf_add(out, "; %u arrive", finding->largest);
	buf_add(out, ")");
}

void reach_add_peer(struct buf *out, const struct reach_finding *finding, int width)
{
	char text[IP_TEXT_MAX];

	buf_add(out, "%-*s  %-*s", width, name_of(finding), finding->peer->is_ipv6 ? 20 : 15,
		address_of(finding, text));
	for (unsigned i = 0; i < REACH_PATHS; i++) {
		if (is_shown(finding, i))
			add_path(out, finding, (enum reach_path)i);
	}
	buf_add(out, "\n");
	for (unsigned i = 0; i < REACH_LINES; i++) {
		char space[REACH_TEXT_MAX];
		struct buf line = BUF_OVER(space);

		if (reach_add_line(&line, finding, (enum reach_line)i))
			buf_add(out, "    %s%s\n", line_words[i], space);
	}
}

static void put_path(struct json *json, const struct reach_finding *finding, enum reach_path path)
{
	const struct reach_state *state = &finding->path[path];
	const struct reach_view *view = finding->view;
	struct echo echo = {.to = finding->address};
	char from[IP_TEXT_MAX];
	char to[IP_TEXT_MAX];

	json_open(json, reach_path_word(path), '{');
	json_put_text(json, "state", reach_kind_word((enum reach_kind)state->kind));
	if (state->kind == REACH_ANSWERS)
		json_put_number(json, "rttMicroseconds", state->rtt_us);
	if (reach_aim(view, finding->peer, path, state->other, &echo)) {
		json_put_text(json, "from", ip_format(&echo.from, from));
		json_put_text(json, "to", ip_format(&echo.to, to));
	}
	if (path == REACH_FULL && finding->size > 0)
		json_put_number(json, "size", finding->size);
	if (path == REACH_FULL && finding->largest > 0)
		json_put_number(json, "largest", finding->largest);
	json_close(json, '}');
}

void reach_put_peer(struct json *json, const struct reach_finding *finding)
{
	char text[IP_TEXT_MAX];

	json_open(json, NULL, '{');
	json_put_text(json, "node", name_of(finding));
	json_put_text(json, "address", address_of(finding, text));
	json_put_text(json, "state", reach_kind_word(reach_sum(finding)));
	json_open(json, "paths", '{');
	for (unsigned i = 0; i < REACH_PATHS; i++) {
		if (is_shown(finding, i))
			put_path(json, finding, (enum reach_path)i);
	}
	json_close(json, '}');
	for (unsigned i = 0; i < REACH_LINES; i++) {
		char space[REACH_TEXT_MAX];
		struct buf line = BUF_OVER(space);

		if (reach_add_line(&line, finding, (enum reach_line)i))
			json_put_text(json, line_keys[i], space);
	}
	json_close(json, '}');
}

bool reach_sample_add(struct buf *out, const struct config *config,
		      const struct reach_sample *sample, enum reach_path path, enum reach_kind kind)
{
	uint32_t last = CONFIG_NOT_FOUND;

	for (uint32_t i = 0; i < sample->count; i++) {
		const struct reach_sampled *peer = &sample->peers[i];
		bool follows = path != REACH_NODE && kind == REACH_LOST &&
			       peer->path[REACH_NODE].kind == REACH_LOST;

		struct ip ip = config_address_at(config, peer->node, peer->family, peer->card);
		char text[IP_TEXT_MAX];

		if (peer->path[path].kind != kind || follows ||
		    (peer->node == last && peer->card == 0))
			continue;
		buf_add(out, "%s%.100s", last == CONFIG_NOT_FOUND ? "" : ", ",
			config_node_name(config, peer->node));
		if (peer->card > 0)
			buf_add(out, " (%s)", ip_format(&ip, text));
		last = peer->node;
	}
	return last != CONFIG_NOT_FOUND;
}
