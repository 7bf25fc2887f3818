/* device.c - the device stage of a pass: a device is right before its peers are planned. */
#include "app/pass/steps.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "croute/core/flannel/device.h"
#include "croute/core/plan/plan.h"
#include "croute/core/report/device.h"
#include "croute/core/want/vtep.h"
#include "croute/edge/host/host.h"
#include "croute/edge/kernel/device.h"

#define PLANNED_INDEX                                                                              \
	0x7fffff00U /* of a device that a dry run only thinks of; real ones are far below */

struct device_change *pass_next_step(struct pass *pass)
{
	struct device_change *step;

	if (pass->step_count == PASS_STEPS_MOST)
		return NULL;
	step = &pass->steps[pass->step_count++];
	*step = (struct device_change){.result = CHANGE_PLANNED};
	return step;
}

/* Settings that tell no events and that only a writable /proc/sys lets us keep. */
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

/* One that is there already is as good. */
static int add_address(struct pass *pass, uint32_t index, const struct device *device,
		       struct error *err)
{
	struct error said = {0};
	int status = 0;

	if (ip_is_set(&device->address.ip))
		status = kernel_device_add_address(&pass->netlink, index, &device->address, &said);
	if (status == 0 || status == -EEXIST)
		return 0;
	*err = said;
	return status;
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
		    prefix_same(&prefix, &device->address))
			continue;
		status = kernel_device_drop_address(&pass->netlink, index, &prefix, err);
		if (status < 0)
			return status;
	}
	return add_address(pass, index, device, err);
}

/* Marked as ours before it is up, so that it is never up and nobody's. */
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
	(void)kernel_device_set(&pass->netlink, index, device, DEVICE_PART_MODE, NULL);
	keep_settings(device->name);
	status = kernel_device_set(&pass->netlink, index, device, DEVICE_PART_UP, err);
	return status < 0 ? status : add_address(pass, index, device, err);
}

/* It is asked for by itself once more: that a list says so is not enough to remove a device. */
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

static int remake(struct pass *pass, const struct vtep_action *step, const struct device *device,
		  struct error *err)
{
	int status = remove_ours(pass, step->index, err);

	return status < 0 ? status : make(pass, device, err);
}

static bool is_refusal_of_change(int status)
{
	return status == -EOPNOTSUPP || status == -EINVAL;
}

static int mend(struct pass *pass, const struct vtep_action *step, const struct device *device,
		struct error *err)
{
	struct error refused = {0};
	int status = 0;

	if (step->parts != 0)
		status = kernel_device_set(&pass->netlink, step->index, device, step->parts,
					   &refused);
	if (is_refusal_of_change(status))
		return remake(pass, step, device, err);
	if (status < 0)
		*err = refused;
	if (status < 0 || !step->address)
		return status;
	return mend_address(pass, step, device, err);
}

/* Marked as ours when all else is right; what cannot be mended is told, and nothing made anew. */
static int take_over(struct pass *pass, const struct vtep_action *step, const struct device *device,
		     struct error *err)
{
	uint32_t parts = step->parts & ~DEVICE_PART_ALIAS;
	int status = 0;

	if (parts != 0)
		status = kernel_device_set(&pass->netlink, step->index, device, parts, err);
	if (status == 0 && step->address)
		status = mend_address(pass, step, device, err);
	if (status < 0)
		return status;
	keep_settings(device->name);
	return kernel_device_set(&pass->netlink, step->index, device, DEVICE_PART_ALIAS, err);
}

static int carry_out(struct pass *pass, const struct vtep_action *step, const struct device *device,
		     struct error *err)
{
	if (step->action == VTEP_MAKE)
		return make(pass, device, err);
	if (step->adopt)
		return take_over(pass, step, device, err);
	return step->action == VTEP_REMAKE ? remake(pass, step, device, err)
					   : mend(pass, step, device, err);
}

/* What a user can do about it, where the kernel's words alone do not say. */
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

static void settle_step(struct pass *pass, struct family *family, struct device_change *step,
			struct error *err)
{
	if (err->code == 0) {
		step->result = CHANGE_APPLIED;
		return;
	}
	explain(err);
	report_device_fail(step, err->text);
	family->stuck = true;
	pass->picture.notes |= err->code == EPERM ? NOTE_DENIED : 0;
}

/* A device that is only planned gets a name and index for the plan of its peers. */
static int plan_index(struct pass *pass, struct family *family, const struct vtep_action *step,
		      const struct device *device)
{
	struct link link = {.index = PLANNED_INDEX + device->local.family};

	if (step->action == VTEP_KEEP || step->action == VTEP_MEND) {
		family->device = step->index;
		return 0;
	}
	memcpy(link.name, device->name, sizeof(link.name));
	family->device = link.index;
	return rows_add(&pass->picture.links.links, &link);
}

/* What a step changes, for the back-off. */
static uint32_t parts_of(const struct vtep_action *step)
{
	if (step->action == VTEP_MAKE || step->action == VTEP_REMAKE)
		return BACKOFF_MAKE;
	if (step->action == VTEP_KEEP)
		return 0;
	return step->parts | (step->address ? BACKOFF_ADDRESS : 0);
}

/* The step with these parts alone. */
static struct vtep_action only(struct vtep_action step, uint32_t parts)
{
	step.parts &= parts;
	step.address = step.address && (parts & BACKOFF_ADDRESS) != 0;
	if (parts == 0)
		step.action = VTEP_KEEP;
	return step;
}

/* Take from the step what was done again and again without lasting effect. */
static void put_off(struct pass *pass, struct family *family, const struct device *device,
		    struct vtep_action *step)
{
	uint32_t parts = parts_of(step);
	struct device_change *told;
	struct vtep_action later;
	uint32_t waiting;

