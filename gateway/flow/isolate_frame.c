/* isolate_frame.c: frames, errors and batches on the wire between gateway and child. */
#include "isolate.h"

#include "catalogue.h"

#include <guantong/charset.h>
#include <guantong/json.h>

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

/* For poll(2): -1 = no deadline, 0 = it has passed. */
static int ms_until(int64_t deadline_us)
{
	int64_t left = deadline_us - gt_host_monotonic_us();

	if (deadline_us == INT64_MAX)
		return -1;
	if (left <= 0)
		return 0;
	return left > INT64_C(3600000000) ? 3600000 : (int)(left / 1000 + 1);
}

static bool send_all(int fd, const char *p, size_t n, int64_t deadline_us)
{
	while (n > 0) {
		struct pollfd wait = {.fd = fd, .events = POLLOUT};
		ssize_t sent = send(fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent > 0) {
			p += sent;
			n -= (size_t)sent;
		} else if (errno == EAGAIN) {
			int ms = ms_until(deadline_us);

			if (ms == 0 || (poll(&wait, 1, ms) < 0 && errno != EINTR))
				return false;
		} else if (errno != EINTR) {
			return false;
		}
	}
	return true;
}

bool gt_frame_send(int fd, enum gt_frame kind, struct gt_str payload, int64_t deadline_us)
{
	uint32_t n = (uint32_t)payload.n + 1;
	char head[5] = {(char)(n >> 24), (char)(n >> 16), (char)(n >> 8), (char)n, (char)kind};

	return payload.n < GT_FRAME_MAX && send_all(fd, head, sizeof(head), deadline_us) &&
	       send_all(fd, payload.p, payload.n, deadline_us);
}

static enum gt_frame_got receive_all(int fd, char *p, size_t n, int64_t deadline_us)
{
	while (n > 0) {
		struct pollfd wait = {.fd = fd, .events = POLLIN};
		ssize_t got;

		if (poll(&wait, 1, ms_until(deadline_us)) == 0 &&
			gt_host_monotonic_us() >= deadline_us)
			return GT_FRAME_LATE;
		got = recv(fd, p, n, MSG_DONTWAIT);
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got <= 0)
			return GT_FRAME_GONE;
		p += got;
		n -= (size_t)got;
	}
	return GT_FRAME_GOT;
}

enum gt_frame_got gt_frame_receive(
	int fd, int64_t deadline_us, enum gt_frame *kind, struct gt_buf *into)
{
	unsigned char head[5];
	enum gt_frame_got got = receive_all(fd, (char *)head, sizeof(head), deadline_us);
	size_t n;
	char *room;

	if (got != GT_FRAME_GOT)
		return got;
	n = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
	if (n == 0 || n > GT_FRAME_MAX)
		return GT_FRAME_TOO_LONG;
	n--;
	gt_buf_clear(into);
	room = gt_buf_room(into, n);
	if (!room)
		return GT_FRAME_TOO_LONG;
	got = receive_all(fd, room, n, deadline_us);
	if (got != GT_FRAME_GOT)
		return got;
	into->n = n;
	*kind = (enum gt_frame)head[4];
	return GT_FRAME_GOT;
}

void gt_frame_put_error(struct gt_buf *out, const struct gt_err *err)
{
	gt_buf_u8(out, (uint8_t)err->class);
	gt_buf_u32(out, (uint32_t)err->code);
	gt_buf_u32(out, err->retry_after_ms);
	for (unsigned i = 1; i <= GT_ERR_ARGS_MAX; i++)
		gt_buf_blob(out, gt_cstr(gt_err_arg(err, i)));
}

/* What people will read must be text, whoever wrote it. */
static bool is_text(struct gt_str s)
{
	return gt_utf8_bad(s) == SIZE_MAX;
}

bool gt_frame_get_error(struct gt_wire *in, struct gt_err *err)
{
	unsigned class = gt_wire_u8(in);
	unsigned code = gt_wire_u32(in);
	uint32_t retry_after_ms = gt_wire_u32(in);
	char text[GT_ERR_ARGS_MAX][GT_ERR_TEXT_MAX];
	bool good = true;

	for (unsigned i = 0; i < GT_ERR_ARGS_MAX; i++) {
		struct gt_str arg = gt_wire_blob(in);

		if (arg.n >= sizeof(text[i]) || !is_text(arg)) {
			good = false;
			arg.n = 0;
		}
		if (arg.n > 0)
			memcpy(text[i], arg.p, arg.n);
		text[i][arg.n] = '\0';
	}
	if (in->broken || !good || class < GT_RETRY || class > GT_NOTE ||
		!gt_message_find((enum gt_code)code))
		return false;
	gt_fail_as(err, (enum gt_class) class,
		(struct gt_failure){
			(enum gt_code)code, text[0], text[1], text[2], text[3], text[4], text[5]});
	err->retry_after_ms = retry_after_ms;
	return true;
}

