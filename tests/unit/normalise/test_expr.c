#include "expr_run.h"
#include "fixture.h"
#include "steps.h"

/* Cells A, B and C of a row, and what an expression makes of them: its text, "null", or "!" and the
 * operation that fails. */
static const struct {
	const char *text, *a, *b, *gives;
} rows[] = {
	{"A", " x  y ", "", "x y"},
	{"A", "１２Ａ", "", "12A"},
	{"A", "  ", "", "null"},
	{"A", "无", "", "null"},
	{"A + '-' + B", "鄂A", "12345", "鄂A-12345"},
	{"A + B", "x", "", "null"},
	{"A + coalesce(B, '')", "x", "", "x"},
	{"'it''s ' + A", "x", "", "it's x"},
	{"coalesce(A, B, 'z')", "", "-", "z"},
	{"coalesce(A, B)", "", "", "null"},
	{"coalesce(number(A), 0)", "x", "", "!number"},
	{"has(A) and not has(B)", "x", "", "true"},
	{"has(A)", "", "", "false"},
	/* Three-valued logic, where what decides wins. */
	{"A == 'x' and B == 'y'", "", "z", "false"},
	{"A == 'x' and B == 'y'", "", "y", "null"},
	{"A == 'x' or B == 'y'", "", "y", "true"},
	{"number(A) > 1 or B == 'y'", "bad", "y", "true"},
	{"number(A) > 1 or B == 'y'", "bad", "z", "!number"},
	{"not (A == 'x')", "", "", "null"},
	{"if(A == 'x', 'yes', 'no')", "", "", "no"},
	{"if(A == 'x', 'yes', 'no')", "x", "", "yes"},
	/* The branch that is not taken may fail. */
	{"if(matches(A, '[0-9]+'), number(A), 0)", "abc", "", "0"},
	{"if(number(A) > 1, 'x', 'y')", "abc", "", "!number"},
	/* Texts */
	{"trim(part(A, '-', 2))", "a - b - c", "", "b"},
	{"part(A, '-', -1)", "a-b-c", "", "c"},
	{"part(A, '-', 4)", "a-b-c", "", "null"},
	{"part(A, '-', -4)", "a-b-c", "", "null"},
	{"part(A, '、', 1)", "甲、乙", "", "甲"},
	{"part(A, '', 1)", "a", "", "!part"},
	{"substring(A, 2, 2)", "鄂A12345", "", "A1"},
	{"substring(A, 7, 9)", "鄂A12345", "", "5"},
	{"substring(A, 70, 9) == ''", "鄂A12345", "", "true"},
	{"substring(A, 0, 1)", "x", "", "!substring"},
	{"upper(A) + lower(B)", "aé鄂z", "AÉZ", "Aé鄂ZaÉz"},
	{"replace(A, 'ab', 'x')", "abcab", "", "xcx"},
	{"replace(A, '', 'x')", "abcab", "", "!replace"},
	{"text(length(A))", "鄂A·1", "", "4"},
	{"starts_with(A, '鄂') and contains(A, 'A1')", "鄂A1", "", "true"},
	{"starts_with(A, '鄂A12')", "鄂A1", "", "false"},
	{"matches(A, '[A-Z]+')", "AB1", "", "false"},
	{"extract(A, '([0-9]+)号楼')", "3院12号楼", "", "12"},
	{"extract(A, '[0-9]+')", "3院12号楼", "", "3"},
	{"extract(A, 'x(y)?')", "xz", "", "x"},
	{"extract(A, 'q')", "xz", "", "null"},
	{"matches(A, '(a|aa)+')", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac", "", "!matches"},
	{"A in ['x', '甲'] and number(B) in [1, -2.50]", "甲", "-2.5", "true"},
	{"A in ['x']", "", "", "null"},
	/* Numbers: exact, or a failure */
	{"number(A)", "1,234.50", "", "1234.5"},
	{"number(A)", "12.5万", "", "125000"},
	{"number(A)", "29.1公里", "", "!number"},
	{"number(A)", "0.1234567890123456789", "", "!number"},
	{"number(A) + number(B)", "0.1", "0.2", "0.3"},
	{"number(A) * number(B)", "1.25", "0.8", "1"},
	{"number(A) * number(B)", "9999999999", "9999999999", "!*"},
	{"number(A) + number(B)", "9223372036854775807", "1", "!+"},
	{"number(A) - number(B)", "-9223372036854775807", "1", "!-"},
	{"-number(A)", "3", "", "-3"},
	{"number(A) == number(B)", "2.50", "2.5", "true"},
	{"number(A) < number(B)", "-3", "0.001", "true"},
	{"number(A) >= number(B)", "9223372036854775807", "0.000000000000000001", "true"},
	{"round(number(A), 2)", "1.005", "", "1.01"},
	{"round(number(A), 0)", "-2.5", "", "-3"},
	{"round(number(A), 3)", "2.5", "", "2.5"},
	{"divide(number(A), number(B), 2)", "2", "3", "0.67"},
	{"divide(number(A), number(B), 0)", "-7", "2", "-4"},
	{"divide(number(A), number(B), 18)", "1", "8", "0.125"},
	{"divide(number(A), number(B), 0)", "1", "0", "!divide"},
	{"text(number(A) * 2) + '元'", "1.25", "", "2.5元"},
	/* Coefficients are data; the unit decides whether the row is meant. */
	{"convert(unit(number(A), '万kWh'), 'standard-coal-calorific', B)", "1.5", "electricity",
		"1843.5"},
	{"convert(number(A), 'standard-coal-calorific', B)", "2", "electricity", "0.2458"},
	{"convert(unit(number(A), 'kWh'), 'standard-coal-calorific', B)", "1", "heat", "0.122832"},
	{"convert(unit(number(A), 'm³'), 'standard-coal-calorific', B)", "1", "heat", "null"},
	{"convert(number(A), 'standard-coal-calorific', B)", "1", "wood", "null"},
	/* Dates and times, in the zone of the line */
	{"date(A)", "2024.3.27", "", "2024-03-27"},
	{"date(A) + 5", "2024年2月27日", "", "2024-03-03"},
	{"date(A) - 27", "2024-03-27", "", "2024-02-29"},
	{"date(A) - date(B)", "2024-03-27", "2024-02-27", "29"},
	{"date(A)", "2024-02-30", "", "!date"},
	{"date(A)", "0000-00-00", "", "null"},
	{"date(A) + 5", "2024-03", "", "!+"},
	{"date(A) + 9000000", "2024-03-01", "", "!+"},
	{"time(A)", "2024-03-27 08:25:00", "", "2024-03-27T08:25:00+08:00"},
	{"date(time(A))", "2024-03-27T23:30:00Z", "", "2024-03-28"},
	{"time(A) - time(B)", "2024-03-27 08:25:00", "2024-03-27 08:00:00.5", "1499.5"},
	{"time(A) > time(B)", "2024-03-27 08:25:00", "2024-03-27 08:00:00", "true"},
	{"text(year(date(A))) + text(month(date(A))) + text(day(date(A)))", "2024-03-07", "",
		"202437"},
	{"hour(time(A)) * 60 + minute(time(A))", "2024-03-27 08:25:00", "", "505"},
	{"day(date(A))", "2024-03", "", "null"},
	{"text(date(A))", "2024-03-07", "", "2024-03-07"},
	{"text(A == 'x')", "x", "", "true"},
};

static bool field(void *arg, struct gt_str name, uint32_t *id, struct gt_expr_kind *kind)
{
	(void)arg;
	*id = (uint32_t)(name.p[0] - 'A');
	*kind = (struct gt_expr_kind){GT_EXPR_TEXT_TYPE, NULL};
	return name.n == 1 && *id < 3;
}

static struct gt_expr *compile(struct fixture *f, const char *text)
{
	const struct gt_expr_scope scope = {.name = field,
		.standard = f->standard,
		.memory = &f->memory,
		.diags = &f->diags,
		.zone_minutes = 480};
	struct gt_expr *expr = gt_expr_compile(&scope, gt_cstr(text), (struct gt_pos){"x", 1, 1});
	char said[2048];

	if (!expr)
		ck_abort_msg("%s: %s", text, gt_err_text(&f->diags.v[0].err, said, sizeof said));
	return expr;
}

static const char *shown(struct fixture *f, enum gt_expr_got got, const struct gt_value *value,
	enum gt_expr_code failed)
{
	char words[64];

	if (got == GT_EXPR_FAILED)
		snprintf(f->text, sizeof f->text, "!%s", gt_expr_word(failed));
	else if (value->kind == GT_NULL)
		snprintf(f->text, sizeof f->text, "null");
	else
		snprintf(
			f->text, sizeof f->text, "%.*s", GT_STR_ARGS(gt_value_words(value, words)));
	return f->text;
}

static struct fixture f;

START_TEST(gives)
{
	struct gt_value cells[3] = {gt_value_text(gt_cstr(rows[_i].a)),
		gt_value_text(gt_cstr(rows[_i].b)), {.kind = GT_ABSENT}};
	struct gt_value value = {.kind = GT_NULL};
	enum gt_expr_code failed = GT_OP_CONSTANT;

	fixture_standard(&f);
	struct gt_expr *expr = compile(&f, rows[_i].text);
	struct gt_expr_run run = {.expr = expr,
		.values = cells,
		.cells = true,
		.arena = &f.batch->arena,
		.words = gt_standard_words(f.standard),
		.match = f.norm.tools->match};
	enum gt_expr_got got = gt_expr_run(&run, &value, &failed);
	ck_assert_str_eq(shown(&f, got, &value, failed), rows[_i].gives);
	gt_expr_fini(expr);
	fixture_end(&f);
}
END_TEST

/* Other kinds of cells, and conditions. */
START_TEST(cells_of_every_kind)
{
	struct gt_value cells[3] = {{.kind = GT_BOOL, .number = 1}};
	struct gt_value value = {.kind = GT_NULL};
	enum gt_expr_code failed = GT_OP_CONSTANT;
	bool holds = true;

	fixture_standard(&f);
	struct gt_expr *expr = compile(&f, "A == 'true'");
	struct gt_expr_run run = {.expr = expr,
		.values = cells,
		.cells = true,
		.arena = &f.batch->arena,
		.words = gt_standard_words(f.standard),
		.match = f.norm.tools->match};
	ck_assert_int_eq(gt_expr_holds(&run, &holds, &failed), GT_EXPR_GOT);
	ck_assert(holds);
	cells[0] = (struct gt_value){.kind = GT_NULL};
	ck_assert_int_eq(gt_expr_holds(&run, &holds, &failed), GT_EXPR_GOT);
	ck_assert(!holds);
	cells[0] = gt_value_text(GT_LIT("[1]"));
	cells[0].kind = GT_JSON;
	ck_assert_int_eq(gt_expr_holds(&run, &holds, &failed), GT_EXPR_FAILED);
	cells[0] = gt_value_text(GT_LIT("\xff"));
	ck_assert_int_eq(gt_expr_holds(&run, &holds, &failed), GT_EXPR_FAILED);
	cells[0] = gt_value_text(GT_LIT("1"));
	cells[0].marks = GT_VALUE_DAMAGED;
	ck_assert_int_eq(gt_expr_run(&run, &value, &failed), GT_EXPR_FAILED);
	gt_expr_fini(expr);
	fixture_end(&f);
}
END_TEST

/* Texts that an expression makes are bounded, and a full arena is told. */
START_TEST(texts_are_bounded)
{
	static char long_text[5000];
	struct gt_value cells[3];
	struct gt_value value;
	enum gt_expr_code failed;
	struct gt_arena small;

	fixture_standard(&f);
	memset(long_text, 'x', sizeof long_text);
	cells[0] = cells[1] = gt_value_text(gt_str(long_text, sizeof long_text));
	struct gt_expr *expr = compile(&f, "A + B");
	struct gt_expr_run run = {.expr = expr,
		.values = cells,
		.cells = true,
		.arena = &f.batch->arena,
		.words = gt_standard_words(f.standard),
		.match = f.norm.tools->match};
	ck_assert_int_eq(gt_expr_run(&run, &value, &failed), GT_EXPR_FAILED);
	cells[1] = gt_value_text(gt_str(long_text, 3000));
	ck_assert_int_eq(gt_expr_run(&run, &value, &failed), GT_EXPR_GOT);
	ck_assert_uint_eq(value.size, 8000);
	gt_arena_init(&small, 4096);
	run.arena = &small;
	ck_assert_int_eq(gt_expr_run(&run, &value, &failed), GT_EXPR_FULL);
	gt_arena_fini(&small);
	gt_expr_fini(expr);
	fixture_end(&f);
}
END_TEST

UNIT_MAIN("expr", UNIT_LOOP(gives, sizeof rows / sizeof *rows), UNIT_TEST(cells_of_every_kind),
	UNIT_TEST(texts_are_bounded))
