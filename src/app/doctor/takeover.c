/* takeover.c - what a takeover from flannel would meet (SPEC 6). */
/* SPDX-License-Identifier: MIT */
#include "app/doctor/doctor.h"

#include <string.h>

void doctor_check_adopt(const struct doctor_facts *facts, struct doctor_check *check)
{
	if (facts->config->adopt == ADOPT_FLANNEL) {
		doctor_find(check, DOCTOR_OK, "the file says adopt: flannel");
	} else {
		doctor_find(check, DOCTOR_WARNING,
			    "the file does not say adopt: flannel, so nothing would be taken over");
		doctor_fix(check, "adopt: flannel");
	}
	for (uint32_t i = 0; !doctor_tunnels(facts) && i < facts->links->links.count; i++) {
		const struct link *link = links_at(facts->links, i);

		if (strcmp(link->kind, "vxlan") != 0 || strncmp(link->name, "flannel", 7) != 0)
			continue;
		doctor_find(check, DOCTOR_FAILURE,
			    "flannel's tunnel %s is here, and the file asks for none", link->name);
		doctor_fix(check, "backend: {type: vxlan, vxlan: {vni: %u, port: %u, device: %s}}",
			   link->vxlan.vni, link->vxlan.port, link->name);
	}
}

void doctor_check_flanneld(const struct doctor_facts *facts, struct doctor_check *check)
{
	if (facts->flanneld != 0) {
		doctor_find(check, DOCTOR_FAILURE,
			    "flanneld runs, process %u: it would put back what croute takes over",
			    facts->flanneld);
		doctor_fix(check, "stop flanneld on this host; what it made stays in the kernel");
	} else if (facts->host->is_container) {
		doctor_find(check, DOCTOR_UNKNOWN,
			    "no flanneld is visible from here, but processes of other containers "
			    "are not either");
	} else {
		doctor_find(check, DOCTOR_OK, "no flanneld runs");
	}
}

void doctor_check_adopted_cni(const struct doctor_facts *facts, struct doctor_check *check)
{
	const struct config *config = facts->config;

	if (config->agent.subnet_env != 0) {
		doctor_find(check, DOCTOR_OK, "croute keeps %s",
			    config_string_at(config, config->agent.subnet_env));
	} else if (!facts->has_env) {
		doctor_find(check, DOCTOR_OK, DOCTOR_SUBNET_ENV " does not exist");
	} else {
		doctor_find(check, DOCTOR_WARNING,
			    DOCTOR_SUBNET_ENV " is gone after the next boot, and without it the "
					      "CNI plugin flannel starts no pod");
		doctor_fix(check,
			   "agent: {subnetEnv: " DOCTOR_SUBNET_ENV "}, or another CNI plugin");
	}
}

/* Neighbours of the device are network addresses of podCIDRs, each with the MAC of its node. A peer
 * of both families counts once, as the last that was noted mostly is. */
int doctor_take_adopted(void *context, const struct neigh *neigh)
{
	struct doctor_facts *facts = context;
	struct doctor_nodes *strangers = &facts->strangers;
	struct prefix prefix = prefix_of(&neigh->ip, ip_bits(neigh->ip.family));
	uint32_t i = config_podcidr_covering(facts->config, &prefix);
	const struct config_podcidr *podcidr;
	struct mac wanted;

	if (i == CONFIG_NOT_FOUND || !mac_is_set(&neigh->mac))
		return 0;
	podcidr = config_podcidr_at(facts->config, i);
	if (podcidr->node == facts->self || !ip_same(&podcidr->prefix.ip, &neigh->ip))
		return 0;
	wanted = config_vtep_mac(facts->config, config_node_at(facts->config, podcidr->node),
				 neigh->ip.family);
	for (i = 0; i < strangers->count && i < DOCTOR_SHOWN; i++) {
		if (strangers->shown[i] == podcidr->node)
			return 0;
	}
	if (!mac_same(&wanted, &neigh->mac))
		doctor_note_node(strangers, podcidr->node);
	return 0;
}

void doctor_check_adopted_peers(const struct doctor_facts *facts, struct doctor_check *check)
{
	struct buf text = BUF_LOCAL(600);

	if (facts->strangers.count == 0) {
		doctor_find(check, DOCTOR_OK,
			    "the file has the MACs of all peers that the kernel knows");
		return;
	}
	doctor_add_nodes(&text, facts, &facts->strangers);
	doctor_find(check, DOCTOR_FAILURE,
		    "the file has other MACs of these peers than the kernel, and their pods would "
		    "be lost: %s",
		    text.data);
	doctor_fix(check, "kubectl get nodes -o json | croute import --from kube-nodes --address "
			  "flannel");
}
