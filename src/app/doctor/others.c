/* others.c - checks of other programs: network managers and packet filters. */
/* SPDX-License-Identifier: MIT */
#include "app/doctor/doctor.h"

#include <errno.h>
#include <string.h>

#define NETWORKD "/etc/systemd/networkd.conf.d"
#define NETWORK_MANAGER "/etc/NetworkManager/conf.d"
#define OURS "10-croute.conf" /* as the package calls them, too */

/* Whether a program runs, as far as that is visible. */
static bool runs(const struct doctor_facts *facts, bool seen, struct doctor_check *check)
{
	if (!seen && facts->host->is_container)
		doctor_find(check, DOCTOR_UNKNOWN,
			    "programs of the host are not visible from this container");
	else if (!seen)
		doctor_find(check, DOCTOR_OK, "does not run");
	return seen;
}

/* Whether our file is there and readable. */
static bool has_drop_in(const struct host_drop_in *ours, struct doctor_check *check)
{
	int status = ours->text.status;

	if (status == -ENOENT || status == -EINVAL)
		doctor_find(check, DOCTOR_WARNING, "runs without croute's drop-in " OURS);
	else if (status != 0)
		doctor_find(check, DOCTOR_UNKNOWN, "runs, and %s cannot be read: %s", ours->path,
			    strerrordesc_np(-status));
	return status == 0;
}

/* It reads its settings when it starts. The package's files have the time of their making, so that
 * only their arrival says that they may have been other ones before. */
static void check_start(const struct doctor_facts *facts, const struct host_drop_in *ours,
			struct doctor_check *check)
{
	int64_t since = facts->host->networkd_since;

	if (since == 0 || ours->placed <= since) {
		doctor_find(check, DOCTOR_OK, "%s keeps it from removing routes", ours->path);
		return;
	}
	doctor_find(check, ours->written > since ? DOCTOR_WARNING : DOCTOR_UNKNOWN,
		    "%s %s: systemd-networkd was started before it was there", ours->path,
		    ours->written > since ? "is not in force yet" : "may not be in force");
	doctor_fix(check, "systemctl restart systemd-networkd");
}

void doctor_check_networkd(const struct doctor_facts *facts, struct doctor_check *check)
{
	const struct host_drop_in *ours = &facts->networkd;
	static const char setting[] = "\nManageForeignRoutes=no\n";
	struct text text = host_text_of(&ours->text);

	if (!runs(facts, facts->host->networkd, check))
		return;
	if (has_drop_in(ours, check)) {
		if (memmem(text.at, text.len, setting, strlen(setting)) != NULL) {
			check_start(facts, ours, check);
			return;
		}
		doctor_find(check, DOCTOR_WARNING, "%s does not say ManageForeignRoutes=no",
			    ours->path);
	}
	if (check->result == DOCTOR_WARNING)
		doctor_find(check, DOCTOR_WARNING,
			    "it removes croute's routes whenever it starts or reconfigures a link, "
			    "unless another file says ManageForeignRoutes=no");
	doctor_fix(check, "mkdir -p " NETWORKD);
	doctor_fix(check, "printf '[Network]\\nManageForeignRoutes=no\\n' >" NETWORKD "/" OURS);
	doctor_fix(check, "systemctl restart systemd-networkd");
}

void doctor_check_network_manager(const struct doctor_facts *facts, struct doctor_check *check)
{
	const struct host_drop_in *ours = &facts->network_manager;

	if (!runs(facts, facts->host->network_manager, check))
		return;
	if (has_drop_in(ours, check))
		doctor_find(check, DOCTOR_OK, "%s keeps it off the tunnel", ours->path);
	for (unsigned i = 0; i < 2; i++) {
		if (facts->family[i].managed)
			doctor_find(check, DOCTOR_WARNING,
				    "manages %s: no drop-in that names it is in force",
				    facts->family[i].device);
	}
	if (check->result == DOCTOR_OK)
		return;
	doctor_fix(check, "mkdir -p " NETWORK_MANAGER);
	doctor_fix(check,
		   "printf '[device-croute]\\nmatch-device=interface-name:%s;interface-name:%s\\n"
		   "managed=0\\n' >" NETWORK_MANAGER "/" OURS,
		   facts->config->vxlan.device, facts->config->vxlan.device_v6);
	doctor_fix(check, "nmcli general reload conf");
	for (unsigned i = 0; i < 2; i++) {
		if (facts->family[i].managed)
			doctor_fix(check, "nmcli device set %s managed no",
				   facts->family[i].device);
	}
}

