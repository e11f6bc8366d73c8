/* capture_read.c: a capture back into rows. Its lines are outside bytes: whatever is not of the
 * form is told with the line's number. */
#include "base64.h"
#include "capture.h"
#include "gt_assert.h"
#include "io.h"
#include "json_read.h"

#include <stdlib.h>
#include <string.h>

struct line {
	json_t *json;
	size_t document; /* its index + 1 in `documents`; 0 = none */
	size_t number;
};

struct gt_capture {
	const char *path; /* the caller's */
	json_t *head;
	struct line *rows;
	size_t n, cap;
	json_t **documents;
	size_t document_count, document_cap;
};

static bool wrong(const struct gt_capture *c, size_t line, struct gt_err *err)
{
	return gt_fail(err, GT_E_CAPTURE_LINE, c->path, GT_TEXT("%zu", line));
}

static void keep_document(struct gt_capture *c, json_t *json)
{
	if (c->document_count == c->document_cap) {
		c->document_cap = c->document_cap ? 2 * c->document_cap : 8;
		c->documents = gt_realloc(c->documents, c->document_cap * sizeof(*c->documents));
	}
	c->documents[c->document_count++] = json;
}

static void keep_row(struct gt_capture *c, json_t *json, size_t number)
{
	if (c->n == c->cap) {
		c->cap = c->cap ? 2 * c->cap : 64;
		c->rows = gt_realloc(c->rows, c->cap * sizeof(*c->rows));
	}
	c->rows[c->n++] = (struct line){json, c->document_count, number};
}

/* Takes the line's tree, or says what is wrong. */
static bool take_line(struct gt_capture *c, struct gt_str text, size_t number, struct gt_err *err)
{
	json_t *json = gt_json_load(text, err);

	if (!json_is_object(json)) {
		json_decref(json);
		return wrong(c, number, err);
	}
	if (!c->head) {
		c->head = json;
		return (gt_json_int(json, "guantong_capture", 0) == 1 &&
			       gt_json_member(json, "flow").n) ||
		       gt_fail(err, GT_E_CAPTURE_FORM, c->path);
	}
	if (json_object_get(json, "document"))
		keep_document(c, json);
	else
		keep_row(c, json, number);
	return true;
}

struct gt_capture *gt_capture_load(const char *path, struct gt_err *err)
{
	struct gt_capture *c = gt_alloc(sizeof *c);
	struct gt_buf text;
	size_t number = 1;
	bool ok;

	c->path = path;
	gt_buf_init(&text, GT_CAPTURE_MAX);
	ok = gt_file_read(path, &text, err);
	for (size_t at = 0; ok && at < text.n; number++) {
		const char *end = memchr(text.p + at, '\n', text.n - at);
		size_t n = end ? (size_t)(end - (text.p + at)) : text.n - at;
		ok = n == 0 || take_line(c, gt_str(text.p + at, n), number, err);
		at += n + 1;
	}
	if (ok && !c->head)
		ok = gt_fail(err, GT_E_CAPTURE_FORM, path);
	gt_buf_fini(&text);
	if (ok)
		return c;
	gt_capture_free(c);
	return NULL;
}

void gt_capture_free(struct gt_capture *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n; i++)
		json_decref(c->rows[i].json);
	for (size_t i = 0; i < c->document_count; i++)
		json_decref(c->documents[i]);
	json_decref(c->head);
	free(c->rows);
	free(c->documents);
	free(c);
}

struct gt_str gt_capture_flow(const struct gt_capture *c)
{
	return gt_json_member(c->head, "flow");
}

size_t gt_capture_count(const struct gt_capture *c)
{
	return c->n;
}

/* A string, or {"base64": …}, into the batch. False: neither. */
static bool bytes_of(struct gt_batch *batch, const json_t *json, struct gt_str *out)
{
	struct gt_str text = gt_json_member(json, "base64");
	size_t n;
	char *into;

	if (json_is_string(json)) {
		*out = gt_batch_copy(
			batch, gt_str(json_string_value(json), json_string_length(json)));
		return true;
	}
	into = text.n ? gt_batch_alloc(batch, text.n) : NULL;
	if (!into || !gt_base64_decode(text, into, text.n, &n))
		return false;
	*out = gt_str(into, n);
	return true;
}

