/* restore_device.c - making devices what they were. */
#include <errno.h>
#include <stdio.h>

#include "app/confirm/steps.h"
#include "croute/app/pass/pass.h"
#include "croute/edge/host/host.h"
#include "croute/edge/kernel/device.h"
#include "croute/model/device.h"

/* Settings of /proc/sys that a pass keeps on its devices. */
static const char *setting_path(char out[96], const char *family, const char *device,
				const char *what)
{
	(void)snprintf(out, 96, "net/%s/conf/%s/%s", family, device, what);
	return out;
}

void confirm_note_settings(struct undo *undo, const struct link *link)
{
	char path[96];

	if (undo->setting_count == UNDO_SETTINGS_MOST)
		return;
	undo->settings[undo->setting_count++] = (struct undo_settings){
		.link = link->index,
		.accept_ra =
			host_sysctl_number(setting_path(path, "ipv6", link->name, "accept_ra")),
		.rp_filter =
			host_sysctl_number(setting_path(path, "ipv4", link->name, "rp_filter")),
	};
}

static void put_back(const char *family, const char *device, const char *what, int number)
{
	char path[96];
	char value[16];

	(void)snprintf(value, sizeof(value), "%d", number);
	if (number >= 0)
		(void)host_sysctl_keep(setting_path(path, family, device, what), value);
}

/* With those of a device that is gone nothing is to be done. */
void confirm_restore_settings(const struct undo *undo)
{
	for (uint32_t i = 0; i < undo->setting_count; i++) {
		const struct undo_settings *was = &undo->settings[i];
		const struct link *link = links_find_index(&undo->before.links, was->link);

		if (link != NULL) {
			put_back("ipv6", link->name, "accept_ra", was->accept_ra);
			put_back("ipv4", link->name, "rp_filter", was->rp_filter);
		}
	}
}

/* Put on a link the addresses that it had and lacks. */
static int add_addresses(struct pass *pass, uint32_t index, const struct links *before,
			 struct error *err)
{
	int status = 0;

	for (uint32_t i = 0; i < before->addresses.count && status == 0; i++) {
		const struct link_address *address = links_address_at(before, i);
		struct prefix prefix = {.ip = address->ip, .len = address->len};

		if (address->link != index || undo_has_address(&pass->picture.links, address))
			continue;
		status = kernel_device_add_address(&pass->netlink, index, &prefix, err);
		status = status == -EEXIST ? 0 : status;
	}
	return status;
}

/* Take off those that it had not. */
static int drop_addresses(struct pass *pass, uint32_t index, const struct links *before,
			  struct error *err)
{
	int status = 0;

	for (uint32_t i = 0; i < pass->picture.links.addresses.count && status == 0; i++) {
		const struct link_address *address = links_address_at(&pass->picture.links, i);
		struct prefix prefix = {.ip = address->ip, .len = address->len};

		if (address->link != index || undo_has_address(before, address))
			continue;
		status = kernel_device_drop_address(&pass->netlink, index, &prefix, err);
		status = status == -EADDRNOTAVAIL ? 0 : status;
	}
	return status;
}

/* The old ones first: with the last address the kernel drops neighbours and routes. */
static int restore_addresses(struct pass *pass, const struct undo *undo, uint32_t index,
			     struct error *err)
{
	int status = source_read_links(&pass->source, &pass->picture.links, err);

	if (status == 0)
		status = add_addresses(pass, index, &undo->before.links, err);
	return status < 0 ? status : drop_addresses(pass, index, &undo->before.links, err);
}

static int make(struct pass *pass, const struct undo *undo, const struct link *before,
		struct error *err)
{
	const struct device device = device_of(before);
	uint32_t index = before->index;
	int status = kernel_device_make(&pass->netlink, &device, index, err);

	if (status == 0)
		status = kernel_device_set(&pass->netlink, index, &device, DEVICE_PART_ALIAS, err);
	if (status < 0)
		return status;
	(void)kernel_device_set(&pass->netlink, index, &device, DEVICE_PART_MODE, NULL);
	status = kernel_device_set(&pass->netlink, index, &device, DEVICE_PART_UP, err);
	return status < 0 ? status : restore_addresses(pass, undo, index, err);
}

static int mend(struct pass *pass, const struct undo *undo, const struct undo_step *step,
		struct error *err)
{
	const struct device device = device_of(step->before);
	int status = kernel_device_set(&pass->netlink, step->before->index, &device, step->parts,
				       err);

	return status < 0 ? status : restore_addresses(pass, undo, step->before->index, err);
}

/* One without a `before` is removed. */
static int take_step(struct pass *pass, const struct undo *undo, const struct undo_step *step,
		     struct error *err)
{
	if (step->before == NULL)
		return kernel_device_remove(&pass->netlink, step->now->index, err);
	return step->action == UNDO_MAKE ? make(pass, undo, step->before, err)
					 : mend(pass, undo, step, err);
}

void confirm_restore_devices(struct confirm_undoing *undoing, const struct undo_step *steps,
			     uint32_t count, bool removals)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct link *link = steps[i].before != NULL ? steps[i].before : steps[i].now;
		struct error err = {0};

		if ((steps[i].action == UNDO_REMOVE) != removals)
			continue;
		if (take_step(undoing->pass, undoing->undo, &steps[i], &err) == 0) {
			undoing->result.devices++;
			continue;
		}
		undoing->result.failed++;
		buf_add(undoing->told, "device %s: %s\n", link->name, err.text);
	}
}
