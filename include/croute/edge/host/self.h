/* self.h - what this process uses of the host, for its metrics. */
#pragma once

#include "croute/model/process.h"

/*
 * Read it anew, without allocating; what cannot be read becomes 0. `started_ms` is worked out once
 * and then kept, so zero-initialise: were it to follow the clock, every scrape would look like a
 * restart.
 */
void self_read(struct process *process);
