/* capture_write.c: rows into a capture. */
#include "base64.h"
#include "capture.h"
#include "clean.h"
#include "gt_assert.h"
#include "hash.h"
#include "json_read.h"
#include "json_write.h"

#include <stdlib.h>

#define VALUE_MAX (8u << 20) /* bytes of one changed value */

static void put_member(struct gt_buf *out, const char *name, struct gt_str text)
{
	if (text.n == 0)
		return;
	gt_buf_addf(out, ",\"%s\":", name);
	gt_json_add_text(out, text);
}

void gt_capture_begin(struct gt_capture_writing *w, const struct gt_flow_conf *flow)
{
	gt_buf_init(&w->out, GT_CAPTURE_MAX);
	gt_buf_adds(&w->out, "{\"guantong_capture\":1");
	put_member(&w->out, "flow", flow->name);
	put_member(&w->out, "entity", flow->entity);
	put_member(&w->out, "adapter", gt_cstr(flow->adapter->name));
	gt_buf_addf(&w->out, ",\"pseudonymised\":%s}\n", w->disguise ? "true" : "false");
}

/* Names of files tell things, too: of those only the ending is kept. */
static struct gt_str document_name(
	const struct gt_capture_writing *w, struct gt_str name, char *out, size_t size)
{
	const char *dot = name.n ? memrchr(name.p, '.', name.n) : NULL;
	size_t ending = dot ? (size_t)(name.p + name.n - dot) : 0;

	if (!w->disguise)
		return name;
	if (ending > 6 || (dot && memchr(dot, '/', ending)))
		ending = 0;
	return gt_cstr(gt_text(out, size, "%u%.*s", w->documents, (int)ending, dot ? dot : ""));
}

static void put_document(struct gt_capture_writing *w, const struct gt_document *document)
{
	char name[32];

	gt_buf_addf(&w->out, "{\"document\":%u", w->documents++);
	put_member(&w->out, "name", document_name(w, document->name, name, sizeof name));
	put_member(&w->out, "format", document->format);
	put_member(&w->out, "charset", document->charset);
	if (document->columns.n)
		gt_buf_addf(&w->out, ",\"columns\":%.*s", GT_STR_ARGS(document->columns));
	put_member(&w->out, "layout", document->layout);
	gt_buf_adds(&w->out, "}\n");
}

static void put_bytes(struct gt_buf *out, struct gt_str s)
{
	struct gt_str rest = s;
	uint64_t flags = 0;
	char *room = gt_alloc(s.n + 1);
	bool utf8 = gt_clean(rest, GT_CLEAN_TEXT, room, &flags) != SIZE_MAX;

	free(room);
	if (utf8) {
		gt_json_add_text(out, s);
		return;
	}
	gt_buf_adds(out, "{\"base64\":\"");
	gt_base64_add(out, s);
	gt_buf_adds(out, "\"}");
}

/* Strings and numbers inside; names of members are the source's structure and stay. */
static json_t *disguised(struct gt_disguise *d, const json_t *value)
{
	struct gt_buf text;
	json_t *made = NULL, *member;
	const char *key;
	size_t i;

	gt_buf_init(&text, VALUE_MAX);
	if (json_is_string(value)) {
		gt_disguise_text(d, GT_WORN_ALL,
			gt_str(json_string_value(value), json_string_length(value)), &text);
		made = json_stringn(text.n ? text.p : "", text.n);
	} else if (json_is_integer(value)) {
		gt_disguise_number(d, GT_WORN_ALL,
			gt_cstr(GT_TEXT("%lld", (long long)json_integer_value(value))), &text);
		made = json_integer(strtoll(gt_buf_cstr(&text), NULL, 10));
	} else if (json_is_real(value)) {
		made = json_real(0.5);
	} else if (json_is_array(value)) {
		made = json_array();
		json_array_foreach((json_t *)(uintptr_t)value, i, member)
			json_array_append_new(made, disguised(d, member));
	} else if (json_is_object(value)) {
		made = json_object();
		json_object_foreach((json_t *)(uintptr_t)value, key, member)
			json_object_set_new(made, key, disguised(d, member));
	} else {
		made = json_incref((json_t *)(uintptr_t)value);
	}
	gt_buf_fini(&text);
	return made ? made : json_null();
}

