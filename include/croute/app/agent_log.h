/* agent_log.h - what the agent says: changes with their reason, each trouble once. */
#ifndef CROUTE_APP_AGENT_LOG_H
#define CROUTE_APP_AGENT_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "croute/app/agent.h"

/* Warn `text; consequence` unless it is what was said last. */
void agent_log_once(const struct log *log, uint64_t *said, const char *text,
		    const char *consequence);

/* What happens while the file is of no use. */
const char *agent_log_consequence(const struct agent *agent);

/* Log what is wrong with a file that was read, once. */
void agent_log_diags(struct agent *agent, const struct loaded *fresh);

/* Log what a pass did and what stands in its way; `err` when it did not run to its end. Whether all
 * is well. */
bool agent_log_pass(struct agent *agent, const struct pass_request *request,
		    const struct error *err, const char *why);

#endif
