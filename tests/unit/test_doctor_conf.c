/* test_doctor_conf.c - our drop-ins for other programs, and mounts of the file. */
/* SPDX-License-Identifier: MIT */
#include "patient.h"

#include <errno.h>

static void drop_in(struct host_drop_in *out, const char *text)
{
	(void)snprintf(out->path, sizeof(out->path), "/etc/x.conf");
	patient_say(&out->text, text);
}

static void managers_without_our_drop_in_are_a_warning_where_they_run(void **state)
{
	struct patient patient;

	(void)state;
	patient_open(&patient, PATIENT_VXLAN);
	assert_check(&patient, "systemd-networkd", DOCTOR_OK, "does not run", "");
	patient.host.is_container = true;
	assert_check(&patient, "systemd-networkd", DOCTOR_UNKNOWN, "not visible", "");
	assert_check(&patient, "NetworkManager", DOCTOR_UNKNOWN, "not visible", "");
	patient.host.networkd = true;
	patient.host.network_manager = true;
	patient.facts.networkd.text.status = -ENOENT;
	patient.facts.network_manager.text.status = -ENOENT;
	assert_check(&patient, "systemd-networkd", DOCTOR_WARNING, "removes croute's routes",
		     "ManageForeignRoutes=no");
	assert_check(&patient, "NetworkManager", DOCTOR_WARNING, "without croute's drop-in",
		     "interface-name:croute.1;interface-name:croute-v6.1");
	patient.facts.networkd.text.status = -EACCES;
	patient.facts.network_manager.text.status = -EACCES;
	assert_check(&patient, "systemd-networkd", DOCTOR_UNKNOWN, "Permission denied",
		     "systemctl restart");
	assert_check(&patient, "NetworkManager", DOCTOR_UNKNOWN, "Permission denied", "nmcli");
	patient_close(&patient);
	patient_open(&patient, PATIENT_HOST_GW);
	patient.host.network_manager = true;
	assert_check(&patient, "NetworkManager", DOCTOR_OK, "only to VXLAN", "");
	patient_close(&patient);
}

/* networkd reads its settings at its start only. */
static void a_drop_in_of_networkd_counts_from_its_next_start(void **state)
{
	struct patient patient;
	struct host_drop_in *ours = &patient.facts.networkd;

	(void)state;
	patient_open(&patient, PATIENT_HOST_GW);
	patient.host.networkd = true;
	drop_in(ours, "[Network]\nManageForeignRoutes=yes\n");
	assert_check(&patient, "systemd-networkd", DOCTOR_WARNING,
		     "x.conf does not say ManageForeignRoutes=no", "printf");
	drop_in(ours, "[Network]\nManageForeignRoutes=no\n");
	assert_check(&patient, "systemd-networkd", DOCTOR_OK, "/etc/x.conf keeps it", "");
	patient.host.networkd_since = 1000;
	ours->written = ours->placed = 1000;
	assert_check(&patient, "systemd-networkd", DOCTOR_OK, "/etc/x.conf keeps it", "");
	ours->placed = 1001;
	assert_check(&patient, "systemd-networkd", DOCTOR_UNKNOWN, "may not be in force",
		     "systemctl restart systemd-networkd");
	ours->written = 1001;
	assert_check(&patient, "systemd-networkd", DOCTOR_WARNING, "not in force yet",
		     "systemctl restart systemd-networkd");
	patient_close(&patient);
}

static void a_drop_in_of_networkmanager_counts_unless_it_manages_the_device(void **state)
{
	struct patient patient;

	(void)state;
	patient_open(&patient, PATIENT_VXLAN);
	patient.host.network_manager = true;
	drop_in(&patient.facts.network_manager,
		"# x\n[device-croute]\n"
		"match-device=interface-name:croute.*;interface-name:croute-v6.*\n"
		"managed=0\n");
	assert_check(&patient, "NetworkManager", DOCTOR_OK, "/etc/x.conf keeps it off the tunnel",
		     "");
	patient.facts.family[1].managed = true;
	assert_check(&patient, "NetworkManager", DOCTOR_WARNING,
		     "manages croute-v6.1: no drop-in that names it is in force",
		     "nmcli device set croute-v6.1 managed no");
	patient_close(&patient);
}

#define MOUNT(root, point) "36 35 98:0 " root " " point " rw,noatime master:1 - ext4 /dev/sda1 rw\n"
#define SUB_PATH "/pods/1/volumes/kubernetes.io~configmap/nodes/..2026_11_23/nodes.yaml"

/* Whether a mount of a file is found at `path`, of which kind. */
static enum doctor_result mounted(const char *mounts, const char *path, bool is_directory)
{
	struct patient patient;
	enum doctor_result result;

	patient_open(&patient, PATIENT_HOST_GW);
	patient_say(&patient.mounts, mounts);
	patient.facts.file.real_path = path;
	patient.facts.file.is_directory = is_directory;
	result = patient_check(&patient, "file-mount")->result;
	patient_close(&patient);
	return result;
}

static void finds_the_mount_of_a_file_and_none_of_its_directory(void **state)
{
	static const char mounts[] = MOUNT("/", "/") MOUNT("/etc", "/etc/croute")
		MOUNT(SUB_PATH, "/etc/croute/nodes.yaml") MOUNT("/x", "/my\\040files/a.yaml")
			MOUNT("/x", "/etc/croute/sub/deep.yaml")
				MOUNT("/x", "/etc/other/readme.txt");

	(void)state;
	assert_int_equal(mounted(mounts, "/etc/croute/nodes.yaml", false), DOCTOR_FAILURE);
	assert_int_equal(mounted(mounts, "/etc/croute", true), DOCTOR_FAILURE);
	assert_int_equal(mounted(mounts, "/my files/a.yaml", false), DOCTOR_WARNING);
	assert_int_equal(mounted(mounts, "/etc/croute/sub", false), DOCTOR_OK);
	assert_int_equal(mounted(mounts, "/etc/other", true), DOCTOR_OK);
	assert_int_equal(mounted(mounts, "/etc", true), DOCTOR_OK);
	assert_int_equal(mounted("garbage\n\n1 2", "/etc", true), DOCTOR_OK);
}

static void a_subpath_is_a_failure_and_another_mount_a_warning(void **state)
{
	struct patient patient;

	(void)state;
	patient_open(&patient, PATIENT_HOST_GW);
	patient_say(&patient.mounts, MOUNT("/x", "/etc/nodes.yaml"));
	assert_check(&patient, "file-mount", DOCTOR_WARNING, "in place", "without subPath");
	patient_say(&patient.mounts, MOUNT(SUB_PATH, "/etc/nodes.yaml"));
	assert_check(&patient, "file-mount", DOCTOR_FAILURE, "never arrive", "without subPath");
	patient.mounts.status = -ENOENT;
	assert_check(&patient, "file-mount", DOCTOR_UNKNOWN, "cannot read", "");
	patient_close(&patient);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(managers_without_our_drop_in_are_a_warning_where_they_run),
		cmocka_unit_test(a_drop_in_of_networkd_counts_from_its_next_start),
		cmocka_unit_test(a_drop_in_of_networkmanager_counts_unless_it_manages_the_device),
		cmocka_unit_test(finds_the_mount_of_a_file_and_none_of_its_directory),
		cmocka_unit_test(a_subpath_is_a_failure_and_another_mount_a_warning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
