/* look.c - gathering from file, kernel and host what doctor's checks look at. */
/* SPDX-License-Identifier: MIT */
#include "app/doctor/look.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "croute/edge/host/facts.h"
#include "croute/edge/host/lock.h"
#include "croute/edge/kernel/read.h"

#define WHY_MS 500 /* for an agent to say what it holds */

/* Where the package puts our drop-ins and where doctor says to put them, those that win first. */
static const char *const networkd[] = {"/etc/systemd/networkd.conf.d/10-croute.conf",
				       "/run/systemd/networkd.conf.d/10-croute.conf",
				       "/usr/local/lib/systemd/networkd.conf.d/10-croute.conf",
				       "/usr/lib/systemd/networkd.conf.d/10-croute.conf", NULL};
static const char *const network_manager[] = {
	"/etc/NetworkManager/conf.d/10-croute.conf", "/run/NetworkManager/conf.d/10-croute.conf",
	"/usr/lib/NetworkManager/conf.d/10-croute.conf", NULL};

/* --- the file --- */

/* The first error, else the first warning, as `PATH:LINE:COL: error: TEXT`. */
static void copy_problem(struct doctor_look *look)
{
	const struct diags *diags = &look->loaded.diags;
	bool error = diags->errors > 0;
	struct buf problem = BUF_OVER(look->problem);

	for (uint32_t i = 0; i < diags->count && problem.len == 0; i++) {
		const struct diag *diag = &diags->list[i];

		if ((diag->level == DIAG_ERROR) != error)
			continue;
		if (origin_file(diag->at) < look->loaded.files.count)
			load_cause(&look->loaded, diag->at, &problem);
		else
			buf_add(&problem, "%s", look->loaded.files.path);
		buf_add(&problem, ": %s: %s", error ? "error" : "warning", diag->text);
	}
}

static void look_at_file(struct doctor_look *look)
{
	const char *path = look->options->config;
	struct doctor_file *file = &look->facts.file;
	struct buf real_path = BUF_OVER(look->real_path);
	struct buf problem = BUF_OVER(look->problem);
	char resolved[PATH_MAX];
	struct error err = {0};

	*file = (struct doctor_file){
		.path = path, .real_path = look->real_path, .problem = look->problem};
	file->exists = realpath(path, resolved) != NULL;
	buf_add(&real_path, "%s", file->exists ? resolved : path);
	if (load_once(path, NULL, look->options->progress, &look->loaded, &err) < 0) {
		buf_add(&problem, "%s", err.text);
		file->errors = 1;
		return;
	}
	look->has_loaded = true;
	file->is_directory = look->loaded.files.is_directory;
	file->errors = look->loaded.diags.errors;
	file->warnings = look->loaded.diags.warnings;
	copy_problem(look);
	load_let_go(&look->loaded);
	if (file->errors == 0)
		look->facts.config = &look->loaded.config;
}

/* --- the kernel --- */

static void find_node(struct doctor_look *look)
{
	struct doctor_facts *facts = &look->facts;
	const struct config *config = facts->config;
	const struct pass *pass = look->pass;

	if (pass_find_node(look->pass, &look->node_problem) < 0)
		return;
	facts->self = pass->picture.node.index;
	pass_select_links(look->pass);
	facts->uplinks = pass->uplinks;
	facts->uplink_count = pass->uplink_count;
	for (unsigned i = 0; i < 2; i++) {
		struct doctor_family *family = &facts->family[i];
		const struct family *found = &pass->picture.family[i];

		family->link = found->link;
		family->found = found;
		family->wanted = found->wanted;
		if (facts->self != CONFIG_NOT_FOUND)
			family->address = config_node_address(config_node_at(config, facts->self),
							      i == 0 ? AF_INET : AF_INET6);
		if (config->backend == BACKEND_VXLAN)
			family->device = i == 0 ? config->vxlan.device : config->vxlan.device_v6;
	}
}

