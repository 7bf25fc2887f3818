/* others.c - checks of other programs: network managers and packet filters. */
#include "app/doctor/doctor.h"

#include <string.h>

#include "app/doctor/conf.h"

#define DROP_IN "/etc/systemd/networkd.conf.d/croute.conf"

void doctor_check_networkd(const struct doctor_facts *facts, struct doctor_check *check)
{
	const struct host_text *conf = &facts->texts[DOCTOR_NETWORKD];

	if (!facts->host->networkd) {
		doctor_say(check, DOCTOR_OK, "does not run");
		return;
	}
	if (conf->status < 0) {
		doctor_say(check, DOCTOR_UNKNOWN, "runs, and its settings could not be read: %s",
			   strerrordesc_np(-conf->status));
		return;
	}
	if (!doctor_conf_manages_routes(host_text_of(conf))) {
		doctor_say(check, DOCTOR_OK, "ManageForeignRoutes is off: it leaves routes alone");
		return;
	}
	doctor_say(
		check, DOCTOR_WARNING,
		"runs with ManageForeignRoutes on: it removes croute's routes whenever it starts "
		"or reconfigures a link");
	doctor_mend(check, "mkdir -p /etc/systemd/networkd.conf.d");
	doctor_mend(check, "printf '[Network]\\nManageForeignRoutes=no\\n' >" DROP_IN);
	doctor_mend(check, "systemctl restart systemd-networkd");
}

static void check_device(const struct doctor_facts *facts, const struct doctor_family *family,
			 struct doctor_check *check)
{
	struct text conf = host_text_of(&facts->texts[DOCTOR_NETWORK_MANAGER]);

	if (doctor_conf_leaves_link(conf, family->device)) {
		doctor_say(check, DOCTOR_OK, "leaves %s alone", family->device);
		return;
	}
	doctor_say(check, DOCTOR_WARNING,
		   "may take hold of %s: nothing in its settings keeps it off", family->device);
	if (check->mend[0] != '\0')
		return;
	doctor_mend(
		check,
		"printf '[keyfile]\\nunmanaged-devices+=interface-name:%s;interface-name:%s\\n' "
		">/etc/NetworkManager/conf.d/croute.conf",
		facts->config->vxlan.device, facts->config->vxlan.device_v6);
	doctor_mend(check, "nmcli general reload conf");
}

void doctor_check_network_manager(const struct doctor_facts *facts, struct doctor_check *check)
{
	const struct host_text *conf = &facts->texts[DOCTOR_NETWORK_MANAGER];

	if (!facts->host->network_manager) {
		doctor_say(check, DOCTOR_OK, "does not run");
		return;
	}
	if (!doctor_tunnels(facts)) {
		doctor_say(check, DOCTOR_OK, "runs, and there is no tunnel for it to take hold of");
		return;
	}
	if (conf->status < 0) {
		doctor_say(check, DOCTOR_UNKNOWN, "runs, and its settings could not be read: %s",
			   strerrordesc_np(-conf->status));
		return;
	}
	for (unsigned i = 0; i < 2; i++) {
		if (doctor_family_at(facts, i)->wanted)
			check_device(facts, doctor_family_at(facts, i), check);
	}
}

/* The program is the first word of the hook's name; nft takes the others, too. */
static void mend_hook(const struct doctor_flow *flow, const struct doctor_hook *hook,
		      struct doctor_check *check)
{
	const char *family = hook->family == AF_INET ? "ip" : "ip6";
	const char *rest = strchrnul(hook->name, ' ');
	int len = (int)(rest - hook->name);
	char text[PREFIX_TEXT_MAX];

	for (uint32_t i = 0; i < flow->pod_count; i++) {
		if (flow->pods[i].ip.family != hook->family)
			continue;
		(void)prefix_format(&flow->pods[i], text);
		if (strncmp(hook->name, "nftables ", 9) == 0) {
			doctor_mend(check, "nft insert rule%s %s saddr %s accept", rest, family,
				    text);
			doctor_mend(check, "nft insert rule%s %s daddr %s accept", rest, family,
				    text);
		} else {
			doctor_mend(check, "%.*s -I%s -s %s -j ACCEPT", len, hook->name, rest,
				    text);
			doctor_mend(check, "%.*s -I%s -d %s -j ACCEPT", len, hook->name, rest,
				    text);
		}
	}
}

static void check_hook(const struct doctor_flow *flow, const struct doctor_hook *hook,
		       struct doctor_check *check)
{
	const char *version = hook->family == AF_INET ? "IPv4" : "IPv6";

	if (hook->verdict == DOCTOR_PERHAPS)
		doctor_say(check, DOCTOR_WARNING,
			   "%s drops what no rule accepts, and only rules with further conditions "
			   "accept %s packets between pods",
			   hook->name, version);
	else
		doctor_say(check, DOCTOR_FAILURE, "%s drops %s packets between pods", hook->name,
			   version);
	mend_hook(flow, hook, check);
}

static bool has_pods(const struct doctor_flow *flow, uint8_t family)
{
	for (uint32_t i = 0; i < flow->pod_count; i++) {
		if (flow->pods[i].ip.family == family)
			return true;
	}
	return false;
}

void doctor_check_forward_chain(const struct doctor_facts *facts, struct doctor_check *check)
{
	const struct doctor_filters *filters = &facts->filters;
	struct doctor_flow flow;

	doctor_find_flow(facts, &flow);
	if (flow.pod_count == 0) {
		doctor_say(check, DOCTOR_UNKNOWN, "takes a valid file with pod networks");
		return;
	}
	if (filters->unseen[0] != '\0')
		doctor_say(check, DOCTOR_UNKNOWN, "could not see %s", filters->unseen);
	doctor_say(check, DOCTOR_OK, "no packet filter drops packets between pods");
	for (uint32_t i = 0; i < filters->chains.count; i++) {
		const struct doctor_hook *hook = &filters->chains.hooks[i];

		if ((hook->verdict == DOCTOR_DROPS || hook->verdict == DOCTOR_PERHAPS) &&
		    has_pods(&flow, hook->family))
			check_hook(&flow, hook, check);
	}
}

void doctor_check_masquerade(const struct doctor_facts *facts, struct doctor_check *check)
{
	const struct doctor_filters *filters = &facts->filters;
	bool ours = facts->config != NULL && facts->config->agent.masquerade;

	if (filters->flannel[0] == '\0') {
		doctor_say(check, filters->flannel_asked ? DOCTOR_OK : DOCTOR_UNKNOWN, "%s",
			   filters->flannel_asked ? "no masquerade rules of flannel's"
						  : "could not see the packet filters");
		return;
	}
	if (ours) {
		doctor_say(check, DOCTOR_WARNING,
			   "flannel's masquerade rules stand beside croute's own (%s)",
			   filters->flannel);
		doctor_mend(check,
			    "restart the host, or remove flannel's rules, once flannel is gone");
		return;
	}
	doctor_say(
		check, DOCTOR_OK,
		"flannel's masquerade rules stand (%s), and agent.masquerade is false: they stay "
		"until the next start of the host",
		filters->flannel);
}
