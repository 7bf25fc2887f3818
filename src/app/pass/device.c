/* device.c - the device stage of a pass: devices are set up before their peers are planned. */
/* SPDX-License-Identifier: MIT */
#include "app/pass/steps.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "croute/core/flannel/flannel.h"
#include "croute/core/plan/plan.h"
#include "croute/core/want/vtep.h"
#include "croute/edge/host/host.h"
#include "croute/edge/kernel/device.h"

#define PLANNED_INDEX                                                                              \
	0x7fffff00U /* of a device that exists only in a dry run; real indexes are far below */

struct device_change *pass_add_change(struct pass *pass, const struct link *link, unsigned action)
{
	struct device_change *change;

	if (pass->step_count == PASS_STEPS_MOST)
		return NULL;
	change = &pass->steps[pass->step_count++];
	*change = (struct device_change){.kind = DEVICE_CHANGE_TABLE, .todo.action = action};
	if (link == NULL)
		return change;
	change->kind = DEVICE_CHANGE_LINK;
	change->was = *link;
	memcpy(change->device.name, link->name, sizeof(change->device.name));
	return change;
}

void pass_settle_change(struct pass *pass, struct device_change *change, int status,
			const struct error *err)
{
	struct buf buf = BUF_OVER(change->error);

	change->result = status < 0 ? CHANGE_FAILED : CHANGE_APPLIED;
	if (status == 0)
		return;
	buf_add_safe(&buf, text_of(err->text));
	pass->picture.notes |= err->code == EPERM ? NOTE_DENIED : 0;
}

/* Settings that cause no events, and need a writable /proc/sys. */
static void keep_settings(const char *device)
{
	char name[96];

	(void)snprintf(name, sizeof(name), "net/ipv6/conf/%s/accept_ra", device);
	(void)host_sysctl_keep(name, "0");
	(void)snprintf(name, sizeof(name), "net/ipv4/conf/%s/rp_filter", device);
	(void)host_sysctl_keep(name, "2");
}

static int find_index(struct pass *pass, const char *name, uint32_t *out, struct error *err)
{
	const struct link *link;
	int status = pass_read_links(pass, err);

	if (status < 0)
		return status;
	link = links_find_name(&pass->picture.links, name);
	if (link == NULL)
		return error_set(err, ENODEV, "%s vanished as it was made", name);
	*out = link->index;
	return 0;
}

/* One that already exists is just as good. */
static int add_address(struct pass *pass, uint32_t index, const struct device *device,
		       struct error *err)
{
	for (int i = 0; i < FAMILIES; i++) {
		struct error said = {0};
		int status = 0;

		if (ip_is_set(&device->address[i].ip))
			status = kernel_device_add_address(&pass->netlink, index,
							   &device->address[i], &said);
		if (status < 0 && status != -EEXIST) {
			*err = said;
			return status;
		}
	}
	return 0;
}

/*
 * The wanted address first: the kernel drops neighbours and routes with the last one. And once more
 * at the end: IPv6 has an address only once, so that one of another length was in its way.
 */
static int mend_address(struct pass *pass, const struct vtep_action *step,
			const struct device *device, struct error *err)
{
	const struct links *links = &pass->picture.links;
	bool drops_local = !step->adopt && (step->parts & DEVICE_PART_MODE) != 0;
	uint32_t index = step->index;
	int status = add_address(pass, index, device, err);

	if (status < 0)
		return status;
	for (uint32_t i = 0; i < links->addresses.count; i++) {
		const struct link_address *address = links_address_at(links, i);
		struct prefix prefix = {.ip = address->ip, .len = address->len};

		if (address->link != index || (ip_is_link_local(&address->ip) && !drops_local) ||
		    device_has_address(device, &address->ip, address->len))
			continue;
		status = kernel_device_drop_address(&pass->netlink, index, &prefix, err);
		if (status < 0)
			return status;
	}
	return add_address(pass, index, device, err);
}

/* Marked as ours before it is up, so that it is never up without an owner. */
static int make(struct pass *pass, const struct device *device, struct error *err)
{
	uint32_t index = 0;
	int status = kernel_device_make(&pass->netlink, device, 0, err);

	if (status == 0)
		status = find_index(pass, device->name, &index, err);
	if (status == 0)
		status = kernel_device_set(&pass->netlink, index, device, DEVICE_PART_ALIAS, err);
	if (status < 0)
		return status;
	/* Creation takes no family's settings, and a host without IPv6 has none to set. */
	status = kernel_device_set(&pass->netlink, index, device, DEVICE_PART_MODE, err);
	if (status < 0 && status != -EAFNOSUPPORT && status != -EOPNOTSUPP)
		return status;
	keep_settings(device->name);
	status = kernel_device_set(&pass->netlink, index, device,
				   DEVICE_PART_UP | DEVICE_PART_MASTER, err);
	return status < 0 ? status : add_address(pass, index, device, err);
}

