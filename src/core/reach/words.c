/* words.c - the likely cause of a lost path, in words. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/reach/words.h"

#include <string.h>

/* What can be wrong, the first that fits. */
enum problem {
	NONE,
	NODE_DOWN,
	NODE_UNHEARD,
	NO_WAY,
	NO_SOURCE,
	DIFFERS,
	ELSEWHERE,
	REFUSED,
	NO_ROUTE,
	ROUTER,
	ONE_WAY_BACK,
	ONE_WAY_THERE,
	PLAIN,
	TUNNEL,
	SIZE,
	SIZE_UNKNOWN,
	ABSENT,
	POD,
	PROBLEMS,
};

/*
 * %N the peer, %A its address, %P its address on the pods' side; %n, %a, %p the same for this node;
 * %L the link, %D the tunnel device, %U its port, %W podNetwork, %X the address asked for, %R who
 * refused, %G the router, %C the peer's podCIDR, %E the other way, %M the largest packet, %m the
 * payload of one more byte, %S the size.
 */
static const char *const texts[PROBLEMS][REACH_LINES] = {
	[NODE_DOWN] = {"%N does not answer at %A: it is down, or the network between the nodes is, "
		       "or a firewall drops ICMP",
		       "ping -I %a %A; tcpdump -ni %L host %A", "start %N, or see to the network"},
	[NODE_UNHEARD] = {"nobody on %L has the address %A: %N is down, or not on this network",
			  "ip neigh show %A dev %L",
			  "start %N, or correct its address in the file"},
	[NO_WAY] = {"this host has no way to %P", "croute lookup %N",
		    "croute reconcile, or start the agent"},
	[NO_SOURCE] = {"this host has no address on the pods' side to ask from",
		       "croute interface; ip route show table local",
		       "set reach.every in the file, or wait for the first pod"},
	[DIFFERS] = {"this host's routes, neighbours or FDB entries for %N differ from the file",
		     "croute reconcile --dry-run -v", "croute reconcile, or start the agent"},
	[ELSEWHERE] =
		{"packets to %P do not take croute's route but go %E: a policy rule or another "
		 "route catches them",
		 "ip route get %P from %p; croute lookup %P",
		 "remove the rule or route that croute lookup names, or let it pass %W"},
	[REFUSED] = {"%R refuses packets between %p and %P", "nft list ruleset, iptables -S: on %R",
		     "allow %W there"},
	[NO_ROUTE] = {"%R has no route to %P, the pods' side of %N", "on %R: ip route get %P",
		      "on %R: a route to %C via %A, as for every node; or backend.type: vxlan"},
	[ROUTER] = {"packets with pod addresses go by the router %G and are lost, while %N answers "
		    "at %A: the router lacks routes to the podCIDRs of %N or %n, or drops them",
		    "tcpdump -ni %L icmp and host %p; on %N: tcpdump -ni any icmp and host %P; on "
		    "%N: croute reach %n",
		    "on %G: a route to %C via %A, as for every node; or backend.type: vxlan"},
	[ONE_WAY_BACK] = {"%P answers this node's own address; what comes from %p, or goes back to "
			  "it, is lost: %N's way back, or a filter of pod addresses",
			  "on %N: croute lookup %p; croute reach %n",
			  "on %N: croute reconcile, and rp_filter 2 or 0"},
	[ONE_WAY_THERE] = {"%N answers %p from its own address; what goes to %P, or comes from it, "
			   "is lost",
			   "croute lookup %P; on %N: tcpdump -ni any icmp and host %P",
			   "croute reconcile, here and on %N; let the network pass %W"},
	[PLAIN] = {"packets with pod addresses are lost, while %N answers at %A: the network drops "
		   "them (source checks of a cloud, port security, a firewall), or %N does "
		   "(rp_filter, a firewall, no route back)",
		   "tcpdump -ni %L icmp and host %p, here and on %N; on %N: croute reach %n",
		   "allow %W on the ports of all nodes (source/destination check off, allowed "
		   "address pairs), or backend.type: vxlan"},
	[TUNNEL] =
		{"packets in the tunnel are lost, while %N answers at %A: UDP port %U is dropped "
		 "on the way, or %N lacks the device, or has a wrong MAC or FDB entry for %n",
		 "tcpdump -ni %L udp port %U, here and on %N; on %N: croute lookup %p; croute "
		 "reach %n",
		 "allow UDP port %U between all nodes; on %N: croute reconcile"},
	[SIZE] = {"packets of %S bytes are lost, of %M they arrive: the MTU of %L is larger than "
		  "what the way to %N takes",
		  "ping -M do -s %m -I %p %P", "%F"},
	[SIZE_UNKNOWN] =
		{"packets of %S bytes are lost, small ones arrive: the MTU of %L is larger "
		 "than what the way to %N takes",
		 "croute reach %N", "a smaller MTU; croute reach %N finds which"},
	[ABSENT] = {"packets with pod addresses arrive at %N, but it has no address on the pods' "
		    "side to answer at",
		    "on %N: ip route show table local", "set reach.every in the file of %N"},
	[POD] = {"%N answers, the pod %X does not: %N forwards nothing to it (a FORWARD policy of "
		 "drop, ip_forward), or the pod is silent",
		 "on %N: ping %X; croute doctor; nft list ruleset; iptables -S FORWARD",
		 "on %N: let %W pass its forward chain: iptables -I FORWARD -s %W -j ACCEPT; "
		 "iptables -I FORWARD -d %W -j ACCEPT"},
};

