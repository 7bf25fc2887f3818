/* restore.c - a pass whose wanted rows are those that were there, behind devices put back. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/confirm/steps.h"
#include "croute/app/pass/pass.h"
#include "croute/core/plan/foreign.h"
#include "croute/core/report/report.h"
#include "croute/edge/host/host.h"
#include "croute/edge/kernel/device.h"
#include "croute/model/device.h"
#include "croute/model/masquerade.h"

#define TRIES 3 /* when the kernel's answers were lost */

const char *confirm_setting(char out[CONFIRM_SETTING_MAX], const char *family, const char *device,
			    const char *what)
{
	(void)snprintf(out, CONFIRM_SETTING_MAX, "net/%s/conf/%s/%s", family, device, what);
	return out;
}

static void put_setting(const char *family, const char *device, const char *what, int number)
{
	char path[CONFIRM_SETTING_MAX];
	char value[16];

	(void)snprintf(value, sizeof(value), "%d", number);
	if (number >= 0)
		(void)host_sysctl_keep(confirm_setting(path, family, device, what), value);
}

/* Nothing to do for entries of a device that is gone. */
static void restore_settings(const struct undo *undo)
{
	for (uint32_t i = 0; i < undo->setting_count; i++) {
		const struct undo_settings *was = &undo->settings[i];
		const struct link *link = links_find_index(&undo->before.links, was->link);

		if (link != NULL) {
			put_setting("ipv6", link->name, "accept_ra", was->accept_ra);
			put_setting("ipv4", link->name, "rp_filter", was->rp_filter);
		}
	}
}

/* Put on a link the addresses that it had and lacks, or take off those that it had not. */
static int set_addresses(struct pass *pass, uint32_t index, const struct links *of,
			 const struct links *but, struct error *err)
{
	bool is_there = of == &pass->picture.links;
	int status = 0;

	for (uint32_t i = 0; i < of->addresses.count && status == 0; i++) {
		const struct link_address *address = links_address_at(of, i);
		struct prefix prefix = {.ip = address->ip, .len = address->len};

		if (address->link != index || undo_has_address(but, address))
			continue;
		status = is_there ? kernel_device_drop_address(&pass->netlink, index, &prefix, err)
				  : kernel_device_add_address(&pass->netlink, index, &prefix, err);
		if (status == (is_there ? -EADDRNOTAVAIL : -EEXIST))
			status = 0;
	}
	return status;
}

/* The old ones first: with the last address the kernel drops neighbours and routes. */
static int restore_addresses(struct pass *pass, const struct undo *undo, uint32_t index,
			     struct error *err)
{
	const struct links *before = &undo->before.links;
	const struct links *now = &pass->picture.links;
	int status = source_read_links(&pass->source, &pass->picture.links, err);

	if (status == 0)
		status = set_addresses(pass, index, before, now, err);
	return status < 0 ? status : set_addresses(pass, index, now, before, err);
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
	status = kernel_device_set(&pass->netlink, index, &device,
				   DEVICE_PART_UP | DEVICE_PART_MASTER, err);
	return status < 0 ? status : restore_addresses(pass, undo, index, err);
}

static int repair(struct pass *pass, const struct undo *undo, const struct undo_step *step,
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
					 : repair(pass, undo, step, err);
}

