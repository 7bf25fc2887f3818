/* takeover.c - what a takeover from flannel would meet. */
#include "app/doctor/facts.h"

#include <errno.h>
#include <string.h>

#include "croute/core/flannel/device.h"
#include "croute/core/want/vtep.h"

#define SHOWN_MAX 400 /* bytes of routes in a text */

void doctor_check_adopt(const struct doctor_facts *facts, struct doctor_check *check)
{
	if (doctor_lacks(facts, check, true, ""))
		return;
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

	if (doctor_lacks(facts, check, facts->routes_seen, "routes"))
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
	if (filters->flannel[0] != '\0' && !ours) {
		doctor_say(check, DOCTOR_WARNING,
			   "only flannel's rules (%s) masquerade what pods send outside, and "
			   "nothing adds them again after the next boot",
			   filters->flannel);
		doctor_fix(check, "agent: {masquerade: true}, or masquerade elsewhere");
	}
	if (filters->flannel_forward[0] == '\0')
		return;
	doctor_say(check, DOCTOR_WARNING,
		   "flannel's rules (%s) accept forwarded packets of pods, and nothing adds them "
		   "again after the next boot",
		   filters->flannel_forward);
	doctor_fix(check, "where forward-chain warns of a policy, add its rules at each boot");
}

void doctor_check_adopted_cni(const struct doctor_facts *facts, struct doctor_check *check)
{
	const struct config *config = facts->config;

	if (doctor_lacks(facts, check, true, ""))
		return;
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

/* Parts that peers or the underlay feel; the others are set without a trace. */
static const struct part_row {
	uint32_t part;
	const char *name;
} parts[] = {
	{DEVICE_PART_LOCAL, "local address"},
	{DEVICE_PART_UNDERLAY, "link below"},
	{DEVICE_PART_LEARNING, "learning"},
	{DEVICE_PART_TTL, "TTL"},
	{DEVICE_PART_TOS, "TOS"},
	{DEVICE_PART_MTU, "MTU"},
	{DEVICE_PART_UP, "state, which is down"},
};

static uint8_t number_of(const struct doctor_facts *facts, const struct doctor_family *family)
{
	return family == &facts->ipv4 ? AF_INET : AF_INET6;
}

static const struct config_node *self(const struct doctor_facts *facts)
{
	return config_node_at(facts->config, facts->self);
}

static bool say_unknown(const struct doctor_facts *facts, struct doctor_check *check)
{
	if (facts->config != NULL && facts->links != NULL && facts->self != CONFIG_NOT_FOUND)
		return false;
	doctor_say(check, DOCTOR_UNKNOWN, "needs a valid file that names this host");
	return true;
}

static bool is_flannels(const struct link *link)
{
	return strcmp(link->kind, "vxlan") == 0 && strncmp(link->name, "flannel", 7) == 0;
}

/* A tunnel device of flannel's on the underlay of that family, under whatever name. */
static const struct link *find_flannels(const struct doctor_facts *facts, uint8_t family)
{
	for (uint32_t i = 0; i < facts->links->links.count; i++) {
		const struct link *link = links_at(facts->links, i);
		uint8_t local = link->vxlan.local.family == AF_INET6 ? AF_INET6 : AF_INET;

		if (is_flannels(link) && local == family)
			return link;
	}
	return NULL;
}

static void fix_parameters(const struct link *link, uint8_t family, struct doctor_check *check)
{
	doctor_fix(check, "backend: {type: vxlan, vxlan: {vni: %u, port: %u, device%s: %s}}",
		   link->vxlan.vni, link->vxlan.port, family == AF_INET6 ? "V6" : "", link->name);
}

/* The device of the file is not there. */
static void check_absent(const struct doctor_facts *facts, const struct doctor_family *family,
			 struct doctor_check *check)
{
	uint8_t number = number_of(facts, family);
	const struct link *other = find_flannels(facts, number);

	if (other == NULL) {
		doctor_say(check, DOCTOR_WARNING,
			   "%s does not exist: it will be created, and reaches peers that know its "
			   "MAC",
			   family->device);
		return;
	}
	doctor_say(check, DOCTOR_FAILURE,
		   "flannel's device is %s, VNI %u, port %u, and the file calls it %s: only one of "
		   "that name is taken over",
		   other->name, other->vxlan.vni, other->vxlan.port, family->device);
	fix_parameters(other, number, check);
}

/* What the pass would refuse, in its words; the MAC has a check of its own. */
static void check_refused(const struct device *device, const struct link *link, const char *why,
			  struct doctor_check *check)
{
	const struct vxlan_params *vxlan = &link->vxlan;

	doctor_say(check, DOCTOR_FAILURE, "%s", why);
	if (vxlan->vni != 0 && !vxlan->odd &&
	    (vxlan->vni != device->vni || vxlan->port != device->port))
		fix_parameters(link, device->local.family, check);
}

static void check_parts(const struct device *device, const struct link *link,
			struct doctor_check *check)
{
	uint32_t differs = device_differs(device, link);
	char space[200] = "";
	struct buf text = BUF_OVER(space);

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if ((differs & parts[i].part) != 0)
			buf_add(&text, "%s%s", text.len > 0 ? ", " : "", parts[i].name);
	}
	if (text.len > 0)
		doctor_say(check, DOCTOR_WARNING,
			   "%s is not as the file says, and will be changed in place: %s",
			   link->name, space);
	else
		doctor_say(check, DOCTOR_OK, "%s %s", link->name,
			   device_is_ours(link) ? "is croute's already"
						: "is as the file says: taken over in place");
}

