/* complete.c - completions for bash, zsh and fish, from the tables of commands and options. */
/* SPDX-License-Identifier: MIT */
#include "app/cmd/help.h"

#include <string.h>

#include "croute/app/cli/options.h"

static bool is_file(const struct command *command)
{
	return command->argument != NULL &&
	       (strcmp(command->argument, "FILE") == 0 || strcmp(command->argument, "PATH") == 0);
}

static bool is_command(const struct command *command)
{
	return command->argument != NULL && strcmp(command->argument, "COMMAND") == 0;
}

static void put_names(const struct command *const *commands, FILE *stream)
{
	for (size_t i = 0; commands[i] != NULL; i++)
		(void)fprintf(stream, "%s%s", i > 0 ? " " : "", commands[i]->name);
}

static void put_words(enum option_id id, FILE *stream)
{
	const char *const *words = option_words(id);

	for (unsigned i = 0; words != NULL && words[i] != NULL; i++)
		(void)fprintf(stream, "%s%s", i > 0 ? " " : "", words[i]);
}

/* Inside single quotes of bash and zsh; a colon ends a word for zsh's _describe. */
static void put_quoted(const char *text, bool colons, FILE *stream)
{
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			(void)fputs("'\\''", stream);
		else
			(void)fprintf(stream, "%s%c", colons && *text == ':' ? "\\" : "", *text);
	}
}

static const char bash_end[] =
	"_croute() {\n"
	"	local IFS=$' \\t\\n' i word command= offer\n"
	"	local cur=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
	"\n"
	"	# `=` is a word by itself: --output=js, and NAME=FILE of --replace.\n"
	"	[ \"$cur\" != = ] || cur=\n"
	"	[ \"$before\" != = ] || before=${COMP_WORDS[COMP_CWORD - 2]}\n"
	"	[ \"${COMP_WORDS[COMP_CWORD - 3]-}\" != --replace ] || before=--replace\n"
	"	for ((i = 1; i < COMP_CWORD; i++)); do\n"
	"		word=${COMP_WORDS[i]}\n"
	"		if _croute_value \"$word\" >/dev/null; then\n"
	"			i=$((i + 1))\n"
	"			[ \"${COMP_WORDS[i]-}\" != = ] || i=$((i + 1))\n"
	"		elif [[ $word != -* ]]; then\n"
	"			command=$word\n"
	"			break\n"
	"		fi\n"
	"	done\n"
	"	if ! offer=$(_croute_value \"$before\"); then\n"
	"		offer=$(_croute_word \"$command\")\n"
	"		[[ $cur != -* ]] || offer=$(_croute_options \"$command\")\n"
	"	fi\n"
	"	if [ \"$offer\" = @file ]; then\n"
	"		compopt -o filenames 2>/dev/null\n"
	"		mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
	"	else\n"
	"		mapfile -t COMPREPLY < <(compgen -W \"$offer\" -- \"$cur\")\n"
	"	fi\n"
	"}\n"
	"\n"
	"complete -F _croute croute\n";

/* Prints one option; what `with` is depends on the shell. */
typedef void complete_put_fn(enum option_id id, const char *with, FILE *stream);

static void put_options(uint32_t set, complete_put_fn *put, const char *with, FILE *stream)
{
	for (unsigned id = 0; id < OPTION_IDS; id++) {
		if ((set & OPTION_BIT(id)) != 0)
			put((enum option_id)id, with, stream);
	}
}

static void bash_names(enum option_id id, const char *between, FILE *stream)
{
	const struct option_help *help = option_help(id);

	if (help->letter != 0)
		(void)fprintf(stream, "-%c%s", help->letter, between);
	(void)fprintf(stream, "--%s", help->name);
}

static void bash_option(enum option_id id, const char *with, FILE *stream)
{
	bash_names(id, " ", stream);
	(void)fputs(with, stream);
}

static void bash_value(enum option_id id, const char *with, FILE *stream)
{
	(void)with;
	if (option_help(id)->value == NULL)
		return;
	(void)fputs("	", stream);
	bash_names(id, " | ", stream);
	(void)fprintf(stream, ") echo '%s", option_is_file(id) ? "@file" : "");
	put_words(id, stream);
	(void)fputs("' ;;\n", stream);
}

static void bash_options(const struct command *const *commands, FILE *stream)
{
	(void)fputs("_croute_options() {\n	case $1 in\n", stream);
	for (; *commands != NULL; commands++) {
		if ((*commands)->accepts == 0)
			continue;
		(void)fprintf(stream, "	%s) echo '", (*commands)->name);
		put_options((*commands)->accepts, bash_option, " ", stream);
		(void)fputs("' ;;\n", stream);
	}
	(void)fputs("	'') echo '-V --version' ;;\n	esac\n	echo '", stream);
	put_options(OPTIONS_COMMON, bash_option, " ", stream);
	(void)fputs("'\n}\n\n", stream);
}

static void bash_print(const struct command *const *commands, FILE *stream)
{
	bash_options(commands, stream);
	(void)fputs("# The words of an option's value; fails for one that takes none.\n"
		    "_croute_value() {\n	case $1 in\n",
		    stream);
	put_options(OPTIONS_ALL, bash_value, NULL, stream);
	(void)fputs("	*) return 1 ;;\n	esac\n}\n\n"
		    "_croute_word() {\n	case $1 in\n",
		    stream);
	for (size_t i = 0; commands[i] != NULL; i++) {
		if (is_file(commands[i]))
			(void)fprintf(stream, "	%s) echo @file ;;\n", commands[i]->name);
	}
	(void)fputs("	'' | help) echo '", stream);
	put_names(commands, stream);
	(void)fputs("' ;;\n	esac\n}\n\n", stream);
	(void)fputs(bash_end, stream);
}

