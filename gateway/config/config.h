/* config.h: guantong.yaml + sources/<name>.yaml (+ profiles) → the configuration structs of the
 * layers. Every mistake says file:line:column and what would be right; all of them in one run; no
 * network. */
#ifndef GT_CONFIG_CONFIG_H
#define GT_CONFIG_CONFIG_H

#include "flow_conf.h"
#include "yaml.h"

struct gt_config {
	struct gt_arena memory;
	struct gt_diags diags;
	struct gt_gateway_conf gateway;
	const char *folder;       /* of guantong.yaml */
	struct gt_str secrets;    /* folder of the files that {secret: NAME} names */
	struct gt_conf_life life; /* gateway.life points here: a runtime may hold it, too */
};

enum {
	GT_CONFIG_NO_SECRETS = 1u << 0, /* preview of others' files, tests: secrets are not read */
	GT_CONFIG_NO_KAFKA = 1u << 1,   /* `kafka:` may be missing (preview, test) */
	/* To run it: a folder of a source that is not there just now (a share not yet mounted) is
	 * that flow's trouble, which it says and gets over by itself; it must not keep the others
	 * down. */
	GT_CONFIG_RUN = 1u << 2,
	/* To look at systems before their mappings are written: flows need neither entity nor map
	 * and get no plan; a source without flows gets one that has the source's own options. */
	GT_CONFIG_LOOK = 1u << 3
};

/* folder: holds guantong.yaml, sources/ and by default secrets/, or is that file itself. Heap. NULL
 * never; config->diags.n != 0 means that it must not run (the rest is as complete as possible). */
struct gt_config *gt_config_load(const char *folder, unsigned flags);
/* The same with one source file, wherever it lies, in place of those of sources/: source `name`.
 * Paths in it need not be there. */
struct gt_config *gt_config_load_file(
	const char *folder, const char *file, struct gt_str name, unsigned flags);
/* The caller's own hold ends; a runtime that uses the configuration keeps it. Accepts NULL. */
void gt_config_free(struct gt_config *config);
/* The flow "source/flow", or NULL; nearest (may be NULL) gets the nearest name or NULL. */
const struct gt_flow_conf *gt_config_flow(
	const struct gt_config *config, struct gt_str name, const char **nearest);

/* Where data files are: $GUANTONG_DATA, the build tree's source folder, or the installed prefix. */
const char *gt_data_folder(void);

#endif
