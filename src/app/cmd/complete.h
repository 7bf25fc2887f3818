/* complete.h - what shells complete a command line with. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdio.h>

#include "croute/app/cli/command.h"
#include "croute/app/cli/options.h"

/* Print the completion for a shell, made from the tables of commands and options. */
void complete_print(const struct command *const *commands, enum shell shell, FILE *stream);
