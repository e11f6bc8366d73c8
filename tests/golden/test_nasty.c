/* The table of nasty inputs (nasty.yaml), cell by cell through a real plan. Every row of the table
 * has at least three relatives beside its own inputs. */
#include "gt_assert.h"
#include "json_write.h"
#include "plan.h"
#include "unit.h"
#include "yaml.h"

#include <guantong/charset.h>
#include <stdio.h>

#define NOW_US INT64_C(1717200000000000) /* 2024-06-01 */
#define LEFT_OUT "(left out)"
#define NO_TEXT "(no text)"

struct suite {
	struct gt_arena memory;
	struct gt_diags diags;
	struct gt_standard *standard;
	const struct gt_entity *entity;
	struct gt_plan *plan;
	struct gt_batch *batch;
	struct gt_norm norm;
	struct gt_yaml *rows;
	const struct gt_yaml *row; /* the one being tried */
	unsigned cases, failed;
};

static void told(const struct gt_diags *diags)
{
	char text[2048];

	for (size_t i = 0; i < diags->n; i++)
		fprintf(stderr, "%s:%u:%u %s\n", diags->v[i].pos.file ? diags->v[i].pos.file : "",
			diags->v[i].pos.line, diags->v[i].pos.column,
			gt_err_text(&diags->v[i].err, text, sizeof text));
}

static void start(struct suite *s)
{
	static const struct gt_pseudonym_key key = {"p1", "known to all who read this test", true};
	struct gt_str specs[] = {GT_LIT("nasty@1"), GT_LIT("national@1"), GT_LIT("divisions@1")};
	const char *root = getenv("GT_SOURCE_ROOT");
	char path[4096];

	memset(s, 0, sizeof *s);
	gt_arena_init(&s->memory, 0);
	snprintf(path, sizeof path, "%s/tests/golden/nasty:%s/standards", root, root);
	s->standard = gt_standard_load(path, specs, 3, GT_LIT("jgsw"), &s->diags);
	told(&s->diags);
	ck_assert_ptr_nonnull(s->standard);
	s->entity = gt_standard_entity(s->standard, GT_LIT("nasty.cell"), 1, gt_str(NULL, 0));
	struct gt_map_line *lines = gt_arena_zalloc(&s->memory, s->entity->n * sizeof *lines);
	for (size_t i = 0; i < s->entity->n; i++)
		lines[i].element = lines[i].from = s->entity->elements[i].name;
	struct gt_mapping mapping = {.v = lines,
		.n = s->entity->n,
		.entity = s->entity->name,
		.major = 1,
		.division = GT_LIT("420106"),
		.zone_minutes = 480};
	s->plan = gt_plan_new(s->standard, &mapping, &key, &s->diags);
	told(&s->diags);
	ck_assert_ptr_nonnull(s->plan);
	s->batch = gt_batch_new(GT_BATCH_ARENA_MAX);
	gt_norm_init(&s->norm);
	snprintf(path, sizeof path, "%s/tests/golden/nasty.yaml", root);
	s->rows = gt_yaml_load(path, &s->memory, &s->diags);
	told(&s->diags);
	ck_assert_ptr_nonnull(s->rows);
}

static void end(struct suite *s)
{
	gt_norm_fini(&s->norm);
	gt_batch_free(s->batch);
	gt_plan_unref(s->plan);
	gt_standard_unref(s->standard);
	gt_diags_fini(&s->diags);
	gt_arena_fini(&s->memory);
}

static size_t index_of(const struct suite *s, struct gt_str element)
{
	uintptr_t at = (uintptr_t)gt_map_get(&s->entity->by_name, element);

	ck_assert_msg(at != 0, "no element %.*s", GT_STR_ARGS(element));
	return at - 1;
}

/* As published: without quotes, decimals without trailing zeros. */
static const char *shown(const struct gt_value *value, char *out)
{
	struct gt_value v = *value;
	char *end;

	if (v.kind == GT_ABSENT || v.kind == GT_NULL)
		return "~";
	while (v.kind == GT_DECIMAL && v.scale > 0 && v.number % 10 == 0) {
		v.number /= 10;
		v.scale--;
	}
	if (v.kind == GT_TEXT)
		return snprintf(out, 1000, "%.*s", GT_STR_ARGS(gt_value_str(&v))), out;
	end = gt_json_put_value(out, &v);
	if (*out == '"')
		return end[-1] = '\0', out + 1;
	*end = '\0';
	return out;
}

