#include "drift.h"
#include "quality_fixture.h"
#include "yaml.h"

#define NOW INT64_C(1711499100000000)

struct world {
	struct gt_arena memory;
	struct gt_diags diags;
	struct gt_plan *plan;
	struct gt_batch *batch;
	struct gt_norm norm;
	struct gt_drift *drift;
	struct gt_drift_picture picture;
	unsigned logged;
};

static void logged(void *arg, const struct gt_drift_found *found)
{
	struct world *w = arg;

	ck_assert(found->count == 1);
	w->logged++;
}

static void start(struct world *w)
{
	struct gt_pseudonym_key key = {"p1", "a key that this test uses", true};
	struct gt_mapping mapping = {.entity = GT_LIT("vehicle.dispatch-order"),
		.major = 1,
		.division = GT_LIT("420106"),
		.zone_minutes = 480};

	memset(w, 0, sizeof *w);
	national();
	gt_arena_init(&w->memory, 0);
	struct gt_yaml *yaml = gt_yaml_parse("map",
		GT_LIT("order_no: ID\nplate_no: CPH\ndepart_time: CFSJ\ndistance: {from: LC, unit: "
		       "km}\n"
		       "vehicle_type: {from: CLLX, codes: {\"01\": sedan}}\n"),
		&w->memory, &w->diags);
	ck_assert(yaml && gt_mapping_read(yaml, &w->memory, &w->diags, &mapping));
	w->plan = gt_plan_new(standard, &mapping, &key, &w->diags);
	ck_assert_ptr_nonnull(w->plan);
	w->batch = gt_batch_new(GT_BATCH_ARENA_MAX);
	gt_norm_init(&w->norm);
	w->drift = gt_drift_new();
}

static void end(struct world *w)
{
	gt_drift_free(w->drift);
	gt_norm_fini(&w->norm);
	gt_batch_free(w->batch);
	gt_plan_unref(w->plan);
	gt_diags_fini(&w->diags);
	gt_arena_fini(&w->memory);
	drop_national();
}

static void reset(struct world *w)
{
	size_t n;

	(void)gt_plan_fields(w->plan, &n);
	gt_batch_reset(w->batch, n, 100, GT_BATCH_RAW_MAX);
}

/* A row of the batch: the raw JSON, and the wanted fields (NULL = not there). */
static void row(struct world *w, const char *raw, const char *id, const char *plate,
	const char *time, const char *distance, const char *type)
{
	const char *texts[] = {id, plate, time, distance, type};
	struct gt_value *values =
		gt_batch_add(w->batch, gt_cstr(raw), (struct gt_place){0, w->batch->row_count + 1});

	for (size_t i = 0; i < 5; i++)
		if (texts[i])
			values[i] = gt_value_text(gt_cstr(texts[i]));
}

static void look(struct world *w)
{
	gt_drift_batch(w->drift, w->plan, w->batch, NOW, logged, w);
	for (size_t i = 0; i < w->batch->row_count; i++) {
		(void)gt_plan_run(w->plan, w->batch, &w->batch->rows[i], NOW, &w->norm);
		if (w->norm.noted_count)
			gt_drift_record(w->drift, &w->norm, NOW, logged, w);
	}
	gt_arena_reset(&w->memory, SIZE_MAX);
	gt_drift_look(w->drift, &w->memory, &w->picture);
}

static void usual(struct world *w)
{
	reset(w);
	row(w, "{\"ID\":1,\"CPH\":2,\"CFSJ\":3,\"LC\":4,\"CLLX\":5,\"remark\":null}", "1",
		"鄂A12345", "2024-03-05 08:00", "12.5", "01");
	row(w, "{\"ID\":1,\"extra\":{\"a\":[1]}}", "2", "鄂A12346", "2024-03-06 08:00", "13公里",
		"01");
	look(w);
}

static void only(
	const struct world *w, enum gt_drift_kind kind, const char *field, const char *detail)
{
	ck_assert_uint_eq(w->picture.n, 1);
	ck_assert_str_eq(gt_drift_name(w->picture.v[0].kind), gt_drift_name(kind));
	ck_assert_str_eq(w->picture.v[0].field, field);
	ck_assert_str_eq(w->picture.v[0].detail, detail);
	ck_assert_uint_eq(w->logged, 1);
}

START_TEST(the_first_batch_is_the_usual)
{
	struct world w;

	start(&w);
	usual(&w);
	usual(&w);
	ck_assert_uint_eq(w.picture.n, 0);
	ck_assert_uint_eq(w.picture.unmapped, 2); /* remark, extra */
	ck_assert_uint_eq(w.logged, 0);
	end(&w);
}
END_TEST

START_TEST(a_new_field_is_told_once)
{
	struct world w;

	start(&w);
	usual(&w);
	for (int i = 0; i < 3; i++) {
		reset(&w);
		row(&w, "{\"ID\":1,\"n\\u0065w\":1}", "1", "鄂A12345", "2024-03-05 08:00", "1",
			"01");
		look(&w);
	}
	only(&w, GT_DRIFT_NEW_FIELD, "new", "");
	ck_assert_uint_eq(w.picture.unmapped, 3);
	end(&w);
}
END_TEST

