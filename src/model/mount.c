/* mount.c - a file that is a mount by itself, so that updates of it do not arrive. */
/* SPDX-License-Identifier: MIT */
#include "croute/model/mount.h"

#include <string.h>

#include "croute/model/entry.h"

/* Parts of paths that only a kubelet makes: its folders, and the generations of a volume. What is
 * bound shows the path of the file behind it. */
static const char *const kubelets[] = {"/volume-subpaths/", "/kubernetes.io~", "/..2"};

static bool is_octal(struct text text, size_t i)
{
	return text.at[i] == '\\' && i + 3 < text.len && strchr("01", text.at[i + 1]) != NULL &&
	       strchr("01234567", text.at[i + 2]) != NULL &&
	       strchr("01234567", text.at[i + 3]) != NULL;
}

/* Blanks and the like stand as \040. */
static void unescape(struct text text, char out[MOUNT_MAX])
{
	size_t len = 0;

	for (size_t i = 0; i < text.len && len + 1 < MOUNT_MAX; i++) {
		if (is_octal(text, i)) {
			out[len++] = (char)((text.at[i + 1] - '0') * 64 +
					    (text.at[i + 2] - '0') * 8 + (text.at[i + 3] - '0'));
			i += 3;
		} else {
			out[len++] = text.at[i];
		}
	}
	out[len] = '\0';
}

static bool is_about(const char *mount, const char *path, bool is_directory)
{
	size_t len = strlen(path);

	if (!is_directory)
		return strcmp(mount, path) == 0;
	return strncmp(mount, path, len) == 0 && mount[len] == '/' &&
	       strchr(mount + len + 1, '/') == NULL && entry_is_read(text_of(mount + len + 1));
}

static bool is_kubelets(struct text root)
{
	for (size_t i = 0; i < sizeof(kubelets) / sizeof(kubelets[0]); i++) {
		if (memmem(root.at, root.len, kubelets[i], strlen(kubelets[i])) != NULL)
			return true;
	}
	return false;
}

/* Fields: number, parent, device, root, mount point. */
static bool take_line(struct text line, const char *path, bool is_directory, struct mount *out)
{
	struct mount mount = {.by_sub_path = false};
	struct text root;

	for (int i = 0; i < 3; i++)
		(void)text_cut(&line, ' ');
	root = text_cut(&line, ' ');
	unescape(text_cut(&line, ' '), mount.path);
	if (!is_about(mount.path, path, is_directory))
		return false;
	mount.by_sub_path = is_kubelets(root);
	*out = mount;
	return true;
}

bool mount_find(struct text mountinfo, const char *path, bool is_directory, struct mount *out)
{
	bool found = false;

	while (mountinfo.len > 0) {
		if (take_line(text_next_line(&mountinfo), path, is_directory, out))
			found = true;
	}
	return found;
}

void mount_describe(const struct mount *mount, struct buf *out)
{
	if (mount->by_sub_path)
		buf_add(out, "%s is mounted by subPath: its updates never arrive", mount->path);
	else
		buf_add(out,
			"%s is a mount of that one file: a file renamed over it outside never "
			"arrives, only one written in place does",
			mount->path);
}
