/* annotation.h - what flannel writes into a Node's annotations. */
#ifndef CROUTE_APP_IMPORT_ANNOTATION_H
#define CROUTE_APP_IMPORT_ANNOTATION_H

#include "app/import/nodes.h"

/*
 * Take an annotation in; keys other than flannel's are passed over, and a value that means nothing
 * becomes a problem. (flannel, pkg/subnet/kube/annotations.go; backend data of another backend than
 * vxlan, or `null`, is nothing.)
 */
void import_annotation(struct import_facts *facts, const char *key, struct text value);

/* Whether flannel writes it; `key` is the whole one. The constant key, or NULL. */
const char *import_annotation_key(struct text key);

#endif
