/* test_doctor_conf.c - settings of other programs, and mounts of the file itself. */
#include "app/doctor/conf.h"

#include "patient.h"

#include <errno.h>

#include "app/doctor/mounts.h"

static void the_last_word_on_foreign_routes_counts(void **state)
{
	(void)state;
	assert_true(doctor_conf_manages_routes(text_of("")));
	assert_true(doctor_conf_manages_routes(text_of("[Network]\n#ManageForeignRoutes=no\n")));
	assert_true(doctor_conf_manages_routes(text_of("[DHCP]\nManageForeignRoutes=no\n")));
	assert_false(doctor_conf_manages_routes(text_of("[Network]\nManageForeignRoutes=no")));
	assert_false(doctor_conf_manages_routes(
		text_of("[Network]\r\n ManageForeignRoutes = False \r\n")));
	assert_true(doctor_conf_manages_routes(text_of(
		"[Network]\nManageForeignRoutes=no\n[Network]\nManageForeignRoutes=yes\n")));
	assert_false(
		doctor_conf_manages_routes(text_of("[Network]\nManageForeignRoutes=yes\n[DHCP]\nx="
						   "1\n[Network]\nManageForeignRoutes=0\n")));
}

static void device_lists_read_as_networkmanager_reads_them(void **state)
{
	static const struct {
		const char *list;
		bool matches;
	} cases[] = {
		{"", false},
		{"interface-name:croute*", true},
		{"interface-name:croute.1", true},
		{"interface-name:=croute*", false},
		{"interface-name:=croute.1", true},
		{"interface-name:~croute.?", true},
		{"interface-name:eth0;interface-name:croute.1;", true},
		{"interface-name:eth0,interface-name:croute.1", true},
		{"type:vxlan", true},
		{"type:ethernet", false},
		{"*", true},
		{"mac:00:11:22:33:44:55", false},
		{"*,except:interface-name:croute*", false},
		{"except:interface-name:eth0;interface-name:croute*", true},
		{"croute.1", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (doctor_conf_matches(text_of(cases[i].list), "croute.1") != cases[i].matches)
			fail_msg("%s", cases[i].list);
	}
}

static void networkmanager_is_kept_off_by_list_or_by_device(void **state)
{
	static const struct {
		const char *conf;
		bool leaves;
	} cases[] = {
		{"[main]\nplugins=keyfile\n", false},
		{"[keyfile]\nunmanaged-devices=interface-name:croute*\n", true},
		{"[main]\nunmanaged-devices=interface-name:croute*\n", false},
		{"[keyfile]\nunmanaged-devices=interface-name:croute*\n"
		 "[keyfile]\nunmanaged-devices=none\n",
		 false},
		{"[keyfile]\nunmanaged-devices=none\n"
		 "[keyfile]\nunmanaged-devices+=interface-name:croute*\n",
		 true},
		{"[device-croute]\nmatch-device=interface-name:croute*\nmanaged=0\n", true},
		{"[device]\nmanaged=0\n", true},
		{"[device-croute]\nmanaged=0\nmatch-device=interface-name:eth*\n"
		 "[device-b]\nmatch-device=interface-name:croute*\nmanaged=1\n",
		 false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (doctor_conf_leaves_link(text_of(cases[i].conf), "croute.1") != cases[i].leaves)
			fail_msg("%s", cases[i].conf);
	}
}

static void warns_of_managers_only_where_they_run(void **state)
{
	struct patient patient;

	(void)state;
	patient_open(&patient, PATIENT_VXLAN);
	patient.host.networkd = true;
	patient.host.network_manager = true;
	assert_check(&patient, "systemd-networkd", DOCTOR_WARNING, "ManageForeignRoutes",
		     "ManageForeignRoutes=no");
	assert_check(&patient, "NetworkManager", DOCTOR_WARNING, "croute.1",
		     "interface-name:croute.1;interface-name:croute-v6.1");
	patient_say(&patient, DOCTOR_NETWORKD, "[Network]\nManageForeignRoutes=no\n");
	patient_say(&patient, DOCTOR_NETWORK_MANAGER,
		    "[keyfile]\nunmanaged-devices=interface-name:croute*\n");
	assert_check(&patient, "systemd-networkd", DOCTOR_OK, "leaves routes alone", "");
	assert_check(&patient, "NetworkManager", DOCTOR_OK, "leaves croute.1 alone", "");
	patient.texts[DOCTOR_NETWORKD].status = -EACCES;
	patient.texts[DOCTOR_NETWORK_MANAGER].status = -EACCES;
	assert_check(&patient, "systemd-networkd", DOCTOR_UNKNOWN, "Permission denied", "");
	assert_check(&patient, "NetworkManager", DOCTOR_UNKNOWN, "Permission denied", "");
	patient_close(&patient);
	patient_open(&patient, PATIENT_HOST_GW);
	patient.host.network_manager = true;
	assert_check(&patient, "NetworkManager", DOCTOR_OK, "no tunnel", "");
	patient_close(&patient);
}

#define MOUNT(root, point) "36 35 98:0 " root " " point " rw,noatime master:1 - ext4 /dev/sda1 rw\n"
#define SUB_PATH "/pods/1/volumes/kubernetes.io~configmap/nodes/..2026_11_23/nodes.yaml"

static void finds_the_mount_of_a_file_and_none_of_its_directory(void **state)
{
	struct doctor_mount mount;
	struct text mounts = text_of(MOUNT("/", "/") MOUNT("/etc", "/etc/croute") MOUNT(
		SUB_PATH, "/etc/croute/nodes.yaml") MOUNT("/x", "/my\\040files/a.yaml")
					     MOUNT("/x", "/etc/croute/sub/deep.yaml")
						     MOUNT("/x", "/etc/other/readme.txt"));

	(void)state;
	assert_true(doctor_find_mount(mounts, "/etc/croute/nodes.yaml", false, &mount));
	assert_true(mount.by_sub_path);
	assert_true(doctor_find_mount(mounts, "/etc/croute", true, &mount));
	assert_string_equal(mount.path, "/etc/croute/nodes.yaml");
	assert_true(doctor_find_mount(mounts, "/my files/a.yaml", false, &mount));
	assert_false(mount.by_sub_path);
	assert_false(doctor_find_mount(mounts, "/etc/croute/sub", false, &mount));
	assert_false(doctor_find_mount(mounts, "/etc/other", true, &mount));
	assert_false(doctor_find_mount(mounts, "/etc", true, &mount));
	assert_false(doctor_find_mount(text_of("garbage\n\n1 2"), "/etc", true, &mount));
}

static void a_subpath_is_a_failure_and_another_mount_a_warning(void **state)
{
	struct patient patient;

	(void)state;
	patient_open(&patient, PATIENT_HOST_GW);
	patient_say(&patient, DOCTOR_MOUNTS, MOUNT("/x", "/etc/nodes.yaml"));
	assert_check(&patient, "file-mount", DOCTOR_WARNING, "in place", "without subPath");
	patient_say(&patient, DOCTOR_MOUNTS, MOUNT(SUB_PATH, "/etc/nodes.yaml"));
	assert_check(&patient, "file-mount", DOCTOR_FAILURE, "never arrive", "without subPath");
	patient.texts[DOCTOR_MOUNTS].status = -ENOENT;
	assert_check(&patient, "file-mount", DOCTOR_UNKNOWN, "could not see", "");
	patient_close(&patient);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_word_on_foreign_routes_counts),
		cmocka_unit_test(device_lists_read_as_networkmanager_reads_them),
		cmocka_unit_test(networkmanager_is_kept_off_by_list_or_by_device),
		cmocka_unit_test(warns_of_managers_only_where_they_run),
		cmocka_unit_test(finds_the_mount_of_a_file_and_none_of_its_directory),
		cmocka_unit_test(a_subpath_is_a_failure_and_another_mount_a_warning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
