/* device.c - what a device is to become, and what it was. */
#include "croute/core/report/device.h"

#include <string.h>

#include "croute/core/plan/backoff.h"
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

/* A part as it is wanted. */
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

/* And as it was. */
static void add_was(struct buf *buf, uint32_t part, const struct link *was,
		    const struct links *links)
{
	char text[IP_TEXT_MAX];

	buf_add(buf, " (was ");
	if (part == DEVICE_PART_LOCAL)
		buf_add(buf, "%s", ip_format(&was->vxlan.local, text));
	else if (part == DEVICE_PART_UNDERLAY)
		add_name(buf, links, was->vxlan.underlay);
	else if (part == DEVICE_PART_MAC)
		buf_add(buf, "%s", mac_format(&was->mac, text));
	else
		buf_add(buf, "%u", part == DEVICE_PART_MTU ? was->mtu : was->txqlen);
	buf_add(buf, ")");
}

/* What a step mends; `was` may be NULL. */
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

void report_device_describe(struct device_change *out, const struct vtep_action *step,
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
	add_parts(&buf, step, device, was, links);
}

void report_device_again(struct device_change *out, const struct vtep_action *step,
			 const struct device *device, const struct links *links)
{
	struct buf buf = BUF_OVER(out->again);
	bool whole = step->action != VTEP_MEND;

	buf_add(&buf, whole ? "made" : "set");
	if (!whole)
		add_parts(&buf, step, device, NULL, links);
	buf_add(&buf, "%s %s for the %dth time; the kernel or another program undoes it",
		whole ? "" : " on", device->name, whole ? BACKOFF_PATIENCE : BACKOFF_PATIENCE_PART);
}

void report_device_describe_removal(struct device_change *out, const struct link *link)
{
	struct buf buf = BUF_OVER(out->text);

	out->sign = '-';
	out->kind = "link";
	buf_add_safe(&buf, text_of(link->name));
	buf_add(&buf, " vni %u port %u", link->vxlan.vni, link->vxlan.port);
}

void report_device_fail(struct device_change *step, const char *why)
{
	struct buf buf = BUF_OVER(step->error);

	step->result = CHANGE_FAILED;
	step->error[0] = '\0';
	buf_add_safe(&buf, text_of(why));
}

void report_device_line(struct buf *buf, const struct device_change *step, bool applied)
{
	buf_add(buf, "%c %s %s", step->result == CHANGE_PUT_OFF ? '.' : step->sign, step->kind,
		step->text);
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
	else if (step->result == CHANGE_PUT_OFF)
		buf_add(buf, "   pending: the kernel or another program keeps undoing it");
}

void report_masquerade(struct device_change *out, char sign, const struct config *config)
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
