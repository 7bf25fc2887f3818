/* help.h - the help texts, made from the tables of commands and options. */
#pragma once

#include <stdio.h>

#include "croute/app/cli/command.h"

/* All commands; fits a screen of 24 lines of 80. */
void help_print(const struct command *commands, FILE *stream);

/* One command with its options; likewise. */
void help_print_command(const struct command *command, FILE *stream);
