/* help.h - the help texts, made from the tables of commands and options. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdio.h>

#include "croute/app/cli/command.h"
#include "croute/app/cli/options.h"

/* Of all commands, or of one with its options; each fits a screen of 24 lines of 80. */
void help_print_all(const struct command *const *commands, FILE *stream);
void help_print(const struct command *command, FILE *stream);

/* Print the completion for a shell, made from the tables of commands and options. */
void complete_print(const struct command *const *commands, enum shell shell, FILE *stream);
