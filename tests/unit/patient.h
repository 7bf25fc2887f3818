/* patient.h - a host in memory for the doctor, healthy until a test makes it ill. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "world.h"

#include "app/doctor/doctor.h"

#define PATIENT_NODES                                                                              \
	"nodes:\n"                                                                                 \
	"- {name: worker-1, address: [10.0.0.11, 'fd00::11'],"                                     \
	" podCIDRs: [10.244.1.0/24, 'fd10:244:0:1::/64']}\n"                                       \
	"- {name: worker-2, address: [10.0.0.12, 'fd00::12'],"                                     \
	" podCIDRs: [10.244.2.0/24, 'fd10:244:0:2::/64']}\n"                                       \
	"- {name: worker-3, address: [10.9.0.13, 'fd00::13'],"                                     \
	" podCIDRs: [10.244.3.0/24, 'fd10:244:0:3::/64']}\n"
#define PATIENT_NETWORK "podNetwork: [10.244.0.0/16, 'fd10:244::/48']\n"
#define PATIENT_HOST_GW "version: 1\n" PATIENT_NETWORK PATIENT_NODES
#define PATIENT_VXLAN "version: 1\nbackend: {type: vxlan}\n" PATIENT_NETWORK PATIENT_NODES

#define PATIENT_DEVICE 7    /* croute.1 */
#define PATIENT_DEVICE_V6 8 /* croute-v6.1 */

/* Zero-initialise, then patient_open; borrowed parts of the facts lie here. */
struct patient {
	struct world world;
	struct host_facts host;
	struct host_text mounts;
	struct doctor_facts facts;
	struct doctor_report report;
	bool near; /* worker-3 is on the link, though no prefix covers it */
};

static inline void patient_set_link(struct patient *patient, const char *name)
{
	struct host_link *link = &patient->host.links[patient->host.link_count++];

	(void)snprintf(link->name, sizeof(link->name), "%s", name);
	link->forwarding = 1;
	link->rp_filter = 0;
}

static inline struct link *patient_add_vxlan(struct patient *patient, uint32_t index,
					     const char *name)
{
	struct link *link;

	world_add_link(&patient->world, index, name, "vxlan", IFF_UP);
	link = rows_at(&patient->world.picture.links.links,
		       patient->world.picture.links.links.count - 1);
	link->vxlan = (struct vxlan_params){.vni = 1, .port = 8472};
	link->vxlan.local.family = AF_INET;
	(void)snprintf(link->alias, sizeof(link->alias), "croute");
	return link;
}

static inline void patient_add_devices(struct patient *patient)
{
	patient_add_vxlan(patient, PATIENT_DEVICE, "croute.1")->mtu = 1450;
	patient_add_vxlan(patient, PATIENT_DEVICE_V6, "croute-v6.1")->mtu = 1430;
	((struct link *)rows_at(&patient->world.picture.links.links,
				patient->world.picture.links.links.count - 1))
		->vxlan.local.family = AF_INET6;
	patient->facts.family[0].device = "croute.1";
	patient->facts.family[1].device = "croute-v6.1";
	patient_set_link(patient, "croute.1");
	((struct link *)rows_at(&patient->world.picture.links.links, 2))->mtu = 1430; /* cni0 */
}

/* The kernel reaches a node beyond the link through a router, 10.0.0.1 to 10.9.0.13 and so on,
 * unless it is near. */
static inline bool patient_near(void *context, uint32_t link, const struct ip *ip,
				struct ip *router)
{
	const bool *near = context;

	assert_int_equal(link, WORLD_ETH1);
	assert_int_equal(ip->family, AF_INET);
	if (!*near) {
		*router = world_prefix("10.0.0.1").ip;
		router->bytes[3] = (uint8_t)(ip->bytes[3] - 12);
	}
	return *near;
}

static inline void patient_find_peers(struct patient *patient)
{
	rows_reset(&patient->facts.peers);
	memset(patient->facts.near, 0, sizeof(patient->facts.near));
	patient->facts.far.count = 0;
	assert_int_equal(doctor_find_peers(&patient->facts, patient_near, &patient->near), 0);
}

static inline void patient_open(struct patient *patient, const char *yaml)
{
	struct doctor_facts *facts = &patient->facts;

	*patient = (struct patient){.near = true,
				    .host = {.forwarding = {1, 1},
					     .capabilities = 0x3fffffffff,
					     .gc_thresh2 = {512, 512},
					     .gc_thresh3 = {1024, 1024},
					     .inotify_instances = {128, 128},
					     .inotify_watches = {65536, 65536},
					     .release = "6.1.0-9-amd64"}};
	world_open(&patient->world, yaml);
	doctor_init(facts);
	facts->config = &patient->world.config;
	facts->file = (struct doctor_file){.path = "nodes.yaml",
					   .real_path = "/etc/nodes.yaml",
					   .problem = "",
					   .exists = true};
	facts->self = 0;
	facts->links = &patient->world.picture.links;
	facts->host = &patient->host;
	facts->mounts = &patient->mounts;
	facts->agent = true;
	facts->routes_seen = true;
	facts->leads[0] = facts->leads[1] = true;
	facts->family[0] =
		(struct doctor_family){.wanted = true,
				       .link = patient->world.picture.family[0].link,
				       .address = patient->world.picture.family[0].link.address,
				       .device = ""};
	facts->family[1] = facts->family[0];
	facts->family[1].link = patient->world.picture.family[1].link;
	facts->family[1].address = patient->world.picture.family[1].link.address;
	patient_set_link(patient, "eth1");
	if (facts->config->backend == BACKEND_VXLAN)
		patient_add_devices(patient);
	patient_find_peers(patient);
}

static inline void patient_close(struct patient *patient)
{
	host_text_release(&patient->mounts);
	host_text_release(&patient->facts.networkd.text);
	host_text_release(&patient->facts.network_manager.text);
	doctor_release(&patient->facts);
	world_close(&patient->world);
}

static inline void patient_say(struct host_text *out, const char *text)
{
	host_text_release(out);
	out->bytes.limit = 65536;
	memcpy(arena_push(&out->bytes, strlen(text)), text, strlen(text));
}

static inline const struct doctor_check *patient_check(struct patient *patient, const char *name)
{
	doctor_run(&patient->facts, &patient->report);
	for (uint32_t i = 0; i < patient->report.count; i++) {
		if (strcmp(patient->report.checks[i].name, name) == 0)
			return &patient->report.checks[i];
	}
	fail_msg("there is no check %s", name);
	return NULL;
}

/* The check comes to that result, its text and fixes hold these pieces. */
static inline void assert_check(struct patient *patient, const char *name,
				enum doctor_result result, const char *text, const char *fix)
{
	const struct doctor_check *check = patient_check(patient, name);

	if (check->result != result || strstr(check->text, text) == NULL ||
	    (fix[0] == '\0' ? check->fix[0] != '\0' : strstr(check->fix, fix) == NULL))
		fail_msg("%s is %d: %s\nfix: %s", name, (int)check->result, check->text,
			 check->fix);
}