/* Query it once more by itself: a list alone is not enough evidence to remove a device. */
static int remove_ours(struct pass *pass, uint32_t index, struct error *err)
{
	const struct link *listed = links_find_index(&pass->picture.links, index);
	struct link link;
	int status = kernel_read_link(&pass->netlink, index, &link, err);

	if (status < 0)
		return status;
	if (listed == NULL || !device_is_ours(&link) || strcmp(link.name, listed->name) != 0)
		return error_set(err, EAGAIN,
				 "the kernel's two answers about %s disagree; it was not removed",
				 link.name);
	return kernel_device_remove(&pass->netlink, index, err);
}

static int remake(struct pass *pass, const struct device_change *change, struct error *err)
{
	int status = remove_ours(pass, change->todo.index, err);

	return status < 0 ? status : make(pass, &change->device, err);
}

static bool is_refusal_of_change(int status)
{
	return status == -EOPNOTSUPP || status == -EINVAL;
}

static int repair(struct pass *pass, const struct device_change *change, struct error *err)
{
	const struct vtep_action *todo = &change->todo;
	struct device down = {.up = false};
	struct error refused = {0};
	int status = 0;

	if ((todo->parts & DEVICE_PART_UP) != 0 && link_is_up(&change->was))
		status = kernel_device_set(&pass->netlink, todo->index, &down, DEVICE_PART_UP,
					   &refused);
	if (status == 0 && todo->parts != 0)
		status = kernel_device_set(&pass->netlink, todo->index, &change->device,
					   todo->parts, &refused);
	if (is_refusal_of_change(status))
		return remake(pass, change, err);
	if (status < 0)
		*err = refused;
	if (status < 0 || !todo->address)
		return status;
	return mend_address(pass, todo, &change->device, err);
}

/* Marked as ours once all else is right; what cannot be repaired is reported, and nothing is
 * recreated. */
static int take_over(struct pass *pass, const struct device_change *change, struct error *err)
{
	const struct vtep_action *todo = &change->todo;
	const struct device *device = &change->device;
	uint32_t parts = todo->parts & ~DEVICE_PART_ALIAS;
	int status = 0;

	if (parts != 0)
		status = kernel_device_set(&pass->netlink, todo->index, device, parts, err);
	if (status == 0 && todo->address)
		status = mend_address(pass, todo, device, err);
	if (status < 0)
		return status;
	keep_settings(device->name);
	return kernel_device_set(&pass->netlink, todo->index, device, DEVICE_PART_ALIAS, err);
}

static int carry_out(struct pass *pass, const struct device_change *change, struct error *err)
{
	if (change->todo.action == VTEP_MAKE)
		return make(pass, &change->device, err);
	if (change->todo.adopt)
		return take_over(pass, change, err);
	return change->todo.action == VTEP_REMAKE ? remake(pass, change, err)
						  : repair(pass, change, err);
}

/* What the user can do, where the kernel's message alone does not say. */
static void explain(struct error *err)
{
	if (err->code == EOPNOTSUPP && strcmp(err->text, "Unknown device type") == 0)
		error_set(err, EOPNOTSUPP,
			  "the kernel has no VXLAN (Unknown device type): load its module "
			  "(modprobe vxlan), or use backend.type: host-gw");
	else if (err->code == EADDRINUSE)
		error_set(err, EADDRINUSE,
			  "another VXLAN device or program holds the UDP port with other flags; "
			  "give another "
			  "backend.vxlan.port, or remove it");
	else if (err->code == EPERM)
		error_set(err, EPERM, "making a device needs CAP_NET_ADMIN");
	else if (err->code == EACCES) /* older kernels say no more */
		error_set(err, EACCES, "IPv6 is disabled on this device (sysctl disable_ipv6)");
}

/* A device that is only planned gets a name and an index, so that its peers can be planned. */
static int plan_index(struct pass *pass, struct family *family, const struct device_change *change)
{
	struct link link = {.index = PLANNED_INDEX + change->device.local.family};

	if (change->todo.action == VTEP_KEEP || change->todo.action == VTEP_MEND) {
		family->device = change->todo.index;
		return 0;
	}
	memcpy(link.name, change->device.name, sizeof(link.name));
	family->device = link.index;
	return rows_add(&pass->picture.links.links, &link);
}

/* What an action changes, for the back-off. */
static uint32_t parts_of(const struct vtep_action *todo)
{
	if (todo->action == VTEP_MAKE || todo->action == VTEP_REMAKE)
		return BACKOFF_MAKE;
	if (todo->action == VTEP_KEEP)
		return 0;
	return todo->parts | (todo->address ? BACKOFF_ADDRESS : 0);
}

