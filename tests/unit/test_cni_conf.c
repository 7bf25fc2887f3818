/* test_cni_conf.c - the network configuration of a node's pods, byte for byte. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/want/cni.h"

#include "world.h"

#include <errno.h>
#include <jansson.h>

#define HEAD "version: 1\nagent: {cniConf: /etc/cni/net.d/10-croute.conflist}\nnodes:\n"

/* What is made for worker-1, in `buf`; what cni_make_conf returns. */
static int make(const char *yaml, struct buf *buf, struct error *err)
{
	struct world world = {0};
	int64_t node;
	int status;

	world_open(&world, yaml);
	node = config_find_node(&world.config, "worker-1");
	status = cni_make_conf(&world.config, (uint32_t)node, 1450, buf, err);
	world_close(&world);
	return status;
}

static void is_bridge_host_local_and_portmap(void **state)
{
	char text[CNI_CONF_MOST] = "";
	struct buf buf = BUF_OVER(text);

	(void)state;
	assert_int_equal(make(HEAD
			      "  - {name: worker-1, address: [10.0.0.11, 'fd00::11'],"
			      " podCIDRs: ['fd10:244:0:1::/64', 10.244.1.0/24, 10.250.1.0/24]}\n"
			      "  - {name: worker-2, address: 10.0.0.12, podCIDRs: 10.244.2.0/24}\n",
			      &buf, NULL),
			 0);
	assert_string_equal(text, "{\n"
				  "  \"cniVersion\": \"0.3.1\",\n"
				  "  \"name\": \"croute\",\n"
				  "  \"x-croute\": \"croute run keeps this file as it is while "
				  "this key is here\",\n"
				  "  \"plugins\": [\n"
				  "    {\n"
				  "      \"type\": \"bridge\",\n"
				  "      \"bridge\": \"cni0\",\n"
				  "      \"isGateway\": true,\n"
				  "      \"ipMasq\": false,\n"
				  "      \"hairpinMode\": true,\n"
				  "      \"mtu\": 1450,\n"
				  "      \"ipam\": {\n"
				  "        \"type\": \"host-local\",\n"
				  "        \"ranges\": [\n"
				  "          [{\"subnet\": \"10.244.1.0/24\"}, {\"subnet\": "
				  "\"10.250.1.0/24\"}],\n"
				  "          [{\"subnet\": \"fd10:244:0:1::/64\"}]\n"
				  "        ],\n"
				  "        \"routes\": [{\"dst\": \"0.0.0.0/0\"}, {\"dst\": "
				  "\"::/0\"}]\n"
				  "      }\n"
				  "    },\n"
				  "    {\n"
				  "      \"type\": \"portmap\",\n"
				  "      \"capabilities\": {\"portMappings\": true}\n"
				  "    }\n"
				  "  ]\n"
				  "}\n");
}

static void has_only_families_that_an_address_carries(void **state)
{
	char text[CNI_CONF_MOST] = "";
	struct buf buf = BUF_OVER(text);

	(void)state;
	assert_int_equal(make(HEAD "  - {name: worker-1, address: 10.0.0.11,"
				   " podCIDRs: ['fd10:244:0:1::/127', 10.244.1.0/24]}\n",
			      &buf, NULL),
			 0);
	assert_null(strstr(text, "fd10:244"));
	assert_non_null(strstr(text, "        \"ranges\": [\n"
				     "          [{\"subnet\": \"10.244.1.0/24\"}]\n"
				     "        ],\n"
				     "        \"routes\": [{\"dst\": \"0.0.0.0/0\"}]\n"));
}

