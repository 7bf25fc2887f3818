/* outcome.c - what became of a pass, told to people, programs and the shell. */
#include "croute/app/print/outcome.h"

#include <stdio.h>

#include "croute/app/pass/steps.h"
#include "croute/app/print/diags.h"
#include "croute/app/print/plan.h"
#include "croute/core/report/warnings.h"

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

bool outcome_is_pending(const struct pass *pass)
{
	struct plan_summary s = plan_summarize(&pass->plan, &pass->desired);

	return s.add + s.change + s.remove + s.parts > 0 || any_step(pass, CHANGE_PLANNED);
}

int outcome_exit(const struct pass *pass, const struct options *options)
{
	struct plan_summary s = plan_summarize(&pass->plan, &pass->desired);

	if (s.failed > 0 || s.conflict > 0 || s.shadowed > 0 || pass_lacks_interface(pass) ||
	    pass->denied || pass_has_failed_step(pass))
		return EXIT_FAILED;
	if (s.held > 0)
		return EXIT_HELD;
	return options->dry_run && options->exit_code && outcome_is_pending(pass) ? EXIT_PENDING
										  : EXIT_DONE;
}

const char *outcome_warning(const struct pass *pass, const struct config *config, unsigned i)
{
	struct warnings_ctx scene = {
		.config = config,
		.desired = &pass->desired,
		.have = &pass->have,
		.plan = &pass->plan,
		.holders = pass->holders,
		.made_device = pass->made_device,
		.changed_mac = pass->changed_mac,
		.cut_mtu = pass->cut_mtu,
		.strict_rp = pass->strict_rp,
		.blind_nft = pass->blind_nft,
	};

	return warnings_at(&scene, i);
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
	print_problem(text, options);
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
		print_problem("the kernel refused for lack of privilege: changing routes needs "
			      "CAP_NET_ADMIN; run as root, or with --dry-run to see the plan",
			      options);
	else
		show_refusals(report, options);
}
