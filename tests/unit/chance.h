/* chance.h - the rounds of a property: CROUTE_SEED repeats a run, CROUTE_ROUNDS has fewer. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline uint64_t chance_seed(void)
{
	const char *given = getenv("CROUTE_SEED");
	uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);

	(void)printf("# CROUTE_SEED=%llu\n", (unsigned long long)seed);
	(void)fflush(stdout);
	return seed;
}

static inline uint64_t chance_rounds(uint64_t usual)
{
	const char *given = getenv("CROUTE_ROUNDS");
	uint64_t most = given != NULL ? strtoull(given, NULL, 10) : usual;

	return most < usual ? most : usual;
}
