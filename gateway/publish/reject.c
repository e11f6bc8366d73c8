/* reject.c: rows that cannot meet the standard, as they came, with headers that tell everything a
 * replay needs. Names of Kafka Connect's dead letters where they exist; ours begin with gt_. */
#include "catalogue.h"
#include "gt_assert.h"
#include "io.h"
#include "json_write.h"
#include "leaf.h"
#include "stamp.h"

#define WHOLE_MAX (512u * 1024u) /* a longer row is published in part */
#define COLUMNS_MAX 65536u
#define SENTENCE_MAX 1024u

/* Headers being collected; a full arena shows in `full` once. */
struct headers {
	struct gt_arena *arena;
	struct gt_header *v;
	size_t n;
	bool full;
};

static void add(struct headers *headers, const char *name, struct gt_str value)
{
	if (value.n == 0)
		return;
	GT_ASSERT(headers->n < GT_HEADERS_MAX);
	headers->v[headers->n++] = (struct gt_header){gt_cstr(name), value};
}

static void add_number(struct headers *headers, const char *name, uint64_t number)
{
	char *text = gt_arena_alloc(headers->arena, 24);

	if (text == NULL) {
		headers->full = true;
		return;
	}
	add(headers, name, gt_str(text, (size_t)(gt_json_put_int(text, (int64_t)number) - text)));
}

static void add_time(struct headers *headers, const char *name, int64_t us)
{
	char *text = gt_arena_alloc(headers->arena, 40);

	if (text == NULL) {
		headers->full = true;
		return;
	}
	add(headers, name, gt_str(text, (size_t)(gt_put_utc(text, us) - text)));
}

static char *put_code(char *out, enum gt_code code)
{
	return gt_json_put_int(gt_put_str(out, GT_LIT("GT")), (int64_t)code);
}

static char *put_reason(char *out, const struct gt_reason *reason)
{
	char sentence[SENTENCE_MAX];

	out = put_code(gt_put_str(out, GT_LIT("{\"code\":\"")), reason->code);
	out = gt_put_str(out, GT_LIT("\",\"element\":"));
	out = gt_json_put_text(out, reason->element_name);
	out = gt_put_str(out, GT_LIT(",\"message\":"));
	gt_err_sentence(&reason->err, sentence, sizeof sentence);
	out = gt_json_put_text(out, gt_cstr(sentence));
	*out++ = '}';
	return out;
}

/* [{"code":"GT2207","element":"vehicle_type","message":"…"},…] in the operator's language. */
static void add_reasons(struct headers *headers, const struct gt_reason *reasons, size_t n)
{
	size_t most = 2, room;
	char *start, *out;

	for (size_t i = 0; i < n; i++)
		most += GT_JSON_TEXT_ROOM(SENTENCE_MAX) + 64 +
			GT_JSON_TEXT_ROOM(reasons[i].element_name.n);
	start = out = gt_arena_reserve(headers->arena, most, &room);
	if (start == NULL) {
		headers->full = true;
		return;
	}
	*out++ = '[';
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			*out++ = ',';
		out = put_reason(out, &reasons[i]);
	}
	*out++ = ']';
	gt_arena_release(headers->arena, (size_t)(out - start));
	add(headers, "gt_reasons", gt_str(start, (size_t)(out - start)));
}

/* What tools that know Connect's dead letters show: the stage, and the first reason. */
static void add_connect(struct headers *headers, const struct gt_stamp *stamp,
	const struct gt_reason *first, bool bad_row)
{
	char sentence[SENTENCE_MAX], code[24];
	struct gt_str shown, number;

	gt_err_sentence(&first->err, sentence, sizeof sentence);
	shown = gt_arena_copy(headers->arena, gt_cstr(sentence));
	number = gt_arena_copy(
		headers->arena, gt_str(code, (size_t)(put_code(code, first->code) - code)));
	if (shown.p == NULL || number.p == NULL) {
		headers->full = true;
		return;
	}
	add(headers, "__connect.errors.connector.name", stamp->flow);
	add(headers, "__connect.errors.stage",
		bad_row ? GT_LIT("VALUE_CONVERTER") : GT_LIT("TRANSFORMATION"));
	add(headers, "__connect.errors.exception.class.name", number);
	add(headers, "__connect.errors.exception.message", shown);
}

