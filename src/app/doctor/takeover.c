/* takeover.c - what a takeover from flannel would meet (SPEC 6). */
#include "app/doctor/doctor.h"

#include <errno.h>
#include <string.h>

#include "croute/core/flannel/device.h"
#include "croute/core/want/vtep.h"

void doctor_check_adopt(const struct doctor_facts *facts, struct doctor_check *check)
{
	if (facts->config->adopt == ADOPT_FLANNEL) {
		doctor_find(check, DOCTOR_OK, "the file says adopt: flannel");
		return;
	}
	doctor_find(check, DOCTOR_WARNING,
		    "the file does not say adopt: flannel, so nothing would be taken over");
	doctor_fix(check, "adopt: flannel");
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

void doctor_check_adopted_routes(const struct doctor_facts *facts, struct doctor_check *check)
{
	uint32_t count = facts->flannel.count;
	uint32_t vanished = facts->vanished.count;
	char space[600] = "";
	struct buf text = BUF_OVER(space);

	if (count == 0)
		doctor_find(check, DOCTOR_OK, "no route of flannel's is here");
	else
		doctor_find(check, DOCTOR_OK, "%u route%s of flannel's would be taken over", count,
			    count == 1 ? "" : "s");
	if (vanished == 0)
		return;
	doctor_add_routes(&text, &facts->vanished);
	doctor_find(check, DOCTOR_WARNING,
		    "of flannel's %u route%s %u lead%s to no node of the file and would be "
		    "removed: %s",
		    count, count == 1 ? "" : "s", vanished, vanished == 1 ? "s" : "", space);
	doctor_fix(check, "if the file lacks a node, add it; croute reconcile --dry-run shows what "
			  "would go");
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

/* A tunnel device of flannel's on the underlay of that family, under whatever name. */
static const struct link *find_flannels(const struct doctor_facts *facts, unsigned family)
{
	for (uint32_t i = 0; i < facts->links->links.count; i++) {
		const struct link *link = links_at(facts->links, i);

		if (strcmp(link->kind, "vxlan") == 0 && strncmp(link->name, "flannel", 7) == 0 &&
		    (link->vxlan.local.family == AF_INET6) == (family == 1))
			return link;
	}
	return NULL;
}

/* The lines of the file with which the device would be taken over as it is. */
static void fix_device(const struct doctor_facts *facts, unsigned family, const struct link *link,
		       struct doctor_check *check)
{
	const struct config_node *node = config_node_at(facts->config, facts->self);
	struct mac wanted = config_vtep_mac(facts->config, node, family == 0 ? AF_INET : AF_INET6);
	const char *suffix = family == 0 ? "" : "6";
	char mac[MAC_TEXT_MAX];

	if (link->vxlan.vni != facts->config->vxlan.vni ||
	    link->vxlan.port != facts->config->vxlan.port ||
	    strcmp(link->name, facts->family[family].device) != 0)
		doctor_fix(check,
			   "backend: {type: vxlan, vxlan: {vni: %u, port: %u, device%s: %s}}",
			   link->vxlan.vni, link->vxlan.port, family == 0 ? "" : "V6", link->name);
	if (!mac_same(&wanted, &link->mac))
		doctor_fix(check, "in the entry of %s: vtepMAC%s: '%s'",
			   config_string_at(facts->config, node->name), suffix,
			   mac_format(&link->mac, mac));
}

/* Whether a pass would take the link. */
static int may_take(const struct doctor_facts *facts, unsigned family, const struct link *link,
		    struct error *err)
{
	struct device device;
	struct vtep_action step;
	int status = vtep_device(facts->config, config_node_at(facts->config, facts->self),
				 &facts->family[family].link, &device, err);

	if (status < 0)
		return status;
	if (strcmp(link->kind, "vxlan") != 0)
		return error_set(err, EEXIST, "%s is not a VXLAN device", link->name);
	if (link->alias[0] != '\0')
		return error_set(err, EEXIST,
				 "the alias of %s says that it is of \"%s\"; it is not taken over",
				 link->name, link->alias);
	return flannel_device_action(&device, facts->links, link, &step, err);
}

static void check_device(const struct doctor_facts *facts, unsigned family, const struct link *link,
			 struct doctor_check *check)
{
	struct error err = {0};

	if (device_is_ours(link)) {
		doctor_find(check, DOCTOR_OK, "%s is croute's already", link->name);
	} else if (may_take(facts, family, link, &err) == 0) {
		doctor_find(check, DOCTOR_OK,
			    "%s is taken over in place, with the MAC that peers know", link->name);
	} else {
		doctor_find(check, DOCTOR_FAILURE, "%s", err.text);
		if (strcmp(link->kind, "vxlan") == 0 && link->alias[0] == '\0')
			fix_device(facts, family, link, check);
		else
			doctor_fix(check, "another name in backend.vxlan.device");
	}
}

void doctor_check_adopted_device(const struct doctor_facts *facts, struct doctor_check *check)
{
	for (unsigned i = 0; i < 2; i++) {
		const struct link *link = doctor_device(facts, i);
		const struct link *other = find_flannels(facts, i);
		const char *name = facts->family[i].device;

		if (facts->family[i].link.index == 0)
			continue;
		if (link != NULL) {
			check_device(facts, i, link, check);
		} else if (other != NULL) {
			doctor_find(check, DOCTOR_FAILURE,
				    "flannel's tunnel is %s, and the file %s%s: it is not taken "
				    "over",
				    other->name, name[0] != '\0' ? "calls it " : "asks for none",
				    name);
			fix_device(facts, i, other, check);
		} else if (name[0] != '\0') {
			doctor_find(check, DOCTOR_WARNING,
				    "%s does not exist: it will be created, and reaches peers that "
				    "know its MAC",
				    name);
		}
	}
	if (check->text[0] == '\0')
		doctor_find(check, DOCTOR_OK, "the file asks for no tunnel, and flannel left none");
}

/* Neighbours of the device are network addresses of podCIDRs, each with the MAC of its node. A peer
 * of both families counts once, as the last that was noted mostly is. */
void doctor_take_adopted(struct doctor_facts *facts, const struct neigh *neigh)
{
	struct doctor_nodes *strangers = &facts->strangers;
	struct prefix prefix = prefix_of(&neigh->ip, ip_bits(neigh->ip.family));
	uint32_t i = config_podcidr_covering(facts->config, &prefix);
	const struct config_podcidr *podcidr;
	struct mac wanted;

	if (i == CONFIG_NOT_FOUND || !mac_is_set(&neigh->mac))
		return;
	podcidr = config_podcidr_at(facts->config, i);
	if (podcidr->node == facts->self || !ip_same(&podcidr->prefix.ip, &neigh->ip))
		return;
	wanted = config_vtep_mac(facts->config, config_node_at(facts->config, podcidr->node),
				 neigh->ip.family);
	for (i = 0; i < strangers->count && i < DOCTOR_SHOWN; i++) {
		if (strangers->shown[i] == podcidr->node)
			return;
	}
	if (!mac_same(&wanted, &neigh->mac))
		doctor_note_node(strangers, podcidr->node);
}

void doctor_check_adopted_peers(const struct doctor_facts *facts, struct doctor_check *check)
{
	char space[600] = "";
	struct buf text = BUF_OVER(space);

	if (facts->strangers.count == 0) {
		doctor_find(check, DOCTOR_OK,
			    "the file has the MACs of all peers that the kernel knows");
		return;
	}
	doctor_add_nodes(&text, facts, &facts->strangers);
	doctor_find(check, DOCTOR_FAILURE,
		    "the file has other MACs of these peers than the kernel, and their pods would "
		    "be lost: %s",
		    space);
	doctor_fix(check, "kubectl get nodes -o json | croute import --from kube-nodes --address "
			  "flannel");
}
