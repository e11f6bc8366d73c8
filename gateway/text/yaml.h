/* yaml.h: a YAML document as a tree whose every node knows file, line and column. Scalars stay
 * words: they are typed by our tables, never by YAML. Refused with a position: aliases and anchors,
 * tags, tabs as indentation, duplicate keys, more than one document, depth > 32, a value > 64 KiB,
 * file > 4 MiB, bad UTF-8. Control path; not thread-safe. */
#ifndef GT_TEXT_YAML_H
#define GT_TEXT_YAML_H

#include "arena.h"
#include "diag.h"

enum gt_yaml_kind { GT_YAML_SCALAR, GT_YAML_SEQ, GT_YAML_MAP };

struct gt_yaml {
	enum gt_yaml_kind kind;
	bool quoted; /* SCALAR: written in quotes or as a block, so "null" and "~" are words */
	struct gt_pos pos;
	struct gt_str text;    /* SCALAR */
	size_t n;              /* SEQ: items; MAP: pairs */
	struct gt_yaml **v;    /* SEQ: n items; MAP: n values */
	struct gt_yaml **keys; /* MAP: n scalar keys, in file order */
};

/* NULL: not readable (the diagnostics say what and where). Nodes live in memory. An empty file is
 * an empty MAP. A tree may come with diagnostics too: duplicate keys (the first counts), anchors
 * and tags are reported, and the rest is given so that its mistakes can be found in the same run.
 */
struct gt_yaml *gt_yaml_load(const char *path, struct gt_arena *memory, struct gt_diags *diags);
struct gt_yaml *gt_yaml_parse(
	const char *name, struct gt_str text, struct gt_arena *memory, struct gt_diags *diags);
/* The value of a key, or NULL. */
struct gt_yaml *gt_yaml_get(const struct gt_yaml *map, const char *key);
/* An unquoted "", "~" or "null". */
bool gt_yaml_is_null(const struct gt_yaml *node);

#endif