START_TEST(a_field_that_is_gone)
{
	struct world w;

	start(&w);
	usual(&w);
	for (int batch = 0; batch < 3; batch++) {
		reset(&w);
		for (int i = 0; i < 9; i++) /* 20 rows in a row */
			row(&w, "{\"ID\":1}", "1", "鄂A12345", "2024-03-05 08:00", NULL, "01");
		look(&w);
		ck_assert_uint_eq(w.picture.n, batch == 2);
	}
	only(&w, GT_DRIFT_GONE_FIELD, "LC", "");
	end(&w);
}
END_TEST

START_TEST(a_table_without_a_column_says_so_at_once)
{
	struct world w;
	struct gt_document document = {.name = GT_LIT("a.csv"),
		.columns = GT_LIT("[\"ID\",\"CPH\",\"CFSJ\",\"CLLX\",\"新列\"]")};

	start(&w);
	usual(&w);
	reset(&w);
	gt_batch_document(w.batch, &document);
	row(&w, "1,鄂A12345", "1", "鄂A12345", "2024-03-05 08:00", NULL, "01");
	look(&w);
	ck_assert_uint_eq(w.picture.n, 2);
	ck_assert_str_eq(w.picture.v[0].field, "新列");
	ck_assert_str_eq(w.picture.v[1].field, "LC");
	ck_assert_int_eq(w.picture.v[1].kind, GT_DRIFT_GONE_FIELD);
	end(&w);
}
END_TEST

static const struct {
	const char *time, *distance, *type;
	enum gt_drift_kind kind;
	const char *field, *detail;
} changes[] = {
	{"05/03/2024 08:00", "1", "01", GT_DRIFT_KIND, "CFSJ",
		"date, year first → date, day or month first"},
	{"1711499100000", "1", "01", GT_DRIFT_KIND, "CFSJ", "date, year first → timestamp"},
	{"2024-03-05 08:00", "很远", "01", GT_DRIFT_KIND, "LC", "number → text"},
	{"2024-03-05 08:00", "1", "07", GT_DRIFT_CODE, "vehicle_type", "07"},
	{"2024-03-05 08:00", "900米", "01", GT_DRIFT_UNIT, "distance", "m"},
};

START_TEST(kinds_codes_and_units)
{
	struct world w;

	start(&w);
	usual(&w);
	for (int i = 0; i < 2; i++) {
		reset(&w);
		row(&w, "{\"ID\":1}", "1", "鄂A12345", changes[_i].time, changes[_i].distance,
			changes[_i].type);
		look(&w);
	}
	only(&w, changes[_i].kind, changes[_i].field, changes[_i].detail);
	ck_assert_uint_eq(w.picture.v[0].count, 2);
	ck_assert_uint_eq(w.picture.total[changes[_i].kind], 2);
	end(&w);
}
END_TEST

START_TEST(no_value_is_no_change)
{
	struct world w;

	start(&w);
	usual(&w);
	reset(&w);
	row(&w, "{\"ID\":1}", "1", "鄂A12345", "无", "-", "");
	look(&w);
	ck_assert_uint_eq(w.picture.n, 0);
	end(&w);
}
END_TEST

START_TEST(memory_is_bounded)
{
	struct world w;
	char raw[64], code[16];

	start(&w);
	usual(&w);
	for (int i = 0; i < 2000; i++) {
		reset(&w);
		snprintf(raw, sizeof raw, "{\"ID\":1,\"f%d\":1}", i);
		snprintf(code, sizeof code, "c%d", i);
		row(&w, raw, "1", "鄂A12345", "2024-03-05 08:00", "1", code);
		look(&w);
	}
	ck_assert_uint_eq(w.picture.n, GT_DRIFT_FOUND_MAX);
	ck_assert_uint_eq(w.logged, GT_DRIFT_FOUND_MAX);
	ck_assert_uint_eq(w.picture.total[GT_DRIFT_CODE], 2000);
	ck_assert_uint_le(w.picture.unmapped, GT_DRIFT_NAMES_MAX);
	end(&w);
}
END_TEST

START_TEST(rows_that_are_no_json_do_no_harm)
{
	static const char *const raws[] = {
		"{", "{\"a", "{\"a\":", "{\"a\":1,", "[", "", "{\"a\":{", "{1}"};
	struct world w;

	start(&w);
	for (size_t i = 0; i < sizeof raws / sizeof *raws; i++) {
		reset(&w);
		row(&w, raws[i], "1", "鄂A12345", "2024-03-05 08:00", "1", "01");
		look(&w);
	}
	gt_drift_look(NULL, &w.memory, &w.picture);
	ck_assert_uint_eq(w.picture.n, 0);
	end(&w);
}
END_TEST

UNIT_MAIN("drift", UNIT_TEST(the_first_batch_is_the_usual), UNIT_TEST(a_new_field_is_told_once),
	UNIT_TEST(a_field_that_is_gone), UNIT_TEST(a_table_without_a_column_says_so_at_once),
	UNIT_LOOP(kinds_codes_and_units, sizeof changes / sizeof *changes),
	UNIT_TEST(no_value_is_no_change), UNIT_TEST(memory_is_bounded),
	UNIT_TEST(rows_that_are_no_json_do_no_harm))
