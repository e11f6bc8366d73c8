/* drift.c: see drift.h. */
#include "drift.h"

#include "catalogue.h"
#include "clean.h"
#include "gt_assert.h"
#include "json_lex.h"
#include "number.h"

#include <pthread.h>
#include <stdlib.h>

#define SAMPLES 4u        /* rows of a batch that are looked at … */
#define FIRST_SAMPLES 64u /* … and of the first one, which says what is usual */
#define ABSENT_ROWS                                                                                \
	20u            /* in a row, until a field is gone: many systems leave out what is empty    \
			*/
#define ROW_MAX 65536u /* bytes of a row whose fields are looked at */
#define WORD_MAX 128u
#define UNITS_MAX 64u /* elements with units in their values */

enum kind { NONE, NUMBER, EPOCH, DATE, DATE_DAY_FIRST, TIME, BOOLEAN, NESTED, TEXT, KINDS };
static const char *kind_name(enum kind kind)
{
	switch (kind) {
	case NUMBER:
		return gt_bi("number", "数值");
	case EPOCH:
		return gt_bi("timestamp", "时间戳");
	case DATE:
		return gt_bi("date, year first", "年在前的日期");
	case DATE_DAY_FIRST:
		return gt_bi("date, day or month first", "日或月在前的日期");
	case TIME:
		return gt_bi("time of day", "时刻");
	case BOOLEAN:
		return gt_bi("true or false", "真假值");
	case NESTED:
		return gt_bi("list or object", "列表或对象");
	case TEXT:
		return gt_bi("text", "文本");
	case NONE:
	case KINDS:
		break;
	}
	return "";
}

struct column {
	enum gt_type type;
	bool seen;       /* some row had it */
	uint16_t usual;  /* kinds of the first batch with values, as bits */
	uint64_t absent; /* rows without it since one had it */
};

struct gt_drift {
	pthread_mutex_t lock; /* of what others look at */
	struct gt_drift_found *found;
	size_t n, cap, unmapped;
	uint64_t total[GT_DRIFT_KINDS];
	/* Of the flow's worker: */
	char digest[65]; /* of the plan that all this is about */
	bool begun;
	uint64_t names[2 * GT_DRIFT_NAMES_MAX]; /* hashes; 0 = free */
	size_t name_count;
	struct column *columns; /* by wanted field */
	size_t column_count;
	struct {
		uint64_t element, unit; /* hashes: of its name, of the first unit that it had */
	} units[UNITS_MAX];
	size_t unit_count;
};

/* What a look needs. */
struct look {
	struct gt_drift *drift;
	const struct gt_plan *plan;
	int64_t now_us;
	gt_drift_log_fn *log;
	void *arg;
};

const char *gt_drift_name(enum gt_drift_kind kind)
{
	static const char *const names[GT_DRIFT_KINDS] = {
		"new-field", "gone-field", "kind", "code", "unit"};

	return names[kind];
}

struct gt_drift *gt_drift_new(void)
{
	struct gt_drift *drift = gt_alloc(sizeof *drift);

	GT_ASSERT(pthread_mutex_init(&drift->lock, NULL) == 0);
	return drift;
}

void gt_drift_free(struct gt_drift *drift)
{
	if (!drift)
		return;
	pthread_mutex_destroy(&drift->lock);
	free(drift->found);
	free(drift->columns);
	free(drift);
}

/* Never in the middle of a character. */
static void keep(char out[GT_DRIFT_TEXT], struct gt_str s)
{
	size_t n = s.n < GT_DRIFT_TEXT ? s.n : GT_DRIFT_TEXT - 1;

	while (n > 0 && n < s.n && ((unsigned char)s.p[n] & 0xC0) == 0x80)
		n--;
	if (n)
		memcpy(out, s.p, n);
	out[n] = '\0';
}

static struct gt_drift_found *slot_of(struct gt_drift *drift, const struct gt_drift_found *found)
{
	for (size_t i = 0; i < drift->n; i++)
		if (drift->found[i].kind == found->kind &&
			strcmp(drift->found[i].field, found->field) == 0 &&
			strcmp(drift->found[i].detail, found->detail) == 0)
			return &drift->found[i];
	return NULL;
}

