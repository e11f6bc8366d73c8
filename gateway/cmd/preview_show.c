/* preview_show.c: one row as a person compares it: field, raw value, element, value, what happened.
 */
#include "preview.h"

#include "cmd.h"
#include "hide.h"
#include "json_write.h"

#include <guantong/host.h>

#include <inttypes.h>

#define CELL_MAX 34u
#define TEXT_ROOM 65536u

struct cells {
	size_t field, raw, element, value;
};

void gt_show_value(const struct gt_value *value, struct gt_buf *out)
{
	size_t room = GT_JSON_VALUE_ROOM(value);
	char *at, *end;

	if (value->kind == GT_ABSENT || value->kind == GT_NULL)
		return;
	if (value->kind == GT_TEXT) {
		gt_buf_add(out, gt_value_str(value));
		return;
	}
	at = gt_buf_room(out, room);
	if (!at)
		return;
	end = gt_json_put_value(at, value);
	if (end - at > 1 && *at == '"') { /* dates and times stand in quotes */
		memmove(at, at + 1, (size_t)(end - at) - 2);
		end -= 2;
	}
	out->n += (size_t)(end - at);
}

static void put_raw(const struct gt_value *value, struct gt_buf *out)
{
	switch (value->kind) {
	case GT_ABSENT:
		gt_buf_adds(out, "–");
		return;
	case GT_NULL:
		gt_buf_adds(out, "null");
		return;
	case GT_BOOL:
		gt_buf_adds(out, value->number ? "true" : "false");
		return;
	default:
		gt_buf_add(out, gt_value_str(value));
		return;
	}
}

static const struct gt_element *element_at(const struct gt_shown *s, size_t i)
{
	return &s->norm->entity->elements[i];
}

/* The part of a split that is shown. */
static const struct gt_plan *part_of(const struct gt_shown *s)
{
	return gt_plan_part(s->flow->plan, s->norm ? s->norm->part : 0);
}

/* Some marked element, of any part, is made of this field. */
static bool field_marked(const struct gt_shown *s, size_t field)
{
	for (size_t p = 0; p < gt_plan_parts(s->flow->plan); p++) {
		const struct gt_plan *part = gt_plan_part(s->flow->plan, p);
		const struct gt_entity *entity =
			s->norm && s->norm->part == p ? s->norm->entity : gt_plan_entity(part);
		for (size_t i = 0; i < entity->n; i++)
			if (entity->elements[i].protection != GT_OPEN &&
				gt_plan_uses(part, i, field))
				return true;
	}
	return false;
}

/* Personal numbers in what nobody has marked. */
static void put_hidden(const struct gt_shown *s, struct gt_str raw, struct gt_buf *out)
{
	char *room = gt_buf_room(out, raw.n + 1);

	if (room)
		out->n += gt_hide(gt_standard_words(s->config->gateway.standard),
			gt_host_wall_us() / INT64_C(86400000000), false, raw, room);
}

static void put_field(const struct gt_shown *s, size_t field, struct gt_buf *out)
{
	const struct gt_value *raw = &s->row->values[field];
	bool there = raw->kind != GT_ABSENT && raw->kind != GT_NULL;

	if (there && !s->personal && field_marked(s, field))
		gt_buf_adds(out, "•••");
	else if (s->personal || (raw->kind != GT_TEXT && raw->kind != GT_NUMBER))
		put_raw(raw, out);
	else
		put_hidden(s, gt_value_str(raw), out);
}

static void put_element_value(const struct gt_shown *s, size_t i, struct gt_buf *out)
{
	const struct gt_element *element = element_at(s, i);
	size_t before = out->n;

	gt_show_value(&s->norm->values[i], out);
	if (out->n > before && element->unit)
		gt_buf_addf(out, " %.*s", GT_STR_ARGS(element->unit->name));
}

static const struct gt_reason *reason_of(const struct gt_shown *s, size_t element)
{
	for (size_t i = 0; i < s->norm->reason_count; i++)
		if (s->norm->reasons[i].element == element)
			return &s->norm->reasons[i];
	return NULL;
}

static void put_sentence(const struct gt_shown *s, const struct gt_err *err, struct gt_buf *out)
{
	char text[2048];

	gt_buf_addf(out, "%s✗%s GT%04d %s", s->colour ? "\033[31m" : "", s->colour ? "\033[0m" : "",
		(int)err->code, gt_err_sentence(err, text, sizeof(text)));
}

static void put_notes(const struct gt_shown *s, size_t element, struct gt_buf *out)
{
	const struct gt_reason *reason = reason_of(s, element);
	const char *between = "";

	if (reason) {
		put_sentence(s, &reason->err, out);
		return;
	}
	for (size_t f = 0; f < GT_FLAG_COUNT; f++) {
		if (!(s->norm->flags[element] >> f & 1))
			continue;
		gt_buf_addf(out, "%s%s", between, gt_bi(gt_flags[f].en, gt_flags[f].zh));
		between = gt_bi(", ", "，");
	}
}