static void put_document(struct gt_buf *out, const struct gt_document *d)
{
	gt_buf_blob(out, d->name);
	gt_buf_blob(out, d->digest);
	gt_buf_blob(out, d->format);
	gt_buf_blob(out, d->charset);
	gt_buf_blob(out, d->columns);
	gt_buf_blob(out, d->layout);
}

/* Kind and marks share a byte. */
static void put_value(struct gt_buf *out, const struct gt_value *value)
{
	gt_buf_u8(out, (uint8_t)(value->kind | value->marks << 4));
	if (value->kind == GT_BOOL)
		gt_buf_u8(out, value->number != 0);
	else if (value->kind == GT_TEXT || value->kind == GT_NUMBER || value->kind == GT_JSON)
		gt_buf_blob(out, gt_value_str(value));
}

static void put_row(struct gt_buf *out, const struct gt_batch *batch, const struct gt_row *row)
{
	gt_buf_u32(out, row->document);
	gt_buf_u64(out, row->offset);
	gt_buf_u64(out, row->row);
	gt_buf_u64(out, row->whole_bytes);
	gt_buf_blob(out, row->raw);
	gt_buf_u8(out, row->bad != NULL);
	if (row->bad) {
		gt_frame_put_error(out, row->bad);
		gt_buf_blob(out, row->whole_digest);
		return;
	}
	for (size_t i = 0; i < batch->fields; i++)
		put_value(out, &row->values[i]);
}

void gt_frame_put_batch(struct gt_buf *out, const struct gt_batch *batch)
{
	gt_buf_u32(out, (uint32_t)batch->document_count);
	for (size_t i = 0; i < batch->document_count; i++)
		put_document(out, &batch->documents[i]);
	gt_buf_u32(out, (uint32_t)batch->row_count);
	for (size_t i = 0; i < batch->row_count; i++)
		put_row(out, batch, &batch->rows[i]);
	gt_buf_u64(out, batch->skipped);
	gt_buf_u8(out, (uint8_t)batch->total_count);
	for (size_t i = 0; i < batch->total_count; i++) {
		gt_buf_blob(out, gt_cstr(batch->totals[i].name));
		gt_buf_u64(out, (uint64_t)batch->totals[i].value);
	}
	gt_buf_u32(out, (uint32_t)batch->entry_count);
	for (size_t i = 0; i < batch->entry_count; i++) {
		gt_buf_blob(out, batch->entries[i].key);
		gt_buf_blob(out, batch->entries[i].value);
	}
	gt_buf_u8(out, batch->cursor_set);
	if (batch->cursor_set)
		gt_buf_blob(out, gt_batch_cursor_get(batch));
}

/* The parent's batch numbers its documents itself, so a row names the document it stands under. */
static bool get_documents(struct gt_wire *in, struct gt_document *documents, uint32_t n)
{
	for (uint32_t i = 0; i < n && !in->broken; i++) {
		documents[i].name = gt_wire_blob(in);
		documents[i].digest = gt_wire_blob(in);
		documents[i].format = gt_wire_blob(in);
		documents[i].charset = gt_wire_blob(in);
		documents[i].columns = gt_wire_blob(in);
		documents[i].layout = gt_wire_blob(in);
		if (!is_text(documents[i].name) || !is_text(documents[i].digest) ||
			!is_text(documents[i].format) || !is_text(documents[i].charset) ||
			!is_text(documents[i].columns) || !is_text(documents[i].layout))
			return false;
	}
	return !in->broken;
}

/* Values are believed only as far as the record path must be able to rely on them: texts are UTF-8,
 * lexemes are what they claim to be. */
static bool sound(uint8_t kind, struct gt_str text)
{
	struct gt_str path = {0}, lexeme;
	struct gt_err ignored;

	switch (kind) {
	case GT_NUMBER:
		for (size_t i = 0; i < text.n; i++)
			if (!text.p[i] || !strchr("0123456789+-.eE", text.p[i]))
				return false;
		return text.n > 0;
	case GT_JSON:
		return gt_json_find(text, &path, 0, &lexeme, &ignored);
	default:
		return is_text(text);
	}
}

static bool get_value(struct gt_wire *in, struct gt_value *value)
{
	struct gt_str text;

	value->kind = gt_wire_u8(in);
	value->marks = value->kind >> 4;
	value->kind &= 15;
	if (value->marks & ~(GT_VALUE_DAMAGED | GT_VALUE_LEAP))
		return false;
	switch (value->kind) {
	case GT_ABSENT:
	case GT_NULL:
		break;
	case GT_BOOL:
		value->number = gt_wire_u8(in) != 0;
		break;
	case GT_TEXT:
	case GT_NUMBER:
	case GT_JSON:
		text = gt_wire_blob(in);
		if (!sound(value->kind, text))
			return false;
		value->text = text.p ? text.p : "";
		value->size = (uint32_t)text.n;
		break;
	default:
		return false;
	}
	return !in->broken;
}