static int begin(void *context, struct error *err)
{
	struct doctor_facts *facts = &((struct doctor_look *)context)->facts;

	(void)err;
	facts->leads[0] = facts->leads[1] = false;
	facts->rule_count = 0;
	facts->foreign.count = facts->flannel.count = facts->strange.count = 0;
	memset(facts->by_protocol, 0, sizeof(facts->by_protocol));
	return 0;
}

/* Rules before routes, which are weighed by them; then the neighbours of the link. */
static int read_family(void *context, uint8_t family, struct error *err)
{
	struct doctor_look *look = context;
	struct doctor_facts *facts = &look->facts;
	struct kernel_route_filter filter = {.family = family};
	uint32_t first = facts->family[0].link.index;
	uint32_t link = facts->family[FAMILY_INDEX(family)].link.index;
	int status = kernel_read_rules(&look->pass->netlink, family, doctor_take_rule, facts, err);

	if (status == 0)
		status = source_read_routes(&look->pass->source, filter, doctor_take_route, facts,
					    err);
	if (status < 0 || !look->options->peers || link == 0)
		return status;
	if (facts->family[0].found->card_count + facts->family[1].found->card_count > 0)
		return family == AF_INET ? source_read_neighs(&look->pass->source, KERNEL_ANY_LINK,
							      doctor_take_neigh, facts, err)
					 : 0;
	if (family == AF_INET6 && link == first) /* whose neighbours are read already */
		return 0;
	return source_read_neighs(&look->pass->source, link, doctor_take_neigh, facts, err);
}

static bool is_near(void *context, uint32_t link, const struct ip *ip, struct ip *router)
{
	struct doctor_look *look = context;
	const struct link *vrf = links_vrf_of(look->facts.links, link);
	struct flow flow = {.dst = *ip, .vrf = vrf != NULL ? vrf->index : 0};
	struct route route;

	if (source_lookup_route(&look->pass->source, &flow, &route, NULL) < 0)
		return false;
	*router = route_gateway(&route);
	return route.oif == link && !ip_is_set(router);
}

/* Whether packets arrive, at a few peers. No pass has run that would have found the devices. */
static void look_at_ways(struct doctor_look *look)
{
	for (unsigned i = 0; i < FAMILIES; i++) {
		const struct link *device = doctor_device(&look->facts, i);

		look->pass->picture.family[i].device = device != NULL ? device->index : 0;
	}
	progress_stage(look->options->progress, "asking some peers");
	reach_sample(look->pass, look->facts.config, CONFIG_NOT_FOUND, &look->facts.sample);
}

static void look_at_kernel(struct doctor_look *look)
{
	struct doctor_facts *facts = &look->facts;
	struct pass_request request = {.config = facts->config, .names = &look->names.list};

	look->pass = pass_open(NULL);
	if (look->pass == NULL)
		return;
	pass_begin(look->pass, &request);
	if (source_read_links(&look->pass->source, &look->pass->picture.links, NULL) < 0)
		return;
	facts->links = &look->pass->picture.links;
	if (facts->config == NULL)
		return;
	find_node(look);
	progress_stage(look->options->progress, "reading rules and routes");
	if (doctor_find_peers(facts, is_near, look) == 0)
		facts->routes_seen = source_read_settled(begin, read_family, look, NULL) == 0;
	look_at_ways(look);
	if (facts->routes_seen && look->options->peers)
		doctor_count_peers(facts);
}

/* --- the host --- */

static void add_link(struct host_facts *host, const char *name)
{
	struct buf copy;

	if (host->link_count == HOST_LINKS_MOST || host_facts_link(host, name) != NULL)
		return;
	copy = BUF_OVER(host->links[host->link_count].name);
	buf_add(&copy, "%s", name);
	host->link_count++;
}

