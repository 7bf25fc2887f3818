/* nft.c - reading what `nft -j` prints (libnftables-json(5)). */
#include "app/doctor/chain.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "croute/base/buf.h"

static void release_json(json_t **json)
{
	json_decref(*json);
}
#define CLEANUP_JSON __attribute__((cleanup(release_json)))

static const char *string_of(const json_t *object, const char *key)
{
	const char *string = json_string_value(json_object_get(object, key));

	return string == NULL ? "" : string;
}

static json_t *load(struct text text)
{
	return text.len == 0 ? NULL : json_loadb(text.at, text.len, 0, NULL);
}

/* The chains and rules of a listing. */
static const json_t *list_of(const json_t *root)
{
	return json_object_get(root, "nftables");
}

static bool is_forward_chain(const json_t *chain)
{
	return chain != NULL && strcmp(string_of(chain, "hook"), "forward") == 0;
}

static void note_table(struct doctor_nft *out, const json_t *chain)
{
	struct doctor_nft_table table = {.family = ""};

	(void)snprintf(table.family, sizeof(table.family), "%s", string_of(chain, "family"));
	(void)snprintf(table.name, sizeof(table.name), "%s", string_of(chain, "table"));
	for (uint32_t i = 0; i < out->count; i++) {
		if (strcmp(out->tables[i].name, table.name) == 0 &&
		    strcmp(out->tables[i].family, table.family) == 0)
			return;
	}
	if (out->count < DOCTOR_NFT_TABLES_MOST)
		out->tables[out->count++] = table;
	else
		out->more = true;
}

int doctor_find_nft(struct text json, struct doctor_nft *out)
{
	CLEANUP_JSON json_t *root = load(json);
	const json_t *list = list_of(root);

	*out = (struct doctor_nft){.count = 0};
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *chain = json_object_get(json_array_get(list, i), "chain");

		if (is_forward_chain(chain))
			note_table(out, chain);
		if (strncmp(string_of(chain, "table"), "flannel-ipv", 11) == 0)
			out->flannel = true;
	}
	return json_is_array(list) ? 0 : -EINVAL;
}

/* "10.244.0.0", {"prefix": {"addr": "10.244.0.0", "len": 16}}; sets and ranges are not looked
 * into. */
static enum doctor_match match_address(const struct doctor_flow *flow, const json_t *right)
{
	const json_t *inner = json_object_get(right, "prefix");
	const char *address = inner == NULL ? json_string_value(right) : string_of(inner, "addr");
	struct prefix prefix;
	struct ip ip;

	if (address == NULL || ip_parse(text_of(address), &ip) < 0)
		return DOCTOR_SOMETIMES;
	prefix = prefix_of(
		&ip, inner == NULL ? ip_bits(ip.family)
				   : (uint8_t)json_integer_value(json_object_get(inner, "len")));
	return doctor_flow_match_prefix(flow, &prefix);
}

static bool names_new(const json_t *right)
{
	const char *word = json_string_value(right);
	const json_t *set = json_object_get(right, "set");
	const json_t *list = json_is_array(right) ? right : set;

	if (word != NULL)
		return strcmp(word, "new") == 0;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *one = json_string_value(json_array_get(list, i));

		if (one == NULL || strcmp(one, "new") == 0)
			return true;
	}
	return false;
}

static enum doctor_match match_meta(const struct doctor_flow *flow, const char *key,
				    const json_t *right)
{
	const char *word = json_string_value(right);

	if (word == NULL || (strcmp(key, "iifname") != 0 && strcmp(key, "oifname") != 0 &&
			     strcmp(key, "iif") != 0 && strcmp(key, "oif") != 0))
		return DOCTOR_SOMETIMES;
	return doctor_flow_match_link(flow, text_of(word));
}

static enum doctor_match match_left(const struct doctor_flow *flow, const json_t *left,
				    const json_t *right)
{
	const json_t *payload = json_object_get(left, "payload");
	const json_t *ct = json_object_get(left, "ct");
	const json_t *meta = json_object_get(left, "meta");
	const char *field = string_of(payload, "field");

	if (strcmp(field, "saddr") == 0 || strcmp(field, "daddr") == 0)
		return match_address(flow, right);
	if (strcmp(string_of(ct, "key"), "state") == 0)
		return names_new(right) ? DOCTOR_ALWAYS : DOCTOR_NEVER;
	return meta == NULL ? DOCTOR_SOMETIMES : match_meta(flow, string_of(meta, "key"), right);
}

static enum doctor_match match_of(const struct doctor_flow *flow, const json_t *match)
{
	enum doctor_match found = match_left(flow, json_object_get(match, "left"),
					     json_object_get(match, "right"));

	return strcmp(string_of(match, "op"), "!=") == 0 ? doctor_match_not(found) : found;
}

