/* cmd.h - what other commands ask the agent. */
/* SPDX-License-Identifier: MIT */
#pragma once

/* Questions to the agent through its lock (lock.h), besides LOCK_WHY. The answer begins with an
 * exit code as one digit, then one of AGENT_SAYS_*, then the text. */
#define AGENT_WORD_RELEASE "release"
#define AGENT_WORD_RELEASE_JSON "release json"
#define AGENT_SAYS_RESULT ' '			  /* a report, for standard output */
#define AGENT_SAYS_PROBLEM '!'			  /* why nothing was released */
#define AGENT_HOLDS "the agent holds deletions: " /* begins its answer to LOCK_WHY */
