/* device.c - what a device is to become, and what it was. */
#include "croute/core/report/device.h"

#include <string.h>

#include "croute/model/masquerade.h"

/* Names of links may be any bytes. */
static void add_name(struct buf *buf, const struct links *links, uint32_t index)
{
	const struct link *link = links_find_index(links, index);

	buf_add_safe(buf, text_of(link != NULL ? link->name : "(gone)"));
}

static void add_whole(struct buf *buf, const struct device *device, const struct links *links)
{
	char local[IP_TEXT_MAX];
	char mac[MAC_TEXT_MAX];

	buf_add(buf, " vni %u port %u local %s dev ", device->vni, device->port,
		ip_format(&device->local, local));
	add_name(buf, links, device->underlay);
	buf_add(buf, " mac %s mtu %u", mac_format(&device->mac, mac), device->mtu);
}

static void add_address(struct buf *buf, const struct device *device)
{
	char address[PREFIX_TEXT_MAX];

	if (ip_is_set(&device->address.ip))
		buf_add(buf, " address %s", prefix_format(&device->address, address));
}

/* The parts that are kept in numbers or names: as they are wanted, and as they were. */
static void add_known_parts(struct buf *buf, uint32_t parts, const struct device *device,
			    const struct link *was, const struct links *links)
{
	char to[IP_TEXT_MAX];
	char from[IP_TEXT_MAX];

	if ((parts & DEVICE_PART_LOCAL) != 0)
		buf_add(buf, " local %s (was %s)", ip_format(&device->local, to),
			ip_format(&was->vxlan.local, from));
	if ((parts & DEVICE_PART_UNDERLAY) != 0) {
		buf_add(buf, " dev ");
		add_name(buf, links, device->underlay);
		buf_add(buf, " (was ");
		add_name(buf, links, was->vxlan.underlay);
		buf_add(buf, ")");
	}
	if ((parts & DEVICE_PART_MAC) != 0)
		buf_add(buf, " mac %s (was %s)", mac_format(&device->mac, to),
			mac_format(&was->mac, from));
	if ((parts & DEVICE_PART_MTU) != 0)
		buf_add(buf, " mtu %u (was %u)", device->mtu, was->mtu);
	if ((parts & DEVICE_PART_TXQLEN) != 0)
		buf_add(buf, " txqueuelen 0 (was %u)", was->txqlen);
}

static void add_plain_parts(struct buf *buf, uint32_t parts)
{
	static const struct {
		uint32_t part;
		const char *words;
	} plain[] = {
		{DEVICE_PART_LEARNING, " nolearning"}, {DEVICE_PART_TTL, " ttl auto"},
		{DEVICE_PART_TOS, " tos 0"},	       {DEVICE_PART_MODE, " addrgenmode none"},
		{DEVICE_PART_ALIAS, " alias croute"},  {DEVICE_PART_UP, " up"},
	};

	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		if ((parts & plain[i].part) != 0)
			buf_add(buf, "%s", plain[i].words);
	}
}

void report_device_describe(struct report_step *out, const struct vtep_step *step,
			    const struct device *device, const struct link *was,
			    const struct links *links)
{
	struct buf buf = BUF_OVER(out->text);

	out->sign = step->action == VTEP_MAKE ? '+' : '~';
	out->kind = "link";
	buf_add(&buf, "%s", device->name);
	if (step->action != VTEP_MEND || was == NULL) {
		add_whole(&buf, device, links);
		add_address(&buf, device);
		if (step->action == VTEP_REMAKE)
			buf_add(&buf, " (made anew)");
		return;
	}
	buf_add(&buf, "%s", step->adopt ? " adopted" : "");
	add_known_parts(&buf, step->parts, device, was, links);
	add_plain_parts(&buf, step->parts);
	if (step->address)
		add_address(&buf, device);
}

void report_device_describe_removal(struct report_step *out, const struct link *link)
{
	struct buf buf = BUF_OVER(out->text);

	out->sign = '-';
	out->kind = "link";
	buf_add_safe(&buf, text_of(link->name));
	buf_add(&buf, " vni %u port %u", link->vxlan.vni, link->vxlan.port);
}

void report_device_fail(struct report_step *step, const char *why)
{
	struct buf buf = BUF_OVER(step->error);

	step->result = CHANGE_FAILED;
	step->error[0] = '\0';
	buf_add_safe(&buf, text_of(why));
}

void report_device_line(struct buf *buf, const struct report_step *step, bool applied)
{
	buf_add(buf, "%c %s %s", step->sign, step->kind, step->text);
	if (step->sign == '-' && !step->no_file)
		buf_add(buf, "   not in the file");
	if (step->result == CHANGE_FAILED)
		buf_add(buf, "   failed: %s", step->error);
	else if (applied && step->result == CHANGE_APPLIED)
		buf_add(buf, "   %s",
			step->sign == '+'   ? "added"
			: step->sign == '-' ? "deleted"
					    : "changed");
	else if (step->result == CHANGE_HELD)
		buf_add(buf, "   held with the routes that need it");
}

void report_masquerade(struct report_step *out, char sign, const struct config *config)
{
	struct buf buf = BUF_OVER(out->text);
	char prefix[PREFIX_TEXT_MAX];

	out->sign = sign;
	out->kind = "masquerade";
	out->no_file = config == NULL;
	buf_add(&buf, "table inet " MASQUERADE_TABLE);
	if (config == NULL || sign == '-')
		return;
	for (uint32_t i = 0; i < config->pod_network.count; i++)
		buf_add(&buf, "%s %s", i == 0 ? " of" : ",",
			prefix_format(&config_prefix_at(config, config->pod_network, i)->prefix,
				      prefix));
}
