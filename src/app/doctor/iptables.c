/* iptables.c - reading what `iptables -S` prints. */
#include "app/doctor/chain.h"

#include <string.h>

#include "croute/base/buf.h"

/* The words of one line, taken one by one; quotes are kept together. */
struct words {
	struct text rest;
};

static struct text next_word(struct words *words)
{
	struct text *rest = &words->rest;
	struct text word;
	bool quoted = false;
	size_t len = 0;

	while (rest->len > 0 && rest->at[0] == ' ')
		*rest = (struct text){.at = rest->at + 1, .len = rest->len - 1};
	while (len < rest->len && (quoted || rest->at[len] != ' ')) {
		if (rest->at[len] == '\\' && len + 1 < rest->len)
			len++;
		else if (rest->at[len] == '"')
			quoted = !quoted;
		len++;
	}
	word = (struct text){.at = rest->at, .len = len};
	*rest = (struct text){.at = rest->at + len, .len = rest->len - len};
	return word;
}

/* One rule while it is read. */
struct reading {
	const struct doctor_flow *flow;
	struct words words;
	struct doctor_rule rule;
	bool negated; /* a `!` stands before the next option */
};

static void copy_name(char out[DOCTOR_CHAIN_NAME_MAX], struct text name)
{
	struct buf buf = {.data = out, .size = DOCTOR_CHAIN_NAME_MAX};

	out[0] = '\0';
	buf_add_text(&buf, name);
}

/* Of several conditions the strictest counts. */
static void narrow(struct reading *reading, enum doctor_match match)
{
	if (reading->negated)
		match = doctor_match_not(match);
	reading->negated = false;
	if (match < reading->rule.match)
		reading->rule.match = (uint8_t)match;
}

static void take_prefix(struct reading *reading)
{
	struct prefix prefix;

	if (prefix_parse(next_word(&reading->words), true, &prefix) < 0)
		narrow(reading, DOCTOR_SOMETIMES);
	else
		narrow(reading, doctor_flow_match_prefix(reading->flow, &prefix));
}

static void take_link(struct reading *reading)
{
	narrow(reading, doctor_flow_match_link(reading->flow, next_word(&reading->words)));
}

/* A list of states; the first packet of a connection is NEW. */
static void take_state(struct reading *reading)
{
	struct text list = next_word(&reading->words);
	bool is_new = memmem(list.at, list.len, "NEW", 3) != NULL;

	narrow(reading, is_new ? DOCTOR_ALWAYS : DOCTOR_NEVER);
}

/* Options that say nothing by themselves, with a word behind them. */
static void take_word(struct reading *reading)
{
	(void)next_word(&reading->words);
}

static void take_target(struct reading *reading)
{
	static const char *const no_verdicts[] = {"LOG",   "NFLOG",    "MARK",	   "CONNMARK",
						  "ULOG",  "TCPMSS",   "CT",	   "AUDIT",
						  "TRACE", "CHECKSUM", "CLASSIFY", "DSCP"};
	struct text target = next_word(&reading->words);

	if (text_is(target, "ACCEPT"))
		reading->rule.verdict = DOCTOR_PASSES;
	else if (text_is(target, "DROP") || text_is(target, "REJECT"))
		reading->rule.verdict = DOCTOR_DROPS;
	else if (text_is(target, "RETURN"))
		reading->rule.leaves = true;
	else
		copy_name(reading->rule.target, target);
	for (size_t i = 0; i < sizeof(no_verdicts) / sizeof(no_verdicts[0]); i++) {
		if (text_is(target, no_verdicts[i]))
			reading->rule.target[0] = '\0';
	}
	/* What follows belongs to the target. */
	reading->words.rest.len = 0;
}

static const struct option_row {
	const char *name;
	void (*take)(struct reading *reading);
} options[] = {
	{"-s", take_prefix}, {"-d", take_prefix},	{"-i", take_link},
	{"-o", take_link},   {"--ctstate", take_state}, {"--state", take_state},
	{"-m", take_word},   {"--comment", take_word},	{"-j", take_target},
	{"-g", take_target},
};

static void take_option(struct reading *reading, struct text word)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (text_is(word, options[i].name)) {
			options[i].take(reading);
			return;
		}
	}
	/* A condition that is not known here, or its value. */
	reading->negated = false;
	narrow(reading, DOCTOR_SOMETIMES);
}

static void read_rule(const struct doctor_flow *flow, struct words words,
		      struct doctor_table *table)
{
	struct reading reading = {.flow = flow, .rule = {.match = DOCTOR_ALWAYS}};
	struct text word;

	copy_name(reading.rule.chain, next_word(&words));
	reading.words = words;
	while ((word = next_word(&reading.words)).len > 0) {
		if (text_is(word, "!"))
			reading.negated = true;
		else
			take_option(&reading, word);
	}
	doctor_table_add(table, &reading.rule);
}

static struct text next_line(struct text *listing)
{
	const char *end = memchr(listing->at, '\n', listing->len);
	size_t len = end == NULL ? listing->len : (size_t)(end - listing->at);
	struct text line = {.at = listing->at, .len = len};
	size_t skip = end == NULL ? len : len + 1;

	*listing = (struct text){.at = listing->at + skip, .len = listing->len - skip};
	return line;
}

void doctor_judge_iptables(const struct doctor_flow *flow, struct text listing,
			   const struct doctor_hook *named, struct doctor_chains *out)
{
	struct doctor_table table = {.count = 0};
	enum doctor_verdict policy = DOCTOR_PASSES;
	struct doctor_hook hook = *named;

	while (listing.len > 0) {
		struct words words = {.rest = next_line(&listing)};
		struct text first = next_word(&words);

		if (text_is(first, "-A"))
			read_rule(flow, words, &table);
		else if (text_is(first, "-P") && text_is(next_word(&words), "FORWARD") &&
			 !text_is(next_word(&words), "ACCEPT"))
			policy = DOCTOR_DROPS;
	}
	hook.verdict = (uint8_t)doctor_table_judge(&table, "FORWARD", policy);
	if (out->count < DOCTOR_HOOKS_MOST)
		out->hooks[out->count++] = hook;
	arena_release(&table.rules);
}

static bool has_word(struct text listing, const char *word)
{
	return listing.len > 0 && memmem(listing.at, listing.len, word, strlen(word)) != NULL;
}

bool doctor_sees_flannel(struct text listing)
{
	return has_word(listing, "FLANNEL-POSTRTG") || has_word(listing, "flanneld masq");
}

bool doctor_sees_flannel_forward(struct text listing)
{
	return has_word(listing, "-j FLANNEL-FWD") || has_word(listing, "flanneld forward");
}