/* The rule is the same whichever program the chain is of; IPv6 has its own of each. */
static void fix_chain(const struct chain *chain, const struct prefix *pods,
		      struct doctor_check *check)
{
	bool ipv4 = pods->ip.family == AF_INET;
	bool by_iptables = strcmp(chain->table, "filter") == 0 &&
			   strcmp(chain->name, "FORWARD") == 0 && chain->family != AF_UNSPEC;
	const char *family = ipv4 ? "ip" : "ip6";
	char text[PREFIX_TEXT_MAX];

	(void)prefix_format(pods, text);
	for (int i = 0; i < 2; i++) {
		if (by_iptables)
			doctor_fix(check, "%stables%s -I FORWARD %s %s -j ACCEPT", family,
				   chain->legacy ? "-legacy" : "", i == 0 ? "-s" : "-d", text);
		else
			doctor_fix(check, "nft insert rule %s %s %s %s %s %s accept",
				   chain->family == AF_UNSPEC ? "inet" : family, chain->table,
				   chain->name, family, i == 0 ? "saddr" : "daddr", text);
	}
}

/* Only chains of a family that pods have. */
static void check_chain(const struct doctor_facts *facts, const struct chain *chain,
			struct doctor_check *check)
{
	const char *family = chain->family == AF_INET ? "ip " : "ip6 ";
	struct prefix pods;
	bool meets = false;

	for (uint32_t i = 0; doctor_pods_at(facts, i, &pods); i++) {
		if (chain->family != AF_UNSPEC && chain->family != pods.ip.family)
			continue;
		if (!meets)
			doctor_find(check, DOCTOR_WARNING,
				    "chain %s of %s table %s%s drops what no rule accepts",
				    chain->name, chain->legacy ? "legacy iptables" : "nftables",
				    chain->family == AF_UNSPEC ? "inet " : family, chain->table);
		meets = true;
		fix_chain(chain, &pods, check);
	}
}

void doctor_check_forward_chain(const struct doctor_facts *facts, struct doctor_check *check)
{
	const struct doctor_filters *filters = &facts->filters;

	if (filters->unseen[0] != '\0')
		doctor_find(check, DOCTOR_UNKNOWN, "cannot read %s", filters->unseen);
	for (uint32_t i = 0; i < filters->chain_count && i < DOCTOR_CHAINS_MOST; i++)
		check_chain(facts, &filters->chains[i], check);
	doctor_find(check, DOCTOR_OK, "no chain for forwarded packets has the policy drop");
	if (check->result != DOCTOR_WARNING)
		return;
	doctor_fix(check, "to keep them: where the other rules of that chain come from "
			  "(/etc/nftables.conf, netfilter-persistent save)");
	doctor_fix(check, "whether pods need them: croute reach POD-ADDRESS on another node, with "
			  "a pod of this one");
}

void doctor_check_masquerade(const struct doctor_facts *facts, struct doctor_check *check)
{
	const struct doctor_filters *filters = &facts->filters;
	bool ours = facts->config != NULL && facts->config->agent.masquerade;

	if (filters->flannel[0] != '\0' && ours) {
		doctor_find(check, DOCTOR_WARNING,
			    "flannel's masquerade rules are in force beside croute's own (%s)",
			    filters->flannel);
		doctor_fix(check, "reboot once flannel is gone: nothing else keeps its rules");
	} else if (filters->flannel[0] != '\0') {
		doctor_find(check, DOCTOR_WARNING,
			    "only flannel's rules (%s) masquerade what pods send outside, and "
			    "agent.masquerade is false: without flannel they are gone after the "
			    "next boot",
			    filters->flannel);
		doctor_fix(check, "agent: {masquerade: true}");
	} else if (filters->unseen[0] != '\0') {
		doctor_find(check, DOCTOR_UNKNOWN, "cannot read %s", filters->unseen);
	} else {
		doctor_find(check, DOCTOR_OK, "no masquerade rules of flannel's");
	}
}
