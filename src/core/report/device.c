/* device.c - what a device becomes, and what it was. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/report/report.h"

#include <string.h>

#include "croute/core/plan/backoff.h"
#include "croute/model/masquerade.h"

/* Names of links may be any bytes. */
static void add_name(struct buf *buf, const struct links *links, uint32_t index)
{
	const struct link *link = links_find_index(links, index);

	buf_add_safe(buf, text_of(link != NULL ? link->name : index == 0 ? "none" : "(gone)"));
}

static void add_whole(struct buf *buf, const struct device *device, const struct links *links)
{
	char local[IP_TEXT_MAX];
	char mac[MAC_TEXT_MAX];

	buf_add(buf, " vni %u port %u local %s dev ", device->vni, device->port,
		ip_format(&device->local, local));
	add_name(buf, links, device->underlay);
	if (device->master != 0) {
		buf_add(buf, " master ");
		add_name(buf, links, device->master);
	}
	buf_add(buf, " mac %s mtu %u", mac_format(&device->mac, mac), device->mtu);
}

static void add_address(struct buf *buf, const struct device *device)
{
	char address[PREFIX_TEXT_MAX];

	for (int i = 0; i < FAMILIES; i++) {
		if (ip_is_set(&device->address[i].ip))
			buf_add(buf, " address %s", prefix_format(&device->address[i], address));
	}
}

static void add_part(struct buf *buf, uint32_t part, const struct device *device,
		     const struct links *links)
{
	char text[IP_TEXT_MAX];

	switch (part) {
	case DEVICE_PART_LOCAL:
		buf_add(buf, " local %s", ip_format(&device->local, text));
		return;
	case DEVICE_PART_UNDERLAY:
		buf_add(buf, " dev ");
		add_name(buf, links, device->underlay);
		return;
	case DEVICE_PART_MASTER:
		buf_add(buf, " master ");
		add_name(buf, links, device->master);
		return;
	case DEVICE_PART_MAC:
		buf_add(buf, " mac %s", mac_format(&device->mac, text));
		return;
	case DEVICE_PART_MTU:
		buf_add(buf, " mtu %u", device->mtu);
		return;
	default:
		return;
	}
}

static void add_was(struct buf *buf, uint32_t part, const struct link *was,
		    const struct links *links)
{
	char text[IP_TEXT_MAX];

	buf_add(buf, " (was ");
	if (part == DEVICE_PART_LOCAL)
		buf_add(buf, "%s", ip_format(&was->vxlan.local, text));
	else if (part == DEVICE_PART_UNDERLAY)
		add_name(buf, links, was->vxlan.underlay);
	else if (part == DEVICE_PART_MASTER && was->master == 0)
		buf_add(buf, "none");
	else if (part == DEVICE_PART_MASTER)
		add_name(buf, links, was->master);
	else if (part == DEVICE_PART_MAC)
		buf_add(buf, "%s", mac_format(&was->mac, text));
	else
		buf_add(buf, "%u", part == DEVICE_PART_MTU ? was->mtu : was->txqlen);
	buf_add(buf, ")");
}

/* What a step repairs; `was` may be NULL. */
static void add_parts(struct buf *buf, const struct vtep_action *step, const struct device *device,
		      const struct link *was, const struct links *links)
{
	static const struct {
		uint32_t part;
		const char *words; /* all that there is to say; "" where more follows */
		bool known;	   /* by what it was */
	} parts[] = {
		{DEVICE_PART_LOCAL, "", true},
		{DEVICE_PART_UNDERLAY, "", true},
		{DEVICE_PART_MASTER, "", true},
		{DEVICE_PART_MAC, "", true},
		{DEVICE_PART_MTU, "", true},
		{DEVICE_PART_TXQLEN, " txqueuelen 0", true},
		{DEVICE_PART_LEARNING, " nolearning", false},
		{DEVICE_PART_TTL, " ttl auto", false},
		{DEVICE_PART_TOS, " tos 0", false},
		{DEVICE_PART_MODE, " addrgenmode none", false},
		{DEVICE_PART_ALIAS, " alias croute", false},
		{DEVICE_PART_UP, " up", false},
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if ((step->parts & parts[i].part) == 0)
			continue;
		buf_add(buf, "%s", parts[i].words);
		add_part(buf, parts[i].part, device, links);
		if (parts[i].known && was != NULL)
			add_was(buf, parts[i].part, was, links);
	}
	if (step->address)
		add_address(buf, device);
}