static void found(
	const struct look *look, enum gt_drift_kind kind, struct gt_str field, struct gt_str detail)
{
	struct gt_drift *drift = look->drift;
	struct gt_drift_found one = {
		.kind = kind, .count = 1, .first_us = look->now_us, .last_us = look->now_us};
	bool is_new;

	keep(one.field, field);
	keep(one.detail, detail);
	pthread_mutex_lock(&drift->lock);
	struct gt_drift_found *slot = slot_of(drift, &one);
	drift->total[kind]++;
	is_new = !slot && drift->n < GT_DRIFT_FOUND_MAX;
	if (slot) {
		slot->count++;
		slot->last_us = look->now_us;
	} else if (is_new) {
		if (drift->n == drift->cap) {
			drift->cap = drift->cap ? 2 * drift->cap : 4;
			drift->found = gt_realloc(drift->found, drift->cap * sizeof one);
		}
		drift->found[drift->n++] = one;
	}
	pthread_mutex_unlock(&drift->lock);
	if (is_new)
		look->log(look->arg, &one);
}

/* ---- fields ---- */

/* True the first time; false too when there is no room to know it. */
static bool name_is_new(struct gt_drift *drift, struct gt_str name)
{
	size_t slots = sizeof drift->names / sizeof *drift->names;
	uint64_t hash = gt_hash(name) | 1;
	size_t at = (size_t)(hash >> 20) % slots;

	for (; drift->names[at]; at = (at + 1) % slots)
		if (drift->names[at] == hash)
			return false;
	if (drift->name_count == GT_DRIFT_NAMES_MAX)
		return false;
	drift->names[at] = hash;
	drift->name_count++;
	return true;
}

static bool is_mapped(const struct gt_plan *plan, struct gt_str name)
{
	size_t n;
	const struct gt_str *fields = gt_plan_fields(plan, &n);

	for (size_t i = 0; i < n; i++)
		if (gt_str_eq(fields[i], name) ||
			(fields[i].n > name.n && fields[i].p[name.n] == '.' &&
				memcmp(fields[i].p, name.p, name.n) == 0))
			return true;
	return false;
}

static void name_seen(const struct look *look, struct gt_str escaped)
{
	char text[GT_DRIFT_TEXT * 2];
	struct gt_str name = gt_str(text, gt_json_unescape(escaped, text, sizeof text));

	if (name.n == 0 || !name_is_new(look->drift, name) || is_mapped(look->plan, name))
		return;
	pthread_mutex_lock(&look->drift->lock);
	look->drift->unmapped++;
	pthread_mutex_unlock(&look->drift->lock);
	if (look->drift->begun)
		found(look, GT_DRIFT_NEW_FIELD, name, GT_LIT(""));
}

/* The keys of an object, or the texts of a list. */
static void names_seen(const struct look *look, struct gt_str json)
{
	struct gt_err err;
	struct gt_lex lex = {json.p, json.p, json.p + json.n, &err, false};
	bool object = gt_lex_take(&lex, '{');

	if (json.n > ROW_MAX || (!object && !gt_lex_take(&lex, '[')))
		return;
	do {
		gt_lex_space(&lex);
		if (lex.at == lex.end || *lex.at != '"')
			return;
		struct gt_str name = gt_lex_string(&lex);
		if (lex.broken)
			return;
		name_seen(look, name);
		if (object && gt_lex_take(&lex, ':'))
			(void)gt_lex_value(&lex, GT_JSON_DEPTH_MAX - 1);
	} while (!lex.broken && gt_lex_take(&lex, ','));
}

static void fields_look(const struct look *look, const struct gt_batch *batch,
	const struct gt_row *row, uint32_t *document)
{
	if (row->document < batch->document_count && batch->documents[row->document].columns.n) {
		if (row->document != *document)
			names_seen(look, batch->documents[row->document].columns);
		*document = row->document;
	} else if (row->raw.n && row->raw.p[0] == '{') {
		names_seen(look, row->raw);
	}
}

/* ---- kinds ---- */

static size_t digits(struct gt_str s, size_t from)
{
	size_t n = 0;

	while (from + n < s.n && s.p[from + n] >= '0' && s.p[from + n] <= '9')
		n++;
	return n;
}

static enum kind kind_of_date(struct gt_str s)
{
	size_t n = digits(s, 0);