/* The action with these parts alone. */
static struct vtep_action only(struct vtep_action todo, uint32_t parts)
{
	todo.parts &= parts;
	todo.address = todo.address && (parts & BACKOFF_ADDRESS) != 0;
	if (parts == 0)
		todo.action = VTEP_KEEP;
	return todo;
}

/* One more change, as `change` is except for what is to be done. */
static struct device_change *copy_change(struct pass *pass, const struct device_change *change,
					 struct vtep_action todo)
{
	struct device_change *copy = pass_add_change(pass, NULL, VTEP_KEEP);

	if (copy == NULL)
		return NULL;
	*copy = *change;
	copy->todo = todo;
	return copy;
}

/* Take from the change what was done again and again without lasting effect. */
static void put_off(struct pass *pass, struct family *family, struct device_change *change)
{
	uint32_t parts = parts_of(&change->todo);
	struct device_change *later = NULL;
	uint32_t waiting;

	if (pass->request.backoff == NULL || parts == 0)
		return;
	waiting = backoff_parts(pass->request.backoff, change->device.name, parts,
				pass->request.now);
	/* Its alias, which comes last of all, ends a takeover. */
	if (change->todo.adopt && (waiting & DEVICE_PART_ALIAS) != 0)
		waiting = parts;
	if (waiting != 0)
		later = copy_change(pass, change, only(change->todo, waiting));
	change->todo = only(change->todo, parts & ~waiting);
	if (later == NULL)
		return;
	later->result = CHANGE_PUT_OFF;
	family->stuck = (waiting & BACKOFF_MAKE) != 0;
}

static int make_change(struct pass *pass, struct family *family, const struct device_change *asked)
{
	struct device_change *change = copy_change(pass, asked, asked->todo);
	struct error err = {0};
	int status;

	if (change == NULL)
		return 0;
	if (pass->request.dry_run)
		return plan_index(pass, family, change);
	status = carry_out(pass, change, &err);
	if (status < 0)
		explain(&err);
	pass_settle_change(pass, change, status, &err);
	family->stuck = status < 0;
	if (status < 0)
		return 0;
	if (pass->request.backoff != NULL)
		change->again = backoff_note_parts(pass->request.backoff, change->device.name,
						   parts_of(&change->todo), pass->request.now);
	return find_index(pass, change->device.name, &family->device, &err);
}

static void get_stuck(struct pass *pass, struct family *family, const char *name,
		      const struct error *err)
{
	struct device_change *change = pass_add_change(pass, NULL, VTEP_REFUSE);

	family->stuck = true;
	if (change == NULL)
		return;
	change->kind = DEVICE_CHANGE_LINK;
	(void)snprintf(change->device.name, sizeof(change->device.name), "%s", name);
	pass_settle_change(pass, change, -err->code, err);
}

/* Strict reverse-path filtering drops what comes plain from hosts to which this one tunnels. */
static void look_at_rp_filter(struct pass *pass, const char *underlay)
{
	char name[96];

	(void)snprintf(name, sizeof(name), "net/ipv4/conf/%s/rp_filter", underlay);
	pass->picture.notes |=
		host_sysctl_number("net/ipv4/conf/all/rp_filter") < 2 &&
				(host_sysctl_number(name) == 1 ||
				 (host_sysctl_number(name) == 0 &&
				  host_sysctl_number("net/ipv4/conf/all/rp_filter") == 1))
			? NOTE_STRICT_RP
			: 0;
}

/*
 * Whether peers will have to learn another MAC. Where croute only puts back its own they hold it
 * already: the one that this process last saw to, or, of a device that has the right local address,
 * the one that follows from it.
 */
static bool changes_mac(struct pass *pass, const struct device_change *change)
{
	const struct config *config = pass->picture.config;
	const struct config_node *node = config_node_at(config, pass->picture.node.index);
	uint8_t family = change->device.local.family;
	struct mac *known = &pass->mac[FAMILY_INDEX(family)];
	struct mac before = *known;

	if (!pass->request.dry_run)
		*known = change->device.mac;
	if (change->was.index == 0 || mac_same(&change->was.mac, &change->device.mac))
		return false;
	if (mac_is_set(&before))
		return !mac_same(&before, &change->device.mac);
	return mac_is_set(family == AF_INET ? &node->vtep_mac : &node->vtep_mac6) ||
	       !ip_same(&change->was.vxlan.local, &change->device.local);
}

/*
 * The tunnel's socket belongs to the VRF in which the interface was when the device came up
 * (drivers/net/vxlan, vxlan_sock_add), which nothing tells of it: when the interface has moved
 * since, it is taken down and up.
 */
