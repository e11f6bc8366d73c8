/* http_rows.c: the rows of a page, from its body into the batch. */
#include "http.h"

#include <stdio.h>

void http_digest(struct http *h, struct gt_str s, unsigned char out[HTTP_DIGEST])
{
	unsigned char whole[EVP_MAX_MD_SIZE] = {0};
	unsigned n = 0;
	if (EVP_DigestInit_ex(h->md, EVP_sha256(), NULL) == 1 &&
		EVP_DigestUpdate(h->md, s.p, s.n) == 1)
		(void)EVP_DigestFinal_ex(h->md, whole, &n);
	memcpy(out, whole, HTTP_DIGEST);
}

/* An object whose members are rows becomes a list of key, row, key, row: {"a": 1} → ["a", 1]. The
 * same bytes stay where they are, so that offsets keep. */
static void unkey(char *p, size_t n)
{
	size_t depth = 0;
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '"') {
			for (i++; i < n && p[i] != '"'; i++)
				i += p[i] == '\\';
		} else if (p[i] == '{' || p[i] == '[') {
			depth++;
			p[i] = depth == 1 ? '[' : p[i];
		} else if (p[i] == '}' || p[i] == ']') {
			p[i] = depth == 1 ? ']' : p[i];
			depth -= depth > 0;
		} else if (p[i] == ':' && depth == 1) {
			p[i] = ',';
		}
	}
}

void http_rows_anywhere(struct http *h)
{
	h->list_at = 0;
	h->list_n = SIZE_MAX;
	h->scan_path = h->list->records;
	h->keyed = false;
}

void http_rows_find(struct http *h, struct gt_str records)
{
	bool root = h->list->records.n == 0, own = h->list == &h->own;
	struct gt_str s = records;
	http_rows_anywhere(h);
	if (root) {
		s = gt_str(h->body.p, h->body.n);
		if (s.n >= 3 && memcmp(s.p, "\xEF\xBB\xBF", 3) == 0)
			s = gt_str(s.p + 3, s.n - 3);
		while (s.n && strchr(" \t\r\n", s.p[0]))
			s = gt_str(s.p + 1, s.n - 1);
	}
	if (!s.n || s.p[0] != '{')
		return;
	h->keyed = own && h->conf.keyed.n;
	if (root && !h->keyed)
		return; /* one object is one row */
	h->list_at = (size_t)(s.p - h->body.p);
	h->list_n = s.n;
	h->scan_path = gt_str(NULL, 0);
	if (h->keyed)
		unkey(h->body.p + h->list_at, h->list_n);
}

struct gt_str http_rows_text(const struct http *h, size_t at)
{
	if (h->list_at + at > h->body.n)
		return GT_LIT("");
	size_t n = h->body.n - h->list_at;
	return gt_str(h->body.p + h->list_at + at, (n < h->list_n ? n : h->list_n) - at);
}

bool http_rows_span(struct http *h, struct gt_str *list, uint64_t *rows, struct gt_err *err)
{
	struct gt_json_scan scan;
	size_t at = 0, first = SIZE_MAX, end = 0;
	uint64_t n = 0;
	gt_json_scan_start(&scan, h->scan_path);
	for (;;) {
		struct gt_str record = {NULL, 0};
		size_t used = 0;
		enum gt_json_step step =
			gt_json_scan_next(&scan, http_rows_text(h, at), true, &used, &record, err);
		if (step == GT_JSON_BROKEN)
			return false;
		at += used;
		if (step == GT_JSON_END)
			break;
		if (step == GT_JSON_RECORD || step == GT_JSON_LARGE)
			first = first < (size_t)(record.p - h->body.p)
					? first
					: (size_t)(record.p - h->body.p);
		if (step == GT_JSON_RECORD || step == GT_JSON_SKIPPED) {
			end = (size_t)(record.p - h->body.p) + record.n;
			n++;
		}
	}
	*rows = h->keyed ? n / 2 : n;
	*list = n ? gt_str(h->body.p + first, end - first) : gt_str(NULL, 0);
	return true;
}

