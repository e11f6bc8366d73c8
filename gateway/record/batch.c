/* batch.c: rows, documents, totals, entries and the cursor of one poll. Arrays that do not live in
 * the arena are kept over a reset, so that a warm batch never asks the system for memory. */
#include "batch.h"
#include "gt_assert.h"
#include <stdlib.h>

#define ENTRY_KEY_MAX 512u
#define ENTRY_VALUE_MAX 4096u
#define UNDO_CURSOR GT_TOTALS_MAX /* index of the cursor among what can be undone */
#define UNDO_CURSORS_MAX (64u << 20)

/* A total's earlier value; or the cursor's earlier length (-1 = not set), its bytes being the last
 * ones of undo_cursors. */
struct gt_undo {
	uint32_t index;
	int64_t value;
};

struct gt_batch *gt_batch_new(size_t arena_max)
{
	struct gt_batch *batch = gt_alloc(sizeof *batch);

	gt_arena_init(&batch->arena, arena_max);
	gt_buf_init(&batch->undo_cursors, UNDO_CURSORS_MAX);
	gt_batch_reset(batch, 0, 0, 0);
	return batch;
}

void gt_batch_free(struct gt_batch *batch)
{
	if (!batch)
		return;
	gt_arena_fini(&batch->arena);
	gt_buf_fini(&batch->undo_cursors);
	free(batch->rows);
	free(batch->documents);
	free(batch->entries);
	free(batch->undo);
	free(batch);
}

/* Room for one more of `size` bytes in an array that is never shrunk. */
static void *grown(void *array, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return array;
	*cap = *cap ? *cap * 2 : 16;
	return gt_realloc(array, *cap * size);
}

void gt_batch_reset(struct gt_batch *batch, size_t fields, size_t max_rows, size_t max_raw_bytes)
{
	GT_ASSERT(fields <= GT_FIELDS_MAX && max_rows <= GT_BATCH_ROWS_MAX);
	gt_arena_reset(&batch->arena, SIZE_MAX);
	batch->fields = fields;
	batch->max_rows = max_rows;
	batch->max_raw_bytes = max_raw_bytes;
	batch->full = false;
	batch->row_count = batch->raw_bytes = 0;
	batch->total_count = batch->entry_count = 0;
	batch->skipped = 0;
	batch->cursor_len = 0;
	batch->cursor_set = false;
	batch->wait_fd = -1;
	batch->wait_events = 0;
	batch->wait_deadline_us = 0;
	batch->undo_count = 0;
	gt_buf_clear(&batch->undo_cursors);
	batch->marked = false;
	batch->noted = 0;
	batch->documents =
		grown(batch->documents, 0, &batch->document_cap, sizeof *batch->documents);
	batch->documents[0] = (struct gt_document){{NULL, 0}};
	batch->document_count = 1;
}

struct gt_str gt_batch_cursor_get(const struct gt_batch *batch)
{
	return batch->cursor_set ? gt_str(batch->cursor, batch->cursor_len)
				 : (struct gt_str){NULL, 0};
}

static bool refuse(struct gt_batch *batch)
{
	batch->full = true;
	return false;
}

void *gt_batch_alloc(struct gt_batch *batch, size_t bytes)
{
	void *p = batch->full ? NULL : gt_arena_alloc(&batch->arena, bytes);

	if (!p)
		refuse(batch);
	return p;
}

struct gt_str gt_batch_copy(struct gt_batch *batch, struct gt_str bytes)
{
	char *p = gt_batch_alloc(batch, bytes.n);

	if (!p)
		return (struct gt_str){NULL, 0};
	if (bytes.n > 0)
		memcpy(p, bytes.p, bytes.n);
	return gt_str(p, bytes.n);
}

/* Copies a text of a document; none stays none. */
static struct gt_str keep(struct gt_batch *batch, struct gt_str s)
{
	return s.p ? gt_batch_copy(batch, s) : s;
}

void gt_batch_document(struct gt_batch *batch, const struct gt_document *document)
{
	if (batch->document_count == GT_DOCUMENTS_MAX)
		refuse(batch);
	if (batch->full)
		return;

	struct gt_document copy = {.name = keep(batch, document->name),
		.digest = keep(batch, document->digest),
		.format = keep(batch, document->format),
		.charset = keep(batch, document->charset),
		.columns = keep(batch, document->columns),
		.layout = keep(batch, document->layout)};

	if (batch->full)
		return;
	batch->documents = grown(batch->documents, batch->document_count, &batch->document_cap,
		sizeof *batch->documents);
	batch->documents[batch->document_count++] = copy;
}