/* The steps that come before the rows, or the removals that come after them. */
static void restore_devices(struct confirm_undoing *undoing, const struct undo_step *steps,
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

bool confirm_is_out_of_reach(int status)
{
	return nft_is_missing(status) || status == -EPERM;
}

/* All or nothing, in one transaction. */
static int put_table_back(struct confirm_undoing *undoing, struct error *err)
{
	struct nft *nft = &undoing->pass->nft;
	const struct nft_record *was = undoing->table;

	if (!nft_record_is_whole(was))
		return error_set(err, EOPNOTSUPP, "it had attributes that croute does not write");
	if (nft_build_again(nft, nft->netlink.message, &was->messages) < 0)
		return error_set(err, EMSGSIZE, "it is too large to be restored");
	return nft_send(nft, err);
}

/* What others did to the table that was there is theirs; one that the pass made is another one. */
static void restore_table(struct confirm_undoing *undoing)
{
	struct nft *nft = &undoing->pass->nft;
	struct error err = {0};
	uint64_t now = 0;
	int status = nft_open(nft, &err);

	if (status == 0)
		status = nft_record_find(nft, &now, &err);
	if (confirm_is_out_of_reach(status) || (status == 0 && now == undoing->table->handle))
		return;
	if (status == 0)
		status = put_table_back(undoing, &err);
	if (status == 0) {
		undoing->result.tables++;
		return;
	}
	undoing->result.failed++;
	buf_add(undoing->told, "nftables table inet " MASQUERADE_TABLE ": %s\n", err.text);
}

static int take_route(void *context, const struct route *route)
{
	const struct confirm_undoing *undoing = context;
	struct picture *picture = &undoing->pass->picture;

	if (!undo_weigh(undoing->undo, picture, route))
		return 0;
	return rows_add(&picture->have.rows[CHANGE_ROUTE], route);
}

/* Of entries, what was there and is there still is read as a pass reads it; so is whatever came to
 * it. */
static int begin(void *context, struct error *err)
{
	const struct confirm_undoing *undoing = context;
	struct picture *picture = &undoing->pass->picture;
	int status = foreign_begin(&picture->foreign, desired_route_count(&picture->desired));

	state_reset(&picture->have);
	for (uint32_t i = 0; i < picture->links.links.count && status == 0; i++) {
		uint32_t index = links_at(&picture->links, i)->index;

		if (links_find_index(&undoing->undo->before.links, index) != NULL &&
		    undo_has_device(undoing->undo, &undoing->now, index))
			status = pass_read_device(undoing->pass, index, err);
	}
	return status;
}

static int read_family(void *context, uint8_t family, struct error *err)
{
	struct confirm_undoing *undoing = context;
	struct kernel_route_filter filter = {.family = family,
					     .except = (uint8_t)undoing->undo->protocol};

	return source_read_all_routes(&undoing->pass->source, filter, take_route, undoing, err);
}

/* `now` tells whose device it is: the links before any was put back, with the aliases of then. */
static int restore_rows(struct confirm_undoing *undoing, struct error *err)
{
	struct pass *pass = undoing->pass;
	struct picture *picture = &pass->picture;
	int status = source_read_links(&pass->source, &picture->links, err);

	if (status < 0)
		return status;
	if (undo_want(undoing->undo, &undoing->now, &picture->desired) < 0)
		return error_set(err, ENOMEM, "no memory for the routes that were there");
	status = source_read_settled(begin, read_family, undoing, err);
	if (status < 0)
		return status;
	state_settle(&picture->have);
	if (plan_build(picture) < 0)
		return error_set(err, ENOMEM, "no memory for the plan");
	undo_refuse_odd(picture);
	return pass_apply(pass, err);
}

static void add_failure(const struct pass *pass, const struct change *change, struct buf *out)
{
	const struct failure *failure = plan_failure_of(&pass->picture.plan, change);
	struct report report = {.picture = &pass->picture};

	if (change->kind == CHANGE_ROUTE)
		report_add_route(out, &report, report_row_of(&report, change));
	else if (change->kind == CHANGE_NEIGH)
		report_add_neigh(out, &report, report_row_of(&report, change));
	else
		report_add_fdb(out, &report, report_row_of(&report, change));
	buf_add(out, ": %s\n",
		failure != NULL ? failure->words : "another program has taken its place");
}

static void add_failures(const struct pass *pass, struct buf *out)
{
	for_each_change (change, &pass->picture.plan) {
		if (change->result == CHANGE_FAILED || change->result == CHANGE_CONFLICT)
			add_failure(pass, change, out);
	}
}

static int put_back(struct confirm_undoing *undoing, struct error *err)
{
	struct pass *pass = undoing->pass;
	struct undo_step steps[UNDO_STEPS_MOST];
	uint32_t count = undo_plan_devices(undoing->undo, &undoing->now, steps);
	int status = -EAGAIN;

	restore_devices(undoing, steps, count, false);
	restore_settings(undoing->undo);
	for (int i = 0; i < TRIES && status < 0; i++)
		status = restore_rows(undoing, err);
	undo_count(&undoing->result, &pass->picture.plan);
	add_failures(pass, undoing->told);
	restore_table(undoing);
	restore_devices(undoing, steps, count, true);
	return status;
}

int confirm_undo(struct confirm_undoing *undoing, struct error *err)
{
	int status;

	pass_begin(undoing->pass, &(struct pass_request){.protocol = undoing->undo->protocol});
	links_init(&undoing->now);
	status = source_read_links(&undoing->pass->source, &undoing->now, err);
	if (status == 0)
		status = put_back(undoing, err);
	links_release(&undoing->now);
	return status;
}
