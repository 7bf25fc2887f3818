/* desired.c - this host's rows: pod routes, sorted as they are made, static ones merged in. */
#include "croute/core/desired.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "croute/core/statics.h"

void desired_init(struct desired *desired)
{
	*desired = (struct desired){0};
	rows_init(&desired->routes, sizeof(struct route), ROUTE_KEY_SIZE, DESIRED_ROUTES_MOST);
	rows_init(&desired->statics, sizeof(struct static_row), ROUTE_KEY_SIZE,
		  DESIRED_STATICS_MOST);
	desired->causes.limit = sizeof(struct desired_cause) * DESIRED_ROUTES_MOST;
	desired->setbacks.limit = sizeof(struct setback) * DESIRED_SETBACKS_MOST;
}

void desired_reset(struct desired *desired)
{
	rows_reset(&desired->routes);
	rows_reset(&desired->statics);
	arena_reset(&desired->causes);
	arena_reset(&desired->setbacks);
	desired->unlisted = 0;
}

void desired_release(struct desired *desired)
{
	rows_release(&desired->routes);
	rows_release(&desired->statics);
	arena_release(&desired->causes);
	arena_release(&desired->setbacks);
}

struct desired_cause desired_cause_at(const struct desired *desired, uint32_t route)
{
	return ((const struct desired_cause *)(const void *)desired->causes.base)[route];
}

uint32_t desired_find_destination(const struct desired *desired, const struct route *like)
{
	uint32_t low = 0;
	uint32_t high = desired->routes.count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (memcmp(rows_at(&desired->routes, middle), like, ROUTE_DESTINATION_SIZE) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool desired_has_destination(const struct desired *desired, uint32_t i, const struct route *like)
{
	return i < desired->routes.count &&
	       memcmp(rows_at(&desired->routes, i), like, ROUTE_DESTINATION_SIZE) == 0;
}

uint32_t desired_setback_count(const struct desired *desired)
{
	return (uint32_t)(desired->setbacks.used / sizeof(struct setback));
}

const struct setback *desired_setback_at(const struct desired *desired, uint32_t i)
{
	return (const struct setback *)(const void *)desired->setbacks.base + i;
}

uint32_t desired_pod_metric(const struct config_kernel *kernel, const struct prefix *prefix)
{
	if (prefix->ip.family != AF_INET)
		return kernel->metric;
	return kernel->metric + prefix_number(prefix) % kernel->metric_spread;
}

static int add_row(struct desired *desired, const struct route *route, struct desired_cause cause)
{
	struct desired_cause *place = arena_push(&desired->causes, sizeof(cause));

	if (place == NULL)
		return -ENOSPC;
	*place = cause;
	return rows_add(&desired->routes, route);
}

void desired_set_back(struct desired *desired, enum setback_kind kind, const struct static_row *row,
		      const char *why, ...)
{
	struct setback *setback = arena_push(&desired->setbacks, sizeof(*setback));
	va_list args;

	if (setback == NULL) {
		desired->unlisted++;
		return;
	}
	setback->route = row->route;
	setback->cause = row->cause;
	setback->kind = kind;
	va_start(args, why);
	(void)vsnprintf(setback->why, sizeof(setback->why), why, args);
	va_end(args);
}

static const struct selected *interface_of(const struct desired_input *input, uint8_t family)
{
	return family == AF_INET ? &input->ipv4 : &input->ipv6;
}

static struct route pod_route(const struct desired_input *input, const struct prefix *prefix,
			      const struct ip *gateway)
{
	const struct config_kernel *kernel = &input->config->kernel;
	struct route route = {
		.table = kernel->table,
		.metric = desired_pod_metric(kernel, prefix),
		.oif = interface_of(input, prefix->ip.family)->index,
		.type = RTN_UNICAST,
		.scope = RT_SCOPE_UNIVERSE,
		.protocol = (uint8_t)kernel->protocol,
	};

	route_set_dst(&route, prefix);
	route_set_gateway(&route, gateway);
	return route;
}

static bool is_routed_here(const struct desired_input *input, const struct config_podcidr *podcidr)
{
	return podcidr->node != input->node &&
	       interface_of(input, podcidr->prefix.ip.family)->index != 0;
}

/* The static routes that sort before `route`, all that are left when it is NULL. */
static int add_statics_before(struct desired *desired, uint32_t *next, const struct route *route)
{
	int status = 0;

	while (status == 0 && *next < desired->statics.count) {
		const struct static_row *row = rows_at(&desired->statics, *next);

		if (route != NULL && memcmp(&row->route, route, ROUTE_KEY_SIZE) >= 0)
			return 0;
		status = add_row(desired, &row->route, row->cause);
		(*next)++;
	}
	return status;
}

static int add_pod(struct desired *desired, const struct desired_input *input, uint32_t i,
		   uint32_t *next)
{
	const struct config_podcidr *podcidr = config_podcidr_at(input->config, i);
	const struct config_node *node = config_node_at(input->config, podcidr->node);
	struct ip gateway = config_node_address(node, podcidr->prefix.ip.family);
	struct static_row row = {.cause = {.index = i}};
	int status;

	if (!ip_is_set(&gateway) || !is_routed_here(input, podcidr))
		return 0;
	row.route = pod_route(input, &podcidr->prefix, &gateway);
	if (input->links != NULL && links_find_holder(input->links, &gateway) != NULL) {
		desired_set_back(desired, SETBACK_REFUSED, &row,
				 "the address of this peer is on this host, traffic would loop");
		return 0;
	}
	status = add_statics_before(desired, next, &row.route);
	return status < 0 ? status : add_row(desired, &row.route, row.cause);
}

/* podCIDRs are sorted as route keys are: pod routes and the few static ones merge without another
 * sort. */
int desired_build(struct desired *desired, const struct desired_input *input)
{
	bool pods = input->config->backend != BACKEND_NONE;
	uint32_t count = pods ? config_podcidr_count(input->config) : 0;
	uint32_t next = 0;
	int status;

	desired_reset(desired);
	status = statics_collect(desired, input);
	for (uint32_t i = 0; i < count && status == 0; i++)
		status = add_pod(desired, input, i, &next);
	return status < 0 ? status : add_statics_before(desired, &next, NULL);
}