/* May one more row of this size come? The first always may: nothing would ever move otherwise. */
static bool has_room(const struct gt_batch *batch, size_t raw_bytes)
{
	if (batch->full || batch->max_rows == 0)
		return false;
	return batch->row_count == 0 ||
	       (batch->row_count < batch->max_rows &&
		       batch->raw_bytes + raw_bytes <= batch->max_raw_bytes &&
		       (batch->arena.max == 0 ||
			       batch->arena.used <= batch->arena.max / GT_BATCH_ROWS_SHARE));
}

static struct gt_row *new_row(struct gt_batch *batch, struct gt_str raw, struct gt_place place)
{
	batch->rows = grown(batch->rows, batch->row_count, &batch->row_cap, sizeof *batch->rows);

	struct gt_row *row = &batch->rows[batch->row_count++];

	*row = (struct gt_row){.raw = raw,
		.offset = place.offset,
		.row = place.row,
		.document = (uint32_t)(batch->document_count - 1)};
	batch->raw_bytes += raw.n;
	return row;
}

struct gt_value *gt_batch_add(struct gt_batch *batch, struct gt_str raw, struct gt_place place)
{
	size_t bytes = batch->fields * sizeof(struct gt_value);
	struct gt_value *values =
		has_room(batch, raw.n) ? gt_arena_zalloc(&batch->arena, bytes) : NULL;

	if (!values) {
		refuse(batch);
		return NULL;
	}
	new_row(batch, raw, place)->values = values;
	return values;
}

static const struct gt_err *copy_err(struct gt_batch *batch, const struct gt_err *why)
{
	struct gt_err *copy = gt_arena_alloc(&batch->arena, sizeof *copy);

	if (copy)
		*copy = *why;
	else
		refuse(batch);
	return copy;
}

bool gt_batch_add_bad(struct gt_batch *batch, struct gt_str raw, struct gt_place place,
	uint64_t whole_bytes, const struct gt_err *why)
{
	const struct gt_err *bad = has_room(batch, raw.n) ? copy_err(batch, why) : NULL;

	if (!bad)
		return refuse(batch);

	struct gt_row *row = new_row(batch, raw, place);

	row->whole_bytes = whole_bytes;
	row->bad = bad;
	return true;
}

void gt_batch_whole_digest(struct gt_batch *batch, struct gt_str digest)
{
	GT_ASSERT(batch->row_count > 0);
	/* A full arena costs the header, not the row. */
	batch->rows[batch->row_count - 1].whole_digest = gt_arena_copy(&batch->arena, digest);
}

void gt_batch_spoil(struct gt_batch *batch, const struct gt_err *why)
{
	GT_ASSERT(batch->row_count > 0);

	struct gt_row *row = &batch->rows[batch->row_count - 1];

	row->values = NULL;
	row->bad = copy_err(batch, why);
	if (!row->bad) { /* no room to say why: the row comes again in the next batch */
		batch->raw_bytes -= row->raw.n;
		batch->row_count--;
	}
}

/* Keeps what stands there before the first change behind a mark. */
static void note_change(struct gt_batch *batch, uint32_t index)
{
	struct gt_undo was = {index, -1};

	if (!batch->marked || (batch->noted & 1u << index))
		return;
	batch->noted |= 1u << index;
	if (index != UNDO_CURSOR) {
		was.value = batch->totals[index].value;
	} else if (batch->cursor_set) {
		was.value = (int64_t)batch->cursor_len;
		gt_buf_add(&batch->undo_cursors, gt_str(batch->cursor, batch->cursor_len));
		GT_ASSERT(!batch->undo_cursors.full);
	}
	batch->undo = grown(batch->undo, batch->undo_count, &batch->undo_cap, sizeof *batch->undo);
	batch->undo[batch->undo_count++] = was;
}

static void undo_to(struct gt_batch *batch, size_t count)
{
	GT_ASSERT(count <= batch->undo_count);
	while (batch->undo_count > count) {
		struct gt_undo was = batch->undo[--batch->undo_count];

		if (was.index != UNDO_CURSOR) {
			batch->totals[was.index].value = was.value;
			continue;
		}
		batch->cursor_set = was.value >= 0;
		batch->cursor_len = batch->cursor_set ? (size_t)was.value : 0;
		if (batch->cursor_len > 0) {
			struct gt_buf *cursors = &batch->undo_cursors;

			cursors->n -= batch->cursor_len;
			memcpy(batch->cursor, cursors->p + cursors->n, batch->cursor_len);
		}
	}
}

