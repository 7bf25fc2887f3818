/* store_net.c - names of interfaces and tables, addresses, prefixes and patterns into config. */
#include "core/decode/store_net.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "croute/core/parse/value.h"
#include "croute/core/parse/value_net.h"

int store_device(const struct cell *cell, struct error *err)
{
	struct text text = cell->item->text;
	int code = value_device(text, err);

	if (code < 0)
		return code;
	if (cell->key->size != LINK_NAME_MAX)
		return cell_put_string(cell, err);
	memset(cell->place, 0, LINK_NAME_MAX);
	memcpy(cell->place, text.at, text.len);
	return 0;
}

static const struct table_name built_in[] = {
	{"main", RT_TABLE_MAIN}, {"default", RT_TABLE_DEFAULT}, {"local", RT_TABLE_LOCAL}};

static bool find_table(const struct config_host *host, struct text name, uint64_t *out)
{
	for (uint32_t i = 0; host != NULL && i < host->table_count; i++) {
		if (text_is(name, host->tables[i].name)) {
			*out = host->tables[i].number;
			return true;
		}
	}
	for (size_t i = 0; i < sizeof(built_in) / sizeof(built_in[0]); i++) {
		if (text_is(name, built_in[i].name)) {
			*out = built_in[i].number;
			return true;
		}
	}
	return false;
}

int store_table(const struct cell *cell, struct error *err)
{
	struct text text = cell->item->text;
	char quoted[VALUE_QUOTE_MAX];
	uint64_t number = RT_TABLE_MAIN;

	(void)value_quote(text, quoted);
	if (text_to_u64(text, UINT32_MAX, &number) == 0) {
		if (!cell->item->plain)
			return cell_refuse_quotes(cell, "a number or a name", err);
	} else if (!find_table(cell->reader->host, text, &number)) {
		return error_set(err, EINVAL,
				 "%s is no routing table: neither a number nor a name of rt_tables",
				 quoted);
	}
	if (number == 0 || number == RT_TABLE_LOCAL)
		return error_set(err, EINVAL,
				 "%s is a table of the kernel's own; table is not 0 or 255",
				 quoted);
	cell_put_number(cell, number);
	return 0;
}

int store_mac(const struct cell *cell, struct error *err)
{
	struct reader_node *node = &cell->reader->node;
	struct reader_spot spot = reader_spot_of(cell->reader, cell->item->at);

	if (cell->key->offset == offsetof(struct config_node, vtep_mac))
		node->mac = spot;
	else
		node->mac6 = spot;
	return value_mac(cell->item->text, cell->place, err);
}

int store_address(const struct cell *cell, struct error *err)
{
	return value_address(cell->item->text, cell->place, err);
}

/* `default` gets its family when the route is whole. */
int store_destination(const struct cell *cell, struct error *err)
{
	struct config_route *route = cell->target;
	struct text text = cell->item->text;
	char quoted[VALUE_QUOTE_MAX];

	if (text_is(text, "default")) {
		route->both_families = true;
		route->to = (struct prefix){.ip = {.family = AF_INET}};
		return 0;
	}
	if (memchr(text.at, '/', text.len) == NULL && memchr(text.at, ':', text.len) == NULL &&
	    memchr(text.at, '.', text.len) == NULL)
		return error_set(err, EINVAL, "%s is neither a CIDR, an address nor \"default\"",
				 value_quote(text, quoted));
	return value_prefix(text, true, &route->to, err);
}

static int put_node_address(const struct cell *cell, const struct ip *ip, struct error *err)
{
	struct config_node *node = cell->target;
	struct ip present = config_node_address(node, ip->family);
	struct reader_spot spot = reader_spot_of(cell->reader, cell->item->at);
	char quoted[VALUE_QUOTE_MAX];

	if (ip_is_set(&present))
		return error_set(err, EINVAL,
				 "%s is a second %s address; a node has one at most of each family",
				 value_quote(cell->item->text, quoted),
				 ip->family == AF_INET ? "IPv4" : "IPv6");
	if (ip->family == AF_INET) {
		memcpy(node->address4, ip->bytes, sizeof(node->address4));
		cell->reader->node.address4 = spot;
	} else {
		memcpy(node->address6, ip->bytes, sizeof(node->address6));
		cell->reader->node.address6 = spot;
	}
	return 0;
}

int store_node_address(const struct cell *cell, struct error *err)
{
	char quoted[VALUE_QUOTE_MAX];
	struct ip ip;
	int code = value_address(cell->item->text, &ip, err);

	if (code < 0)
		return code;
	if (ip_is_link_local(&ip))
		return error_set(err, EINVAL,
				 "%s is link-local; other hosts cannot tell on which of their "
				 "links it is",
				 value_quote(cell->item->text, quoted));
	return put_node_address(cell, &ip, err);
}

int store_podcidr(const struct cell *cell, struct error *err)
{
	struct config *config = cell->reader->config;
	struct config_node *node = cell->target;
	struct config_podcidr *row;
	struct prefix prefix;
	int code = value_podcidr(cell->item->text, &prefix, err);

	if (code < 0)
		return code;
	row = arena_push(&config->podcidrs, sizeof(*row));
	if (row == NULL)
		return error_set(err, ENOSPC, "%s", READER_NO_ROOM);
	row->prefix = prefix;
	row->line = cell->item->at.line;
	row->column = cell->item->at.column;
	row->node = config_node_count(config) - 1;
	node->podcidrs++;
	return 0;
}

static int put_prefix(const struct cell *cell, const struct prefix *prefix, struct error *err)
{
	if (!reader_add_prefix(cell->reader, cell->item->at, prefix, cell->place))
		return error_set(err, ENOSPC, "%s", READER_NO_ROOM);
	return 0;
}

int store_prefix(const struct cell *cell, struct error *err)
{
	struct prefix prefix;
	int code = value_prefix(cell->item->text, false, &prefix, err);

	return code < 0 ? code : put_prefix(cell, &prefix, err);
}

int store_host(const struct cell *cell, struct error *err)
{
	struct ip ip;
	int code = value_address(cell->item->text, &ip, err);
	struct prefix prefix;

	if (code < 0)
		return code;
	prefix = prefix_of(&ip, ip_bits(ip.family));
	return put_prefix(cell, &prefix, err);
}

static int put_word(const struct cell *cell, int code, struct error *err)
{
	if (code < 0)
		return code;
	if (!reader_add_word(cell->reader, cell->item->at, cell->item->text, cell->place))
		return error_set(err, ENOSPC, "%s", READER_NO_ROOM);
	return 0;
}

int store_device_word(const struct cell *cell, struct error *err)
{
	return put_word(cell, value_device(cell->item->text, err), err);
}

int store_regex(const struct cell *cell, struct error *err)
{
	return put_word(cell, value_regex(cell->item->text, err), err);
}

int store_glob(const struct cell *cell, struct error *err)
{
	return put_word(cell, value_glob(cell->item->text, err), err);
}
