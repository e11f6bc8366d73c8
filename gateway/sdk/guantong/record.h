/* record.h: how an adapter or a format puts source rows into a batch.
 * A batch is one arena: everything put into it lives until the host resets it, after the outcome of
 * its transaction is known. Nothing here allocates per record, nothing is freed one by one.
 * Building is sticky: after the batch is full or broken, puts do nothing; ask gt_batch_ok() once.
 * Thread: the flow's polling thread only, between the start and the end of one poll. */
#ifndef GUANTONG_RECORD_H
#define GUANTONG_RECORD_H

#include <guantong/error.h>

#define GT_RECORD_MAX                                                                              \
	(1u << 20) /* bytes of one source record; a longer one is rejected, kept in part */
#define GT_CURSOR_MAX 4096u
#define GT_FIELDS_MAX 512u    /* source fields that one mapping may name */
#define GT_REJECT_KEEP 65536u /* bytes kept of a record that is too large to publish whole */

enum gt_kind {
	GT_ABSENT = 0, /* the row does not have the field */
	GT_NULL,       /* the row has it, without a value (JSON null, SQL NULL) */
	GT_BOOL,       /* number = 0 or 1 */
	GT_NUMBER,     /* text = the source's own lexeme of a number, unchanged */
	GT_TEXT,       /* text = UTF-8 */
	GT_JSON,       /* text = the source's own lexeme of a nested array or object; behind
		       normalisation: an array of texts */
	/* Only behind normalisation: */
	GT_INT,     /* number */
	GT_DECIMAL, /* number × 10^-scale */
	GT_DATE,    /* number = days since 1970-01-01; scale = enum gt_precision; size = months of a
		       run of months */
	GT_TIME     /* number = µs UTC; scale = enum gt_precision; size = zone minutes + 1440 */
};

struct gt_value {
	uint8_t kind;  /* enum gt_kind */
	uint8_t scale; /* DECIMAL: digits behind the point, 0..18; TIME, DATE: precision */
	uint8_t marks; /* as an adapter gives it: GT_VALUE_… */
	uint8_t spare;
	uint32_t size; /* TEXT, NUMBER, JSON: bytes */
	union {
		const char *text;
		int64_t number;
	};
};
_Static_assert(sizeof(struct gt_value) == 16, "a value is 16 bytes");

/* What a format knows of a value beyond its text. */
enum {
	/* The source itself had lost it: a number stored with fewer digits than it was typed with,
	 * a spreadsheet's error. What is left is shown, never taken for the value. */
	GT_VALUE_DAMAGED = 1u << 0,
	/* A day before March 1900 of a spreadsheet that believes in 1900-02-29: may be a day off.
	 */
	GT_VALUE_LEAP = 1u << 1
};

struct gt_batch;

/* Where rows come from: a file, a page of an answer, a result set. Texts are copied. */
struct gt_document {
	struct gt_str name; /* file name or URL with page; shown to people, never a secret in it */
	struct gt_str digest;  /* hex SHA-256 of the whole document where known, else none */
	struct gt_str format;  /* "csv", "json", … */
	struct gt_str charset; /* "UTF-8", "GB18030" */
	struct gt_str columns; /* JSON array of the column names, UTF-8; none where rows name their
				  fields */
	uint64_t rows_before; /* rows that earlier polls took: a format numbers from the next one on
			       */
	struct gt_str layout; /* what the format found out about it (delimiter, header row …): a
				 sentence in the operator's language, for preview; or none */
};

/* Position of a row in its document. */
struct gt_place {
	uint64_t offset; /* bytes from the document's start to the row's first byte */
	uint64_t row; /* 1 = the first data row of the document; 0 = not known (behind a resume) */
};

/* Rows added from here on belong to this document. Sticky. */
void gt_batch_document(struct gt_batch *batch, const struct gt_document *document);

