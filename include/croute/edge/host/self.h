/* self.h - the resources that this process uses, for its metrics. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/* 0 stands for what is unavailable, as without /proc. */
struct process {
	uint64_t cpu_ms;
	uint64_t open_fds;
	uint64_t max_fds;
	uint64_t virtual_bytes;
	uint64_t virtual_max_bytes; /* UINT64_MAX: no limit */
	uint64_t resident_bytes;
	uint64_t started_ms; /* since 1970 */
};

/*
 * Read it again, without allocating; what cannot be read becomes 0. `started_ms` is worked out once
 * and then kept, so zero-initialise: were it to follow the clock, every scrape would look like a
 * restart.
 */
void self_read(struct process *process);
