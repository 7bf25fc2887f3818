/* facts.h - reading how a host is set. */
#pragma once

#include "croute/model/host_facts.h"

/* Fill `out`; its link names are the caller's and stay, as does their count. `root` is put before
 * the paths: "" for the host itself. What cannot be read is HOST_UNKNOWN. */
void host_facts_read(const char *root, struct host_facts *out);