static void follow_vrf(struct pass *pass, const struct family *family, struct device_change *change)
{
	uint8_t number = family->link.address.family;
	uint32_t *known = &pass->vrf[FAMILY_INDEX(number)];
	uint32_t now = picture_link_vrf(&pass->picture, number) + 1;
	struct vtep_action *todo = &change->todo;

	if (*known != 0 && *known != now && change->was.index != 0 &&
	    (todo->action == VTEP_KEEP || todo->action == VTEP_MEND)) {
		todo->action = VTEP_MEND;
		todo->parts |= DEVICE_PART_UP;
		todo->address |= vtep_is_taken_down(&change->device, todo->parts);
	}
	if (!pass->request.dry_run)
		*known = now;
}

/* What is to be done about the device of a family: 0, or -errno with `err`. */
static int choose_change(const struct pass *pass, const struct family *family,
			 struct device_change *out, struct error *err)
{
	const struct config *config = pass->picture.config;
	const struct links *links = &pass->picture.links;
	struct device *device = &out->device;
	const struct link *link;
	int status = vtep_device(config, config_node_at(config, pass->picture.node.index),
				 &family->link, device, err);

	if (status < 0)
		return status;
	vtep_join_vrf(device, config, links);
	link = flannel_find_device(config, device, links);
	status = link != NULL ? flannel_device_action(device, links, link, &out->todo, err)
			      : vtep_decide(device, links, &out->todo, err);
	link = links_find_index(links, out->todo.index);
	if (status == 0 && link != NULL)
		out->was = *link;
	return status;
}

static void note_change(struct pass *pass, const struct device_change *change)
{
	unsigned *notes = &pass->picture.notes;

	*notes |= change->todo.action == VTEP_MAKE ? NOTE_MADE_DEVICE : 0;
	*notes |= changes_mac(pass, change) ? NOTE_CHANGED_MAC : 0;
	*notes |= pass->picture.config->vxlan.mtu > change->device.mtu ? NOTE_CUT_MTU : 0;
}

static int settle_family(struct pass *pass, struct family *family)
{
	const struct config_vxlan *vxlan = &pass->picture.config->vxlan;
	struct device_change change = {.kind = DEVICE_CHANGE_LINK};
	bool keeps;
	struct error err = {0};

	if (choose_change(pass, family, &change, &err) < 0) {
		get_stuck(pass, family,
			  family->link.address.family == AF_INET ? vxlan->device : vxlan->device_v6,
			  &err);
		return 0;
	}
	follow_vrf(pass, family, &change);
	put_off(pass, family, &change);
	family->device = change.todo.index;
	note_change(pass, &change);
	keeps = change.todo.action == VTEP_KEEP;
	if (pass->request.look_around && pass->source.snapshot == NULL)
		look_at_rp_filter(pass, family->link.name);
	if (!pass->request.dry_run && pass->request.look_around && keeps)
		keep_settings(change.device.name);
	return keeps ? 0 : make_change(pass, family, &change);
}

int pass_devices(struct pass *pass, struct error *err)
{
	int status = 0;

	if (pass->picture.config->backend != BACKEND_VXLAN)
		return 0;
	for (uint32_t i = 0; i < FAMILIES && status == 0; i++) {
		if (pass->picture.family[i].link.index != 0)
			status = settle_family(pass, &pass->picture.family[i]);
	}
	return status < 0 ? error_set(err, -status, "cannot look at the VXLAN device: %s",
				      strerror(-status))
			  : 0;
}

static bool is_wanted(const struct pass *pass, const struct link *link)
{
	return link->index == pass->picture.family[0].device ||
	       link->index == pass->picture.family[1].device;
}

static void drop_device(struct pass *pass, const struct link *link)
{
	const struct pass_request *request = &pass->request;
	struct device_change *change = pass_add_change(pass, link, VTEP_REMOVE);
	bool has_backoff = request->backoff != NULL;
	struct error err = {0};

	if (change == NULL)
		return;
	if (plan_leaves_link(&pass->picture, link->index,
			     request->dry_run ? CHANGE_PLANNED : CHANGE_APPLIED))
		change->result = CHANGE_HELD;
	else if (has_backoff &&
		 backoff_parts(request->backoff, link->name, BACKOFF_REMOVE, request->now) != 0)
		change->result = CHANGE_PUT_OFF;
	else if (!request->dry_run)
		pass_settle_change(pass, change, remove_ours(pass, link->index, &err), &err);
	if (has_backoff && change->result == CHANGE_APPLIED)
		change->again = backoff_note_parts(request->backoff, link->name, BACKOFF_REMOVE,
						   request->now);
}

void pass_drop_devices(struct pass *pass)
{
	if (pass_lacks_interface(pass))
		return;
	for (uint32_t i = 0; i < pass->picture.links.links.count; i++) {
		const struct link *link = links_at(&pass->picture.links, i);

		if (device_is_ours(link) && !is_wanted(pass, link))
			drop_device(pass, link);
	}
}