void http_rows_start(struct http *h, struct gt_batch *batch)
{
	struct http_text inject = {h->inject, 0, sizeof(h->inject), false};
	struct gt_document document = {
		.name = gt_cstr(h->place), .format = GT_LIT("json"), .charset = GT_LIT("UTF-8")};
	h->inject[0] = '\0';
	if (http_parents_given(h))
		http_parents_inject(h, &inject);
	h->inject_n = inject.n;
	gt_json_scan_start(&h->scan, h->scan_path);
	h->page_at = 0;
	h->page_rows = 0;
	h->page_reaches = false;
	h->key_next = h->keyed;
	h->last_text[0] = '\0';
	h->large = gt_str(NULL, 0);
	h->page_seen = h->seen.n;
	h->page_mark = gt_batch_mark(batch);
	h->page_mark_valid = true;
	gt_batch_document(batch, &document);
}

static uint64_t scan_offset(const struct http *h)
{
	return h->list_at + gt_json_scan_offset(&h->scan);
}

static bool printable(struct gt_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return false;
	return true;
}

/* Where a row stands in time; the first of the cursor's fields that the row has decides. */
static void read_position(struct http *h, struct gt_batch *batch, struct gt_str record,
	struct http_value *value, char tie[HTTP_VALUE_MAX])
{
	struct gt_value found[HTTP_CURSOR_FIELDS + 2] = {{0}};
	const struct http_cursor_conf *c = &h->conf.cursor;
	value->given = false;
	tie[0] = '\0';
	if (!h->cursor_reader || !gt_json_reader_read(h->cursor_reader, record, batch, found, NULL))
		return;
	for (size_t i = 0; i < c->field.n && !value->given; i++) {
		if (found[i].kind != GT_TEXT && found[i].kind != GT_NUMBER)
			continue;
		struct gt_str s = gt_value_str(&found[i]);
		if (s.n >= sizeof(value->text) ||
			!http_time_parse(s, c->layout, gt_host_zone(h->host), &value->order))
			continue;
		http_copy(value->text, sizeof(value->text), s);
		value->given = true;
	}
	const struct gt_value *t = &found[c->field.n], *last = &found[c->field.n + (c->tie.n > 0)];
	if (c->tie.n && (t->kind == GT_TEXT || t->kind == GT_NUMBER) && printable(gt_value_str(t)))
		http_copy(tie, HTTP_VALUE_MAX, gt_value_str(t));
	if (!h->conf.paging.last.n)
		return;
	bool some = last->kind == GT_TEXT || last->kind == GT_NUMBER;
	http_copy(h->last_text, sizeof(h->last_text),
		some && last->size < HTTP_VALUE_MAX ? gt_value_str(last) : gt_str(NULL, 0));
}

static bool tie_above(const char *a, const char *b)
{
	size_t x = strlen(a), y = strlen(b);
	return x != y ? x > y : strcmp(a, b) > 0;
}

static void raise_max(struct http *h, const struct http_value *value, const char *tie)
{
	struct http_pass *p = &h->pass;
	if (!value->given || (p->max.given && value->order < p->max.order))
		return;
	if (p->max.given && value->order == p->max.order && !tie_above(tie, p->max_tie))
		return;
	p->max = *value;
	http_copy(p->max_tie, sizeof(p->max_tie), gt_cstr(tie));
}

enum took { TOOK_IT, TOOK_NONE, TOOK_FULL, TOOK_FAILED };

/* All of a large row is in the body. */
static void whole_digest(const struct http *h, struct gt_batch *batch, uint64_t whole)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	char hex[2 * EVP_MAX_MD_SIZE + 1];
	unsigned n = 0;
	if (EVP_Digest(h->body.p + h->large_offset, (size_t)whole, sum, &n, EVP_sha256(), NULL) !=
		1)
		return;
	for (unsigned i = 0; i < n; i++)
		(void)snprintf(hex + 2 * (size_t)i, 3, "%02x", sum[i]);
	gt_batch_whole_digest(batch, gt_cstr(hex));
}