static void add_origin(
	struct headers *headers, const struct gt_stamp *stamp, uint64_t seq, int64_t now_us)
{
	struct gt_str id = gt_stamp_id(stamp, headers->arena, seq);

	headers->full |= id.p == NULL;
	add(headers, "gt_origin", stamp->origin);
	add(headers, "gt_id", id);
	add(headers, "gt_entity", stamp->entity);
	add(headers, "gt_basis", stamp->basis);
	add_time(headers, "gt_poll_time", now_us);
	add(headers, "gt_standard_digest", stamp->standard);
	add(headers, "gt_plan_digest", gt_plan_digest(stamp->plan));
}

static void add_place(
	struct headers *headers, const struct gt_document *document, const struct gt_row *row)
{
	add(headers, "gt_format", document->format);
	add(headers, "gt_charset", document->charset);
	if (document->columns.n <= COLUMNS_MAX)
		add(headers, "gt_columns", document->columns);
	add(headers, "gt_document", document->name);
	add(headers, "gt_document_digest", document->digest);
	add_number(headers, "gt_offset", row->offset);
	add_number(headers, "gt_row", row->row);
}

/* A row of which only the beginning is published: how long it was, and its digest where it is
 * known. Rare and large, so the digest context is made for the occasion. */
static void add_cut(struct headers *headers, const struct gt_row *row)
{
	unsigned char digest[32];
	struct gt_hasher *hasher;
	char *hex;

	add_number(headers, "gt_content_length", row->whole_bytes ? row->whole_bytes : row->raw.n);
	if (row->whole_bytes != 0) {
		add(headers, "gt_content_digest", row->whole_digest);
		return;
	}
	hex = gt_arena_alloc(headers->arena, 65);
	if (hex == NULL) {
		headers->full = true;
		return;
	}
	hasher = gt_hasher_new();
	gt_sha256(hasher, row->raw, digest);
	gt_hasher_free(hasher);
	gt_hex(hex, digest, sizeof digest);
	add(headers, "gt_content_digest", gt_str(hex, 64));
}

static struct gt_headers *collect(const struct gt_stamp *stamp, struct gt_batch *batch,
	const struct gt_row *row, const struct gt_reason *reasons, size_t n, uint64_t seq,
	int64_t now_us, bool cut)
{
	struct gt_headers *all = gt_arena_alloc(&batch->arena, sizeof *all);
	struct headers headers = {.arena = &batch->arena};

	headers.v = gt_arena_alloc(&batch->arena, GT_HEADERS_MAX * sizeof *headers.v);
	if (all == NULL || headers.v == NULL)
		return NULL;
	add_origin(&headers, stamp, seq, now_us);
	add_place(&headers, &batch->documents[row->document], row);
	add_reasons(&headers, reasons, n);
	add_connect(&headers, stamp, &reasons[0], row->values == NULL);
	if (cut)
		add_cut(&headers, row);
	*all = (struct gt_headers){headers.n, headers.v};
	return headers.full ? NULL : all;
}

size_t gt_stamp_reject(const struct gt_stamp *stamp, struct gt_batch *batch,
	const struct gt_row *row, const struct gt_reason *reasons, size_t reason_count,
	uint64_t seq, int64_t now_us, struct gt_message *message)
{
	struct gt_arena_mark mark = gt_arena_mark(&batch->arena);
	bool cut = row->whole_bytes != 0 || row->raw.n > WHOLE_MAX;
	struct gt_str value = row->raw;
	const struct gt_headers *headers;

	GT_ASSERT(reason_count > 0 && reason_count <= GT_REASONS_MAX);
	headers = collect(stamp, batch, row, reasons, reason_count, seq, now_us, cut);
	if (headers == NULL) {
		gt_arena_rollback(&batch->arena, mark);
		return 0;
	}
	if (cut && value.n > GT_REJECT_KEEP)
		value.n = GT_REJECT_KEEP;
	if (value.p == NULL)
		value = GT_LIT(""); /* an empty row, never a tombstone */
	*message = (struct gt_message){.topic = stamp->rejected_topic,
		.key = stamp->reject_key,
		.value = value,
		.headers = headers,
		.seq = seq,
		.kind = GT_MSG_REJECT};
	return 1;
}