const char *report_device_kind(const struct device_change *change)
{
	return change->kind == DEVICE_CHANGE_TABLE ? "masquerade" : "link";
}

char report_device_sign(const struct device_change *change)
{
	static const char signs[] = {
		[VTEP_KEEP] = '=',   [VTEP_MAKE] = '+',	  [VTEP_MEND] = '~',  [VTEP_REMAKE] = '~',
		[VTEP_REMOVE] = '-', [VTEP_DISOWN] = '~', [VTEP_REFUSE] = 'x'};

	return signs[change->todo.action];
}

static void add_table(struct buf *buf, const struct config *config, const struct vtep_action *todo)
{
	char prefix[PREFIX_TEXT_MAX];

	buf_add(buf, "table inet " MASQUERADE_TABLE);
	if (config == NULL || todo->action == VTEP_REMOVE)
		return;
	for (uint32_t i = 0; i < config->pod_network.count; i++)
		buf_add(buf, "%s %s", i == 0 ? " of" : ",",
			prefix_format(&config_prefix_at(config, config->pod_network, i)->prefix,
				      prefix));
}

static void add_link(struct buf *buf, const struct device_change *change, const struct links *links)
{
	const struct link *was = change->was.index != 0 ? &change->was : NULL;
	const struct vtep_action *todo = &change->todo;

	buf_add_safe(buf, text_of(change->device.name));
	if (todo->action == VTEP_REFUSE)
		return;
	if (todo->action == VTEP_REMOVE) {
		buf_add(buf, " vni %u port %u", change->was.vxlan.vni, change->was.vxlan.port);
	} else if (todo->action == VTEP_DISOWN) {
		buf_add(buf, " handed back: no alias");
	} else if (todo->action == VTEP_MEND && was != NULL) {
		buf_add(buf, "%s", todo->adopt ? " adopted" : "");
		add_parts(buf, todo, &change->device, was, links);
	} else {
		add_whole(buf, &change->device, links);
		add_address(buf, &change->device);
		buf_add(buf, "%s", todo->action == VTEP_REMAKE ? " (made anew)" : "");
	}
}

void report_add_device(struct buf *buf, const struct report *report,
		       const struct device_change *change)
{
	if (change->kind == DEVICE_CHANGE_TABLE)
		add_table(buf, report->picture->config, &change->todo);
	else
		add_link(buf, change, &report->picture->links);
}

void report_device_again(struct buf *buf, const struct report *report,
			 const struct device_change *change)
{
	struct vtep_action again = change->todo;
	const char *name = change->device.name;

	again.parts &= change->again;
	again.address = (change->again & BACKOFF_ADDRESS) != 0;
	if (change->kind == DEVICE_CHANGE_TABLE) {
		buf_add(buf, "another program keeps undoing the nftables table inet %s",
			MASQUERADE_TABLE);
	} else if (change->again == BACKOFF_REMOVE) {
		buf_add(buf, "removed ");
		buf_add_safe(buf, text_of(name));
		buf_add(buf, " for the %dth time; another program makes it again",
			BACKOFF_PATIENCE);
	} else if (change->again == BACKOFF_MAKE) {
		buf_add(buf, "made %s for the %dth time; the kernel or another program undoes it",
			name, BACKOFF_PATIENCE);
	} else {
		buf_add(buf, "set");
		add_parts(buf, &again, &change->device, NULL, &report->picture->links);
		buf_add(buf, " on %s for the %dth time; the kernel or another program undoes it",
			name, BACKOFF_PATIENCE_PART);
	}
}

void report_device_line(struct buf *buf, const struct report *report,
			const struct device_change *change)
{
	char sign = report_device_sign(change);

	buf_add(buf, "%c %s ", change->result == CHANGE_PUT_OFF ? '.' : sign,
		report_device_kind(change));
	report_add_device(buf, report, change);
	if (sign == '-' && report->picture->config != NULL)
		buf_add(buf, "   not in the file");
	if (change->result == CHANGE_FAILED)
		buf_add(buf, "   failed: %s", change->error);
	else if (report->applied && change->result == CHANGE_APPLIED)
		buf_add(buf, "   %s", sign == '+' ? "added" : sign == '-' ? "deleted" : "changed");
	else if (change->result == CHANGE_HELD)
		buf_add(buf, "   held with the routes that need it");
	else if (change->result == CHANGE_PUT_OFF)
		buf_add(buf, "   pending: the kernel or another program keeps undoing it");
}
