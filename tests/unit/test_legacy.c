/* test_legacy.c - the policy of a legacy table, read out of bytes that may be anything. */
/* SPDX-License-Identifier: MIT */
#include "world.h"

#include <errno.h>
#include <linux/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <string.h>

#include "croute/edge/nft/chains.h"

#define RULE_MAX (sizeof(struct ip6t_entry) + sizeof(struct xt_standard_target))

/* A rule as the kernel ends a chain with it; its size. */
static size_t put_policy(uint8_t out[RULE_MAX], uint8_t family, int verdict)
{
	struct ipt_entry four = {.target_offset = sizeof(four)};
	struct ip6t_entry six = {.target_offset = sizeof(six)};
	struct xt_standard_target target = {.verdict = verdict};
	size_t size = family == AF_INET ? sizeof(four) : sizeof(six);

	memcpy(out, family == AF_INET ? (void *)&four : (void *)&six, size);
	memcpy(out + size, &target, sizeof(target));
	return size + sizeof(target);
}

static void reads_the_policy_of_both_families(void **state)
{
	static const uint8_t families[] = {AF_INET, AF_INET6};
	uint8_t rule[RULE_MAX];

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		bool drops = false;
		size_t size = put_policy(rule, families[i], -NF_DROP - 1);

		assert_int_equal(legacy_table_policy(rule, size, 0, families[i], &drops), 0);
		assert_true(drops);
		(void)put_policy(rule, families[i], -NF_ACCEPT - 1);
		assert_int_equal(legacy_table_policy(rule, size, 0, families[i], &drops), 0);
		assert_false(drops);
		(void)put_policy(rule, families[i], -NF_QUEUE - 1);
		assert_int_equal(legacy_table_policy(rule, size, 0, families[i], &drops), 0);
		assert_false(drops);
	}
}

/* The bytes end where the heap's guard begins, which the sanitizers watch. */
static int policy_of(const uint8_t *rule, size_t size, size_t offset)
{
	uint8_t *bytes = malloc(size + 1);
	bool drops = false;
	int status;

	assert_non_null(bytes);
	memcpy(bytes + 1, rule, size);
	status = legacy_table_policy(bytes + 1, size, offset, AF_INET, &drops);
	assert_true(status < 0 || drops);
	free(bytes);
	return status;
}

static void nothing_outside_the_table_is_read(void **state)
{
	uint8_t rule[RULE_MAX];
	size_t size = put_policy(rule, AF_INET, -NF_DROP - 1);
	const uint16_t far = UINT16_MAX;

	(void)state;
	assert_int_equal(policy_of(rule, size, 0), 0);
	for (size_t i = 0; i < size; i++)
		assert_int_equal(policy_of(rule, i, 0), -EBADMSG);
	assert_int_equal(policy_of(rule, size, size), -EBADMSG);
	assert_int_equal(policy_of(rule, size, size + 1), -EBADMSG);
	assert_int_equal(policy_of(rule, size, SIZE_MAX), -EBADMSG);
	rule[sizeof(struct ipt_entry) + offsetof(struct xt_entry_target, u.user.name)] = 'R';
	assert_int_equal(policy_of(rule, size, 0), -EBADMSG); /* a target with a name */
	memcpy(rule + offsetof(struct ipt_entry, target_offset), &far, sizeof(far));
	assert_int_equal(policy_of(rule, size, 0), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_policy_of_both_families),
		cmocka_unit_test(nothing_outside_the_table_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
