/* conf_read.h: a YAML mapping through an option table into a struct: every mistake becomes a
 * diagnostic with its position and what would be right. Control path. */
#ifndef GT_TEXT_CONF_READ_H
#define GT_TEXT_CONF_READ_H

#include "options.h"
#include "yaml.h"

struct gt_conf_ctx {
	struct gt_arena *memory; /* lives as long as the configuration */
	struct gt_diags *diags;
	const char *base_dir; /* for PATH and {file: …}; NULL = the folder of the node's file */
	const char *secrets_dir; /* for {secret: NAME}; NULL = secrets are checked for form only */
	bool paths_may_miss; /* GT_OPT_MUST_EXIST is not looked at: whoever uses the path will say
				so */
};

/* Stores one option. False: a diagnostic was added. */
bool gt_conf_set(struct gt_conf_ctx *ctx, const struct gt_option *row, void *into,
	const struct gt_yaml *node);

/* Reads every key of `map` that the table knows; a key of `also` (NULL-terminated, may be NULL) is
 * skipped for the caller to read; any other is an error with a suggestion from table and `also`.
 * Required rows that are missing are reported at the mapping's position. Defaults are not applied
 * (gt_options_defaults before). False: something was reported. */
bool gt_conf_read(struct gt_conf_ctx *ctx, const struct gt_option *table, void *into,
	const struct gt_yaml *map, const char *const *also);

#endif