/* None, or 64 hex digits: it goes into a header. */
static bool is_digest(struct gt_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!s.p[i] || !strchr("0123456789abcdef", s.p[i]))
			return false;
	return s.n == 0 || s.n == 64;
}

static bool get_bad_row(struct gt_wire *in, struct gt_batch *batch, struct gt_str raw,
	struct gt_place place, uint64_t whole)
{
	struct gt_err err;
	struct gt_str digest;

	if (!gt_frame_get_error(in, &err) || err.class == GT_NOTE)
		return false;
	digest = gt_wire_blob(in);
	if (in->broken || !is_digest(digest) || !gt_batch_add_bad(batch, raw, place, whole, &err))
		return false;
	gt_batch_whole_digest(batch, digest);
	return true;
}

static bool get_row(struct gt_wire *in, struct gt_batch *batch, const struct gt_document *documents,
	uint32_t n, uint32_t *current)
{
	uint32_t document = gt_wire_u32(in);
	struct gt_place place = {.offset = gt_wire_u64(in), .row = 0};
	struct gt_value *values;
	uint64_t whole;
	struct gt_str raw;

	place.row = gt_wire_u64(in);
	whole = gt_wire_u64(in);
	raw = gt_wire_blob(in);
	if (in->broken || document >= n || raw.n > GT_RECORD_MAX)
		return false;
	if (document != *current)
		gt_batch_document(batch, &documents[document]);
	*current = document;
	if (gt_wire_u8(in))
		return get_bad_row(in, batch, raw, place, whole);
	values = gt_batch_add(batch, raw, place);
	for (size_t i = 0; values && i < batch->fields; i++) {
		if (!get_value(in, &values[i]))
			return false;
	}
	return values != NULL;
}

static bool get_totals(struct gt_wire *in, struct gt_batch *batch)
{
	unsigned totals = gt_wire_u8(in);

	for (unsigned i = 0; i < totals && !in->broken; i++) {
		struct gt_str name = gt_wire_blob(in);
		char text[sizeof(batch->totals[0].name)] = "";

		if (name.n == 0 || name.n >= sizeof(text) || !is_text(name))
			return false;
		memcpy(text, name.p, name.n);
		gt_batch_total(batch, text, (int64_t)gt_wire_u64(in));
	}
	return !in->broken;
}

static bool get_rest(struct gt_wire *in, struct gt_batch *batch)
{
	uint64_t skipped = gt_wire_u64(in);
	uint32_t entries;
	struct gt_str cursor;

	if (skipped > UINT32_MAX)
		return false;
	if (skipped > 0)
		gt_batch_skip(batch, skipped);
	if (!get_totals(in, batch))
		return false;
	entries = gt_wire_u32(in);
	for (uint32_t i = 0; i < entries && !in->broken; i++) {
		struct gt_str key = gt_wire_blob(in);

		gt_batch_entry(batch, key, gt_wire_blob(in));
	}
	if (gt_wire_u8(in)) {
		cursor = gt_wire_blob(in);
		if (cursor.n > GT_CURSOR_MAX)
			return false;
		gt_batch_cursor(batch, cursor);
	}
	return !in->broken && in->rest.n == 0 && gt_batch_ok(batch);
}

static bool get_batch(struct gt_wire *in, struct gt_batch *batch)
{
	char *copy = gt_batch_alloc(batch, in->rest.n + 1);
	struct gt_document *documents;
	uint32_t n, rows, current = 0;

	if (!copy)
		return false;
	memcpy(copy, in->rest.p, in->rest.n); /* texts become views of the batch's own memory */
	in->rest.p = copy;
	n = gt_wire_u32(in);
	if (in->broken || n > GT_DOCUMENTS_MAX)
		return false;
	documents = gt_batch_alloc(batch, (n + 1) * sizeof(*documents));
	if (!documents || !get_documents(in, documents, n))
		return false;
	rows = gt_wire_u32(in);
	if (in->broken || rows > batch->max_rows)
		return false;
	for (uint32_t i = 0; i < rows; i++) {
		if (!get_row(in, batch, documents, n, &current))
			return false;
	}
	return get_rest(in, batch);
}

bool gt_frame_get_batch(struct gt_wire *in, struct gt_batch *batch)
{
	size_t max = batch->arena.max;
	bool ok;

	/* The child's batch has kept its rows' share of the arena. The same rows weigh more here,
	 * where nothing is shared: the whole arena may be theirs, and when too little is left for
	 * messages the next poll takes fewer rows. */
	batch->arena.max = max * GT_BATCH_ROWS_SHARE;
	ok = get_batch(in, batch) && batch->arena.used <= max;
	batch->arena.max = max;
	return ok;
}
