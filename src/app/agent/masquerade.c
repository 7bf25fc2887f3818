/* masquerade.c - noticing that somebody changed the table of masquerading. */
#include "app/agent/agent.h"
#include "app/agent/parts.h"
#include "croute/edge/host/clock.h"

/* What happened before it listens was not told: so there is one more look, which finds all as it
 * was and ends it. The pass's own writes are not told. */
void agent_masquerade_listen(struct agent *agent)
{
	struct error err = {0};
	uint32_t own = nft_port(&agent->pass->nft);

	if (!agent->current.config.agent.masquerade) {
		nft_watch_close(&agent->nft);
		return;
	}
	if (agent->nft.fd >= 0 || own == 0)
		return;
	if (nft_watch_open(own, &agent->nft, &err) < 0)
		agent_log_once(agent, err.text, "masquerading is looked at once every resync");
	else
		pace_hint(&agent->pace, PACE_KERNEL, host_now_ms());
}

void agent_on_nft(struct agent *agent)
{
	if (nft_watch_read(&agent->nft))
		pace_hint(&agent->pace, PACE_KERNEL, host_now_ms());
}
