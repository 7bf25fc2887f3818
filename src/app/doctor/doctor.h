/* doctor.h - what on this host keeps pods from reaching each other, and its fix (SPEC 9). */
#pragma once

#include "app/doctor/facts.h"
#include "croute/base/json.h"

#define DOCTOR_CHECKS_MOST 32

/* What all of them found, in a fixed order. */
struct doctor_report {
	uint32_t count;
	uint32_t results[DOCTOR_RESULTS]; /* how many of each */
	struct doctor_check checks[DOCTOR_CHECKS_MOST];
};

/* Run all checks, those of a takeover too where facts->adopt asks for them. `out` is big: keep it
 * off the stack. */
void doctor_run(const struct doctor_facts *facts, struct doctor_report *out);

/* `ok   forwarding: …`; its fixes follow as `     fix: …`. No line end at the end. */
void doctor_add_check(struct buf *out, const struct doctor_check *check);

/* `Checked: 17 ok, 1 warning, 1 failure, 1 unknown.` */
void doctor_add_summary(struct buf *out, const struct doctor_report *report);

/* The report, into an object that is open. */
void doctor_put_json(struct json *json, const struct doctor_report *report);
