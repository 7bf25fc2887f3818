/* write.c - the writing half of a pass: a second look, make before break, each refusal in words. */
/* SPDX-License-Identifier: MIT */
#include "app/pass/steps.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "croute/core/flannel/flannel.h"
#include "croute/core/plan/plan.h"
#include "croute/core/plan/recheck.h"
#include "croute/edge/kernel/write.h"

#define ACTION(action) (1U << (action))
#define TO_MAKE (ACTION(CHANGE_ADD) | ACTION(CHANGE_REPLACE))
#define TO_REMOVE (ACTION(CHANGE_TRIM) | ACTION(CHANGE_DELETE))
#define ALLOW_DEFAULT 3 /* guard.alwaysAllow where no file is asked */

static bool is_removal(const struct change *change)
{
	return change->action == CHANGE_DELETE || change->action == CHANGE_TRIM;
}

/* Next hops of an IPv6 route that others may have joined: its dump does not tell whose each is. */
static bool is_sibling(const struct pass *pass, const struct change *change)
{
	const struct route *route;

	if (change->kind != CHANGE_ROUTE || !is_removal(change))
		return false;
	route = picture_was(&pass->picture, change);
	return route->family == AF_INET6 && route->hops > 1;
}

#define SCAFFOLD_TOKEN UINT32_MAX /* of messages whose refusal means nothing */

/*
 * The kernel sees no way to the gateway: IPv4 says ENETUNREACH, IPv6 EHOSTUNREACH, or EINVAL when
 * another route leads an onlink gateway elsewhere. Once the rest is in place there may be one.
 */
static bool lacks_gateway(const struct change *change, int code)
{
	return change->kind == CHANGE_ROUTE && !is_removal(change) &&
	       (code == ENETUNREACH || code == EHOSTUNREACH || code == EINVAL);
}

static void try_again(struct pass *pass, struct change *change)
{
	change->result = CHANGE_AGAIN;
	pass->picture.notes |= NOTE_AGAIN;
}

/* Called by netlink for each change that the kernel refused. */
static void take_refusal(void *context, uint32_t token, int code, const char *words)
{
	struct pass *pass = context;
	struct change *change;

	if (token == SCAFFOLD_TOKEN)
		return;
	change = plan_change_at(&pass->picture.plan, token);
	/* A sibling that a deletion under croute's protocol does not find is another program's. It
	 * stands on the key, and a replace would take it along: so neither is done. */
	if (code == ESRCH && is_sibling(pass, change)) {
		change->result = CHANGE_CONFLICT;
		plan_block_replacement(&pass->picture.plan, change);
		return;
	}
	if ((code == ESRCH || code == ENOENT) && is_removal(change))
		return; /* another program was faster, with the same result */
	if (code == ENOENT && change->action == CHANGE_REPLACE) {
		change->action = CHANGE_ADD;
		try_again(pass, change);
		return;
	}
	if ((pass->picture.notes & NOTE_LAST_TRY) == 0 && lacks_gateway(change, code)) {
		try_again(pass, change);
		return;
	}
	pass->picture.notes |= code == EPERM ? NOTE_DENIED : 0;
	pass->picture.notes |= code == EEXIST ? NOTE_TAKEN : 0;
	plan_set_failed(&pass->picture.plan, token, code,
			words[0] != '\0' ? words : strerror(code));
}

static bool is_due(const struct change *change, unsigned actions)
{
	return (ACTION(change->action) & actions) != 0 && change->result == CHANGE_PLANNED;
}

/* Of the changes with these actions. */
static void set_results(struct pass *pass, unsigned actions, enum change_result from,
			enum change_result to)
{
	for_each_change (change, &pass->picture.plan) {
		if ((ACTION(change->action) & actions) != 0 && change->result == from)
			change->result = (uint8_t)to;
	}
}

static int write_change(struct pass *pass, uint32_t i, struct error *err)
{
	const struct change *change = plan_change_at(&pass->picture.plan, i);
	const void *row = picture_row(&pass->picture, change);
	struct route_hops hops;

	progress_add(pass->progress, 1);
	if (change->kind == CHANGE_FDB)
		return kernel_write_fdb(&pass->netlink, change->action, row, i, err);
	if (change->kind == CHANGE_NEIGH)
		return kernel_write_neigh(&pass->netlink, change->action, row, i, err);
	hops = picture_hops(&pass->picture, change);
	return kernel_write_route(&pass->netlink, change->action, &hops, i, err);
}

/*
 * IPv6 takes an onlink gateway only where its own table does not lead to it through another device
 * (net/ipv6/route.c, ip6_route_check_nh_onlink), as a plain pod route or a summary route does. A
 * tunnel's route that was refused is sent again while a host route to its gateway is in place.
 */
