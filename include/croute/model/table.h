/* table.h - the name and number of a kernel routing table. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

#define TABLE_NAME_MAX 32 /* with the NUL; longer names are skipped */

/* One row of rt_tables: `254 main`. */
struct table_name {
	char name[TABLE_NAME_MAX];
	uint32_t number;
};
