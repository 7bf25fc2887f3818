/* look.c - gathering from file, kernel and host what doctor's checks look at. */
#include "app/doctor/look.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "croute/app/pass/steps.h"
#include "croute/edge/host/facts.h"
#include "croute/edge/host/lock.h"
#include "croute/edge/host/processes.h"
#include "croute/edge/host/text.h"
#include "croute/edge/kernel/rule.h"

#define WHY_MS 500 /* for an agent to say what it holds */

/* Where the package puts our drop-ins and where doctor says to put them, those that win first. */
static const char *const networkd[] = {"/etc/systemd/networkd.conf.d/10-croute.conf",
				       "/run/systemd/networkd.conf.d/10-croute.conf",
				       "/usr/local/lib/systemd/networkd.conf.d/10-croute.conf",
				       "/usr/lib/systemd/networkd.conf.d/10-croute.conf", NULL};
static const char *const network_manager[] = {
	"/etc/NetworkManager/conf.d/10-croute.conf", "/run/NetworkManager/conf.d/10-croute.conf",
	"/usr/lib/NetworkManager/conf.d/10-croute.conf", NULL};

static void release_text(struct host_text *text)
{
	host_text_release(text);
}
#define CLEANUP_TEXT __attribute__((cleanup(release_text)))

/* The first error, else the first warning, as `PATH:LINE:COL: error: TEXT`. */
static void note_first(struct doctor_look *look)
{
	const struct diags *diags = &look->loaded.diags;
	enum diag_level level = diags->errors > 0 ? DIAG_ERROR : DIAG_WARNING;
	struct buf trouble = BUF_OVER(look->trouble);

	for (uint32_t i = 0; i < diags->count; i++) {
		const struct diag *diag = &diags->list[i];

		if (diag->level != level)
			continue;
		if (origin_file(diag->at) < look->loaded.files.count)
			load_cause(&look->loaded, diag->at, &trouble);
		else
			buf_add(&trouble, "%s", look->loaded.files.path);
		buf_add(&trouble, ": %s: %s", level == DIAG_ERROR ? "error" : "warning",
			diag->text);
		return;
	}
}

static void look_at_file(struct doctor_look *look, const struct options *options)
{
	struct doctor_file *file = &look->facts.file;
	struct buf real_path = BUF_OVER(look->real_path);
	char resolved[PATH_MAX];
	struct error err = {0};

	*file = (struct doctor_file){
		.path = options->config, .real_path = look->real_path, .trouble = look->trouble};
	file->is_there = realpath(options->config, resolved) != NULL;
	buf_add(&real_path, "%s", file->is_there ? resolved : options->config);
	if (load_once(options->config, NULL, options->progress, &look->loaded, &err) < 0) {
		struct buf trouble = BUF_OVER(look->trouble);

		buf_add(&trouble, "%s", err.text);
		file->errors = 1;
		return;
	}
	look->has_loaded = true;
	file->is_directory = look->loaded.files.is_directory;
	file->errors = look->loaded.diags.errors;
	file->warnings = look->loaded.diags.warnings;
	note_first(look);
	load_let_go(&look->loaded);
	if (file->errors == 0)
		look->facts.config = &look->loaded.config;
}

static void take_family(struct doctor_look *look, uint8_t number)
{
	struct doctor_facts *facts = &look->facts;
	struct doctor_family *family = number == AF_INET ? &facts->ipv4 : &facts->ipv6;
	const struct pass_family *found = number == AF_INET ? &look->pass->ipv4 : &look->pass->ipv6;

	family->link = found->link;
	family->wanted = found->wanted;
	if (facts->self != CONFIG_NOT_FOUND)
		family->address = config_node_address(config_node_at(facts->config, facts->self),
						      number);
	if (facts->config->backend == BACKEND_VXLAN)
		family->device = number == AF_INET ? facts->config->vxlan.device
						   : facts->config->vxlan.device_v6;
}