static bool listed(const struct gt_yaml *const *flags, size_t n, const char *flag)
{
	for (size_t i = 0; i < n; i++)
		if (gt_str_eq(flags[i]->text, gt_cstr(flag)))
			return true;
	return false;
}

/* All flags of the record that are published must be those listed: "flag" of `element`, or with its
 * name in front where element is SIZE_MAX. */
static bool flags_match(const struct suite *s, size_t element, const struct gt_yaml *const *flags,
	size_t n, char *all)
{
	size_t count = 0;
	bool ok = true;
	char name[200];

	*all = '\0';
	for (size_t i = 0; i < s->entity->n; i++)
		for (unsigned f = 0; f < GT_FLAG_COUNT; f++) {
			if (!(s->norm.flags[i] >> f & 1) || !gt_flags[f].published)
				continue;
			snprintf(name, sizeof name, "%.*s%s%s",
				i == element ? 0 : (int)s->entity->elements[i].name.n,
				s->entity->elements[i].name.p, i == element ? "" : ".",
				gt_flags[f].name);
			ok = ok && listed(flags, n, name);
			strcat(strcat(all, " "), name);
			count++;
		}
	for (size_t i = 0; i < s->entity->rule_count; i++) {
		if (!(s->norm.rule_flags >> i & 1))
			continue;
		snprintf(name, sizeof name, "rule.%.*s", GT_STR_ARGS(s->entity->rules[i].name));
		ok = ok && listed(flags, n, name);
		strcat(strcat(all, " "), name);
		count++;
	}
	return ok && count == n;
}

static enum gt_ran run(
	struct suite *s, const struct gt_str *names, const struct gt_str *texts, size_t n)
{
	size_t count;
	const struct gt_str *fields = gt_plan_fields(s->plan, &count);
	bool has_id = false;

	gt_batch_reset(s->batch, count, 1, GT_BATCH_RAW_MAX);
	struct gt_value *values = gt_batch_add(s->batch, GT_LIT("{}"), (struct gt_place){0, 1});
	for (size_t k = 0; k < n; k++)
		has_id = has_id || gt_str_eq(names[k], GT_LIT("id"));
	for (size_t i = 0; i < count; i++) {
		if (!has_id && gt_str_eq(fields[i], GT_LIT("id")))
			values[i] = gt_value_text(GT_LIT("1"));
		for (size_t k = 0; k < n; k++)
			if (gt_str_eq(fields[i], names[k]))
				values[i] = gt_value_text(texts[k]);
	}
	return gt_plan_run(s->plan, s->batch, &s->batch->rows[0], NOW_US, &s->norm);
}

static void complain(struct suite *s, struct gt_pos pos, struct gt_str in, const char *out,
	const char *expected, const char *flags)
{
	fprintf(stderr, "nasty.yaml:%u “%.*s” became %s (flags:%s), not %s\n", pos.line,
		GT_STR_ARGS(in), out, flags, expected);
	s->failed++;
}

static void try_cell(
	struct suite *s, struct gt_str element, struct gt_str in, const struct gt_yaml *one)
{
	static char out[8000], flags[4000];
	char expected[1000];
	size_t at = index_of(s, element);
	enum gt_ran ran = run(s, &element, &in, 1);
	const char *value = ran == GT_RAN_FILTERED   ? LEFT_OUT
			    : ran == GT_RAN_REJECTED ? "(rejected)"
						     : shown(&s->norm.values[at], out);

	snprintf(expected, sizeof expected, "%.*s",
		GT_STR_ARGS(gt_yaml_is_null(one->v[1]) ? GT_LIT("~") : one->v[1]->text));
	bool ok = strcmp(value, expected) == 0;
	if (ran == GT_RAN_ACCEPTED)
		ok &= flags_match(
			s, at, (const struct gt_yaml *const *)one->v + 2, one->n - 2, flags);
	if (!ok)
		complain(s, one->pos, one->v[0]->text, value, expected, flags);
}