	if (pass->request.backoff == NULL || parts == 0)
		return;
	waiting = backoff_parts(pass->request.backoff, device->name, parts, pass->request.now);
	/* Its alias, which comes last of all, ends a takeover. */
	if (step->adopt && (waiting & DEVICE_PART_ALIAS) != 0)
		waiting = parts;
	later = only(*step, waiting);
	*step = only(*step, parts & ~waiting);
	told = waiting != 0 ? pass_next_step(pass) : NULL;
	if (told == NULL)
		return;
	report_device_describe(told, &later, device,
			       links_find_index(&pass->picture.links, step->index),
			       &pass->picture.links);
	told->result = CHANGE_PUT_OFF;
	family->stuck = (waiting & BACKOFF_MAKE) != 0;
}

/* Count what was done, and name it when that was once too often. */
static void note(const struct pass *pass, const struct device *device,
		 const struct vtep_action *step, struct device_change *told)
{
	struct vtep_action again;
	uint32_t begun;

	if (pass->request.backoff == NULL || told->result != CHANGE_APPLIED)
		return;
	begun = backoff_note_parts(pass->request.backoff, device->name, parts_of(step),
				   pass->request.now);
	again = only(*step, begun);
	if (begun != 0)
		report_device_again(told, &again, device, &pass->picture.links);
}

static int take_step(struct pass *pass, struct family *family, const struct device *device,
		     const struct vtep_action *step)
{
	struct device_change *told = pass_next_step(pass);
	struct error err = {0};

	if (told == NULL)
		return 0;
	report_device_describe(told, step, device,
			       links_find_index(&pass->picture.links, step->index),
			       &pass->picture.links);
	if (pass->request.dry_run)
		return plan_index(pass, family, step, device);
	(void)carry_out(pass, step, device, &err);
	settle_step(pass, family, told, &err);
	note(pass, device, step, told);
	return family->stuck ? 0 : find_index(pass, device->name, &family->device, &err);
}

static void get_stuck(struct pass *pass, struct family *family, const char *name,
		      const struct error *err)
{
	struct device_change *told = pass_next_step(pass);

	family->stuck = true;
	if (told == NULL)
		return;
	told->sign = 'x';
	told->kind = "link";
	(void)snprintf(told->text, sizeof(told->text), "%s", name);
	report_device_fail(told, err->text);
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

/* Whether peers that hold the device's present MAC will have to learn another. */
static bool changes_mac(const struct pass *pass, const struct vtep_action *step,
			const struct device *device)
{
	const struct link *link = links_find_index(&pass->picture.links, step->index);

	return link != NULL && !mac_same(&link->mac, &device->mac);
}

static int choose_step(const struct pass *pass, const struct config *config,
		       const struct device *device, struct vtep_action *out, struct error *err)
{
	const struct link *link = flannel_find_device(config, device, &pass->picture.links);

	return link != NULL ? flannel_device_action(device, &pass->picture.links, link, out, err)
			    : vtep_decide(device, &pass->picture.links, out, err);
}

static int settle_family(struct pass *pass, struct family *family)
{
	const struct config *config = pass->picture.config;
	struct device device = {.name = ""};
	struct vtep_action step;
	struct error err = {0};

	if (vtep_device(config, config_node_at(config, pass->picture.node.index), &family->link,
			&device, &err) < 0 ||
	    choose_step(pass, config, &device, &step, &err) < 0) {
		get_stuck(pass, family,
			  family->link.address.family == AF_INET ? config->vxlan.device
								 : config->vxlan.device_v6,
			  &err);
		return 0;
	}
	put_off(pass, family, &device, &step);
	family->device = step.index;
	pass->picture.notes |= step.action == VTEP_MAKE ? NOTE_MADE_DEVICE : 0;
	pass->picture.notes |= changes_mac(pass, &step, &device) ? NOTE_CHANGED_MAC : 0;
	pass->picture.notes |= config->vxlan.mtu > device.mtu ? NOTE_CUT_MTU : 0;
	if (pass->request.look_around && pass->source.snapshot == NULL)
		look_at_rp_filter(pass, family->link.name);
	if (!pass->request.dry_run && pass->request.look_around && step.action == VTEP_KEEP)
		keep_settings(device.name);
	return step.action == VTEP_KEEP ? 0 : take_step(pass, family, &device, &step);
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

static void remove_device(struct pass *pass, const struct link *link, struct device_change *told)
{
	struct error err = {0};

	if (remove_ours(pass, link->index, &err) < 0) {
		pass->picture.notes |= err.code == EPERM ? NOTE_DENIED : 0;
		report_device_fail(told, err.text);
		return;
	}
	told->result = CHANGE_APPLIED;
	if (pass->request.backoff != NULL &&
	    backoff_note_parts(pass->request.backoff, link->name, BACKOFF_REMOVE,
			       pass->request.now) != 0)
		(void)snprintf(told->again, sizeof(told->again),
			       "removed %s for the %dth time; another program makes it again",
			       link->name, BACKOFF_PATIENCE);
}

static void drop_device(struct pass *pass, const struct link *link)
{
	struct device_change *told = pass_next_step(pass);

	if (told == NULL)
		return;
	report_device_describe_removal(told, link);
	told->no_file = pass->picture.config == NULL;
	if (plan_leaves_link(&pass->picture, link->index,
			     pass->request.dry_run ? CHANGE_PLANNED : CHANGE_APPLIED)) {
		told->result = CHANGE_HELD;
		return;
	}
	if (pass->request.backoff != NULL && backoff_parts(pass->request.backoff, link->name,
							   BACKOFF_REMOVE, pass->request.now) != 0)
		told->result = CHANGE_PUT_OFF;
	else if (!pass->request.dry_run)
		remove_device(pass, link, told);
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