static void find_node(struct doctor_look *look)
{
	struct doctor_facts *facts = &look->facts;
	struct pass_request request = {.config = facts->config, .names = &look->names.list};

	if (pass_find_node(look->pass, &request, &look->node_trouble) < 0)
		return;
	facts->self = look->pass->node.index;
	pass_select_links(look->pass, facts->config);
	take_family(look, AF_INET);
	take_family(look, AF_INET6);
}

static int take_route(void *context, const struct route *route)
{
	struct doctor_look *look = context;

	progress_add(look->progress, 1);
	doctor_take_route(&look->facts, route);
	return 0;
}

static void look_at_routes(struct doctor_look *look)
{
	struct doctor_facts *facts = &look->facts;
	const struct source *source = &look->pass->source;
	int status = -EINTR;

	progress_begin(look->progress, "looking at all routes:", 0);
	for (int i = 0; i < PASS_TRIES && status == -EINTR; i++) {
		struct kernel_route_filter filter = {.family = AF_INET};

		facts->routes = (struct doctor_routes){0};
		status = source_read_routes(source, filter, take_route, look, NULL);
		filter.family = AF_INET6;
		if (status == 0)
			status = source_read_routes(source, filter, take_route, look, NULL);
	}
	facts->routes_seen = status == 0;
}

static int take_neigh(void *context, const struct neigh *neigh)
{
	struct doctor_look *look = context;

	progress_add(look->progress, 1);
	doctor_take_neigh(&look->facts, neigh);
	return 0;
}

static int take_rule(void *context, const struct rule *rule)
{
	doctor_take_rule(context, rule);
	return 0;
}

static void look_at_rules(struct doctor_look *look)
{
	struct doctor_facts *facts = &look->facts;
	int status = -EINTR;

	for (int i = 0; i < PASS_TRIES && status == -EINTR; i++) {
		facts->rules = (struct doctor_rules){.seen = false};
		status = kernel_read_rules(&look->pass->netlink, AF_INET, take_rule, facts, NULL);
		if (status == 0)
			status = kernel_read_rules(&look->pass->netlink, AF_INET6, take_rule, facts,
						   NULL);
	}
	facts->rules.seen = status == 0;
}

static bool is_near(void *context, uint32_t link, const struct ip *ip, struct ip *router)
{
	struct doctor_look *look = context;
	struct route route;

	if (source_lookup_route(&look->pass->source, ip, &route, NULL) < 0)
		return false;
	*router = route_gateway(&route);
	return route.oif == link && !ip_is_set(router);
}

/* Both families mostly have one link. */
static void look_at_peers(struct doctor_look *look)
{
	struct doctor_facts *facts = &look->facts;
	const uint32_t links[2] = {facts->ipv4.link.index, facts->ipv6.link.index};
	int status = 0;

	progress_begin(look->progress, "looking at neighbours:", 0);
	for (unsigned i = 0; i < 2; i++) {
		int one = links[i] == 0 || (i == 1 && links[1] == links[0]) ? 0 : -EINTR;

		for (int j = 0; j < PASS_TRIES && one == -EINTR; j++)
			one = source_read_neighs(&look->pass->source, links[i], take_neigh, look,
						 NULL);
		status = one < 0 ? one : status;
	}
	if (status == 0)
		doctor_count_peers(facts);
}

static int take_adopted(void *context, const struct neigh *neigh)
{
	doctor_take_adopted(context, neigh);
	return 0;
}

/* What there is of flannel, beside its routes and rules. */
static void look_at_flannel(struct doctor_look *look)
{
	CLEANUP_TEXT struct host_text env = {.status = 0};
	struct doctor_facts *facts = &look->facts;

	facts->adopt.asked = true;
	facts->adopt.flanneld = host_process_find("", "flanneld");
	facts->adopt.has_env = host_text_read("", DOCTOR_SUBNET_ENV, &env) == 0;
	for (unsigned i = 0; i < 2; i++) {
		const struct link *device = doctor_device(facts, doctor_family_at(facts, i));

		if (device != NULL)
			(void)source_read_neighs(&look->pass->source, device->index, take_adopted,
						 facts, NULL);
	}
}