/* The row as a copy in the batch, with what it gets of its parent and its key. */
static struct gt_str copy_row(struct http *h, struct gt_batch *batch, struct gt_str record)
{
	size_t key = h->keyed ? h->conf.keyed.n * 6 + h->key.n + 4 : 0, i = 1;
	if ((!key && !h->inject_n) || !record.n || record.p[0] != '{')
		return gt_batch_copy(batch, record);
	size_t size = 1 + key + h->inject_n + record.n;
	struct http_text t = {gt_batch_alloc(batch, size + 1), 0, size + 1, false};
	if (!t.p)
		return gt_str(NULL, 0);
	while (i < record.n && strchr(" \t\r\n", record.p[i]))
		i++;
	http_text_add(&t, GT_LIT("{"));
	http_text_add(&t, gt_str(h->inject, h->inject_n));
	if (key) {
		http_text_add(&t, GT_LIT("\""));
		http_text_json(&t, h->conf.keyed);
		http_text_add(&t, GT_LIT("\":"));
		http_text_add(&t, h->key);
		http_text_add(&t, GT_LIT(","));
	}
	t.n -= i < record.n && record.p[i] == '}'; /* no member follows the comma */
	http_text_add(&t, gt_str(record.p + 1, record.n - 1));
	return gt_str(t.p, t.n);
}

/* Rows are the same only with the same key, below the same parent. */
static void row_digest(struct http *h, struct gt_str record, unsigned char out[HTTP_DIGEST])
{
	unsigned char parts[3][HTTP_DIGEST] = {{0}};
	http_digest(h, record, parts[0]);
	if (h->keyed || h->inject_n) {
		http_digest(h, gt_str(h->inject, h->inject_n), parts[1]);
		http_digest(h, h->keyed ? h->key : GT_LIT(""), parts[2]);
		http_digest(h, gt_str((const char *)parts, sizeof(parts)), out);
		return;
	}
	memcpy(out, parts[0], HTTP_DIGEST);
}

/* Puts a row into the batch, or as a bad one with its first bytes when it is too large. */
static enum took put_row(
	struct http *h, struct gt_batch *batch, struct gt_str record, uint64_t whole)
{
	struct gt_place place = {
		.offset = scan_offset(h) - (whole ? whole : record.n), .row = h->page_rows + 1};
	struct gt_mark mark = gt_batch_mark(batch);
	struct gt_err why;
	if (whole && record.n > GT_REJECT_KEEP)
		record.n = GT_REJECT_KEEP;
	struct gt_str raw = whole ? gt_batch_copy(batch, record) : copy_row(h, batch, record);
	if (raw.p && whole) {
		(void)gt_fail(&why, GT_E_ROW_LARGE, GT_TEXT("%u", GT_RECORD_MAX));
		if (gt_batch_add_bad(batch, raw, place, whole, &why)) {
			whole_digest(h, batch, whole);
			return TOOK_IT;
		}
	}
	struct gt_value *values = raw.p && !whole ? gt_batch_add(batch, raw, place) : NULL;
	if (values) {
		if (!gt_json_reader_read(h->reader, raw, batch, values, &why))
			gt_batch_spoil(batch, &why);
		if (gt_batch_ok(batch))
			return TOOK_IT;
	}
	gt_batch_rollback(batch, mark);
	return TOOK_FULL;
}

static bool remember(struct http *h, const unsigned char *digest, int64_t order, struct gt_err *err)
{
	const struct gt_seen *seen = &h->seen;
	if (seen->n >= (size_t)h->conf.remember)
		return gt_fail(err, GT_E_HTTP_REMEMBER, h->label,
			GT_TEXT("%lld", (long long)h->conf.remember));
	if (seen->n == seen->cap && !http_memory(h, gt_seen_bytes(seen) + 8192, err))
		return false;
	return gt_seen_add(&h->seen, digest, order) || gt_fail(err, GT_E_MEMORY_BUDGET);
}