/* Whether a pass would take the link, or has taken it already. */
static int may_take(const struct doctor_facts *facts, const struct device *device,
		    const struct link *link, struct error *err)
{
	struct device as_it_is = *device;
	struct vtep_step step;

	if (device_is_ours(link))
		return 0;
	if (strcmp(link->kind, "vxlan") != 0)
		return error_set(err, EEXIST,
				 "%s is not a VXLAN device: name another in backend.vxlan.device",
				 link->name);
	if (link->alias[0] != '\0')
		return error_set(err, EEXIST,
				 "the alias of %s says that it is of \"%s\"; it is not taken over",
				 link->name, link->alias);
	as_it_is.mac = link->mac;
	return adopt_device_step(&as_it_is, facts->links, link, &step, err);
}

static void check_device(const struct doctor_facts *facts, const struct doctor_family *family,
			 struct doctor_check *check)
{
	const struct link *link = doctor_device(facts, family);
	struct device device;
	struct error err = {0};

	if (link == NULL)
		check_absent(facts, family, check);
	else if (vtep_device(facts->config, self(facts), &family->link, &device, &err) < 0)
		doctor_say(check, DOCTOR_FAILURE, "%s: %s", family->device, err.text);
	else if (may_take(facts, &device, link, &err) < 0)
		check_refused(&device, link, err.text, check);
	else
		check_parts(&device, link, check);
}

/* Plain routes beside a tunnel of flannel's. */
static void check_no_tunnel(const struct doctor_facts *facts, struct doctor_check *check)
{
	const struct link *link = find_flannels(facts, AF_INET);
	uint8_t family = link != NULL ? AF_INET : AF_INET6;

	if (link == NULL)
		link = find_flannels(facts, AF_INET6);
	if (link == NULL) {
		doctor_say(check, DOCTOR_OK, "the file asks for no tunnel, and flannel left none");
		return;
	}
	doctor_say(check, DOCTOR_FAILURE,
		   "flannel's tunnel %s is here, and the file asks for none: its routes would stay "
		   "before croute's",
		   link->name);
	fix_parameters(link, family, check);
}

void doctor_check_adopted_device(const struct doctor_facts *facts, struct doctor_check *check)
{
	if (say_unknown(facts, check))
		return;
	if (!doctor_tunnels(facts)) {
		check_no_tunnel(facts, check);
		return;
	}
	for (unsigned i = 0; i < 2; i++) {
		const struct doctor_family *family = doctor_family_at(facts, i);

		if (family->wanted && family->link.index != 0)
			check_device(facts, family, check);
	}
	if (check->text[0] == '\0')
		doctor_say(check, DOCTOR_UNKNOWN, "needs an interface");
}

static void check_mac(const struct doctor_facts *facts, const struct doctor_family *family,
		      struct doctor_check *check)
{
	const struct link *link = doctor_device(facts, family);
	uint8_t number = number_of(facts, family);
	const struct config_node *node = self(facts);
	const struct mac *given = number == AF_INET ? &node->vtep_mac : &node->vtep_mac6;
	struct mac wanted = config_vtep_mac(facts->config, node, number);
	const char *how = mac_is_set(given) ? "names" : "makes from the node's name";
	char has_text[MAC_TEXT_MAX];
	char text[MAC_TEXT_MAX];