/* Settings of links are read for those that carry packets of pods. */
static void look_at_host(struct doctor_look *look)
{
	const struct doctor_facts *facts = &look->facts;
	const struct link *link;

	for (unsigned i = 0; i < 2; i++) {
		if (facts->family[i].link.index != 0)
			add_link(&look->host, facts->family[i].link.name);
		for (uint32_t card = 0; doctor_card(facts, i, card) != NULL; card++)
			add_link(&look->host, doctor_card(facts, i, card)->name);
		if (doctor_device(facts, i) != NULL)
			add_link(&look->host, facts->family[i].device);
	}
	for (uint32_t i = 0; i < facts->uplink_count; i++) {
		link = links_find_index(facts->links, facts->uplinks[i]);
		if (link != NULL)
			add_link(&look->host, link->name);
	}
	for (uint32_t i = 0; (link = doctor_pod_link(facts, i)) != NULL; i++)
		add_link(&look->host, link->name);
	host_facts_read("", &look->host);
	(void)host_text_read("", "/proc/self/mountinfo", &look->mounts);
}

/* How NetworkManager manages a device: src/core/nm-config.c, nm_config_device_state_write. */
static bool is_managed(const struct link *device)
{
	__attribute__((cleanup(host_text_release))) struct host_text state = {.status = 0};
	struct buf path = BUF_LOCAL(64);
	struct text text;

	if (device == NULL)
		return false;
	buf_add(&path, "/run/NetworkManager/devices/%u", device->index);
	if (host_text_read("", path.data, &state) < 0)
		return false;
	text = host_text_of(&state);
	return memmem(text.at, text.len, "\nmanaged=true\n", 14) != NULL;
}

static void look_at_programs(struct doctor_look *look)
{
	struct doctor_facts *facts = &look->facts;
	struct lock_holder holder = {.pid = 0};

	host_drop_in_read("", networkd, &facts->networkd);
	host_drop_in_read("", network_manager, &facts->network_manager);
	for (unsigned i = 0; i < 2; i++)
		facts->family[i].managed = is_managed(doctor_device(facts, i));
	facts->agent = lock_held_by(geteuid(), &holder);
	facts->agent_pid = (uint32_t)holder.pid;
	if (lock_ask(LOCK_WHY, WHY_MS, facts->agent_why, NULL) < 0)
		facts->agent_why[0] = '\0';
}

static void look_at_filters(struct doctor_look *look)
{
	int64_t set = look->host.capabilities;

	progress_stage(look->options->progress, "reading packet filters");
	look->facts.filters.has_net_admin = (set & (INT64_C(1) << CAP_NET_ADMIN)) != 0;
	doctor_look_filters(&look->facts.filters);
}

/* What there is of flannel, beside its routes and rules. */
static void look_at_flannel(struct doctor_look *look)
{
	__attribute__((cleanup(host_text_release))) struct host_text env = {.status = 0};
	struct doctor_facts *facts = &look->facts;

	if (!look->options->adopt)
		return;
	facts->adopting = true;
	facts->flanneld = host_process_find("", "flanneld");
	facts->has_env = host_text_read("", DOCTOR_SUBNET_ENV, &env) == 0;
	for (unsigned i = 0; i < 2; i++) {
		const struct link *device = doctor_device(facts, i);

		if (device != NULL)
			(void)source_read_neighs(&look->pass->source, device->index,
						 doctor_take_adopted, facts, NULL);
	}
}

/* In this order: later ones use what earlier ones found. */
static void (*const looks[])(struct doctor_look *look) = {
	look_at_file,	  look_at_kernel,  look_at_host,
	look_at_programs, look_at_filters, look_at_flannel,
};

void doctor_look(const struct options *options, struct doctor_look *out)
{
	*out = (struct doctor_look){.options = options};
	doctor_init(&out->facts);
	out->facts.host = &out->host;
	out->facts.mounts = &out->mounts;
	out->facts.node_problem = out->node_problem.text;
	names_find(options, &out->names);
	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++)
		looks[i](out);
	progress_end(options->progress);
}

void doctor_look_release(struct doctor_look *look)
{
	host_text_release(&look->mounts);
	host_text_release(&look->facts.networkd.text);
	host_text_release(&look->facts.network_manager.text);
	if (look->pass != NULL)
		pass_close(look->pass);
	if (look->has_loaded)
		load_release(&look->loaded);
	doctor_release(&look->facts);
}