static bool value_of(struct gt_batch *batch, const json_t *json, struct gt_value *value)
{
	static const struct {
		const char *name;
		enum gt_kind kind;
	} kinds[] = {{"number", GT_NUMBER}, {"nested", GT_JSON}, {"text", GT_TEXT}};
	struct gt_str text;

	*value = (struct gt_value){.kind = GT_NULL};
	if (json_is_null(json))
		return true;
	if (json_is_boolean(json)) {
		*value = (struct gt_value){.kind = GT_BOOL, .number = json_is_true(json)};
		return true;
	}
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		const json_t *inner = json_object_get(json, kinds[i].name);
		if (!inner)
			continue;
		if (!bytes_of(batch, inner, &text))
			return false;
		*value = gt_value_text(text);
		value->kind = (uint8_t)kinds[i].kind;
		value->marks = (uint8_t)gt_json_int(json, "marks", 0);
		return true;
	}
	if (!bytes_of(batch, json, &text))
		return false;
	*value = gt_value_text(text);
	return true;
}

static void put_document(struct gt_batch *batch, const json_t *json)
{
	json_t *columns = json_object_get(json, "columns");
	char *text = columns ? json_dumps(columns, JSON_COMPACT) : NULL;
	struct gt_document document = {.name = gt_json_member(json, "name"),
		.format = gt_json_member(json, "format"),
		.charset = gt_json_member(json, "charset"),
		.layout = gt_json_member(json, "layout"),
		.columns = text ? gt_cstr(text) : (struct gt_str){0}};

	gt_batch_document(batch, &document);
	free(text);
}

static bool add_bad(
	struct gt_batch *batch, const json_t *bad, struct gt_str raw, struct gt_place place)
{
	struct gt_str said = gt_json_member(bad, "message");
	struct gt_err why;

	gt_fail(&why, GT_E_CAPTURE_BAD,
		GT_TEXT("%.*s", GT_STR_ARGS(said.n ? said : gt_json_member(bad, "code"))));
	return gt_batch_add_bad(batch, raw, place, 0, &why);
}

const struct gt_row *gt_capture_take(const struct gt_capture *c, size_t i, struct gt_batch *batch,
	const struct gt_str *fields, size_t field_count, struct gt_err *err)
{
	const struct line *line = &c->rows[i];
	const json_t *bad = json_object_get(line->json, "bad"), *values;
	struct gt_place place = {(uint64_t)gt_json_int(line->json, "offset", 0),
		(uint64_t)gt_json_int(line->json, "row", 0)};
	struct gt_str raw = {"", 0};
	struct gt_value *into;

	gt_batch_reset(batch, field_count, 1, GT_BATCH_RAW_MAX);
	if (line->document)
		put_document(batch, c->documents[line->document - 1]);
	if (!bytes_of(batch, json_object_get(line->json, "raw"), &raw))
		raw = gt_batch_copy(batch, GT_LIT("{}"));
	if (bad) {
		if (add_bad(batch, bad, raw, place))
			return &batch->rows[0];
		(void)wrong(c, line->number, err);
		return NULL;
	}
	values = json_object_get(line->json, "values");
	into = json_is_object(values) ? gt_batch_add(batch, raw, place) : NULL;
	for (size_t f = 0; into && f < field_count; f++) {
		char name[512];
		const json_t *value = json_object_get(
			values, gt_text(name, sizeof name, "%.*s", GT_STR_ARGS(fields[f])));
		if (value && !value_of(batch, value, &into[f]))
			into = NULL;
	}
	if (into)
		return &batch->rows[0];
	(void)wrong(c, line->number, err);
	return NULL;
}

bool gt_capture_read(const struct gt_capture *c, const struct gt_plan *plan, uint64_t most,
	gt_row_fn *each, void *arg, struct gt_err *err)
{
	struct gt_batch *batch = gt_batch_new(GT_BATCH_ARENA_MAX);
	size_t field_count;
	const struct gt_str *fields = gt_plan_fields(plan, &field_count);
	bool ok = true;

	for (size_t i = 0; ok && i < c->n && i < most; i++) {
		const struct gt_row *row = gt_capture_take(c, i, batch, fields, field_count, err);
		ok = row && each(arg, batch, row, err);
	}
	gt_batch_free(batch);
	return ok;
}
