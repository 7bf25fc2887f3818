/* show.h - a pass on standard output, as text or JSON. */
#ifndef CROUTE_APP_SHOW_H
#define CROUTE_APP_SHOW_H

#include <stdbool.h>

#include "croute/app/options.h"
#include "croute/core/report.h"

/* Print the lines and the summary of a report, or its JSON object, as `options` ask. */
void show_report(const struct report *report, const struct options *options);

/* On standard error: each refusal by the kernel with its line of the file, at most 20. */
void show_refusals(const struct report *report, const struct options *options);

#endif
