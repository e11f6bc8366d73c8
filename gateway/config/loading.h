/* loading.h: what the files of config/ share while one configuration is loaded. */
#ifndef GT_CONFIG_LOADING_H
#define GT_CONFIG_LOADING_H

#include "conf_read.h"
#include "config.h"

#define GT_SLUG_MAX 40u /* of a site, source or flow: their join fits GT_FLOW_NAME_MAX */

/* A table and the structure that its values go to. */
struct gt_table {
	const struct gt_option *rows;
	void *into;
};
#define GT_PARTS_MAX 4u

struct gt_loading {
	struct gt_config *config;
	struct gt_conf_ctx ctx;
	unsigned flags;
	struct gt_str secrets;  /* folder */
	struct gt_map plans;    /* by digest; the flows hold the references */
	struct gt_arena *lines; /* of the mapping at hand: gone when its plan is made */
	size_t flow_cap;
};

/* What a source file says besides the options of its flows, adapter and format. */
struct gt_source_conf {
	struct gt_str source, adapter, format, profile;
};
extern const struct gt_option gt_source_options[];
/* What guantong.yaml says that only loading needs. */
struct gt_folder_conf {
	struct gt_str secrets;
};
extern const struct gt_option gt_folder_options[];

/* parts.c: one mapping whose keys come from several tables. */
const struct gt_option *gt_parts_find(
	const struct gt_table *parts, size_t n, struct gt_str name, size_t *which);
/* Reads all keys and reports missing required ones. also: keys left to the caller, required or not;
 * open: keys that no table knows are left alone (the adapter or format that would know them is
 * itself a mistake).
 */
void gt_parts_read(struct gt_conf_ctx *ctx, const struct gt_table *parts, size_t n,
	const struct gt_yaml *map, const char *const *also, bool open);
/* The word is none of the names: OPTION_CHOICE with the nearest one. */
void gt_choice_unknown(struct gt_diags *diags, struct gt_pos pos, const char *option,
	struct gt_str word, const char *const *names, size_t n);
/* a-z, 0-9, -, beginning with a letter, ≤ max characters; gt_slug_check: else a diagnostic. */
bool gt_slug_good(struct gt_str word, size_t max);
bool gt_slug_check(struct gt_diags *diags, struct gt_pos pos, const char *option,
	struct gt_str word, size_t max);
/* Adds those of `from` that are not in `into` yet, and empties it: a mistake in what all flows of a
 * source inherit is one mistake. */
void gt_diags_join(struct gt_diags *into, struct gt_diags *from);
/* Options of adapters, formats and flows share one namespace: a name that two of them use is a
 * diagnostic. */
void gt_namespaces_check(struct gt_diags *diags);

/* merge.c: `high` laid over `low` (either may be NULL): groups, pairs and `map` by their keys, all
 * else as a whole. Keys of `without` (NULL-terminated) are left out of `high`. */
struct gt_yaml *gt_merge(struct gt_arena *memory, const struct gt_table *parts, size_t n,
	const struct gt_yaml *low, const struct gt_yaml *high, const char *const *without);

/* gateway.c: guantong.yaml. root NULL = it could not be read: defaults. */
void gt_gateway_read(struct gt_loading *loading, const struct gt_yaml *root);
/* source.c: sources/<stem>.yaml and its flows. */
void gt_source_read(struct gt_loading *loading, const char *path, struct gt_str stem);
/* flow.c: one flow from its merged mapping. Appends to the configuration. */
struct gt_flow_layers {
	struct gt_str source, name;
	struct gt_pos name_pos;
	const struct gt_yaml *merged;
	const struct gt_adapter *adapter; /* NULL = reported */
	const struct gt_format *format;   /* NULL = none or reported */
	bool open;                        /* see gt_parts_read */
};
void gt_flow_read(struct gt_loading *loading, const struct gt_flow_layers *layers);

#endif
