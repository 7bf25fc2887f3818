/* once.h - what was said already, so that trouble is told once and not at every try. */
#ifndef CROUTE_APP_AGENT_ONCE_H
#define CROUTE_APP_AGENT_ONCE_H

#include <stdbool.h>
#include <stdint.h>

#define SAID_MOST 128 /* troubles told apart at one time */

/* Sums over texts: of this round, and of the one before. Zero is a good beginning. */
struct said {
	uint64_t now[SAID_MOST];
	uint64_t before[SAID_MOST];
	uint32_t now_count;
	uint32_t before_count;
};

/* A new round begins: what is not said in it may be said again later. */
void said_next_round(struct said *said);

/* Note that `text` is true in this round. Whether it is new, that is, was not so in the last. Past
 * SAID_MOST nothing is new. */
bool said_is_new(struct said *said, const char *text);

#endif