static void put_line(const struct gt_shown *s, const struct cells *cells, size_t field,
	size_t element, struct gt_buf *out)
{
	size_t count;
	const struct gt_str *names = gt_plan_fields(s->flow->plan, &count);
	struct gt_buf cell;

	gt_buf_init(&cell, TEXT_ROOM);
	gt_buf_adds(out, "  ");
	gt_put_cell(out, field < count ? names[field] : gt_cstr(gt_bi("(constant)", "（常量）")),
		cells->field + 2, false);
	if (field < count)
		put_field(s, field, &cell);
	gt_put_cell(out, gt_buf_str(&cell), cells->raw + 2, false);
	gt_buf_clear(&cell);
	if (element != SIZE_MAX) {
		gt_put_cell(out, element_at(s, element)->name, cells->element + 2, false);
		put_element_value(s, element, &cell);
		gt_put_cell(out, gt_buf_str(&cell), cells->value + 2, false);
		put_notes(s, element, out);
	}
	while (out->n > 0 && out->p[out->n - 1] == ' ')
		out->n--;
	gt_buf_adds(out, "\n");
	gt_buf_fini(&cell);
}

static size_t at_most(size_t width, size_t so_far)
{
	if (width > CELL_MAX)
		width = CELL_MAX;
	return width > so_far ? width : so_far;
}

static struct cells measure(const struct gt_shown *s)
{
	struct cells cells = {0};
	size_t count;
	const struct gt_str *names = gt_plan_fields(s->flow->plan, &count);
	struct gt_buf cell;

	gt_buf_init(&cell, TEXT_ROOM);
	for (size_t f = 0; f < count; f++) {
		cells.field = at_most(gt_width(names[f]), cells.field);
		gt_buf_clear(&cell);
		put_field(s, f, &cell);
		cells.raw = at_most(gt_width(gt_buf_str(&cell)), cells.raw);
	}
	for (size_t i = 0; s->norm && i < s->norm->entity->n; i++) {
		gt_buf_clear(&cell);
		put_element_value(s, i, &cell);
		if (cell.n == 0 && gt_plan_source_of(part_of(s), i) == SIZE_MAX)
			continue;
		cells.element = at_most(gt_width(element_at(s, i)->name), cells.element);
		cells.value = at_most(gt_width(gt_buf_str(&cell)), cells.value);
	}
	gt_buf_fini(&cell);
	return cells;
}

static void put_table(const struct gt_shown *s, struct gt_buf *out)
{
	struct cells cells = measure(s);
	size_t count;

	gt_plan_fields(s->flow->plan, &count);
	for (size_t f = 0; f < count; f++) {
		bool used = false;
		for (size_t i = 0; i < s->norm->entity->n; i++) {
			if (gt_plan_source_of(part_of(s), i) != f)
				continue;
			put_line(s, &cells, f, i, out);
			used = true;
		}
		if (!used)
			put_line(s, &cells, f, SIZE_MAX, out);
	}
	for (size_t i = 0; i < s->norm->entity->n; i++)
		if (gt_plan_source_of(part_of(s), i) == SIZE_MAX &&
			s->norm->values[i].kind != GT_ABSENT && s->norm->values[i].kind != GT_NULL)
			put_line(s, &cells, SIZE_MAX, i, out);
}

static void put_outcome(const struct gt_shown *s, struct gt_buf *out)
{
	for (size_t i = 0; i < s->norm->reason_count; i++)
		if (s->norm->reasons[i].element == SIZE_MAX) {
			gt_buf_adds(out, "  ");
			put_sentence(s, &s->norm->reasons[i].err, out);
			gt_buf_adds(out, "\n");
		}
	if (!s->accepted) {
		gt_buf_addf(out, "  → %s\n", gt_bi("rejected", "不合格"));
		return;
	}
	gt_buf_addf(out, "  → %s  %.*s/%.*s/%.*s", gt_bi("accepted", "合格"),
		GT_STR_ARGS(s->config->gateway.site), GT_STR_ARGS(s->flow->source),
		GT_STR_ARGS(s->norm->subject));
	for (size_t i = 0; i < s->norm->entity->rule_count; i++)
		if (s->norm->rule_flags >> i & 1)
			gt_buf_addf(
				out, "  rule.%.*s", GT_STR_ARGS(s->norm->entity->rules[i].name));
	gt_buf_adds(out, "\n");
}