/* whole: bytes of a row that is too large, of which record has the first; else 0. */
static enum took take_row(struct http *h, struct gt_batch *batch, struct gt_str record,
	uint64_t whole, struct gt_err *err)
{
	unsigned char digest[HTTP_DIGEST];
	struct http_value value = {.given = false};
	char tie[HTTP_VALUE_MAX] = "";
	struct http_pass *p = &h->pass;
	if (!whole)
		read_position(h, batch, record, &value, tie);
	bool old = value.given && value.order < p->from_order;
	h->page_reaches = h->page_reaches || !old;
	if (h->backfill && !value.given)
		return TOOK_NONE; /* nobody can say whether it lies in the range */
	if (value.given && value.order > p->until_order)
		return TOOK_NONE; /* too new to be sure of its neighbours: the next pass takes it */
	if (old) {
		h->skipped += !h->backfill;
		return TOOK_NONE;
	}
	row_digest(h, record, digest);
	if (gt_seen_has(&h->seen, digest)) {
		raise_max(h, &value, tie);
		h->skipped++;
		return TOOK_NONE;
	}
	enum took took = put_row(h, batch, record, whole);
	if (took != TOOK_IT)
		return took;
	if (!remember(h, digest, value.given ? value.order : INT64_MAX, err))
		return TOOK_FAILED;
	raise_max(h, &value, tie);
	return TOOK_IT;
}

/* The page turned out broken: nothing of it stays. */
static enum http_next throw_page(struct http *h, struct gt_batch *batch)
{
	if (h->page_mark_valid)
		gt_batch_rollback(batch, h->page_mark);
	gt_seen_cut(&h->seen, h->page_seen);
	return HTTP_FAILED;
}

/* The next element. large: its first bytes come first, its end later. */
static enum gt_json_step next_row(
	struct http *h, struct gt_str *record, uint64_t *whole, struct gt_err *err)
{
	for (;;) {
		size_t used = 0;
		enum gt_json_step step = gt_json_scan_next(
			&h->scan, http_rows_text(h, h->page_at), true, &used, record, err);
		h->page_at += used;
		*whole = 0;
		if (step == GT_JSON_LARGE) {
			h->large = *record;
			h->large_offset = (uint64_t)(record->p - h->body.p);
			continue;
		}
		if (step == GT_JSON_MORE)
			continue;
		if (step == GT_JSON_SKIPPED) {
			*record = h->large;
			*whole = scan_offset(h) - h->large_offset;
		}
		return step;
	}
}

enum http_next http_rows_take(
	struct http *h, struct gt_batch *batch, const struct gt_limits *limits, struct gt_err *err)
{
	for (unsigned i = 1;; i++) {
		struct gt_str record = {NULL, 0};
		uint64_t whole = 0;
		struct gt_json_scan before = h->scan;
		size_t before_at = h->page_at;
		if (gt_batch_rows(batch) >= limits->max_records ||
			gt_batch_bytes(batch) >= limits->max_bytes)
			return HTTP_FULL;
		if (i % 256 == 0 &&
			(h->interrupted || gt_host_monotonic_us() > limits->deadline_us))
			return HTTP_FULL;
		enum gt_json_step step = next_row(h, &record, &whole, err);
		if (step == GT_JSON_END)
			return http_page_end(h, batch, err);
		if (step == GT_JSON_BROKEN) {
			err->class = GT_RETRY;
			return throw_page(h, batch);
		}
		if (h->key_next) {
			h->key_next = false;
			h->key = record;
			continue;
		}
		enum took took = take_row(h, batch, record, whole, err);
		h->key_next = h->keyed && took != TOOK_FULL;
		switch (took) {
		case TOOK_FULL:
			h->scan = before;
			h->page_at = before_at;
			return HTTP_FULL;
		case TOOK_FAILED:
			return throw_page(h, batch);
		case TOOK_IT:
			h->pass.changed = true;
			h->page_rows++;
			h->progress = true;
			break;
		case TOOK_NONE:
			h->page_rows++;
			h->progress = h->progress || h->pass.changed;
		}
	}
}