/* Arena memory of this batch, 8-aligned; NULL when the batch is full (sticky). */
void *gt_batch_alloc(struct gt_batch *batch, size_t bytes);

/* Copies bytes into the arena; none when full. */
struct gt_str gt_batch_copy(struct gt_batch *batch, struct gt_str bytes);

/* A new row. raw: the row's original bytes (before any conversion), already in this batch's arena;
 * a reject publishes exactly these. json: the row as a JSON object in the arena where the source
 * has no bytes (then raw is that). Returns the row's values, one per wanted field of the flow
 * (gt_host_fields), all GT_ABSENT, to be filled before the next call; texts must live in the arena.
 * NULL: the batch is full; the row was not added; return what was read so far. */
struct gt_value *gt_batch_add(struct gt_batch *batch, struct gt_str raw, struct gt_place place);

/* A row that cannot be split into fields (class GT_DATA): becomes a reject with its original bytes.
 * whole_bytes: length of the original where raw had to be cut (0 = raw is whole). False: batch
 * full. */
bool gt_batch_add_bad(struct gt_batch *batch, struct gt_str raw, struct gt_place place,
	uint64_t whole_bytes, const struct gt_err *why) GT_MUST_CHECK;

/* Of the cut row that gt_batch_add_bad() added last: the SHA-256 of its whole original, 64 hex
 * digits, for the reject. Without it the reject tells only the length. */
void gt_batch_whole_digest(struct gt_batch *batch, struct gt_str digest);

/* Turns the row of the last gt_batch_add() into a bad one (found broken while its fields were
 * read). */
void gt_batch_spoil(struct gt_batch *batch, const struct gt_err *why);

/* "All up to here is in this batch": opaque, ≤ GT_CURSOR_MAX bytes, copied, owned by the adapter.
 */
void gt_batch_cursor(struct gt_batch *batch, struct gt_str cursor);

/* A control total that the source itself gives (rows it says it has, a sum); summed up per name in
 * the manifest of the commit. At most 8 names per batch. */
void gt_batch_total(struct gt_batch *batch, const char *name, int64_t value);

/* Rows that were read but not handed on, because this flow published them before, unchanged (a
 * lookback, a list that is read as a whole each time): they count as `unchanged`. Sticky. */
void gt_batch_skip(struct gt_batch *batch, uint64_t rows);

/* Writes an entry of this flow's keyed state with the batch (files taken, keys seen); it is durable
 * exactly when the batch is. value none = delete. key ≤ 512 bytes, value ≤ 4 KiB, at most 4096 per
 * batch. Readable at once by gt_host_entry(). */
void gt_batch_entry(struct gt_batch *batch, struct gt_str key, struct gt_str value);

/* Before returning GT_POLL_WAIT: what to wait for. fd < 0 = only the deadline; events as in
 * poll(2); deadline in monotonic µs. The descriptor stays the adapter's. */
void gt_batch_wait(struct gt_batch *batch, int fd, short events, int64_t deadline_us);

/* Undo of a half-read page: rows, totals, entries, cursor since the mark go. */
struct gt_mark {
	uint64_t opaque[6];
};
struct gt_mark gt_batch_mark(struct gt_batch *batch);
void gt_batch_rollback(struct gt_batch *batch, struct gt_mark mark);

bool gt_batch_ok(const struct gt_batch *batch);      /* nothing was refused so far */
size_t gt_batch_rows(const struct gt_batch *batch);  /* rows added, bad ones included */
size_t gt_batch_bytes(const struct gt_batch *batch); /* bytes of raw rows so far */

/* Value builders for the common cases. Texts must live in the arena. */
static inline struct gt_value gt_value_text(struct gt_str s)
{
	struct gt_value v = {GT_TEXT, 0, 0, 0, (uint32_t)s.n, {s.p}};
	return v;
}

static inline struct gt_str gt_value_str(const struct gt_value *v)
{
	return (struct gt_str){v->text, v->size};
}

#endif
