/* batch.h: the host's side of a batch (the adapter's side: guantong/record.h).
 * One batch = the records of one poll, sharing one arena. The host makes it, an adapter fills it,
 * normalisation and envelope write the messages into the same arena, the slot resets it when the
 * outcome is resolved and librdkafka holds no view any more. One owner at a time. */
#ifndef GT_RECORD_BATCH_H
#define GT_RECORD_BATCH_H

#include "arena.h"
#include "buf.h"
#include <guantong/adapter.h>

#define GT_DOCUMENTS_MAX 4096u
#define GT_TOTALS_MAX 8u
#define GT_ENTRIES_MAX 4096u

struct gt_row {
	struct gt_value *values; /* one per wanted field; NULL = a bad row */
	struct gt_str raw;
	uint64_t offset, row, whole_bytes; /* whole_bytes 0 = raw is whole */
	struct gt_str whole_digest;        /* of the original where raw was cut and it is known */
	const struct gt_err *bad;          /* why, for bad rows (in the arena), else NULL */
	uint32_t document;                 /* index */
};

struct gt_total {
	char name[32];
	int64_t value;
};

struct gt_entry {
	struct gt_str key, value; /* value none = delete */
};

struct gt_undo; /* what totals and cursor were when a mark was taken */

struct gt_batch {
	struct gt_arena arena; /* the host's stages allocate here directly, also when `full` */
	size_t fields, max_rows, max_raw_bytes;
	bool full; /* a row was refused: limits or arena */
	struct gt_row *rows;
	size_t row_count, row_cap, raw_bytes;
	struct gt_document *documents; /* index 0 = "unknown" until gt_batch_document() */
	size_t document_count, document_cap;
	struct gt_total totals[GT_TOTALS_MAX];
	size_t total_count;
	uint64_t skipped; /* rows read but unchanged since they were published */
	struct gt_entry *entries;
	size_t entry_count, entry_cap;
	char cursor[GT_CURSOR_MAX];
	size_t cursor_len;
	bool cursor_set;
	int wait_fd;
	short wait_events;
	int64_t wait_deadline_us;
	struct gt_undo *undo;
	size_t undo_count, undo_cap;
	struct gt_buf undo_cursors; /* their bytes, one behind the other */
	bool marked;                /* a mark was taken: changes are to be noted */
	uint32_t noted;             /* of which totals and cursor, since the last mark; bits */
};

#define GT_BATCH_ROWS_MAX 20000u
#define GT_BATCH_RAW_MAX (1u << 20)    /* a poll stops at 1 MiB of rows */
#define GT_BATCH_ARENA_MAX (16u << 20) /* rows, values and messages of one batch */
/* Rows stop when they and their values fill this part of the arena: the rest is for messages. The
 * first row is always taken. */
#define GT_BATCH_ROWS_SHARE 4u

/* Heap; the arena's maximum is arena_max. */
struct gt_batch *gt_batch_new(size_t arena_max);
void gt_batch_free(struct gt_batch *batch); /* accepts NULL */
/* Empty again, for a flow with this many wanted fields and these limits. Keeps warm memory. */
void gt_batch_reset(struct gt_batch *batch, size_t fields, size_t max_rows, size_t max_raw_bytes);
struct gt_str gt_batch_cursor_get(const struct gt_batch *batch); /* none if not set by this poll */

/* The host behind guantong/host.h: filled by whoever runs an adapter (flow/, preview, tests). */
struct gt_host {
	struct gt_str flow;
	const struct gt_str *fields;
	size_t field_count;
	int zone_minutes;
	struct gt_reader *reader;
	void *arg;
	bool (*entry)(void *arg, struct gt_str key, struct gt_str *value); /* NULL = no entries */
	bool (*memory)(void *arg, size_t bytes);            /* NULL = always granted */
	void (*note)(void *arg, const struct gt_err *note); /* NULL = logged */
	int64_t (*permit)(void *arg);                       /* NULL = no rate limit */
	bool range; /* a backfill of [range_from, range_until) */
	struct gt_str range_from, range_until;
};

/* A format instance: options stored by the caller into `self` (self_size bytes). */
struct gt_reader {
	const struct gt_format *format;
	void *self;
};

#endif
