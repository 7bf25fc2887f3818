/* podcidrs.c - podCIDRs in order, and each against its surroundings. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/check/check.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static int compare_podcidrs(const void *a, const void *b)
{
	const struct config_podcidr *x = a;
	const struct config_podcidr *y = b;
	int order = prefix_compare(&x->prefix, &y->prefix);

	if (order == 0)
		order = (x->node > y->node) - (x->node < y->node);
	if (order == 0)
		order = (x->lines > y->lines) - (x->lines < y->lines);
	return order != 0 ? order : (x->column > y->column) - (x->column < y->column);
}

/* qsort(3) wants as much memory again; a file that is in order already needs none. */
static void sort_podcidrs(const struct config *config)
{
	uint32_t count = config_podcidr_count(config);
	bool sorted = true;

	for (uint32_t i = 1; i < count && sorted; i++)
		sorted = compare_podcidrs(config_podcidr_at(config, i - 1),
					  config_podcidr_at(config, i)) <= 0;
	if (!sorted)
		qsort(config->podcidrs.base, count, sizeof(struct config_podcidr),
		      compare_podcidrs);
}

/* At the one that stands later in the file. */
static void report_overlap(const struct places *places, const struct config_podcidr *outer,
			   const struct config_podcidr *inner)
{
	const struct config *config = places->config;
	bool swap = origin_compare(config_podcidr_origin(config, outer),
				   config_podcidr_origin(config, inner)) > 0;
	const struct config_podcidr *late = swap ? outer : inner;
	const struct config_podcidr *early = swap ? inner : outer;
	struct origin at = config_podcidr_origin(config, late);
	char here[PREFIX_TEXT_MAX];
	char there[PREFIX_TEXT_MAX];
	char place[PLACES_TEXT_MAX];

	(void)prefix_format(&late->prefix, here);
	(void)prefix_format(&early->prefix, there);
	(void)places_text(places, config_podcidr_origin(config, early), at, place);
	if (late->node == early->node)
		diag_error(places->diags, at,
			   "podCIDR %s of node \"%.80s\" overlaps its own %s (%s)", here,
			   config_node_name(config, late->node), there, place);
	else if (strcmp(config_node_name(config, late->node),
			config_node_name(config, early->node)) != 0)
		diag_error(places->diags, at,
			   "podCIDR %s of node \"%.80s\" overlaps %s of node \"%.80s\" (%s)", here,
			   config_node_name(config, late->node), there,
			   config_node_name(config, early->node), place);
}

/* One that is too wide is one mistake, however many it lies over. */
static void report_sprawl(const struct places *places, const struct config_podcidr *outer,
			  const struct config_podcidr *inner, uint32_t count)
{
	const struct config *config = places->config;
	struct origin at = config_podcidr_origin(config, outer);
	char here[PREFIX_TEXT_MAX];
	char there[PREFIX_TEXT_MAX];
	char place[PLACES_TEXT_MAX];

	diag_error(places->diags, at,
		   "podCIDR %s of node \"%.80s\" overlaps %u others, first %s of node \"%.80s\" "
		   "(%s)",
		   prefix_format(&outer->prefix, here), config_node_name(config, outer->node),
		   count, prefix_format(&inner->prefix, there),
		   config_node_name(config, inner->node),
		   places_text(places, config_podcidr_origin(config, inner), at, place));
}

/* What lies inside podCIDR `outer`, right behind it. Returns the first that does not. */
static uint32_t check_overlap(const struct places *places, uint32_t outer)
{
	const struct config *config = places->config;
	const struct config_podcidr *wide = config_podcidr_at(config, outer);
	uint32_t count = config_podcidr_count(config);
	uint32_t i = outer + 1;
	uint32_t inside;

	for (; i < count && prefix_same(&wide->prefix, &config_podcidr_at(config, i)->prefix); i++)
		report_overlap(places, wide, config_podcidr_at(config, i));
	inside = i;
	while (i < count && prefix_covers(&wide->prefix, &config_podcidr_at(config, i)->prefix))
		i++;
	if (i - inside == 1)
		report_overlap(places, wide, config_podcidr_at(config, inside));
	else if (i > inside)
		report_sprawl(places, wide, config_podcidr_at(config, inside), i - inside);
	return i;
}

/* A prefix sorts right before what it contains, so one walk finds every overlap. */
static void check_overlaps(const struct places *places)
{
	uint32_t i = 0;

	while (i < config_podcidr_count(places->config))
		i = check_overlap(places, i);
}

static void check_protected(const struct places *places, const struct config_podcidr *row)
{
	const struct prefix *safe = config_protecting(places->config, &row->prefix);
	char here[PREFIX_TEXT_MAX];
	char there[PREFIX_TEXT_MAX];

	if (safe != NULL)
		diag_error(places->diags, config_podcidr_origin(places->config, row),
			   "podCIDR %s overlaps %s of guard.protect",
			   prefix_format(&row->prefix, here), prefix_format(safe, there));
}