	if (n == s.n)
		return n == 10 || n == 13 || n == 16 ? EPOCH : n >= 5 ? DATE : NUMBER;
	if (n == 4)
		return DATE;
	if (n >= 1 && n <= 2 && strchr("/-.", s.p[n])) {
		size_t second = digits(s, n + 1), at = n + 1 + second;
		bool year = at < s.n && strchr("/-.", s.p[at]) && digits(s, at + 1) == 4;
		return year && second >= 1 && second <= 2 ? DATE_DAY_FIRST : DATE;
	}
	return n >= 1 && s.p[n] == ':' ? TIME : n >= 1 ? DATE : TEXT;
}

static enum kind kind_of(const struct gt_words *words, enum gt_type type, const struct gt_value *v)
{
	char room[WORD_MAX];
	uint64_t flags = 0;
	struct gt_number number;

	if (v->kind == GT_BOOL || v->kind == GT_JSON)
		return v->kind == GT_BOOL ? BOOLEAN : NESTED;
	if (v->kind != GT_TEXT && v->kind != GT_NUMBER)
		return NONE;
	struct gt_str s = gt_clean_trim(gt_value_str(v), &flags);
	size_t n = s.n > sizeof room ? SIZE_MAX : gt_clean(s, GT_CLEAN_WORD, room, &flags);
	if (n == SIZE_MAX)
		return TEXT;
	s = gt_str(room, n);
	if (gt_word_set_get(&words->no_value, s) >= 0)
		return NONE;
	if (type == GT_TYPE_DATE || type == GT_TYPE_TIME)
		return kind_of_date(s);
	return gt_number_parse(words, s, &number) ? NUMBER : TEXT;
}

/* Texts and codes are what they are. */
static bool has_kind(enum gt_type type)
{
	return type == GT_TYPE_INT || type == GT_TYPE_DECIMAL || type == GT_TYPE_DATE ||
	       type == GT_TYPE_TIME;
}

static void kind_seen(const struct look *look, size_t field, enum kind kind, uint16_t *bits)
{
	struct column *column = &look->drift->columns[field];
	size_t n;
	char detail[GT_DRIFT_TEXT * 2];

	if (kind == NONE || *bits >> kind & 1)
		return;
	*bits |= (uint16_t)(1u << kind);
	if (column->usual == 0 || column->usual >> kind & 1)
		return;
	found(look, GT_DRIFT_KIND, gt_plan_fields(look->plan, &n)[field],
		gt_cstr(gt_text(detail, sizeof detail, "%s → %s",
			kind_name((enum kind)__builtin_ctz(column->usual)), kind_name(kind))));
}

static bool in_no_row(const struct gt_batch *batch, size_t field)
{
	for (size_t i = 0; i < batch->row_count; i++)
		if (batch->rows[i].values && batch->rows[i].values[field].kind != GT_ABSENT)
			return false;
	return true;
}

static void column_look(const struct look *look, const struct gt_batch *batch, size_t field,
	const struct gt_row *const *rows, size_t n)
{
	struct column *column = &look->drift->columns[field];
	const struct gt_words *words = gt_plan_words(look->plan);
	bool named = false, there = false;
	uint16_t bits = 0;
	size_t count;

	for (size_t i = 0; i < n; i++) {
		const struct gt_value *value = &rows[i]->values[field];
		there = there || value->kind != GT_ABSENT;
		named = named || (rows[i]->document < batch->document_count &&
					 batch->documents[rows[i]->document].columns.n);
		if (has_kind(column->type))
			kind_seen(look, field, kind_of(words, column->type, value), &bits);
	}
	if (column->usual == 0)
		column->usual = bits;
	if (there || !in_no_row(batch, field)) {
		column->seen = true;
		column->absent = 0;
		return;
	}
	column->absent += batch->row_count;
	/* A table's header says it at once. */
	if (column->seen && (named || column->absent >= ABSENT_ROWS))
		found(look, GT_DRIFT_GONE_FIELD, gt_plan_fields(look->plan, &count)[field],
			GT_LIT(""));
}

