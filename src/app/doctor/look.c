/* look.c - gathering from file, kernel and host what doctor's checks look at. */
#include "app/doctor/look.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "croute/app/pass/steps.h"
#include "croute/edge/host/facts.h"
#include "croute/edge/host/lock.h"
#include "croute/edge/host/processes.h"
#include "croute/edge/host/text.h"

static const char *const networkd_dirs[] = {"/etc", "/run", "/usr/local/lib", "/usr/lib", NULL};
static const struct host_conf networkd = {.program = "systemd",
					  .name = "networkd.conf",
					  .folder = "networkd.conf.d",
					  .dirs = networkd_dirs};
static const char *const network_manager_dirs[] = {"/etc", "/run", "/usr/lib", NULL};
static const struct host_conf network_manager = {.program = "NetworkManager",
						 .name = "NetworkManager.conf",
						 .folder = "conf.d",
						 .dirs = network_manager_dirs};

static void release_text(struct host_text *text)
{
	host_text_release(text);
}
#define CLEANUP_TEXT __attribute__((cleanup(release_text)))

/* The first error, else the first warning, as `PATH:LINE:COL: error: TEXT`. */
static void tell_first(struct doctor_look *look)
{
	const struct diags *diags = &look->loaded.diags;
	enum diag_level level = diags->errors > 0 ? DIAG_ERROR : DIAG_WARNING;
	struct buf trouble = BUF_OVER(look->trouble);

	for (uint32_t i = 0; i < diags->count; i++) {
		const struct diag *diag = &diags->list[i];

		if (diag->level != level)
			continue;
		if (diag->at.file < look->loaded.files.count)
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
	if (load_with_progress(options->config, NULL, options->progress, &look->loaded, &err) < 0) {
		struct buf trouble = BUF_OVER(look->trouble);

		buf_add(&trouble, "%s", err.text);
		file->errors = 1;
		return;
	}
	look->has_loaded = true;
	file->is_directory = look->loaded.files.is_directory;
	file->errors = look->loaded.diags.errors;
	file->warnings = look->loaded.diags.warnings;
	tell_first(look);
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
	facts->adopt.hidden = host_process_hidden("");
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
	look_at_routes(look);
	if (doctor_find_peers(facts) == 0 && options->peers)
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

void doctor_look(const struct options *options, struct doctor_look *out)
{
	struct doctor_facts *facts = &out->facts;
	struct lock_holder holder = {.pid = 0};

	*out = (struct doctor_look){.progress = options->progress};
	doctor_init(facts);
	names_find(options, &out->names);
	facts->host = &out->host;
	facts->texts = out->texts;
	facts->node_trouble = out->node_trouble.text;
	look_at_file(out, options);
	look_at_kernel(out, options);
	add_links(out);
	host_facts_read("", &out->host);
	(void)host_text_read("", "/proc/self/mountinfo", &out->texts[DOCTOR_MOUNTS]);
	(void)host_text_read_conf("", &networkd, &out->texts[DOCTOR_NETWORKD]);
	(void)host_text_read_conf("", &network_manager, &out->texts[DOCTOR_NETWORK_MANAGER]);
	facts->agent = lock_held_by(geteuid(), &holder);
	facts->agent_pid = (uint32_t)holder.pid;
	doctor_look_filters(facts, out->progress);
	if (options->adopt)
		look_at_flannel(out);
	progress_end(out->progress);
}

void doctor_look_release(struct doctor_look *look)
{
	for (unsigned i = 0; i < DOCTOR_TEXTS; i++)
		host_text_release(&look->texts[i]);
	if (look->pass != NULL)
		pass_close(look->pass);
	if (look->has_loaded)
		load_release(&look->loaded);
	doctor_release(&look->facts);
}