void gt_batch_cursor(struct gt_batch *batch, struct gt_str cursor)
{
	if (cursor.n > GT_CURSOR_MAX) {
		refuse(batch);
		return;
	}
	note_change(batch, UNDO_CURSOR);
	if (cursor.n > 0)
		memcpy(batch->cursor, cursor.p, cursor.n);
	batch->cursor_len = cursor.n;
	batch->cursor_set = true;
}

void gt_batch_total(struct gt_batch *batch, const char *name, int64_t value)
{
	size_t n = strlen(name);
	uint32_t i = 0;

	while (i < batch->total_count && strcmp(batch->totals[i].name, name) != 0)
		i++;
	if (i == GT_TOTALS_MAX || n >= sizeof batch->totals[i].name) {
		refuse(batch);
		return;
	}
	if (i == batch->total_count) {
		memcpy(batch->totals[i].name, name, n + 1);
		batch->totals[i].value = 0;
		batch->total_count++;
	}
	note_change(batch, i);

	int64_t *sum = &batch->totals[i].value;

	if (__builtin_add_overflow(*sum, value, sum))
		*sum = value < 0 ? INT64_MIN : INT64_MAX;
}

void gt_batch_skip(struct gt_batch *batch, uint64_t rows)
{
	batch->skipped += rows;
}

void gt_batch_entry(struct gt_batch *batch, struct gt_str key, struct gt_str value)
{
	if (batch->entry_count == GT_ENTRIES_MAX || key.n > ENTRY_KEY_MAX ||
		value.n > ENTRY_VALUE_MAX) {
		refuse(batch);
		return;
	}

	struct gt_entry entry = {gt_batch_copy(batch, key), keep(batch, value)};

	if (batch->full)
		return;
	batch->entries = grown(
		batch->entries, batch->entry_count, &batch->entry_cap, sizeof *batch->entries);
	batch->entries[batch->entry_count++] = entry;
}

void gt_batch_wait(struct gt_batch *batch, int fd, short events, int64_t deadline_us)
{
	batch->wait_fd = fd;
	batch->wait_events = events;
	batch->wait_deadline_us = deadline_us;
}

/* opaque: the arena's block, place and use; raw bytes; skipped rows; counts and flags of 64 bits:
 * 1 full, 4 totals (to bit 5), 13 documents (to 18), 13 entries (to 31), 15 rows (to 46); the undo
 * count shares a word with the raw bytes, neither of which comes near 2^32. */
struct gt_mark gt_batch_mark(struct gt_batch *batch)
{
	struct gt_arena_mark arena = gt_arena_mark(&batch->arena);
	uint64_t counts = batch->full | (uint64_t)batch->total_count << 1 |
			  (uint64_t)batch->document_count << 5 |
			  (uint64_t)batch->entry_count << 18 | (uint64_t)batch->row_count << 31;

	GT_ASSERT(batch->raw_bytes <= UINT32_MAX && batch->undo_count <= UINT32_MAX);
	batch->marked = true;
	batch->noted = 0;
	return (struct gt_mark){{(uintptr_t)arena.block, (uintptr_t)arena.at, arena.used,
		(uint64_t)batch->raw_bytes << 32 | batch->undo_count, batch->skipped, counts}};
}

void gt_batch_rollback(struct gt_batch *batch, struct gt_mark mark)
{
	const uint64_t *o = mark.opaque;
	struct gt_arena_mark arena = {
		(struct gt_arena_block *)(uintptr_t)o[0], (char *)(uintptr_t)o[1], (size_t)o[2]};

	gt_arena_rollback(&batch->arena, arena);
	batch->raw_bytes = (size_t)(o[3] >> 32);
	undo_to(batch, (size_t)(o[3] & UINT32_MAX));
	batch->skipped = o[4];
	batch->full = o[5] & 1;
	batch->total_count = o[5] >> 1 & 15;
	batch->document_count = o[5] >> 5 & 8191;
	batch->entry_count = o[5] >> 18 & 8191;
	batch->row_count = o[5] >> 31 & 32767;
	batch->noted = 0;
}

bool gt_batch_ok(const struct gt_batch *batch)
{
	return !batch->full;
}

size_t gt_batch_rows(const struct gt_batch *batch)
{
	return batch->row_count;
}

size_t gt_batch_bytes(const struct gt_batch *batch)
{
	return batch->raw_bytes;
}
