/* What an HTTP back end sends, as the http adapter takes it: first byte 0 = an answer's body, 1 = a
 * saved position, 3 = a link or cursor to the next page, 4 = a value in an address or a body, 5 =
 * an answer whose rows are members, 6 = a list of parents, else a value of the cursor field. */
#include "batch.h"
#include "http.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool no_entry(void *arg, struct gt_str key, struct gt_str *value)
{
	(void)arg;
	(void)key;
	(void)value;
	return false;
}

static void no_note(void *arg, const struct gt_err *note)
{
	(void)arg;
	(void)note;
}

static void answer(struct http *h, struct gt_str body)
{
	static const struct gt_limits limits = {64, 1u << 20, INT64_MAX};
	const struct gt_str paths[2] = {h->conf.total, h->conf.records};
	struct gt_str lexemes[2] = {{NULL, 0}}, list = {NULL, 0};
	struct gt_batch *batch = gt_batch_new(GT_BATCH_ARENA_MAX);
	struct gt_err err;
	uint64_t rows = 0;
	h->body.p = malloc(body.n + 1);
	if (!h->body.p)
		abort();
	memcpy(h->body.p, body.p, body.n);
	h->body.n = body.n;
	h->status = 200;
	http_rows_anywhere(h);
	(void)http_answer(h, paths, 2, lexemes, &err);
	http_rows_find(h, lexemes[1]);
	if (http_rows_span(h, &list, &rows, NULL) && rows) {
		enum http_next next = HTTP_FULL;
		gt_batch_reset(batch, 1, limits.max_records, limits.max_bytes);
		http_rows_start(h, batch);
		h->phase = HTTP_ROWS;
		for (unsigned i = 0; i < 1000 && next == HTTP_FULL; i++) {
			next = http_rows_take(h, batch, &limits, &err);
			gt_batch_reset(batch, 1, limits.max_records, limits.max_bytes);
			h->page_mark_valid = false;
		}
		/* What was whole at first sight is whole when it is taken. */
		if (next == HTTP_FAILED)
			abort();
	}
	gt_batch_free(batch);
	free(h->body.p);
}

/* A position that is understood is understood again as it is written. */
static void position(struct http *h, struct gt_str text)
{
	struct gt_err err;
	struct gt_batch *batch = gt_batch_new(GT_BATCH_ARENA_MAX);
	gt_batch_reset(batch, 1, 1, 1);
	if (http_cursor_read(h, text, &err)) {
		http_cursor_write(h, batch);
		if (!gt_batch_ok(batch) || !http_cursor_read(h, gt_batch_cursor_get(batch), &err))
			abort();
	}
	gt_batch_free(batch);
}

/* A link leads to the server that gave it, or nowhere. */
static void next_page(struct http *h, struct gt_str text)
{
	static const char home[] = "http://10.1.8.20:8080/";
	struct gt_str whole = GT_LIT(""), lexeme = {NULL, 0};
	struct gt_err err;
	bool json = gt_json_find(text, &whole, 1, &lexeme, NULL);
	http_copy(h->url, sizeof h->url, GT_LIT("http://10.1.8.20:8080/list?p=1"));
	h->conf.paging.style = HTTP_NEXT;
	http_link_header(h, text);
	for (int way = 0; way < 3; way++) {
		h->conf.paging.next = way ? GT_LIT("next") : gt_str(NULL, 0);
		h->conf.paging.style = way == 2 ? HTTP_CURSOR : HTTP_NEXT;
		h->page_next[0] = '\0';
		if (way && !json)
			continue;
		if (http_link_take(h, lexeme, &err) && way != 2 && h->page_next[0] &&
			strncmp(h->page_next, home, sizeof home - 1) != 0)
			abort();
	}
}