/* Another mapping: what was usual is learnt anew. */
static void plan_look(struct gt_drift *drift, const struct gt_plan *plan)
{
	struct gt_str digest = gt_plan_digest(plan);

	if (gt_str_eq(gt_cstr(drift->digest), digest))
		return;
	GT_ASSERT(digest.n < sizeof drift->digest);
	memcpy(drift->digest, digest.p, digest.n);
	(void)gt_plan_fields(plan, &drift->column_count);
	free(drift->columns);
	drift->columns = gt_alloc((drift->column_count + 1) * sizeof *drift->columns);
	drift->unit_count = 0;
	drift->begun = false;
	memset(drift->names, 0, sizeof drift->names);
	drift->name_count = 0;
	for (size_t i = 0; i < drift->column_count; i++)
		drift->columns[i].type = GT_TYPE_TEXT;
	for (size_t p = 0; p < gt_plan_parts(plan); p++) {
		const struct gt_plan *part = gt_plan_part(plan, p);
		const struct gt_entity *entity = gt_plan_entity(part);
		for (size_t i = 0; i < entity->n; i++) {
			size_t field = gt_plan_source_of(part, i);
			if (field < drift->column_count)
				drift->columns[field].type = entity->elements[i].type;
		}
	}
	pthread_mutex_lock(&drift->lock);
	drift->unmapped = 0;
	pthread_mutex_unlock(&drift->lock);
}

void gt_drift_batch(struct gt_drift *drift, const struct gt_plan *plan,
	const struct gt_batch *batch, int64_t now_us, gt_drift_log_fn *log, void *arg)
{
	struct look look = {drift, plan, now_us, log, arg};
	const struct gt_row *rows[FIRST_SAMPLES];
	size_t n = 0, most;
	uint32_t document = UINT32_MAX;

	plan_look(drift, plan);
	most = drift->begun ? SAMPLES : FIRST_SAMPLES;
	for (size_t i = 0; i < most && batch->row_count; i++) {
		size_t at = batch->row_count <= most ? i : i * (batch->row_count - 1) / (most - 1);
		if (at < batch->row_count && batch->rows[at].values)
			rows[n++] = &batch->rows[at];
	}
	if (n == 0)
		return;
	for (size_t i = 0; i < n; i++)
		fields_look(&look, batch, rows[i], &document);
	for (size_t i = 0; i < drift->column_count; i++)
		column_look(&look, batch, i, rows, n);
	drift->begun = true;
}

/* ---- codes and units ---- */

static bool is_usual_unit(struct gt_drift *drift, struct gt_str element, struct gt_str unit)
{
	uint64_t name = gt_hash(element), hash = gt_hash(unit);

	for (size_t i = 0; i < drift->unit_count; i++)
		if (drift->units[i].element == name)
			return drift->units[i].unit == hash;
	if (drift->unit_count < UNITS_MAX) {
		drift->units[drift->unit_count].element = name;
		drift->units[drift->unit_count++].unit = hash;
	}
	return true;
}

void gt_drift_record(struct gt_drift *drift, const struct gt_norm *norm, int64_t now_us,
	gt_drift_log_fn *log, void *arg)
{
	struct look look = {drift, NULL, now_us, log, arg};

	for (size_t i = 0; i < norm->noted_count; i++) {
		const struct gt_noted *noted = &norm->noted[i];
		if (noted->kind == GT_NOTED_CODE)
			found(&look, GT_DRIFT_CODE, noted->element, noted->text);
		else if (!is_usual_unit(drift, noted->element, noted->text))
			found(&look, GT_DRIFT_UNIT, noted->element, noted->text);
	}
}

void gt_drift_look(
	struct gt_drift *drift, struct gt_arena *memory, struct gt_drift_picture *picture)
{
	*picture = (struct gt_drift_picture){0};
	if (!drift)
		return;
	pthread_mutex_lock(&drift->lock);
	struct gt_drift_found *copy = gt_arena_alloc(memory, (drift->n + 1) * sizeof *copy);
	if (drift->n)
		memcpy(copy, drift->found, drift->n * sizeof *copy);
	picture->v = copy;
	picture->n = drift->n;
	picture->unmapped = drift->unmapped;
	memcpy(picture->total, drift->total, sizeof picture->total);
	pthread_mutex_unlock(&drift->lock);
}

void gt_drift_totals(struct gt_drift *drift, uint64_t total[GT_DRIFT_KINDS])
{
	memset(total, 0, GT_DRIFT_KINDS * sizeof *total);
	if (!drift)
		return;
	pthread_mutex_lock(&drift->lock);
	memcpy(total, drift->total, sizeof drift->total);
	pthread_mutex_unlock(&drift->lock);
}
