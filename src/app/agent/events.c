/* events.c - subscribing to the kernel events that concern this host's routes. */
/* SPDX-License-Identifier: MIT */
#include "app/agent/agent.h"
#include "app/agent/parts.h"
#include "croute/edge/host/clock.h"
#include "croute/edge/host/processes.h"

static void add_link(struct kernel_filter *filter, uint32_t index)
{
	if (index == 0)
		return;
	for (uint32_t i = 0; i < filter->link_count; i++) {
		if (filter->links[i] == index)
			return;
	}
	if (filter->link_count == KERNEL_FILTER_LINKS)
		filter->all_links = true;
	else
		filter->links[filter->link_count++] = index;
}

static void add_metric(struct kernel_filter *filter, uint32_t metric)
{
	for (uint32_t i = 0; i < filter->metric_count; i++) {
		if (filter->metrics[i] == metric)
			return;
	}
	if (filter->metric_count < KERNEL_FILTER_METRICS)
		filter->metrics[filter->metric_count++] = metric;
}

/* Static routes have metrics and devices of their own; there are few of them. */
static void add_statics(struct kernel_filter *filter, const struct desired *desired)
{
	for (uint32_t i = 0; i < desired->statics.count; i++) {
		const struct desired_route *row = rows_at(&desired->statics, i);

		add_metric(filter, row->route.metric);
		add_link(filter, row->route.oif);
	}
}

static void add_family(struct kernel_filter *filter, const struct family *family)
{
	add_link(filter, family->link.index);
	for (uint32_t i = 0; i < family->card_count; i++) {
		add_link(filter, family->cards[i].index);
		filter->all_links |= family->cards[i].index == 0;
	}
	if (family->device != 0 && filter->device_count < KERNEL_FILTER_DEVICES)
		filter->devices[filter->device_count++] = family->device;
	filter->all_links |= family_is_unsettled(family);
}

static struct kernel_filter filter_for(const struct agent *agent)
{
	const struct config_kernel *kernel = &agent->current.config.kernel;
	struct kernel_filter filter = {.own_port = netlink_port(&agent->pass->netlink)};

	if (!agent->has_current) {
		filter.all_links = true;
		return filter;
	}
	filter.protocol = (uint8_t)kernel->protocol;
	filter.metric = kernel->metric;
	filter.spread = kernel->metric_spread;
	filter.all_links = !agent->has_run || agent->blind ||
			   desired_unmet_count(&agent->pass->picture.desired) > 0;
	filter.conflict = agent->pass->picture.summary.conflict > 0;
	add_family(&filter, &agent->pass->picture.family[0]);
	add_family(&filter, &agent->pass->picture.family[1]);
	add_statics(&filter, &agent->pass->picture.desired);
	for (uint32_t i = 0; i < agent->pass->uplink_count; i++)
		add_link(&filter, agent->pass->uplinks[i]);
	filter.all_links |= agent->pass->uplink_count == PASS_UPLINKS_MOST;
	filter.ways = (const void *)agent->pass->ways.base;
	filter.way_count = (uint32_t)(agent->pass->ways.used / sizeof(struct ip));
	return filter;
}

/* What happened before it listens was not reported: so there is one more look, which finds all as
 * it was and ends it. The pass's own writes are not told. */
static void listen_to_nft(struct agent *agent)
{
	struct error err = {0};
	uint32_t own = nft_port(&agent->pass->nft);

	if (!agent->current.config.agent.masquerade) {
		nft_watch_close(&agent->nft);
		return;
	}
	if (agent->nft.fd >= 0 || own == 0)
		return;
	if (nft_watch_open(own, &agent->nft, &err) < 0)
		agent_log_once(agent, err.text, "looking at masquerading at each resync only");
	else
		schedule_hint(&agent->schedule, SCHEDULE_KERNEL, host_now_ms());
}

/*
 * The filter follows from what a pass found, and what happened before it was in force was not
 * reported. So after a change of the filter there is one more look, which finds the same and ends
 * it.
 */
