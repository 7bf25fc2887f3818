/* import_settings.c - which options of `croute import` go together. */
#include "croute/app/cli/import_settings.h"

#include <errno.h>
#include <stddef.h>

int option_import_check(const struct option_import *import, struct error *err)
{
	bool stamped = import->has_serial || import->generated_at > 0 || import->generated_now;

	if (import->from == IMPORT_FROM_NOTHING)
		return error_set(err, EINVAL, "import needs --from kube-nodes or --from flannel");
	if (import->from == IMPORT_FROM_FLANNEL &&
	    (import->address != 0 || stamped || import->split > 0 || import->output_dir != NULL))
		return error_set(err, EINVAL,
				 "--address, --serial, --generated-at, --split and --output-dir "
				 "go with --from kube-nodes");
	if ((import->split > 0) != (import->output_dir != NULL))
		return error_set(err, EINVAL, "--split and --output-dir go together");
	return 0;
}
