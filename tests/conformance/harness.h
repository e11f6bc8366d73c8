/* harness.h: runs an adapter as the gateway does, and keeps what came of it: rows as text, cursors,
 * entries, notes. For tests only; every mistake of the harness itself ends the test. */
#ifndef TESTS_HARNESS_H
#define TESTS_HARNESS_H

#include "batch.h"
#include "diag.h"

#define HARNESS_FIELDS 8u

/* What outlives an instance: the gateway's state and what was published. */
struct world {
	char **rows; /* "document|row|offset|raw|value|value…", in order */
	size_t row_count;
	struct {
		char *key;
		struct gt_str value; /* any bytes, on the heap; none = deleted */
	} * entries;
	size_t entry_count;
	size_t visible; /* entries that gt_host_entry() finds: the first so many */
	struct gt_err *notes;
	size_t note_count;
	int64_t files, bytes; /* control totals */
};
void world_free(struct world *world);
/* Adds an entry; bytes are copied. */
void world_entry(struct world *world, struct gt_str key, struct gt_str value);
size_t world_notes(const struct world *world, enum gt_code code);

/* What one poll left behind. */
struct step {
	enum gt_poll result;
	char cursor[GT_CURSOR_MAX];
	size_t cursor_len;
	bool cursor_set;
	size_t rows, bad, bytes;          /* of this batch */
	size_t rows_after, entries_after; /* of the world */
	int64_t wait_deadline_us;
};

struct harness {
	const struct gt_adapter *adapter;
	struct world *world;
	void *self;
	struct gt_reader reader;
	struct gt_host host;
	struct gt_str fields[HARNESS_FIELDS];
	struct gt_arena memory;
	struct gt_batch *batch;
	size_t declared, declared_max; /* bytes of memory; what is granted at most, 0 = anything */
	bool opened;
};

/* Reads options (YAML) through the table; asserts that they are right. fields: NULL-terminated. */
void harness_init(struct harness *h, struct world *world, const struct gt_adapter *adapter,
	const struct gt_format *format, const char *options, const char *format_options,
	const char *const *fields);
void harness_close(struct harness *h); /* closes if opened, frees all */
bool harness_open(struct harness *h, struct gt_str cursor, struct gt_err *err);
bool harness_commit(struct harness *h, struct gt_str cursor, struct gt_err *err);

extern const struct gt_limits
	harness_limits; /* as wide as they go; the deadline is 60 s after a poll's start */
/* One poll; deadline_us 0 = 60 s from now. Rows, entries and notes go to the world unless it
 * failed. */
struct step harness_poll(struct harness *h, struct gt_limits limits, struct gt_err *err);
/* Waits as WAIT asks. */
void harness_wait(const struct harness *h);
struct gt_str step_cursor(const struct step *step);

/* Reads an options text; false: *diags says what is wrong. into: zeroed memory of the table's size.
 */
bool harness_options(const struct gt_option *table, void *into, const char *yaml,
	struct gt_arena *memory, struct gt_diags *diags);

#endif
