/* desired.h - what the file asks of this host, as rows that equal what the kernel would report. */
#pragma once

#include "croute/core/want/rows.h"

/* Build all rows anew. 0 or -ENOSPC. */
int desired_build(struct desired *desired, const struct desired_input *input);
