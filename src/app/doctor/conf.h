/* conf.h - settings in the files of other programs. */
#ifndef CROUTE_APP_DOCTOR_CONF_H
#define CROUTE_APP_DOCTOR_CONF_H

#include <stdbool.h>

#include "croute/base/text.h"

/* What the last `ManageForeignRoutes=` of networkd.conf(5) says; true when none does. */
bool doctor_conf_manages_routes(struct text conf);

/* Whether the settings of NetworkManager.conf(5) keep it away from the link: by `unmanaged-devices`
 * of [keyfile], or by `managed=0` of a [device] section that matches. */
bool doctor_conf_leaves_link(struct text conf, const char *name);

/* Whether a device list, parted by `;` or `,`, matches a VXLAN device of that name. */
bool doctor_conf_matches(struct text list, const char *name);

#endif
