/* input.c - the input of `croute import`, and what is said while it is read. */
#include "app/import/input.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/import/nodes.h"
#include "croute/base/buf.h"

/* What comes from the input may not drive the terminal. */
static void print_line(struct import_input *input, const char *before, const char *text)
{
	char space[IMPORT_TEXT_MAX + 512];
	struct buf safe = BUF_OVER(space);

	space[0] = '\0';
	buf_add_safe(&safe, text_of(text));
	progress_end(&input->progress);
	(void)fprintf(stderr, "%s%s\n", before, space);
}

void import_input_warn(void *input, const char *text)
{
	print_line(input, "croute: warning: ", text);
}

void import_input_fail(struct import_input *input, const char *text)
{
	char space[IMPORT_TEXT_MAX];
	struct buf line = BUF_OVER(space);

	buf_add(&line, "%.500s: %s", input->input.name, text);
	print_line(input, "croute: error: ", space);
}

void import_input_diags(struct import_input *input, struct diags *diags)
{
	diag_sort(diags);
	for (uint32_t i = 0; i < diags->count; i++) {
		const struct diag *diag = &diags->list[i];
		char space[IMPORT_TEXT_MAX];
		struct buf line = BUF_OVER(space);

		buf_add(&line, "%.500s:%u:%u: error: %s", input->input.name, diag->at.line,
			diag->at.column, diag->text);
		print_line(input, "", space);
	}
}

int import_input_open(const struct options *options, struct import_input *out)
{
	const char *path = options->argument;
	struct error err;
	int status;

	*out = (struct import_input){.input = {.fd = -1, .name = path}};
	out->progress = progress_for(options);
	status = input_open(path, &out->input, &err);
	if (status < 0)
		import_input_fail(out, err.text);
	else if (path == NULL && isatty(STDIN_FILENO) == 1)
		(void)fputs("croute: reads standard input, to its end (Ctrl-D)\n", stderr);
	progress_begin_bytes(&out->progress, "reading", out->input.size);
	return status;
}

void import_input_close(struct import_input *input)
{
	progress_end(&input->progress);
	input_close(&input->input);
}

int import_input_read(void *input, unsigned char *buffer, size_t size, size_t *got,
		      struct error *err)
{
	struct import_input *own = input;
	int status = input_read(&own->input, buffer, size, got, err);

	if (status == 0)
		progress_add(&own->progress, *got);
	return status;
}
