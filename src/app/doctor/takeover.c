/* takeover.c - what a takeover from flannel would meet: its daemon, routes, rules and files. */
#include "app/doctor/takeover.h"

#include "app/doctor/doctor.h"

#define SHOWN_MAX 400 /* bytes of routes in a text */

void doctor_check_adopt(const struct doctor_facts *facts, struct doctor_check *check)
{
	if (facts->config == NULL) {
		doctor_say(check, DOCTOR_UNKNOWN, "needs a valid file");
		return;
	}
	if (facts->config->adopt == ADOPT_FLANNEL) {
		doctor_say(check, DOCTOR_OK, "the file says adopt: flannel");
		return;
	}
	doctor_say(check, DOCTOR_WARNING,
		   "the file does not say adopt: flannel, so nothing would be taken over");
	doctor_fix(check, "adopt: flannel");
}

void doctor_check_flanneld(const struct doctor_facts *facts, struct doctor_check *check)
{
	if (facts->adopt.flanneld != 0) {
		doctor_say(check, DOCTOR_FAILURE,
			   "flanneld runs, process %u: it would put back what croute takes over",
			   facts->adopt.flanneld);
		doctor_fix(check, "stop flanneld on this host; what it made stays in the kernel");
		return;
	}
	if (facts->host->is_container)
		doctor_say(check, DOCTOR_UNKNOWN,
			   "no flanneld is visible from here, but processes of other containers "
			   "are not either");
	else
		doctor_say(check, DOCTOR_OK, "no flanneld runs");
}

static bool say_unseen(const struct doctor_facts *facts, struct doctor_check *check)
{
	if (facts->routes_seen && facts->config != NULL)
		return false;
	doctor_say(check, DOCTOR_UNKNOWN, "%s",
		   facts->config == NULL ? "needs a valid file" : "cannot read the routes");
	return true;
}

static const char *plural(uint32_t count)
{
	return count == 1 ? "" : "s";
}

static void check_vanished(const struct doctor_routes *routes, struct doctor_check *check)
{
	char space[SHOWN_MAX] = "";
	struct buf text = BUF_OVER(space);

	doctor_add_routes(&text, &routes->vanished);
	doctor_say(check, DOCTOR_WARNING,
		   "of flannel's %u route%s %u lead%s to no node of the file and would be removed: "
		   "%s",
		   routes->flannel.count, plural(routes->flannel.count), routes->vanished.count,
		   routes->vanished.count == 1 ? "s" : "", space);
	doctor_fix(check, "does the file lack a node? croute reconcile --dry-run shows what would "
			  "go");
}

static void check_others(const struct doctor_routes *routes, struct doctor_check *check)
{
	char space[SHOWN_MAX] = "";
	struct buf text = BUF_OVER(space);

	doctor_add_routes(&text, &routes->others);
	doctor_say(check, DOCTOR_WARNING,
		   "%u route%s inside the pod network %s not of flannel's shape and would stay: %s",
		   routes->others.count, plural(routes->others.count),
		   routes->others.count == 1 ? "is" : "are", space);
	doctor_fix(check, "stop the program that adds them, then:");
	doctor_fix_routes(check, &routes->others);
}

void doctor_check_adopted_routes(const struct doctor_facts *facts, struct doctor_check *check)
{
	const struct doctor_routes *routes = &facts->routes;

	if (say_unseen(facts, check))
		return;
	if (routes->flannel.count == 0)
		doctor_say(check, DOCTOR_OK, "no route of flannel's is here");
	else
		doctor_say(check, DOCTOR_OK, "%u route%s of flannel's would be taken over",
			   routes->flannel.count, plural(routes->flannel.count));
	if (routes->vanished.count > 0)
		check_vanished(routes, check);
	if (routes->others.count > 0)
		check_others(routes, check);
}

static void check_masquerade(const struct doctor_facts *facts, struct doctor_check *check)
{
	doctor_say(check, DOCTOR_WARNING,
		   "only flannel's rules (%s) masquerade what pods send outside, and nothing adds "
		   "them again after the next boot",
		   facts->filters.flannel);
	doctor_fix(check, "agent: {masquerade: true}, or masquerade elsewhere");
}

static void check_forward(const struct doctor_facts *facts, struct doctor_check *check)
{
	struct prefix pods;
	char text[PREFIX_TEXT_MAX];

	doctor_say(check, DOCTOR_WARNING,
		   "flannel's rules (%s) accept forwarded packets of pods, and nothing adds them "
		   "again after the next boot",
		   facts->filters.flannel_forward);
	doctor_fix(check, "where the policy of FORWARD is DROP, add such rules at each boot:");
	for (uint32_t i = 0; doctor_pods_at(facts, i, &pods); i++) {
		const char *program = pods.ip.family == AF_INET ? "iptables" : "ip6tables";

		(void)prefix_format(&pods, text);
		doctor_fix(check, "%s -I FORWARD -s %s -j ACCEPT", program, text);
		doctor_fix(check, "%s -I FORWARD -d %s -j ACCEPT", program, text);
	}
}

void doctor_check_adopted_rules(const struct doctor_facts *facts, struct doctor_check *check)
{
	const struct doctor_filters *filters = &facts->filters;
	bool ours = facts->config != NULL && facts->config->agent.masquerade;

	if (filters->unseen[0] != '\0' && filters->flannel[0] == '\0' &&
	    filters->flannel_forward[0] == '\0') {
		doctor_say(check, DOCTOR_UNKNOWN, "cannot read %s", filters->unseen);
		return;
	}
	doctor_say(check, DOCTOR_OK, "nothing depends on rules that only flannel makes");
	if (filters->flannel[0] != '\0' && !ours)
		check_masquerade(facts, check);
	if (filters->flannel_forward[0] != '\0')
		check_forward(facts, check);
}

void doctor_check_adopted_cni(const struct doctor_facts *facts, struct doctor_check *check)
{
	const struct config *config = facts->config;

	if (config == NULL) {
		doctor_say(check, DOCTOR_UNKNOWN, "needs a valid file");
		return;
	}
	if (config->agent.subnet_env != 0) {
		doctor_say(check, DOCTOR_OK, "croute keeps %s",
			   config_string_at(config, config->agent.subnet_env));
		return;
	}
	if (!facts->adopt.has_env) {
		doctor_say(check, DOCTOR_OK, DOCTOR_SUBNET_ENV " does not exist");
		return;
	}
	doctor_say(check, DOCTOR_WARNING,
		   DOCTOR_SUBNET_ENV " is gone after the next boot, and without it the CNI "
				     "plugin flannel starts no pod");
	doctor_fix(check, "agent: {subnetEnv: " DOCTOR_SUBNET_ENV "}, or another CNI plugin");
}