	if (link == NULL)
		return;
	(void)mac_format(&link->mac, has_text);
	if (mac_same(&link->mac, &wanted)) {
		doctor_say(check, DOCTOR_OK, "%s has the MAC that the file %s, %s", link->name, how,
			   has_text);
		return;
	}
	doctor_say(
		check, DOCTOR_FAILURE,
		"%s has the MAC %s, to which peers send, and the file %s %s: it is not taken over",
		link->name, has_text, how, mac_format(&wanted, text));
	doctor_fix(check, "in the entry of %s: %s: '%s'",
		   config_string_at(facts->config, node->name),
		   number == AF_INET ? "vtepMAC" : "vtepMAC6", has_text);
}

/* Whether MACs matter at all; else it is said why not. */
static bool say_no_macs(const struct doctor_facts *facts, struct doctor_check *check)
{
	if (say_unknown(facts, check))
		return true;
	if (doctor_tunnels(facts))
		return false;
	doctor_say(check, DOCTOR_OK, "without a tunnel there is none");
	return true;
}

void doctor_check_adopted_mac(const struct doctor_facts *facts, struct doctor_check *check)
{
	if (say_no_macs(facts, check))
		return;
	for (unsigned i = 0; i < 2; i++) {
		if (doctor_family_at(facts, i)->wanted)
			check_mac(facts, doctor_family_at(facts, i), check);
	}
	if (check->text[0] == '\0')
		doctor_say(check, DOCTOR_OK, "no device is there that could have another");
}

/* One that is shown already is not counted anew. */
static void note_node(struct doctor_node_group *group, uint32_t node)
{
	for (uint32_t i = 0; i < group->count && i < DOCTOR_NODES_SHOWN; i++) {
		if (group->shown[i] == node)
			return;
	}
	if (group->count < DOCTOR_NODES_SHOWN)
		group->shown[group->count] = node;
	group->count++;
}

/* Neighbours of the device are network addresses of podCIDRs, each with the MAC of its node. */
void doctor_take_adopted(struct doctor_facts *facts, const struct neigh *neigh)
{
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
	if (!mac_same(&wanted, &neigh->mac))
		note_node(&facts->adopt.strangers, podcidr->node);
}

/* Whether a node lacks the MAC of a family in which this one tunnels. */
static bool lacks_mac(const struct doctor_facts *facts, const struct config_node *node)
{
	struct ip ipv4 = config_node_address(node, AF_INET);
	struct ip ipv6 = config_node_address(node, AF_INET6);

	return (facts->ipv4.wanted && ip_is_set(&ipv4) && !mac_is_set(&node->vtep_mac)) ||
	       (facts->ipv6.wanted && ip_is_set(&ipv6) && !mac_is_set(&node->vtep_mac6));
}

static struct doctor_node_group find_lacking(const struct doctor_facts *facts)
{
	struct doctor_node_group lacking = {.count = 0};

	for (uint32_t i = 0; i < config_node_count(facts->config); i++) {
		if (i != facts->self && lacks_mac(facts, config_node_at(facts->config, i)))
			note_node(&lacking, i);
	}
	return lacking;
}

void doctor_check_adopted_peers(const struct doctor_facts *facts, struct doctor_check *check)
{
	const struct doctor_node_group *strangers = &facts->adopt.strangers;
	struct doctor_node_group lacking;
	char space[400] = "";
	struct buf text = BUF_OVER(space);

	if (say_no_macs(facts, check))
		return;
	lacking = find_lacking(facts);
	doctor_say(check, DOCTOR_OK,
		   "the file names the MACs of all peers, and as the kernel knows "
		   "them");
	if (strangers->count > 0) {
		doctor_add_nodes(&text, facts, strangers->shown, strangers->count,
				 DOCTOR_NODES_SHOWN);
		doctor_say(check, DOCTOR_FAILURE,
			   "the kernel knows other MACs of these peers than the file, and their "
			   "pods would be lost: %s",
			   space);
	}
	if (lacking.count > 0) {
		text = BUF_OVER(space);
		doctor_add_nodes(&text, facts, lacking.shown, lacking.count, DOCTOR_NODES_SHOWN);
		doctor_say(check, DOCTOR_WARNING,
			   "%u of %u peers have no vtepMAC in the file, and flannel's device has a "
			   "MAC that no name gives away: %s",
			   lacking.count, config_node_count(facts->config) - 1, space);
	}
	if (check->result != DOCTOR_OK)
		doctor_fix(check, "kubectl get nodes -o json | croute import --from kube-nodes "
				  "--address flannel");
}