static enum reach_kind kind_at(const struct reach_finding *finding, enum reach_path path)
{
	return (enum reach_kind)finding->path[path].kind;
}

static enum problem node_problem(const struct reach_finding *finding)
{
	uint8_t why = finding->path[REACH_NODE].why;

	return why == ECHO_UNHEARD || why == ECHO_ABSENT ? NODE_UNHEARD : NODE_DOWN;
}

static enum problem pod_problem(const struct reach_finding *finding)
{
	bool there = finding->asked && kind_at(finding, REACH_TO) == REACH_ANSWERS;
	bool back = finding->asked && kind_at(finding, REACH_FROM) == REACH_ANSWERS;

	if (finding->differs)
		return DIFFERS;
	if (finding->elsewhere[0] != '\0')
		return ELSEWHERE;
	if (finding->path[REACH_POD].why == ECHO_UNROUTED)
		return NO_WAY;
	if (finding->path[REACH_POD].why == ECHO_REFUSED && ip_is_set(&finding->refused_by))
		return REFUSED;
	if (finding->path[REACH_POD].why == ECHO_NO_ROUTE)
		return NO_ROUTE;
	if (ip_is_set(&finding->router))
		return ROUTER;
	if (there != back)
		return there ? ONE_WAY_BACK : ONE_WAY_THERE;
	return finding->device[0] != '\0' ? TUNNEL : PLAIN;
}

static enum problem unknown_problem(const struct reach_finding *finding)
{
	struct echo echo = {.size = 0};

	if (finding->peer->podcidr == CONFIG_NOT_FOUND)
		return NONE;
	if (!reach_aim(finding->view, finding->peer, REACH_POD, false, &echo))
		return NO_SOURCE;
	return finding->path[REACH_POD].why == ECHO_ABSENT ? ABSENT : NONE;
}

static enum problem problem_of(const struct reach_finding *finding)
{
	if (kind_at(finding, REACH_NODE) == REACH_LOST)
		return node_problem(finding);
	if (kind_at(finding, REACH_POD) == REACH_LOST)
		return pod_problem(finding);
	if (kind_at(finding, REACH_FULL) == REACH_LOST)
		return finding->largest > 0 ? SIZE : SIZE_UNKNOWN;
	if (finding->asked && kind_at(finding, REACH_ADDRESS) == REACH_LOST)
		return POD;
	if (kind_at(finding, REACH_POD) == REACH_UNKNOWN)
		return unknown_problem(finding);
	return NONE;
}

enum reach_kind reach_sum(const struct reach_finding *finding)
{
	enum reach_kind sum = kind_at(finding, REACH_NODE);

	if (finding->peer->card > 0)
		return sum;
	for (unsigned i = 0; i < (finding->asked ? REACH_PATHS : REACH_KEPT); i++) {
		if (i == REACH_TO || i == REACH_FROM)
			continue;
		if (finding->path[i].kind == REACH_LOST)
			return REACH_LOST;
		if (i == REACH_POD && finding->path[i].kind == REACH_UNKNOWN)
			sum = REACH_UNKNOWN;
	}
	return sum;
}

static void add_ip(struct buf *out, const struct ip *ip)
{
	char text[IP_TEXT_MAX];

	buf_add(out, "%s", ip_is_set(ip) ? ip_format(ip, text) : "?");
}