void gt_show_record(const struct gt_shown *s, struct gt_buf *out)
{
	struct gt_buf raw;

	gt_buf_addf(out, "%s %" PRIu64, gt_bi("record", "记录"), s->number);
	if (s->row->row > 0)
		gt_buf_addf(out,
			gt_language() == GT_ZH ? "  （第 %" PRIu64 " 行，第 %" PRIu64 " 字节）"
					       : "  (row %" PRIu64 ", byte %" PRIu64 ")",
			s->row->row, s->row->offset);
	gt_buf_adds(out, "\n");
	if (s->norm) {
		if (s->trace)
			gt_show_steps(s, out);
		else
			put_table(s, out);
		put_outcome(s, out);
		return;
	}
	gt_buf_init(&raw, TEXT_ROOM);
	if (s->personal)
		gt_buf_add(&raw, s->row->raw);
	else
		gt_buf_addf(&raw,
			gt_language() == GT_ZH ? "%zu 字节（--show-personal 显示原文）"
					       : "%zu bytes (--show-personal shows them)",
			s->row->raw.n);
	gt_buf_adds(out, "  ");
	gt_put_cell(out, gt_buf_str(&raw), 3 * CELL_MAX, false);
	gt_buf_adds(out, "\n  ");
	put_sentence(s, s->row->bad, out);
	gt_buf_addf(out, "\n  → %s\n", gt_bi("rejected", "不合格"));
	gt_buf_fini(&raw);
}

static void json_reasons(const struct gt_shown *s, struct gt_buf *out)
{
	const struct gt_reason bad = {.element = SIZE_MAX};
	size_t n = s->norm ? s->norm->reason_count : 1;
	char text[2048];

	gt_buf_adds(out, ",\"reasons\":[");
	for (size_t i = 0; i < n; i++) {
		const struct gt_reason *reason = s->norm ? &s->norm->reasons[i] : &bad;
		const struct gt_err *err = s->norm ? &reason->err : s->row->bad;

		gt_buf_addf(
			out, "%s{\"code\":\"GT%04d\",\"element\":", i ? "," : "", (int)err->code);
		gt_json_add_text(
			out, reason->element == SIZE_MAX ? GT_LIT("") : reason->element_name);
		gt_buf_adds(out, ",\"message\":");
		gt_json_add_text(out, gt_cstr(gt_err_sentence(err, text, sizeof(text))));
		gt_buf_adds(out, "}");
	}
	gt_buf_adds(out, "]");
}

static void json_flags(const struct gt_shown *s, size_t element, struct gt_buf *out)
{
	const char *comma = "";

	gt_buf_adds(out, ",\"flags\":[");
	for (size_t f = 0; f < GT_FLAG_COUNT; f++)
		if (s->norm->flags[element] >> f & 1) {
			gt_buf_addf(out, "%s\"%s\"", comma, gt_flags[f].name);
			comma = ",";
		}
	gt_buf_adds(out, "]");
}

static void json_elements(const struct gt_shown *s, struct gt_buf *out)
{
	const char *comma = "";
	struct gt_buf cell;

	gt_buf_init(&cell, TEXT_ROOM);
	gt_buf_adds(out, ",\"data\":{");
	for (size_t i = 0; i < s->norm->entity->n; i++) {
		const struct gt_value *value = &s->norm->values[i];

		if (value->kind == GT_ABSENT || value->kind == GT_NULL)
			continue;
		gt_buf_clear(&cell);
		gt_show_value(value, &cell);
		gt_buf_adds(out, comma);
		gt_json_add_text(out, element_at(s, i)->name);
		gt_buf_adds(out, ":{\"value\":");
		gt_json_add_text(out, gt_buf_str(&cell));
		json_flags(s, i, out);
		gt_buf_adds(out, "}");
		comma = ",";
	}
	gt_buf_adds(out, "}");
	gt_buf_fini(&cell);
}

void gt_show_json(const struct gt_shown *s, struct gt_buf *out)
{
	size_t count;
	const struct gt_str *names = gt_plan_fields(s->flow->plan, &count);
	struct gt_buf cell;

	gt_buf_addf(out,
		"{\"record\":%" PRIu64 ",\"row\":%" PRIu64 ",\"offset\":%" PRIu64 ",\"document\":",
		s->number, s->row->row, s->row->offset);
	gt_json_add_text(out, s->batch->documents[s->row->document].name);
	gt_buf_init(&cell, TEXT_ROOM);
	gt_buf_adds(out, ",\"raw\":{");
	for (size_t f = 0; s->norm && f < count; f++) {
		gt_buf_clear(&cell);
		put_field(s, f, &cell);
		gt_buf_adds(out, f ? "," : "");
		gt_json_add_text(out, names[f]);
		gt_buf_adds(out, ":");
		gt_json_add_text(out, gt_buf_str(&cell));
	}
	gt_buf_adds(out, "}");
	if (s->norm)
		json_elements(s, out);
	json_reasons(s, out);
	if (s->trace)
		gt_show_steps_json(s, out);
	gt_buf_addf(out, ",\"accepted\":%s}", s->accepted ? "true" : "false");
	gt_buf_fini(&cell);
}