/* A value stays a value: it adds no path, no parameter, no member. */
static void filled(struct http *h, struct gt_str text)
{
	struct gt_str body = {NULL, 0}, path = GT_LIT("value"), lexeme = {NULL, 0};
	struct gt_err err;
	http_copy(h->walk->next, sizeof h->walk->next, text);
	struct gt_str value = gt_cstr(h->walk->next);
	if (http_address_of(h, GT_LIT("/a/{cursor}/b"))) {
		const char *rest = h->url + strlen("/a/");
		size_t n = strcspn(rest, "/?#");
		if (!n || strcmp(rest + n, "/b") != 0)
			abort();
	}
	if (http_body_of(h, GT_LIT("{\"value\":\"{cursor}\"}"), &body, &err)) {
		char *back = malloc(HTTP_URL_MAX);
		if (gt_json_find(body, &path, 1, &lexeme, NULL) && value.n &&
			!gt_str_eq(gt_json_scalar(lexeme, back, HTTP_URL_MAX), value))
			abort();
		free(back);
		free((char *)(uintptr_t)body.p);
	}
}

static void parents(struct http *h, struct gt_str text)
{
	static const struct gt_str names[] = {{"id", 2}, {"name", 4}};
	char inject[HTTP_INJECT_MAX], key[HTTP_VALUE_MAX];
	struct gt_err err;
	h->conf.parent.path = GT_LIT("/all");
	h->conf.parent.fields = (struct gt_texts){names, 2};
	h->body.p = malloc(text.n + 1);
	if (!h->body.p)
		abort();
	memcpy(h->body.p, text.p, text.n);
	h->body.n = text.n;
	http_rows_anywhere(h);
	if (http_parents_take(h, &err) && http_parents_ready(h)) {
		do {
			struct http_text out = {inject, 0, sizeof inject, false};
			http_parents_key(h, key, sizeof key);
			http_parents_inject(h, &out);
			if (!key[0] || out.cut || strcmp(key, "..") == 0)
				abort();
		} while (http_parents_next(h));
	}
	http_parents_free(&h->parents);
	free(h->body.p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct gt_str code = {"code", 4}, field = {"id", 2},
				   cursor_fields[] = {{"t", 1}, {"id", 2}};
	struct gt_host host = {
		.fields = &field, .field_count = 1, .entry = no_entry, .note = no_note};
	struct http *h = calloc(1, sizeof *h);
	char written[HTTP_VALUE_MAX];
	int64_t order = 0;
	if (!h || !size)
		goto out;
	struct gt_str text = {(const char *)data + 1, size - 1};
	h->host = &host;
	h->conf.records = GT_LIT("d.rows");
	h->conf.total = GT_LIT("d.total");
	h->conf.success.field = (struct gt_texts){&code, 1};
	h->conf.success.message = (struct gt_texts){&(struct gt_str){"msg", 3}, 1};
	h->conf.cursor.field = (struct gt_texts){cursor_fields, 1};
	h->conf.cursor.tie = cursor_fields[1];
	h->conf.remember = 1000000;
	h->seen.timed = true;
	h->pass.from_order = INT64_MIN;
	h->pass.until_order = INT64_MAX;
	h->own.records = h->conf.records;
	h->own.paging = &h->conf.paging;
	h->list = &h->own;
	h->walk = &h->pass.walk;
	h->reader = gt_json_reader_new(&field, 1);
	h->cursor_reader = gt_json_reader_new(cursor_fields, 2);
	h->md = EVP_MD_CTX_new();
	h->document.in.window.fd = h->document.fd = -1;
	if (data[0] == 5)
		h->conf.keyed = GT_LIT("id");
	if (data[0] == 0 || data[0] == 5)
		answer(h, text);
	else if (data[0] == 1)
		position(h, text);
	else if (data[0] == 3)
		next_page(h, text);
	else if (data[0] == 4)
		filled(h, text);
	else if (data[0] == 6)
		parents(h, text);
	else
		for (int layout = HTTP_DATETIME; layout <= HTTP_UTC; layout++)
			if (http_time_parse(text, layout, 480, &order))
				http_time_write(order, layout, 480, written, sizeof written);
	gt_json_reader_free(h->reader);
	gt_json_reader_free(h->cursor_reader);
	EVP_MD_CTX_free(h->md);
	gt_seen_free(&h->seen);
out:
	free(h);
	return 0;
}