static void is_refused_where_no_pod_would_get_an_address(void **state)
{
	static const char path[] = "/etc/cni/net.d/10-croute.conflist: cannot be written: ";
	char text[CNI_CONF_MOST] = "";
	struct buf buf = BUF_OVER(text);
	struct error err;

	(void)state;
	assert_int_equal(make(HEAD "  - {name: worker-1, address: 10.0.0.11,"
				   " podCIDRs: [10.244.0.0/24, 10.244.1.4/31]}\n",
			      &buf, &err),
			 -ERANGE);
	assert_int_equal(strncmp(err.text, path, sizeof(path) - 1), 0);
	assert_string_equal(err.text + sizeof(path) - 1,
			    "podCIDR 10.244.1.4/31 is too small for host-local to give pods "
			    "addresses of it");
	assert_int_equal(make(HEAD "  - {name: worker-1, address: 10.0.0.11,"
				   " podCIDRs: 'fd10::/64'}\n",
			      &buf, &err),
			 -ENOENT);
	assert_int_equal(make(HEAD
			      "  - {name: worker-1, address: 10.0.0.11, podCIDRs: 10.244.1.4/30}\n",
			      &buf, &err),
			 0);
}

/* worker-1 with so many podCIDRs; whether what is made of them is JSON, or -errno. */
static int make_many(uint32_t count)
{
	char yaml[CNI_CONF_MOST] = "";
	char text[CNI_CONF_MOST] = "";
	struct buf file = BUF_OVER(yaml);
	struct buf buf = BUF_OVER(text);
	json_t *object;
	int status;

	buf_add(&file, HEAD "  - {name: worker-1, address: 10.0.0.11, podCIDRs: [10.100.0.0/24");
	for (uint32_t i = 1; i < count; i++)
		buf_add(&file, ", 10.%u.%u.0/24", 200 + i / 256, i % 256);
	buf_add(&file, "]}\n");
	status = make(yaml, &buf, NULL);
	object = json_loadb(text, buf.len, 0, NULL);
	status = status == 0 ? object != NULL : status;
	json_decref(object);
	return status;
}

static void too_many_podcidrs_are_refused_and_never_cut(void **state)
{
	(void)state;
	assert_int_equal(make_many(200), 1);
	assert_int_equal(make_many(800), -ENOSPC);
}

static bool is_ours(const char *text)
{
	return cni_is_ours(text_of(text));
}

static void knows_its_own_file_by_the_mark(void **state)
{
	char text[CNI_CONF_MOST] = "";
	struct buf buf = BUF_OVER(text);

	(void)state;
	assert_int_equal(make(HEAD
			      "  - {name: worker-1, address: 10.0.0.11, podCIDRs: 10.244.1.0/24}\n",
			      &buf, NULL),
			 0);
	assert_true(is_ours(text));
	assert_true(is_ours("{\"x-croute\": null, \"name\": \"edited\"}"));
	assert_true(is_ours(""));
}

static void whatever_has_no_mark_is_another_programs(void **state)
{
	char text[CNI_CONF_MOST] = "";
	struct buf buf = BUF_OVER(text);

	(void)state;
	assert_int_equal(make(HEAD
			      "  - {name: worker-1, address: 10.0.0.11, podCIDRs: 10.244.1.0/24}\n",
			      &buf, NULL),
			 0);
	text[buf.len / 2] = '\0';
	assert_false(is_ours(text));
	assert_false(is_ours("{\"cniVersion\": \"0.3.1\", \"name\": \"croute\", \"plugins\": []}"));
	assert_false(is_ours("[\"x-croute\"]"));
	assert_false(is_ours("x-croute"));
	assert_false(is_ours("{\"plugins\": [{\"x-croute\": 1}]}"));
	assert_false(is_ours("\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_bridge_host_local_and_portmap),
		cmocka_unit_test(has_only_families_that_an_address_carries),
		cmocka_unit_test(is_refused_where_no_pod_would_get_an_address),
		cmocka_unit_test(too_many_podcidrs_are_refused_and_never_cut),
		cmocka_unit_test(knows_its_own_file_by_the_mark),
		cmocka_unit_test(whatever_has_no_mark_is_another_programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
