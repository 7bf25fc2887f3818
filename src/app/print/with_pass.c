/* with_pass.c - the file and a pass for commands that only look. */
/* SPDX-License-Identifier: MIT */
#include "croute/app/print/print.h"

#include <errno.h>

#include "croute/app/cli/command.h"

static int with_pass(const struct loaded *loaded, const struct options *options, with_pass_fn *look)
{
	struct error err = {0};
	struct pass *pass = pass_open(&err);
	int code = EXIT_FAILED;

	if (pass != NULL)
		code = look(pass, loaded, options);
	else
		print_problem(err.text, options);
	pass_close(pass);
	return code;
}

int with_pass_run(const struct options *options, with_pass_fn *look)
{
	struct loaded loaded;
	int code = print_load(options, &loaded);

	if (code != EXIT_DONE)
		return code;
	code = with_pass(&loaded, options, look);
	load_release(&loaded);
	return code;
}

int with_pass_give_up(int status, const struct error *err, const struct loaded *loaded,
		      const struct options *options)
{
	if (status == -ESRCH)
		return print_failure(loaded->files.path, err, options);
	print_problem(err->text, options);
	return EXIT_FAILED;
}
