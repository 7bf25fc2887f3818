/* test_import_flannel.c - net-conf.json as settings that stand beside imported nodes. */
/* SPDX-License-Identifier: MIT */
#include "app/import/flannel.h"

#include <errno.h>

#include "config_case.h"

/* What came of a net-conf.json. */
struct settings {
	int status;
	struct error err;
	char text[IMPORT_FLANNEL_TEXT_MAX];
};

static void read_settings(struct settings *settings, const char *json)
{
	struct buf out = BUF_OVER(settings->text);

	memset(settings, 0, sizeof(*settings));
	settings->status = import_flannel_read(text_of(json), &out, &settings->err);
}

/* Reads the settings together with a node, as a directory would hold them. */
static void load_beside_a_node(struct case_result *result, const char *json)
{
	static const char nodes[] = "version: 1\nnodes:\n"
				    "- {name: a, address: 10.0.0.1, podCIDRs: 10.244.1.0/24}\n";
	struct settings settings;
	char errors[2000];

	read_settings(&settings, json);
	assert_string_equal(settings.err.text, "");
	assert_int_equal(settings.status, 0);
	case_load_two(result, settings.text, nodes);
	case_print(result, errors, sizeof(errors));
	if (result->diags.count > 0)
		fail_msg("%s\n%s", settings.text, errors);
}

static void the_usual_one_is_vxlan_with_flannels_names(void **state)
{
	struct case_result r;

	(void)state;
	load_beside_a_node(&r, "{\"Network\":\"10.244.0.0/16\",\"Backend\":{\"Type\":\"vxlan\"}}");
	assert_int_equal(r.config.backend, BACKEND_VXLAN);
	assert_int_equal(r.config.vxlan.vni, 1);
	assert_int_equal(r.config.vxlan.port, 8472);
	assert_int_equal(r.config.vxlan.mtu, 0);
	assert_string_equal(r.config.vxlan.device, "flannel.1");
	assert_string_equal(r.config.vxlan.device_v6, "flannel-v6.1");
	assert_false(r.config.vxlan.direct_routing);
	is_prefix(&config_prefix_at(&r.config, r.config.pod_network, 0)->prefix, "10.244.0.0/16");
	case_free(&r);
}

static void all_that_matches_is_taken(void **state)
{
	struct case_result r;

	(void)state;
	load_beside_a_node(&r, "{\"network\":\"10.244.7.0/16\",\"EnableIPv6\":true,"
			       "\"IPv6Network\":\"fd10::/48\",\"BACKEND\":{\"type\":\"VXLAN\","
			       "\"VNI\":12,\"Port\":4789,\"DirectRouting\":true,\"MTU\":9000}}");
	assert_int_equal(r.config.vxlan.vni, 12);
	assert_int_equal(r.config.vxlan.port, 4789);
	assert_int_equal(r.config.vxlan.mtu, 8930);
	assert_true(r.config.vxlan.direct_routing);
	assert_int_equal(r.config.pod_network.count, 2);
	is_prefix(&config_prefix_at(&r.config, r.config.pod_network, 0)->prefix, "10.244.0.0/16");
	is_prefix(&config_prefix_at(&r.config, r.config.pod_network, 1)->prefix, "fd10::/48");
	case_free(&r);
}

static void a_network_of_zeros_is_quoted(void **state)
{
	struct case_result r;

	(void)state;
	load_beside_a_node(&r, "{\"Network\":\"10.244.0.0/16\",\"EnableIPv6\":true,"
			       "\"IPv6Network\":\"::/48\",\"Backend\":{\"Type\":\"host-gw\"}}");
	is_prefix(&config_prefix_at(&r.config, r.config.pod_network, 1)->prefix, "::/48");
	case_free(&r);
}

/* A device's name has 15 characters. */
static void every_vni_gives_names_that_fit(void **state)
{
	static const uint32_t vnis[] = {1, 9999, 10000, 99999, 100000, 9999999, 10000000, 16777215};
	char json[200];

	(void)state;
	for (size_t i = 0; i < sizeof(vnis) / sizeof(vnis[0]); i++) {
		struct case_result r;

		(void)snprintf(json, sizeof(json),
			       "{\"Network\":\"10.244.0.0/16\",\"Backend\":{\"Type\":\"vxlan\","
			       "\"VNI\":%u}}",
			       vnis[i]);
		load_beside_a_node(&r, json);
		assert_int_equal(r.config.vxlan.vni, vnis[i]);
		case_free(&r);
	}
}

static void host_gw_is_host_gw(void **state)
{
	struct case_result r;

	(void)state;
	load_beside_a_node(&r,
			   "{\"Network\":\"10.244.0.0/16\",\"Backend\":{\"Type\":\"host-gw\"}}");
	assert_int_equal(r.config.backend, BACKEND_HOST_GW);
	case_free(&r);
}

static void a_backend_that_croute_does_not_have_is_refused(void **state)
{
	static const char *const types[] = {"udp",  "wireguard", "ipsec",
					    "ipip", "alloc",	 "extension"};
	struct settings settings;
	char json[200];

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		char says[100];

		(void)snprintf(json, sizeof(json),
			       "{\"Network\":\"10.244.0.0/16\",\"Backend\":{\"Type\":\"%s\"}}",
			       types[i]);
		(void)snprintf(says, sizeof(says),
			       "croute has no backend \"%s\"; its backends are vxlan and host-gw",
			       types[i]);
		read_settings(&settings, json);
		assert_int_equal(settings.status, -EINVAL);
		assert_string_equal(settings.err.text, says);
	}
	read_settings(&settings, "{\"Network\":\"10.244.0.0/16\"}");
	assert_int_equal(settings.status, -EINVAL);
	assert_non_null(strstr(settings.err.text, "no backend \"udp\", flannel's default"));
}

