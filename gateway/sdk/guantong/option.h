/* option.h: one table describes the options of a part (gateway, source, flow, adapter, format,
 * standard package): names, types, limits, defaults and help. The parser, `guantong check`, "did
 * you mean", the JSON Schemas and the reference pages all follow from the rows. */
#ifndef GUANTONG_OPTION_H
#define GUANTONG_OPTION_H

#include <guantong/error.h>

enum gt_option_type {    /* stored at `offset` as … */
	GT_OPT_TEXT,     /* struct gt_str: UTF-8; min/max = length in bytes (max 0 = 4096) */
	GT_OPT_BOOL,     /* bool */
	GT_OPT_INT,      /* int64_t within [min, max] */
	GT_OPT_DURATION, /* int64_t milliseconds: "30 s", "10 min", "1 h", "2 d", "500 ms" */
	GT_OPT_BYTES,    /* int64_t bytes: "256 MiB", "8 KiB", plain numbers */
	GT_OPT_CHOICE,   /* int: index into `choices`; unknown words are errors with a suggestion */
	GT_OPT_TEXTS,    /* struct gt_texts: a sequence of scalars, or one scalar */
	GT_OPT_PAIRS,    /* struct gt_pairs: a mapping name -> scalar (order kept) */
	GT_OPT_SECRET,   /* struct gt_str: {secret: NAME} | {env: NAME} | {file: PATH}; never a
			    literal;   never logged, never shown */
	GT_OPT_PATH, /* struct gt_str: absolute after loading (relative to the file it stands in) */
	GT_OPT_ZONE, /* int: minutes east of UTC: "+08:00", "Z" */
	GT_OPT_GROUP /* a nested table: `group` rows, offsets relative to this row's offset */
};

enum {
	GT_OPT_REQUIRED = 1u << 0,
	GT_OPT_MUST_EXIST = 1u << 1, /* PATH: the file or folder must exist at check time */
	GT_OPT_HIDDEN =
		1u << 2 /* TEXT holding credentials in part (URL user info): masked in output */
};

struct gt_texts {
	const struct gt_str *v;
	size_t n;
};

struct gt_pair {
	struct gt_str key, value;
};

struct gt_pairs {
	const struct gt_pair *v;
	size_t n;
};

/* A row; tables end with a row whose name is NULL. */
struct gt_option {
	const char *name;
	enum gt_option_type type;
	uint32_t offset;
	int64_t min, max;     /* both 0 = no limit */
	const char *unit;     /* shown in help; NULL = none */
	const char *fallback; /* the default as a person would write it; NULL = zero/none */
	uint32_t flags;
	const char *en, *zh;        /* one line of help each */
	const char *const *choices; /* CHOICE: NULL-terminated words */
	const struct gt_option *group;
};

#endif