/* Without an address of its family the other one has to carry it. */
static void check_reachable(const struct places *places, const struct config_podcidr *row)
{
	struct config *config = places->config;
	const struct config_node *node = config_node_at(config, row->node);
	bool is_ipv4 = row->prefix.ip.family == AF_INET;
	char prefix[PREFIX_TEXT_MAX];

	if (config_has_address(node, row->prefix.ip.family) ||
	    !config_has_address(node, is_ipv4 ? AF_INET6 : AF_INET))
		return;
	config->crossed[is_ipv4 ? 0 : 1] = true;
	if (!is_ipv4 && config->backend == BACKEND_HOST_GW)
		diag_warning(places->diags, config_podcidr_origin(config, row),
			     "node \"%.80s\" has no IPv6 address; podCIDR %s is skipped",
			     config_node_name(config, row->node),
			     prefix_format(&row->prefix, prefix));
}

/* One mistake makes one error. */
static bool is_refused(const struct places *places, const struct config_podcidr *row)
{
	return places->diags->errors > 0 &&
	       diag_has_error(places->diags, config_podcidr_origin(places->config, row));
}

static void check_each(const struct places *places)
{
	const struct config *config = places->config;
	char prefix[PREFIX_TEXT_MAX];

	for (uint32_t i = 0; i < config_podcidr_count(config); i++) {
		const struct config_podcidr *row = config_podcidr_at(config, i);

		check_reachable(places, row);
		if (is_refused(places, row))
			continue;
		if (config->pod_network.count > 0 &&
		    config_network_covering(config, &row->prefix) == NULL &&
		    !places_lost(places, SCHEMA_FILE, "podNetwork"))
			diag_error(places->diags, config_podcidr_origin(config, row),
				   "podCIDR %s is outside podNetwork",
				   prefix_format(&row->prefix, prefix));
		else
			check_protected(places, row);
	}
}

/* A route to it would lead the traffic to a host into a pod network. Returns the podCIDR. */
static uint32_t check_address(const struct places *places, uint32_t node, const struct ip *ip,
			      uint32_t last)
{
	const struct config *config = places->config;
	struct prefix whole = prefix_of(ip, ip_bits(ip->family));
	const struct config_podcidr *row;
	char prefix[PREFIX_TEXT_MAX];
	char address[IP_TEXT_MAX];
	uint32_t found;

	found = config_podcidr_covering(config, &whole);
	if (found == CONFIG_NOT_FOUND || found == last)
		return last;
	row = config_podcidr_at(config, found);
	if (is_refused(places, row))
		return found;
	diag_error(places->diags, config_podcidr_origin(config, row),
		   "podCIDR %s of node \"%.80s\" covers %s, the address of node \"%.80s\"",
		   prefix_format(&row->prefix, prefix), config_node_name(config, row->node),
		   ip_format(&whole.ip, address), config_node_name(config, node));
	return found;
}

/* One message for a podCIDR that covers the addresses of many nodes in a row. */
static void check_addresses(const struct places *places)
{
	uint32_t last[FAMILIES] = {CONFIG_NOT_FOUND, CONFIG_NOT_FOUND};
	uint32_t more = CONFIG_NOT_FOUND;

	for (uint32_t i = 0; i < FAMILIES * config_node_count(places->config); i++) {
		struct ip ip = config_node_address(config_node_at(places->config, i / FAMILIES),
						   FAMILY_AT(i % FAMILIES));

		if (ip_is_set(&ip))
			last[i % FAMILIES] = check_address(places, i / FAMILIES, &ip,
							   last[i % FAMILIES]);
	}
	for (uint32_t i = 0; i < config_ip_count(&places->config->more); i++) {
		const struct config_node_ip *row = config_ip_at(&places->config->more, i);

		more = check_address(places, row->node, &row->ip, more);
	}
}

/* The way to a gateway would lead over itself. */
static void check_vias(const struct places *places)
{
	const struct config *config = places->config;
	char address[IP_TEXT_MAX];
	char prefix[PREFIX_TEXT_MAX];
	char place[PLACES_TEXT_MAX];

	for (uint32_t i = 0; i < config_ip_count(&config->vias); i++) {
		const struct config_node_ip *via = config_ip_at(&config->vias, i);
		struct ip second = config_address_at(config, via->node, via->ip.family, 1);
		struct prefix whole = prefix_of(&via->ip, ip_bits(via->ip.family));
		uint32_t found = config_podcidr_covering(config, &whole);
		const struct config_podcidr *row;

		if (ip_is_set(&second))
			diag_error(
				places->diags, via->origin,
				"node \"%.80s\" has several %s addresses, which are the next hops "
				"to it; \"via\" is for a node with one",
				config_node_name(config, via->node),
				second.family == AF_INET ? "IPv4" : "IPv6");
		if (found == CONFIG_NOT_FOUND || ip_is_set(&second))
			continue;
		row = config_podcidr_at(config, found);
		diag_error(
			places->diags, via->origin,
			"via %s lies inside podCIDR %s of node \"%.80s\" (%s); a gateway is a host",
			ip_format(&via->ip, address), prefix_format(&row->prefix, prefix),
			config_node_name(config, row->node),
			places_text(places, config_podcidr_origin(config, row), via->origin,
				    place));
	}
}

void check_podcidrs(struct places *places)
{
	if (config_podcidr_count(places->config) == 0)
		return;
	sort_podcidrs(places->config);
	check_overlaps(places);
	check_each(places);
	check_addresses(places);
	check_vias(places);
}