static bool needs_scaffold(const struct pass *pass, const struct change *change)
{
	const struct route *wanted;

	if (change->kind != CHANGE_ROUTE || !is_due(change, TO_MAKE))
		return false;
	wanted = desired_route_at(&pass->picture.desired, change->want);
	return wanted->family == AF_INET6 && route_is_tunnelled(wanted);
}

static int write_scaffold(struct pass *pass, const struct route *wanted, enum change_action action,
			  struct error *err)
{
	struct route scaffold = {.table = wanted->table,
				 .metric = wanted->metric,
				 .oif = wanted->oif,
				 .type = RTN_UNICAST,
				 .protocol = wanted->protocol};
	struct ip gateway = route_gateway(wanted);
	struct prefix host = prefix_of(&gateway, ip_bits(gateway.family));

	route_set_dst(&scaffold, &host);
	return kernel_write_route(&pass->netlink, action,
				  &(struct route_hops){.at = {&scaffold}, .count = 1},
				  SCAFFOLD_TOKEN, err);
}

/* Put them up for what needs one (CHANGE_ADD), or take down those that stand (CHANGE_DELETE). */
static int write_scaffolds(struct pass *pass, enum change_action action, struct error *err)
{
	int status = 0;

	for_each_change (change, &pass->picture.plan) {
		if (action == CHANGE_ADD)
			change->scaffold = needs_scaffold(pass, change);
		if (status == 0 && change->scaffold)
			status = write_scaffold(pass, picture_row(&pass->picture, change), action,
						err);
	}
	return status < 0 ? status : netlink_flush(&pass->netlink, err);
}

/*
 * What others rest on: everything but a route by a gateway. The kernel looks for the gateway among
 * routes without one, never behind another gateway (net/ipv4/fib_semantics.c, fib_check_nh;
 * net/ipv6/route.c, ip6_route_check_nh), so two rounds are enough.
 */
static bool is_ground(const struct pass *pass, const struct change *change)
{
	return change->kind != CHANGE_ROUTE ||
	       (((const struct route *)picture_row(&pass->picture, change))->has &
		ROUTE_HAS_GATEWAY) == 0;
}

/* Queue the changes that are due, those that others rest on or the others. Kinds come in the order
 * of making; what is removed goes the other way. */
static int queue_due(struct pass *pass, unsigned actions, bool ground, struct error *err)
{
	bool backwards = (actions & ACTION(CHANGE_DELETE)) != 0;
	uint32_t count = plan_change_count(&pass->picture.plan);
	int status = 0;

	for (uint32_t i = 0; i < count && status == 0; i++) {
		uint32_t at = backwards ? count - 1 - i : i;
		const struct change *change = plan_change_at(&pass->picture.plan, at);

		if (is_due(change, actions) && is_ground(pass, change) == ground)
			status = write_change(pass, at, err);
	}
	return status;
}

static int send_actions(struct pass *pass, unsigned actions, struct error *err)
{
	bool ground_first = (actions & ACTION(CHANGE_DELETE)) == 0;
	int status;

	if ((pass->picture.notes & NOTE_DENIED) != 0)
		return 0;
	status = queue_due(pass, actions, ground_first, err);
	if (status == 0)
		status = queue_due(pass, actions, !ground_first, err);
	if (status == 0)
		status = netlink_flush(&pass->netlink, err);
	if (status == 0)
		set_results(pass, actions, CHANGE_PLANNED, CHANGE_APPLIED);
	return status;
}

/* Send once more what was refused for what was missing then. */
static int send_again(struct pass *pass, struct error *err)
{
	int status;

	if ((pass->picture.notes & NOTE_AGAIN) == 0)
		return 0;
	pass->picture.notes &= ~NOTE_AGAIN;
	/* Not before it is sent: until then nothing may go because this is going to be there. */
	set_results(pass, TO_MAKE | TO_REMOVE, CHANGE_AGAIN, CHANGE_PLANNED);
	status = write_scaffolds(pass, CHANGE_ADD, err);
	if (status == 0)
		status = send_actions(pass, TO_MAKE, err);
	return status < 0 ? status : write_scaffolds(pass, CHANGE_DELETE, err);
}

/*
 * Another program took keys of ours between look and write, or stands on them behind the end of a
 * look that came short (netlink.h): see who, and show it as the conflict that it is. Our own rows
 * were all seen, so that whatever exists is another's, seen or not.
 */
static int find_takers(struct pass *pass, struct error *err)
{
	int status = pass_look_around(pass, err);

	for_each_change (change, &pass->picture.plan) {
		const struct failure *failure = plan_failure_of(&pass->picture.plan, change);

		if (status == 0 && failure != NULL && failure->code == EEXIST &&
		    change->kind == CHANGE_ROUTE)
			change->result = CHANGE_CONFLICT;
	}
	return status;
}