static void put_nested(struct gt_capture_writing *w, struct gt_str lexeme)
{
	struct gt_err ignored;
	json_t *tree = w->disguise ? gt_json_load(lexeme, &ignored) : NULL, *changed;
	char *text;

	gt_buf_adds(&w->out, "{\"nested\":");
	if (!w->disguise) {
		put_bytes(&w->out, lexeme);
	} else {
		changed = tree ? disguised(w->disguise, tree) : json_null();
		text = json_dumps(changed, JSON_COMPACT | JSON_ENCODE_ANY);
		gt_json_add_text(&w->out, gt_cstr(text ? text : "null"));
		free(text);
		json_decref(changed);
	}
	json_decref(tree);
	gt_buf_adds(&w->out, "}");
}

/* What a format has marked is lost in the source: what is left of it is changed like any other. */
static void put_text(struct gt_capture_writing *w, enum gt_worn worn, const struct gt_value *value)
{
	struct gt_str s = gt_value_str(value);
	struct gt_buf changed;

	gt_buf_init(&changed, VALUE_MAX);
	if (w->disguise && value->kind == GT_NUMBER)
		gt_disguise_number(w->disguise, worn, s, &changed);
	else if (w->disguise)
		gt_disguise_text(w->disguise, worn, s, &changed);
	if (w->disguise)
		s = gt_buf_str(&changed);
	if (value->kind == GT_NUMBER || value->marks) {
		gt_buf_addf(&w->out, "{\"%s\":", value->kind == GT_NUMBER ? "number" : "text");
		put_bytes(&w->out, s);
		if (value->marks)
			gt_buf_addf(&w->out, ",\"marks\":%u", value->marks);
		gt_buf_adds(&w->out, "}");
	} else {
		put_bytes(&w->out, s);
	}
	gt_buf_fini(&changed);
}

static void put_value(
	struct gt_capture_writing *w, struct gt_str field, const struct gt_value *value)
{
	enum gt_worn worn = w->disguise ? gt_disguise_for(w->plan, field) : GT_WORN_NUMBERS;

	switch ((enum gt_kind)value->kind) {
	case GT_BOOL:
		gt_buf_adds(&w->out, value->number ? "true" : "false");
		return;
	case GT_NUMBER:
	case GT_TEXT:
		put_text(w, worn, value);
		return;
	case GT_JSON:
		put_nested(w, gt_value_str(value));
		return;
	default:
		gt_buf_adds(&w->out, "null");
		return;
	}
}

static void put_values(struct gt_capture_writing *w, const struct gt_row *row)
{
	const char *comma = "";

	gt_buf_adds(&w->out, ",\"values\":{");
	for (size_t i = 0; i < w->field_count; i++) {
		if (row->values[i].kind == GT_ABSENT)
			continue;
		gt_buf_adds(&w->out, comma);
		gt_json_add_text(&w->out, w->fields[i]);
		gt_buf_adds(&w->out, ":");
		put_value(w, w->fields[i], &row->values[i]);
		comma = ",";
	}
	gt_buf_adds(&w->out, "}");
}

/* The sentence may quote the row; the code does not. */
static void put_bad(struct gt_capture_writing *w, const struct gt_row *row)
{
	char sentence[2048];

	gt_buf_addf(&w->out, ",\"bad\":{\"code\":\"GT%04d\"", (int)row->bad->code);
	if (!w->disguise)
		put_member(&w->out, "message",
			gt_cstr(gt_err_sentence(row->bad, sentence, sizeof sentence)));
	gt_buf_addf(&w->out, ",\"bytes\":%zu}", row->raw.n);
}

void gt_capture_row(
	struct gt_capture_writing *w, const struct gt_batch *batch, const struct gt_row *row)
{
	const struct gt_document *document = &batch->documents[row->document];
	uint64_t name = gt_hash(document->name);

	if (w->documents == 0 || w->document != name) {
		w->document = name;
		put_document(w, document);
	}
	gt_buf_addf(&w->out, "{\"row\":%llu,\"offset\":%llu,\"of\":%u",
		(unsigned long long)row->row, (unsigned long long)row->offset, w->documents - 1);
	if (row->bad)
		put_bad(w, row);
	else
		put_values(w, row);
	if (!w->disguise) {
		gt_buf_adds(&w->out, ",\"raw\":");
		put_bytes(&w->out, row->raw);
	}
	gt_buf_adds(&w->out, "}\n");
	w->rows++;
}
