/* standard_view.h: what the files of `guantong standard` share. */
#ifndef GT_CMD_STANDARD_VIEW_H
#define GT_CMD_STANDARD_VIEW_H

#include "cmd.h"
#include "properties.h"

struct gt_standard_view {
	/* Of the command line: */
	const char *specs, *path, *config_folder, *division, *form, *out;
	bool json;
	char **names; /* operands behind the first */
	size_t n;
	/* Loaded: */
	struct gt_arena memory;
	struct gt_config *config; /* owns the standard, or NULL */
	struct gt_standard *standard;
	struct gt_str prefix;
};

/* The standard that is meant: of --path and --standards, of the configuration here, or all that was
 * installed. False: its mistakes were printed; *exit says how to end. */
bool gt_view_load(struct gt_standard_view *view, int *exit) GT_MUST_CHECK;
/* One standard by itself: all packages of a folder, with what they need from the installed ones.
 * NULL: mistakes were printed. */
struct gt_standard *gt_view_folder(struct gt_standard_view *view, const char *folder);
/* The layers of "domain.entity" or "domain.entity@major" (none = the highest) for --for. 0: told.
 */
size_t gt_view_layers(
	const struct gt_standard_view *view, const char *name, struct gt_layer v[GT_LAYERS_MAX]);

/* standard_show.c, standard_diff.c, standard_export.c: exit codes. */
int gt_standard_list(struct gt_standard_view *view);
int gt_standard_show(struct gt_standard_view *view);
int gt_standard_changes(struct gt_standard_view *view);
int gt_standard_export(struct gt_standard_view *view);

#endif
