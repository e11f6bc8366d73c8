/* options.h: storing values through an option table (guantong/option.h). Positions and YAML are the
 * business of text/conf_read.h; this part knows only words and memory. Control path. */
#ifndef GT_BASE_OPTIONS_H
#define GT_BASE_OPTIONS_H

#include "arena.h"
#include "catalogue.h"
#include <guantong/option.h>

const struct gt_option *gt_option_find(const struct gt_option *table, struct gt_str name);
const char *gt_option_nearest(const struct gt_option *table, struct gt_str name); /* or NULL */

/* Parses a scalar of the row's type and stores it into `into` (at row->offset). Texts are copied to
 * `memory`. False: err names the value, what is wrong, what would be right. For TEXT, BOOL, INT,
 * DURATION, BYTES, CHOICE, ZONE, PATH (base_dir: what relative paths are relative to). */
bool gt_option_store(const struct gt_option *row, void *into, struct gt_str word,
	const char *base_dir, struct gt_arena *memory, struct gt_err *err) GT_MUST_CHECK;
/* Every row's default; groups too. Defaults are part of the program: a bad one asserts. */
void gt_options_defaults(const struct gt_option *table, void *into, struct gt_arena *memory);

/* For isolated children: all values as one byte string and back (same table on both sides). */
struct gt_buf;
void gt_options_encode(const struct gt_option *table, const void *from, struct gt_buf *out);
bool gt_options_decode(const struct gt_option *table, void *into, struct gt_str bytes,
	struct gt_arena *memory) GT_MUST_CHECK;

/* Reference documentation: a Markdown table of the rows in the given language; and the rows as JSON
 * Schema (draft-07) properties, as text. */
void gt_options_markdown(
	const struct gt_option *table, enum gt_language language, struct gt_buf *out);
void gt_options_schema(const struct gt_option *table, struct gt_buf *out);
void gt_options_required(
	const struct gt_option *table, struct gt_buf *out); /* JSON array of names */

/* "10 min" → ms; "256 MiB" → bytes; "+08:00" → minutes. False: not of that form. */
bool gt_parse_duration(struct gt_str s, int64_t *ms) GT_MUST_CHECK;
bool gt_parse_bytes(struct gt_str s, int64_t *bytes) GT_MUST_CHECK;
bool gt_parse_zone(struct gt_str s, int *minutes) GT_MUST_CHECK;
bool gt_parse_int(struct gt_str s, int64_t *value) GT_MUST_CHECK;

#endif
