/* outcome.c - what became of a pass, told to people, programs and the shell. */
#include "croute/app/outcome.h"

#include <stdio.h>

#include "croute/app/load_print.h"
#include "croute/app/show.h"

#define EXPLANATION_MAX 16384

static const char *file_name(const void *files, uint16_t file)
{
	return file_set_at(files, file)->name;
}

struct report outcome_report(const struct pass *pass, const struct loaded *loaded,
			     const struct pass_request *request)
{
	return (struct report){
		.config = &loaded->config,
		.links = &pass->links,
		.desired = &pass->desired,
		.have = &pass->have,
		.foreign = &pass->foreign,
		.plan = &pass->plan,
		.guard = pass->guard,
		.steps = pass->steps,
		.step_count = pass->step_count,
		.node = pass_node_name(pass, request),
		.ipv4 = pass->ipv4.link,
		.ipv6 = pass->ipv6.link,
		.file_name = file_name,
		.files = &loaded->files,
		.applied = !request->dry_run,
	};
}

static bool any_step(const struct pass *pass, enum change_result result)
{
	for (uint32_t i = 0; i < pass->step_count; i++) {
		if (pass->steps[i].result == result)
			return true;
	}
	return false;
}

static bool is_pending(const struct pass *pass, const struct plan_summary *s)
{
	return s->add + s->change + s->remove + s->parts > 0 || any_step(pass, CHANGE_PLANNED);
}

int outcome_exit(const struct pass *pass, const struct options *options)
{
	struct plan_summary s = plan_summarize(&pass->plan, &pass->desired);

	if (s.failed > 0 || s.conflict > 0 || s.shadowed > 0 || pass_lacks_interface(pass) ||
	    pass->denied || any_step(pass, CHANGE_FAILED))
		return EXIT_FAILED;
	if (s.held > 0)
		return EXIT_HELD;
	return options->dry_run && options->exit_code && is_pending(pass, &s) ? EXIT_PENDING
									      : EXIT_DONE;
}

/* Whether pod routes go from plain to tunnelled or back in this very pass. */
static bool flips(const struct pass *pass, bool into_tunnel)
{
	for (uint32_t i = 0; i < plan_change_count(&pass->plan); i++) {
		const struct change *change = plan_change_at(&pass->plan, i);
		const struct route *was;

		if (change->kind != CHANGE_ROUTE || change->action != CHANGE_REPLACE)
			continue;
		was = rows_at(&pass->have.rows[CHANGE_ROUTE], change->have);
		if (route_is_tunnelled(was) != into_tunnel &&
		    route_is_tunnelled(desired_route_at(&pass->desired, change->want)) ==
			    into_tunnel)
			return true;
	}
	return false;
}

/* Frames to a MAC that the other end does not bear are dropped there. */
static bool changes_mac(const struct pass *pass)
{
	for (uint32_t i = 0; i < plan_change_count(&pass->plan); i++) {
		const struct change *change = plan_change_at(&pass->plan, i);
		const struct neigh *was;
		const struct neigh *wanted;

		if (change->kind != CHANGE_NEIGH || change->action != CHANGE_REPLACE)
			continue;
		was = rows_at(&pass->have.rows[CHANGE_NEIGH], change->have);
		wanted = rows_at(&pass->desired.want.rows[CHANGE_NEIGH], change->want);
		if (!mac_same(&was->mac, &wanted->mac))
			return true;
	}
	return false;
}

static const char *flip_warning(const struct pass *pass, const struct config *config)
{
	if (config->backend == BACKEND_VXLAN && pass->made_device && flips(pass, true))
		return "this goes from host-gw to vxlan in one step: hosts that have it and hosts "
		       "that "
		       "have not lose each other's packets; take backend.vxlan.directRouting: true "
		       "to "
		       "all hosts first, then false";
	if (config->backend == BACKEND_HOST_GW && flips(pass, false))
		return "this goes from vxlan to host-gw in one step: hosts that have it and hosts "
		       "that "
		       "have not lose each other's packets; take backend.vxlan.directRouting: true "
		       "to "
		       "all hosts first";
	return NULL;
}

const char *outcome_warning(const struct pass *pass, const struct config *config, unsigned i)
{
	const char *const found[] = {
		flip_warning(pass, config),
		changes_mac(pass)
			? "the VTEP MAC of a peer changes: packets through it are lost until both "
			  "ends have the new one"
			: NULL,
		pass->strict_rp
			? "rp_filter is strict (1) on the underlay: packets that come plain from a "
			  "host to which this one tunnels are dropped; set "
			  "net.ipv4.conf.all.rp_filter=2"
			: NULL,
	};

	for (size_t at = 0; at < sizeof(found) / sizeof(found[0]); at++) {
		if (found[at] != NULL && i-- == 0)
			return found[at];
	}
	return NULL;
}

static void complain_of_interface(const struct pass *pass, const struct config *config,
				  uint8_t family, const struct options *options)
{
	const struct pass_family *chosen = family == AF_INET ? &pass->ipv4 : &pass->ipv6;
	char text[EXPLANATION_MAX];
	struct buf buf = BUF_OVER(text);

	if (!chosen->wanted || chosen->link.index != 0)
		return;
	pass_explain_interface(pass, config, family, &buf);
	buf_add(&buf, "; %s pod routes stay as they are", family == AF_INET ? "IPv4" : "IPv6");
	load_print_error(text, options);
}

void outcome_complain(const struct pass *pass, const struct report *report,
		      const struct options *options)
{
	if (report->config != NULL) {
		for (unsigned i = 0; outcome_warning(pass, report->config, i) != NULL; i++)
			(void)fprintf(stderr, "croute: warning: %s\n",
				      outcome_warning(pass, report->config, i));
		complain_of_interface(pass, report->config, AF_INET, options);
		complain_of_interface(pass, report->config, AF_INET6, options);
	}
	if (pass->denied)
		load_print_error("the kernel refused for lack of privilege: changing routes needs "
				 "CAP_NET_ADMIN; run as root, or with --dry-run to see the plan",
				 options);
	else
		show_refusals(report, options);
}