static void look_at_kernel(struct doctor_look *look, const struct options *options)
{
	struct doctor_facts *facts = &look->facts;

	look->pass = pass_open(NULL);
	if (look->pass == NULL)
		return;
	pass_begin(look->pass);
	if (pass_read_links(look->pass, NULL) < 0)
		return;
	facts->links = &look->pass->links;
	if (facts->config == NULL)
		return;
	find_node(look);
	look_at_rules(look);
	look_at_routes(look);
	if (doctor_find_peers(facts, is_near, look) == 0 && options->peers)
		look_at_peers(look);
}

static void add_link(struct host_facts *host, const char *name)
{
	struct buf copy;

	if (host->link_count == HOST_LINKS_MOST || host_facts_link(host, name) != NULL)
		return;
	copy = BUF_OVER(host->links[host->link_count].name);
	buf_add(&copy, "%s", name);
	host->link_count++;
}

static void add_links(struct doctor_look *look)
{
	const struct doctor_facts *facts = &look->facts;
	const struct link *link;

	for (unsigned i = 0; i < 2; i++) {
		const struct doctor_family *family = doctor_family_at(facts, i);

		if (family->link.index != 0)
			add_link(&look->host, family->link.name);
		if (doctor_device(facts, family) != NULL)
			add_link(&look->host, family->device);
	}
	for (uint32_t i = 0; (link = doctor_pod_link(facts, i)) != NULL; i++)
		add_link(&look->host, link->name);
}

/* What NetworkManager does with a device: src/core/nm-config.c, nm_config_device_state_write. */
static bool is_managed(const struct doctor_facts *facts, const struct doctor_family *family)
{
	CLEANUP_TEXT struct host_text state = {.status = 0};
	const struct link *device = doctor_device(facts, family);
	char space[64];
	struct buf path = BUF_OVER(space);
	struct text text;

	if (device == NULL)
		return false;
	buf_add(&path, "/run/NetworkManager/devices/%u", device->index);
	if (host_text_read("", space, &state) < 0)
		return false;
	text = host_text_of(&state);
	return memmem(text.at, text.len, "\nmanaged=true\n", 14) != NULL;
}

static void look_at_programs(struct doctor_facts *facts)
{
	host_drop_in_read("", networkd, &facts->drop_ins[DOCTOR_NETWORKD]);
	host_drop_in_read("", network_manager, &facts->drop_ins[DOCTOR_NETWORK_MANAGER]);
	for (unsigned i = 0; i < 2; i++)
		facts->managed[i] = is_managed(facts, doctor_family_at(facts, i));
}

void doctor_look(const struct options *options, struct doctor_look *out)
{
	struct doctor_facts *facts = &out->facts;
	struct lock_holder holder = {.pid = 0};

	*out = (struct doctor_look){.progress = options->progress};
	doctor_init(facts);
	names_find(options, &out->names);
	facts->host = &out->host;
	facts->mounts = &out->mounts;
	facts->node_trouble = out->node_trouble.text;
	look_at_file(out, options);
	look_at_kernel(out, options);
	add_links(out);
	host_facts_read("", &out->host);
	(void)host_text_read("", "/proc/self/mountinfo", &out->mounts);
	look_at_programs(facts);
	facts->agent = lock_held_by(geteuid(), &holder);
	facts->agent_pid = (uint32_t)holder.pid;
	if (lock_ask(LOCK_WHY, WHY_MS, facts->agent_why, NULL) < 0)
		facts->agent_why[0] = '\0';
	doctor_look_filters(facts, out->progress);
	if (options->adopt)
		look_at_flannel(out);
	progress_end(out->progress);
}

void doctor_look_release(struct doctor_look *look)
{
	host_text_release(&look->mounts);
	for (unsigned i = 0; i < DOCTOR_DROP_INS; i++)
		host_text_release(&look->facts.drop_ins[i].text);
	if (look->pass != NULL)
		pass_close(look->pass);
	if (look->has_loaded)
		load_release(&look->loaded);
	doctor_release(&look->facts);
}