/* They may be secrets, and may hold anything. */
static void values_of_unknown_keys_are_not_repeated(void **state)
{
	struct settings settings;

	(void)state;
	read_settings(&settings, "{\"Network\":\"10.244.0.0/16\",\"Backend\":{\"Type\":\"host-gw"
				 "\",\"PSK\":\"hidden\",\"a\\nb: [\xe2\x80\xa8\":1}}");
	assert_int_equal(settings.status, 0);
	assert_non_null(strstr(settings.text, "#   Backend.PSK - unknown to croute\n"));
	assert_null(strstr(settings.text, "hidden"));
	assert_non_null(strstr(settings.text, "#   Backend.a?b: [??? - unknown"));
}

static void a_network_that_is_off_is_left_away(void **state)
{
	struct case_result r;

	(void)state;
	load_beside_a_node(&r, "{\"Network\":\"10.244.0.0/16\",\"IPv6Network\":\"fd10::/48\","
			       "\"Backend\":{\"Type\":\"vxlan\"}}");
	assert_int_equal(r.config.pod_network.count, 1);
	case_free(&r);
}

static void a_configmap_is_opened(void **state)
{
	struct case_result r;

	(void)state;
	load_beside_a_node(&r, "{\"kind\":\"ConfigMap\",\"data\":{\"net-conf.json\":\"{"
			       "\\\"Network\\\":\\\"10.244.0.0/16\\\",\\\"Backend\\\":{"
			       "\\\"Type\\\":\\\"host-gw\\\"}}\"}}");
	assert_int_equal(r.config.pod_network.count, 1);
	case_free(&r);
}

#define CONFIGMAP                                                                                  \
	"kind: ConfigMap\napiVersion: v1\nmetadata:\n  name: kube-flannel-cfg\ndata:\n"            \
	"  cni-conf.json: |\n    {\"name\": \"cbr0\"}\n  net-conf.json: |\n    {\n"                \
	"      \"Network\": \"10.244.0.0/16\",\n      \"Backend\": {\"Type\": \"vxlan\"}\n    }\n"

/* kube-flannel.yml has it between other objects, kubectl get -o yaml in a list. */
static void yaml_is_opened_whole(void **state)
{
	static const char *const cases[] = {
		CONFIGMAP,
		("---\nkind: Namespace\napiVersion: v1\n---\n" CONFIGMAP
		 "---\nkind: DaemonSet\nspec:\n  template: {}\n"),
		"kind: B\n--- # the second\nkind: A\n---\n" CONFIGMAP,
		("apiVersion: v1\nitems:\n- kind: Secret\n- data:\n    net-conf.json: "
		 "'{\"Network\":"
		 "\"10.244.0.0/16\",\"Backend\":{\"Type\":\"vxlan\"}}'\nkind: List\n"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct case_result r;

		load_beside_a_node(&r, cases[i]);
		assert_int_equal(r.config.backend, BACKEND_VXLAN);
		assert_int_equal(r.config.pod_network.count, 1);
		case_free(&r);
	}
}

static void what_is_wrong_is_refused(void **state)
{
	static const struct {
		const char *json;
		const char *says;
	} cases[] = {
		{"", "line 1"},
		{"{", "line 1"},
		{"[]", "is an object"},
		{"{}", "neither Network nor IPv6Network"},
		{"kind: Namespace\n---\nkind: Pod\n", "nor a ConfigMap"},
		{"kind: Namespace\n---\na: &b c\n", "line 3"},
		{"{\"data\":{\"net-conf.json\":\"{\"}}", "net-conf.json, line 1"},
		{"{\"Network\":7}", "Network is not text"},
		{"{\"Network\":\"10.244.0.0\"}", "has no prefix length"},
		{"{\"Network\":\"fd10::/48\"}", "of the other family"},
		{"{\"Network\":\"10.0.0.0/8\",\"Backend\":[]}", "Backend is not an object"},
		{"{\"Network\":\"10.0.0.0/8\",\"Backend\":{\"Type\":1}}", "Type is not text"},
		{"{\"Network\":\"10.0.0.0/8\",\"Backend\":{\"Type\":\"vxlan\",\"VNI\":0}}",
		 "from 1 to 16777215"},
		{"{\"Network\":\"10.0.0.0/8\",\"Backend\":{\"Type\":\"vxlan\",\"Port\":65536}}",
		 "Backend.Port is a number from 0 to 65535"},
		{"{\"Network\":\"10.0.0.0/8\",\"Backend\":{\"Type\":\"vxlan\",\"MTU\":\"1\"}}",
		 "Backend.MTU is a number"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct settings settings;

		read_settings(&settings, cases[i].json);
		assert_int_equal(settings.status, -EINVAL);
		if (strstr(settings.err.text, cases[i].says) == NULL)
			fail_msg("%s: %s", cases[i].json, settings.err.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_usual_one_is_vxlan_with_flannels_names),
		cmocka_unit_test(all_that_matches_is_taken),
		cmocka_unit_test(a_network_of_zeros_is_quoted),
		cmocka_unit_test(every_vni_gives_names_that_fit),
		cmocka_unit_test(host_gw_is_host_gw),
		cmocka_unit_test(a_backend_that_croute_does_not_have_is_refused),
		cmocka_unit_test(values_of_unknown_keys_are_not_repeated),
		cmocka_unit_test(a_network_that_is_off_is_left_away),
		cmocka_unit_test(a_configmap_is_opened),
		cmocka_unit_test(yaml_is_opened_whole),
		cmocka_unit_test(what_is_wrong_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