static void add_network(struct buf *out, const struct reach_finding *finding)
{
	const struct config *config = finding->view->config;
	char text[PREFIX_TEXT_MAX];

	for (uint32_t i = 0; i < config->pod_network.count; i++) {
		const struct prefix *network =
			&config_prefix_at(config, config->pod_network, i)->prefix;

		if (network->ip.family == reach_family(finding->peer)) {
			buf_add(out, "%s", prefix_format(network, text));
			return;
		}
	}
	buf_add(out, "the podCIDRs");
}

/* With a tunnel the largest packet is the device's MTU, on a plain link that of every link. */
static void add_mtu_fix(struct buf *out, const struct reach_finding *finding)
{
	if (finding->device[0] != '\0')
		buf_add(out, "backend.vxlan.mtu: %u, or a larger MTU of the network below",
			finding->largest);
	else
		buf_add(out, "MTU %u on %s of all nodes, or a larger MTU of the network below",
			finding->largest, finding->link);
}

static void add_number(struct buf *out, const struct reach_finding *finding, char letter)
{
	uint32_t headers = finding->peer->is_ipv6 ? 48 : 28;

	if (letter == 'U')
		buf_add(out, "%u", finding->view->config->vxlan.port);
	else if (letter == 'S')
		buf_add(out, "%u", finding->size);
	else if (letter == 'M')
		buf_add(out, "%u", finding->largest);
	else
		buf_add(out, "%u", finding->largest + 1 - headers);
}

/* The agent does not keep who refused; that was the router, as far as it knows. */
static const struct ip *refused_by(const struct reach_finding *finding)
{
	return ip_is_set(&finding->refused_by) ? &finding->refused_by : &finding->router;
}

static void add_podcidr(struct buf *out, const struct reach_finding *finding)
{
	char text[PREFIX_TEXT_MAX];

	if (finding->peer->podcidr != CONFIG_NOT_FOUND)
		buf_add(out, "%s",
			prefix_format(
				&config_podcidr_at(finding->view->config, finding->peer->podcidr)
					 ->prefix,
				text));
}

static void add_address(struct buf *out, const struct reach_finding *finding, char letter)
{
	const struct reach_view *view = finding->view;
	bool other = finding->path[REACH_POD].other;
	struct echo node = {.size = 0};
	struct echo pod = {.size = 0};

	(void)reach_aim(view, finding->peer, REACH_NODE, false, &node);
	(void)reach_aim(view, finding->peer, REACH_POD, other, &pod);
	add_ip(out, letter == 'A'   ? &node.to
		    : letter == 'a' ? &node.from
		    : letter == 'P' ? &pod.to
		    : letter == 'p' ? &pod.from
		    : letter == 'G' ? &finding->router
		    : letter == 'R' ? refused_by(finding)
				    : &finding->address);
}

static void add_value(struct buf *out, const struct reach_finding *finding, char letter)
{
	const struct config *config = finding->view->config;
	const char *device = finding->device[0] != '\0' ? finding->device : finding->link;

	if (letter == 'N')
		buf_add(out, "%s",
			config_string_at(config,
					 config_node_at(config, finding->peer->node)->name));
	else if (letter == 'n')
		buf_add(out, "%s", finding->here);
	else if (letter == 'L')
		buf_add(out, "%s", finding->largest > 0 ? device : finding->link);
	else if (letter == 'E')
		buf_add(out, "%s", finding->elsewhere);
	else if (letter == 'W')
		add_network(out, finding);
	else if (letter == 'C')
		add_podcidr(out, finding);
	else if (letter == 'F')
		add_mtu_fix(out, finding);
	else if (strchr("USMm", letter) != NULL)
		add_number(out, finding, letter);
	else
		add_address(out, finding, letter);
}

bool reach_add_line(struct buf *out, const struct reach_finding *finding, enum reach_line line)
{
	enum problem problem = problem_of(finding);
	const char *text = texts[problem][line];

	if (text == NULL)
		return false;
	for (; *text != '\0'; text++) {
		if (*text == '%')
			add_value(out, finding, *++text);
		else
			buf_add(out, "%c", *text);
	}
	if (line == REACH_CAUSE && finding->strict && problem >= ONE_WAY_BACK && problem <= TUNNEL)
		buf_add(out,
			"; rp_filter is 1 on %s here, which drops answers that come in "
			"another way",
			finding->link);
	return true;
}
