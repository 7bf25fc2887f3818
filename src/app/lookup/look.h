/* look.h - what the kernel does with packets to an address, asked of it. */
#pragma once

#include "app/lookup/lookup.h"
#include "croute/app/pass/pass.h"
#include "croute/base/error.h"

/* Fill lookup->kernel, after lookup_place. 0, or -errno with `err` when it could not be asked. */
int lookup_look(struct lookup *lookup, struct pass *pass, struct error *err);
