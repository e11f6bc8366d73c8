/* look.h: what a source has: its things (tables, endpoints, files, sheets), and what a flow would
 * read of each: the adapter says what there is and which options select it, then rows are read
 * through the ordinary runner and profiled. Nothing is acknowledged to the source. */
#ifndef GT_CMD_LOOK_H
#define GT_CMD_LOOK_H

#include "config.h"
#include "profile.h"

struct gt_look_limits {
	uint64_t rows;      /* profiled of each thing */
	uint64_t count;     /* counted of each thing at most; more than `rows` */
	int64_t wait_until; /* monotonic µs: for sources that have nothing yet, all things together
			     */
};

struct gt_thing {
	struct gt_str kind, name;
	const struct gt_flow_conf *flow; /* that would read it, with `select` applied */
	struct gt_pair *select;
	size_t select_count;
	struct gt_str *fields;
	struct gt_str *types; /* as the source declares them, or NULL */
	size_t field_count;
	struct gt_profile *profiles; /* one per field; heap: gt_things_fini() */
	struct gt_str format, charset;
	uint64_t rows, profiled, bad; /* bad: could not be split into fields */
	bool more;                    /* there are more rows than were counted */
	struct gt_err first_bad;      /* when bad > 0 */
	bool failed;
	struct gt_err why; /* when failed: rows could not be read, or not all of them */
};

struct gt_things {
	struct gt_arena memory;
	struct gt_thing *v;
	size_t n, cap;
};
void gt_things_init(struct gt_things *things);
void gt_things_fini(struct gt_things *things);

/* Adds what the flow's adapter finds and is not there yet. False: err. */
bool gt_look_around(struct gt_things *things, const struct gt_flow_conf *flow,
	struct gt_err *err) GT_MUST_CHECK;
/* Adds one thing that is read by the flow as it is. */
struct gt_thing *gt_look_add(
	struct gt_things *things, const struct gt_flow_conf *flow, struct gt_str kind);
/* Reads rows: names of fields where they are not known, profiles. What goes wrong is in `why`. */
void gt_look_into(struct gt_things *things, struct gt_thing *thing, const struct gt_words *words,
	const struct gt_look_limits *limits);

/* discover.c: what `discover`, `new` and `doctor` share. */
/* A flow that reads one file, by the named format or the one that recognises it. Memory: the
 * arena's. False: err says what the file is. set: "NAME=VALUE NAME=VALUE", options of
 * the format; format and set may be NULL. */
bool gt_file_flow(struct gt_flow_conf *flow, struct gt_arena *memory, const char *path,
	const char *format, const char *set, struct gt_err *err) GT_MUST_CHECK;
/* The installed national standard; NULL: said why. */
struct gt_standard *gt_installed_standard(void);
/* A configuration for looking at one source: mistakes elsewhere do not count. NULL: mistakes were
 * printed. */
struct gt_config *gt_load_source(const char *folder, const char *source);
void gt_report_unknown_source(const struct gt_config *config, const char *name);

/* look_fields.c: the fields of a row by the names in its document's head, or those of the JSON
 * object that it is, nested ones by their paths. */
struct gt_field_names {
	struct gt_arena *memory;
	struct gt_str *v; /* GT_FIELDS_MAX */
	size_t n;
};
void gt_field_names_init(struct gt_field_names *names, struct gt_arena *memory);
/* A row of the document, or, with raw none, the document itself. */
void gt_field_names_take(
	struct gt_field_names *names, const struct gt_document *document, struct gt_str raw);

#endif
