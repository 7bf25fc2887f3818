/* systemd.c - reporting to the service manager. */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "app/agent/parts.h"
#include "croute/edge/host/clock.h"

#define READY_AFTER_MS 5000 /* an installation must not hang on a file that does not exist yet */

static void describe(const struct agent *agent, char *out, size_t size)
{
	const struct status *status = &agent->status;

	if (!status->ready)
		(void)snprintf(out, size, "not ready: %s", status->reason);
	else
		(void)snprintf(out, size, "%u of %u routes in place, %u in trouble",
			       status->routes.installed, status->routes.desired,
			       status->routes.held + status->routes.conflict +
				       status->routes.shadowed + status->routes.failed);
}

/* READY=1 once; STATUS= whenever it says something else. */
void agent_supervise(struct agent *agent)
{
	struct agent_supervision *told = &agent->supervision;
	int64_t waited = host_wall_ms() - agent->started_ms;
	char status[sizeof(told->status)];
	bool ready = told->ready || agent->status.ready || waited >= READY_AFTER_MS || waited < 0;

	if (told->notify.fd < 0)
		return;
	describe(agent, status, sizeof(status));
	if (!ready)
		schedule_hint(&agent->schedule, SCHEDULE_SERVE,
			      host_now_ms() + READY_AFTER_MS - waited);
	if (ready == told->ready && !told->reloading && strcmp(status, told->status) == 0)
		return;
	if (notify_send(&told->notify,
			ready && (!told->ready || told->reloading) ? "READY=1" : NULL, status) < 0)
		return;
	told->ready = ready;
	told->reloading = false;
	memcpy(told->status, status, sizeof(told->status));
}

void agent_supervise_reload(struct agent *agent)
{
	if (agent->supervision.notify.fd < 0)
		return;
	(void)notify_reloading(&agent->supervision.notify, "reading the file again");
	agent->supervision.reloading = true;
}

void agent_supervise_alive(struct agent *agent)
{
	(void)notify_send(&agent->supervision.notify, "WATCHDOG=1", NULL);
}

void agent_supervise_end(struct agent *agent)
{
	(void)notify_send(&agent->supervision.notify, "STOPPING=1", "all routes stay");
	notify_close(&agent->supervision.notify);
}
