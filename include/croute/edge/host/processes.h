/* processes.h - which programs run on this host. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * The number of a process of that name, as /proc/PID/comm has it (at most 15 characters,
 * proc_pid_comm(5)); 0 when none is seen. `root` is put before the paths: "" for the host itself.
 */
uint32_t host_process_find(const char *root, const char *name);

/* Whether there may be processes that cannot be seen: this one's PID namespace is not the first
 * (include/linux/proc_ns.h, PROC_PID_INIT_INO). True, too, where nothing can be seen. */
bool host_process_hidden(const char *root);