static void zsh_option(enum option_id id, const char *with, FILE *stream)
{
	const struct option_help *help = option_help(id);
	const char *equals = help->value != NULL ? "=" : "";

	(void)fputs(with, stream);
	if (help->letter != 0)
		(void)fprintf(stream, "'(-%c --%s)'{-%c%s,--%s%s}'[", help->letter, help->name,
			      help->letter, help->value != NULL ? "+" : "", help->name, equals);
	else
		(void)fprintf(stream, "'%s--%s%s[", id == OPTION_REPLACE ? "*" : "", help->name,
			      equals);
	put_quoted(help->text, false, stream);
	(void)fputs("]", stream);
	if (help->value != NULL)
		(void)fprintf(stream, ":%s:%s", help->value, option_is_file(id) ? "_files" : "");
	if (option_words(id) != NULL) {
		(void)fputs("(", stream);
		put_words(id, stream);
		(void)fputs(")", stream);
	}
	(void)fputs("'", stream);
}

static void zsh_command(const struct command *command, FILE *stream)
{
	if (command->accepts == 0 && command->argument == NULL)
		return;
	(void)fprintf(stream, "	%s)\n		_arguments $common", command->name);
	put_options(command->accepts, zsh_option, " \\\n			", stream);
	if (is_command(command))
		(void)fputs(
			" \\\n			'1:command:{_describe -t commands command names}'",
			stream);
	else if (command->argument != NULL)
		(void)fprintf(stream, " \\\n			'1:%s:%s'", command->argument,
			      is_file(command) ? "_files" : "");
	(void)fputs("\n		;;\n", stream);
}

static void zsh_print(const struct command *const *commands, FILE *stream)
{
	(void)fputs("local curcontext=$curcontext state line\nlocal -a common names\n\ncommon=(",
		    stream);
	put_options(OPTIONS_COMMON, zsh_option, "\n	", stream);
	(void)fputs("\n)\nnames=(\n", stream);
	for (size_t i = 0; commands[i] != NULL; i++) {
		(void)fprintf(stream, "	'%s:", commands[i]->name);
		put_quoted(commands[i]->summary, true, stream);
		(void)fputs("'\n", stream);
	}
	(void)fputs(")\n\n_arguments -C -A '-*' $common '(-V --version)'{-V,--version}'[the "
		    "version]' \\\n"
		    "	'1:command:->command' '*::word:->word'\n\n"
		    "case $state in\ncommand)\n	_describe -t commands 'command' names\n	;;\nword)\n"
		    "	curcontext=${curcontext%:*:*}:croute-$words[1]:\n	case $words[1] "
		    "in\n",
		    stream);
	for (; *commands != NULL; commands++)
		zsh_command(*commands, stream);
	(void)fputs("	*)\n		_arguments $common\n		;;\n	esac\n	;;\nesac\n",
		    stream);
}

/* Inside single quotes of fish. */
static void fish_text(const char *text, FILE *stream)
{
	(void)fputs(" -d '", stream);
	for (; *text != '\0'; text++)
		(void)fprintf(stream, "%s%c", *text == '\'' || *text == '\\' ? "\\" : "", *text);
	(void)fputs("'\n", stream);
}

/* `with` is the command, NULL for the options of all. */
static void fish_option(enum option_id id, const char *with, FILE *stream)
{
	const struct option_help *help = option_help(id);

	(void)fputs("complete -c croute", stream);
	if (with != NULL)
		(void)fprintf(stream, " -n '__fish_seen_subcommand_from %s'", with);
	if (help->letter != 0)
		(void)fprintf(stream, " -s %c", help->letter);
	(void)fprintf(stream, " -l %s", help->name);
	if (option_is_file(id))
		(void)fputs(" -r -F", stream);
	else if (help->value != NULL) {
		(void)fputs(" -x -a '", stream);
		put_words(id, stream);
		(void)fputs("'", stream);
	}
	fish_text(help->text, stream);
}

static void fish_print(const struct command *const *commands, FILE *stream)
{
	(void)fputs("set -l commands ", stream);
	put_names(commands, stream);
	(void)fputs("\nset -l none \"not __fish_seen_subcommand_from $commands\"\n\n"
		    "complete -c croute -f\n"
		    "complete -c croute -n \"$none\" -s V -l version -d 'the version'\n",
		    stream);
	put_options(OPTIONS_COMMON, fish_option, NULL, stream);
	for (const struct command *row = *commands; row != NULL; row = *++commands) {
		(void)fprintf(stream, "complete -c croute -n \"$none\" -a %s", row->name);
		fish_text(row->summary, stream);
		put_options(row->accepts, fish_option, row->name, stream);
		if (is_file(row) || is_command(row))
			(void)fprintf(stream,
				      "complete -c croute -n '__fish_seen_subcommand_from %s' %s\n",
				      row->name, is_file(row) ? "-F" : "-a \"$commands\"");
	}
}

void complete_print(const struct command *const *commands, enum shell shell, FILE *stream)
{
	if (shell == SHELL_ZSH)
		(void)fputs("#compdef croute\n", stream);
	(void)fputs("# Completion of croute(8), made by croute help --complete.\n\n", stream);
	if (shell == SHELL_BASH)
		bash_print(commands, stream);
	else if (shell == SHELL_ZSH)
		zsh_print(commands, stream);
	else
		fish_print(commands, stream);
}
