/* pods.c - which pod routes a node has by a file. */
#include "app/rollout/pods.h"

#include "croute/core/want/desired.h"

bool rollout_pods_has_family(const struct config *config, uint32_t node, uint8_t family)
{
	struct ip address;

	if (node == CONFIG_NOT_FOUND || config->backend == BACKEND_NONE)
		return false;
	address = config_node_address(config_node_at(config, node), family);
	return ip_is_set(&address);
}

const struct config_podcidr *rollout_pods_routable(const struct config *config,
						   const struct config_podcidr *podcidr)
{
	if (podcidr == NULL ||
	    !rollout_pods_has_family(config, podcidr->node, podcidr->prefix.ip.family))
		return NULL;
	return podcidr;
}

bool rollout_pods_has_key(const struct config *config, uint32_t node, const struct route *route)
{
	struct prefix prefix = route_prefix(route);
	const struct config_podcidr *podcidr;
	uint32_t index;

	if (!rollout_pods_has_family(config, node, prefix.ip.family) ||
	    route->table != config->kernel.table ||
	    route->metric != desired_pod_metric(&config->kernel, &prefix))
		return false;
	index = config_podcidr_covering(config, &prefix);
	if (index == CONFIG_NOT_FOUND)
		return false;
	podcidr = config_podcidr_at(config, index);
	return prefix_same(&podcidr->prefix, &prefix) &&
	       (podcidr->node != node || config->agent.blackhole_local) &&
	       rollout_pods_routable(config, podcidr) != NULL;
}