/* The bytes of a cell, as a file of them would be decoded. */
static void try_bytes(struct suite *s, const struct gt_yaml *one)
{
	static char bytes[200], text[1000];
	struct gt_str hex = one->v[0]->text;
	size_t n = 0, bom, written, bad;
	unsigned byte;

	for (size_t i = 0; i + 1 < hex.n; i += 2) {
		ck_assert_int_eq(sscanf(hex.p + i, "%2x", &byte), 1);
		bytes[n++] = (char)byte;
	}
	enum gt_charset charset = gt_charset_detect(gt_str(bytes, n), true, &bom);
	bool no_text = one->n > 2 && gt_str_eq(one->v[2]->text, GT_LIT(NO_TEXT));
	if (charset == GT_CHARSET_NONE || no_text) {
		if (charset != GT_CHARSET_NONE || !no_text)
			complain(s, one->pos, hex, "other text", NO_TEXT, "");
		return;
	}
	struct gt_converter *converter = gt_converter_new(charset);
	ck_assert(gt_converter_run(
		converter, gt_str(bytes + bom, n - bom), text, sizeof text, &written, &bad));
	gt_converter_free(converter);
	try_cell(s, GT_LIT("name"), gt_str(text, written), one);
}

static void try_record(struct suite *s, const struct gt_yaml *one)
{
	static char out[8000], flags[4000];
	const struct gt_yaml *in = gt_yaml_get(one, "in"), *expected = gt_yaml_get(one, "out"),
			     *listed_flags = gt_yaml_get(one, "flags");
	struct gt_str names[16], texts[16];

	ck_assert(in && expected && listed_flags && in->n <= 16);
	for (size_t i = 0; i < in->n; i++) {
		names[i] = in->keys[i]->text;
		texts[i] = in->v[i]->text;
	}
	enum gt_ran ran = run(s, names, texts, in->n);
	ck_assert_int_eq(ran, GT_RAN_ACCEPTED);
	bool ok = flags_match(s, SIZE_MAX, (const struct gt_yaml *const *)listed_flags->v,
		listed_flags->n, flags);
	for (size_t i = 0; i < expected->n; i++) {
		const char *value =
			shown(&s->norm.values[index_of(s, expected->keys[i]->text)], out);
		ok &= gt_str_eq(gt_cstr(value), expected->v[i]->text);
	}
	if (!ok)
		complain(s, one->pos, texts[0], out, "what is listed", flags);
}

static void try_row(struct suite *s, const struct gt_yaml *row)
{
	unsigned before = s->cases;

	for (size_t i = 0; i < row->n; i++) {
		struct gt_str what = row->keys[i]->text;
		const struct gt_yaml *cases = row->v[i];
		if (gt_str_eq(what, GT_LIT("row")) || gt_str_eq(what, GT_LIT("says")))
			continue;
		ck_assert_int_eq(cases->kind, GT_YAML_SEQ);
		for (size_t k = 0; k < cases->n; k++, s->cases++) {
			const struct gt_yaml *one = cases->v[k];
			if (one->kind == GT_YAML_MAP)
				try_record(s, one);
			else if (gt_str_eq(what, GT_LIT("bytes")))
				try_bytes(s, one);
			else
				try_cell(s, what, one->v[0]->text, one);
		}
	}
	ck_assert_msg(s->cases - before >= 4, "row %.*s has no three relatives",
		GT_STR_ARGS(gt_yaml_get(row, "row")->text));
}

START_TEST(every_row_of_the_table)
{
	struct suite s;

	start(&s);
	for (size_t i = 0; i < s.rows->n; i++)
		try_row(&s, s.rows->v[i]);
	ck_assert_uint_ge(s.rows->n, 30);
	ck_assert_msg(s.failed == 0, "%u of %u cases failed", s.failed, s.cases);
	end(&s);
}
END_TEST

UNIT_MAIN("nasty", UNIT_TEST(every_row_of_the_table))
