/* self.h - what this process uses of the host, for its metrics. */
#ifndef CROUTE_EDGE_HOST_SELF_H
#define CROUTE_EDGE_HOST_SELF_H

#include "croute/model/process.h"

/*
 * Read it anew, without allocating; what cannot be read becomes 0. `started_ms` is worked out once
 * and then kept, so zero-initialise: were it to follow the clock, every scrape would look like a
 * restart.
 */
void process_read(struct process *process);

#endif