static uint32_t count_due(const struct plan *plan, unsigned actions)
{
	uint32_t due = 0;

	for_each_change (change, plan)
		due += is_due(change, actions);
	return due;
}

/* The last try is the one after which nothing more is going to change. */
static int send_all(struct pass *pass, struct error *err)
{
	int status = send_actions(pass, ACTION(CHANGE_TRIM), err);

	if (status == 0)
		status = send_actions(pass, TO_MAKE, err);
	if (count_due(&pass->picture.plan, ACTION(CHANGE_DELETE)) == 0)
		pass->picture.notes |= NOTE_LAST_TRY;
	if (status == 0)
		status = send_again(pass, err);
	leftovers_spare(&pass->picture);
	if (status == 0)
		status = send_actions(pass, ACTION(CHANGE_DELETE), err);
	pass->picture.notes |= NOTE_LAST_TRY;
	return status < 0 ? status : send_again(pass, err);
}

static int write_plan(struct pass *pass, struct error *err)
{
	int status;

	pass->netlink.refused = take_refusal;
	pass->netlink.refused_context = pass;
	progress_begin(pass->progress, "applying",
		       count_due(&pass->picture.plan, TO_MAKE | TO_REMOVE));
	status = send_all(pass, err);
	progress_end(pass->progress);
	if (status == 0 && (pass->picture.notes & NOTE_TAKEN) != 0 &&
	    (pass->picture.notes & NOTE_DENIED) == 0 && pass->picture.config != NULL)
		status = find_takers(pass, err);
	return status;
}

static int take_route(void *context, const struct route *route)
{
	recheck_take(context, CHANGE_ROUTE, route);
	return 0;
}

static int take_neigh(void *context, const struct neigh *neigh)
{
	recheck_take(context, CHANGE_NEIGH, neigh);
	return 0;
}

static int take_fdb(void *context, const struct fdb *fdb)
{
	recheck_take(context, CHANGE_FDB, fdb);
	return 0;
}

/*
 * The first look asked for each family by itself. This one asks for both at once: a kernel without
 * IPv6, which answers for it with IPv4 routes, shows each of them once here.
 */
static int read_routes(const struct pass *pass, struct recheck *recheck, struct error *err)
{
	const struct rows *rows = &pass->picture.have.rows[CHANGE_ROUTE];
	bool asked[UINT8_MAX + 1] = {false};
	int status = 0;

	for (uint32_t i = 0; i < rows->count && status == 0; i++) {
		uint8_t protocol = ((const struct route *)rows_at(rows, i))->protocol;
		struct kernel_route_filter filter = {.family = AF_UNSPEC, .protocol = protocol};

		if (!asked[protocol])
			status = source_read_routes(&pass->source, filter, take_route, recheck,
						    err);
		asked[protocol] = true;
	}
	return status;
}

/* Of entries, too, the first look asked for each device and family by itself. */
static int read_kinds(const struct pass *pass, unsigned kinds, struct recheck *recheck,
		      struct error *err)
{
	const struct source *source = &pass->source;
	int status = 0;

	if ((kinds & 1U << CHANGE_ROUTE) != 0)
		status = read_routes(pass, recheck, err);
	if (status == 0 && (kinds & 1U << CHANGE_NEIGH) != 0)
		status = source_read_neighs(source, KERNEL_ANY_LINK, take_neigh, recheck, err);
	if (status == 0 && (kinds & 1U << CHANGE_FDB) != 0)
		status = source_read_fdb(source, KERNEL_ANY_LINK, take_fdb, recheck, err);
	return status;
}

static void look_again(struct pass *pass, unsigned kinds)
{
	struct recheck recheck = {.have = NULL};
	struct error err = {0};
	int status = -EINTR;

	for (int i = 0; i < SOURCE_TRIES && status == -EINTR; i++) {
		status = recheck_begin(&recheck, &pass->picture.have);
		if (status == 0)
			status = read_kinds(pass, kinds, &recheck, &err);
	}
	if (status == 0)
		recheck_settle(&recheck, kinds, &pass->picture);
	else
		recheck_refuse(&pass->picture, err.code != 0 ? err.text : strerror(-status));
	recheck_release(&recheck);
}

static void recheck_deletions(struct pass *pass)
{
	const struct config *config = pass->picture.config;
	uint32_t allow = config != NULL ? config->guard.always_allow : ALLOW_DEFAULT;
	unsigned kinds = recheck_kinds(&pass->picture, allow);

	if (kinds == 0 || pass->source.snapshot != NULL)
		return;
	progress_stage(pass->progress, "looking again at what is to be deleted");
	look_again(pass, kinds);
	progress_end(pass->progress);
}

int pass_apply(struct pass *pass, struct error *err)
{
	recheck_deletions(pass);
	return pass->request.dry_run ? 0 : write_plan(pass, err);
}