/* The step of a rule that ends it; false for any other. */
static bool take_verdict(const char *key, const json_t *value, struct doctor_rule *rule)
{
	if (strcmp(key, "accept") == 0)
		rule->verdict = DOCTOR_PASSES;
	else if (strcmp(key, "drop") == 0 || strcmp(key, "reject") == 0)
		rule->verdict = DOCTOR_DROPS;
	else if (strcmp(key, "return") == 0)
		rule->leaves = true;
	else if (strcmp(key, "jump") == 0 || strcmp(key, "goto") == 0)
		(void)snprintf(rule->target, sizeof(rule->target), "%s",
			       string_of(value, "target"));
	else
		return false;
	return true;
}

/* One step of a rule: a verdict, what changes nothing, or a condition. */
static void take_step(const struct doctor_flow *flow, const char *key, const json_t *value,
		      struct doctor_rule *rule)
{
	static const char *const idle[] = {"counter", "log", "comment", "mangle"};
	enum doctor_match match = DOCTOR_SOMETIMES;

	for (size_t i = 0; i < sizeof(idle) / sizeof(idle[0]); i++) {
		if (strcmp(key, idle[i]) == 0)
			return;
	}
	if (take_verdict(key, value, rule))
		return;
	if (strcmp(key, "match") == 0)
		match = match_of(flow, value);
	if (match < rule->match)
		rule->match = (uint8_t)match;
}

static void read_rule(const struct doctor_flow *flow, const json_t *object,
		      struct doctor_table *table)
{
	const json_t *steps = json_object_get(object, "expr");
	struct doctor_rule rule = {.match = DOCTOR_ALWAYS};

	(void)snprintf(rule.chain, sizeof(rule.chain), "%s", string_of(object, "chain"));
	for (size_t i = 0; i < json_array_size(steps); i++) {
		void *step = json_object_iter(json_array_get(steps, i));

		if (step != NULL)
			take_step(flow, json_object_iter_key(step), json_object_iter_value(step),
				  &rule);
	}
	doctor_table_add(table, &rule);
}

/* Tables of ip and ip6 see one family, others both. */
static bool sees(const json_t *chain, uint8_t family)
{
	const char *word = string_of(chain, "family");

	if (strcmp(word, "ip") == 0)
		return family == AF_INET;
	return strcmp(word, "ip6") != 0 || family == AF_INET6;
}

static void judge_chain(const struct doctor_table *table, const json_t *chain, uint8_t family,
			struct doctor_chains *out)
{
	struct doctor_hook *hook = &out->hooks[out->count];
	bool drops = strcmp(string_of(chain, "policy"), "drop") == 0;
	char name[DOCTOR_CHAIN_NAME_MAX];

	if (out->count == DOCTOR_HOOKS_MOST)
		return;
	(void)snprintf(name, sizeof(name), "%s", string_of(chain, "name"));
	hook->family = family;
	(void)snprintf(hook->name, sizeof(hook->name), "nftables %s %s %s",
		       string_of(chain, "family"), string_of(chain, "table"), name);
	hook->verdict = (uint8_t)doctor_table_judge(table, name,
						    drops ? DOCTOR_DROPS : DOCTOR_PASSES);
	out->count++;
}

/* The pods of one family: what lets those of the other pass is no help to them. */
static struct doctor_flow flow_of(const struct doctor_flow *flow, uint8_t family)
{
	struct doctor_flow one = *flow;

	one.pod_count = 0;
	for (uint32_t i = 0; i < flow->pod_count; i++) {
		if (flow->pods[i].ip.family == family)
			one.pods[one.pod_count++] = flow->pods[i];
	}
	return one;
}

static void judge_family(const struct doctor_flow *flow, const json_t *list, uint8_t family,
			 struct doctor_chains *out)
{
	struct doctor_flow one = flow_of(flow, family);
	struct doctor_table table = {.count = 0};

	for (size_t i = 0; one.pod_count > 0 && i < json_array_size(list); i++) {
		const json_t *rule = json_object_get(json_array_get(list, i), "rule");

		if (rule != NULL)
			read_rule(&one, rule, &table);
	}
	for (size_t i = 0; one.pod_count > 0 && i < json_array_size(list); i++) {
		const json_t *chain = json_object_get(json_array_get(list, i), "chain");

		if (is_forward_chain(chain) && sees(chain, family))
			judge_chain(&table, chain, family, out);
	}
	arena_release(&table.rules);
}

int doctor_judge_nft(const struct doctor_flow *flow, struct text json, struct doctor_chains *out)
{
	CLEANUP_JSON json_t *root = load(json);
	const json_t *list = list_of(root);

	judge_family(flow, list, AF_INET, out);
	judge_family(flow, list, AF_INET6, out);
	return json_is_array(list) ? 0 : -EINVAL;
}