void agent_kernel_listen(struct agent *agent)
{
	struct kernel_filter filter = filter_for(agent);
	struct error err = {0};
	int status;

	if (agent->kernel.fd < 0)
		status = kernel_watch_open(&filter, &agent->kernel, &err) == 0 ? 1 : -err.code;
	else
		status = kernel_watch_set_filter(&agent->kernel, &filter, &err);
	if (status < 0)
		agent_log_once(agent, err.text, "looking at the kernel at each resync only");
	else if (status > 0)
		schedule_hint(&agent->schedule, SCHEDULE_KERNEL, host_now_ms());
	listen_to_nft(agent);
}

/* Neighbours and forwarding entries do not have their writer, routes and addresses do. */
static bool has_written_peers(const struct plan *plan)
{
	for_each_change (change, plan) {
		if (change->kind != CHANGE_ROUTE && change->result == CHANGE_APPLIED)
			return true;
	}
	return false;
}

static bool is_noted(const struct agent_writers *writers, uint32_t port)
{
	for (uint32_t i = 0; i < writers->count; i++) {
		if (writers->ports[i] == port)
			return true;
	}
	return writers->count == KERNEL_HINT_WRITERS;
}

/* Look up the writer at once, as it may be about to exit; a slower search waits until after the
 * pass. */
static void note_writers(struct agent *agent, const struct kernel_hints *hints)
{
	struct agent_writers *writers = &agent->writers;

	if (writers->count > 0 && writers->by_rows && !hints->by_rows)
		return;
	if (hints->by_rows && !writers->by_rows)
		writers->count = 0;
	writers->by_rows = hints->by_rows;
	for (uint32_t i = 0; i < hints->writer_count; i++) {
		struct buf name;

		if (is_noted(writers, hints->writers[i]))
			continue;
		name = BUF_OVER(writers->names[writers->count]);
		name.data[0] = '\0';
		writers->ports[writers->count++] = hints->writers[i];
		(void)host_netlink_add_owner(&name, hints->writers[i], false);
	}
}

/* A process may have several sockets, and all that have ended have one name. */
static bool is_repeated(const struct agent_writers *writers, uint32_t i)
{
	for (uint32_t before = 0; before < i; before++) {
		if (strcmp(writers->names[before], writers->names[i]) == 0)
			return true;
	}
	return false;
}

void agent_kernel_take_writers(struct agent *agent, struct buf *out)
{
	struct agent_writers *writers = &agent->writers;

	for (uint32_t i = 0; i < writers->count; i++) {
		struct buf name = BUF_OVER(writers->names[i]);

		if (writers->names[i][0] == '\0')
			(void)host_netlink_add_owner(&name, writers->ports[i], true);
		if (!is_repeated(writers, i))
			buf_add(out, "%s%s", i > 0 ? ", " : "", writers->names[i]);
	}
	writers->count = 0;
}

/*
 * Another program's event may hide among the pass's own, from after the pass had looked there: so
 * drop them all and look once more. That look finds nothing, writes nothing, and ends it.
 */
void agent_kernel_forget_own(struct agent *agent)
{
	struct kernel_hints hints = {0};

	if (agent->kernel.fd < 0 || !has_written_peers(&agent->pass->picture.plan))
		return;
	kernel_watch_read(&agent->kernel, &hints);
	note_writers(agent, &hints);
	schedule_hint(&agent->schedule, SCHEDULE_KERNEL, host_now_ms());
}

void agent_on_kernel(struct agent *agent)
{
	struct kernel_hints hints = {0};

	kernel_watch_read(&agent->kernel, &hints);
	note_writers(agent, &hints);
	agent->metrics.netlink_overruns = agent->kernel.overruns;
	if (hints.overrun)
		schedule_hint(&agent->schedule, SCHEDULE_RESYNC, host_now_ms());
	else if (hints.kinds != 0)
		schedule_hint(&agent->schedule, SCHEDULE_KERNEL, host_now_ms());
}

void agent_on_nft(struct agent *agent)
{
	if (nft_watch_read(&agent->nft))
		schedule_hint(&agent->schedule, SCHEDULE_KERNEL, host_now_ms());
}
