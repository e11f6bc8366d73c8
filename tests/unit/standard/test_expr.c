#include "expr.h"
#include "unit.h"

#include <stdio.h>

/* Names: a and b texts, n a whole number, d a date, t a time, m metres, km kilometres. */
static struct gt_unit metre = {.name = {"m", 1}, .quantity = {"length", 6}, .num = 1, .den = 1},
		      kilometre = {
			      .name = {"km", 2}, .quantity = {"length", 6}, .num = 1000, .den = 1};
static const struct {
	const char *name;
	struct gt_expr_kind kind;
} known[] = {{"a", {GT_EXPR_TEXT_TYPE, NULL}}, {"b", {GT_EXPR_TEXT_TYPE, NULL}},
	{"n", {GT_EXPR_INT, NULL}}, {"d", {GT_EXPR_DATE, NULL}}, {"t", {GT_EXPR_TIME, NULL}},
	{"m", {GT_EXPR_DECIMAL, &metre}}, {"km", {GT_EXPR_DECIMAL, &kilometre}},
	{"表号 旧", {GT_EXPR_TEXT_TYPE, NULL}}, {"title", {GT_EXPR_TEXT_TYPE, NULL}}};
#define KNOWN (sizeof known / sizeof *known)

static bool name(void *arg, struct gt_str name, uint32_t *id, struct gt_expr_kind *kind)
{
	(void)arg;
	for (uint32_t i = 0; i < KNOWN; i++)
		if (gt_str_eq(gt_cstr(known[i].name), name)) {
			*id = i;
			*kind = known[i].kind;
			return true;
		}
	return false;
}

static size_t names(void *arg, const char **names, size_t room)
{
	(void)arg;
	(void)room;
	for (size_t i = 0; i < KNOWN; i++)
		names[i] = known[i].name;
	return KNOWN;
}

static struct gt_arena memory;
static struct gt_diags diags;
static struct gt_standard *standard;

static void setup(void)
{
	const struct gt_str spec = GT_LIT("units@1");
	char path[1024];
	const char *root = getenv("GT_SOURCE_ROOT");

	gt_arena_init(&memory, 0);
	snprintf(path, sizeof path, "%s/standards", root ? root : ".");
	standard = gt_standard_load(path, &spec, 1, GT_LIT("jgsw"), &diags);
	ck_assert_ptr_nonnull(standard);
}

static void teardown(struct gt_expr *expr)
{
	gt_expr_fini(expr);
	gt_standard_unref(standard);
	gt_diags_fini(&diags);
	gt_arena_fini(&memory);
}

static struct gt_expr *compile(const char *text)
{
	const struct gt_expr_scope scope = {.name = name,
		.names = names,
		.standard = standard,
		.memory = &memory,
		.diags = &diags,
		.zone_minutes = 480};

	return gt_expr_compile(&scope, gt_cstr(text), (struct gt_pos){"x.yaml", 7, 11});
}

static const struct good {
	const char *text;
	enum gt_expr_type type;
	const struct gt_unit *unit;
	size_t ops;
} goods[] = {
	{"a", GT_EXPR_TEXT_TYPE, NULL, 1},
	{"`表号 旧`", GT_EXPR_TEXT_TYPE, NULL, 1},
	{" 'it''s' ", GT_EXPR_TEXT_TYPE, NULL, 1},
	{"a + '-' + b", GT_EXPR_TEXT_TYPE, NULL, 5},
	{"1 + 2 * 3", GT_EXPR_INT, NULL, 5},
	{"1.50", GT_EXPR_DECIMAL, NULL, 1},
	{"1.0", GT_EXPR_INT, NULL, 1},
	{"n * 2 - -1", GT_EXPR_INT, NULL, 6},
	{"m * 2", GT_EXPR_DECIMAL, &metre, 3},
	{"m * m", GT_EXPR_DECIMAL, NULL, 3},
	{"m + 1 < m", GT_EXPR_BOOL, NULL, 5},
	{"unit(n, 'km') + 1", GT_EXPR_INT, NULL, 3},
	{"divide(m, 2, 1)", GT_EXPR_DECIMAL, &metre, 3},
	{"round(m, 0)", GT_EXPR_INT, &metre, 2},
	{"d + 3", GT_EXPR_DATE, NULL, 3},
	{"d - d", GT_EXPR_INT, NULL, 3},
	{"t - t", GT_EXPR_DECIMAL, NULL, 3},
	{"a == 'x' or not n in [1, -2] and true", GT_EXPR_BOOL, NULL, 9},
	{"if(has(a), null, b)", GT_EXPR_TEXT_TYPE, NULL, 5},
	{"if(true, 1, 2.5)", GT_EXPR_DECIMAL, NULL, 4},
	{"coalesce(a, b, 'c')", GT_EXPR_TEXT_TYPE, NULL, 4},
	{"part(a, '-', -1)", GT_EXPR_TEXT_TYPE, NULL, 3},
	{"matches(a, '[0-9]+') == contains(b, a)", GT_EXPR_BOOL, NULL, 6},
	{"number(a)", GT_EXPR_DECIMAL, NULL, 2},
	{"year(date(a)) * 100 + month(t)", GT_EXPR_INT, NULL, 8},
};

START_TEST(what_is_right_has_a_type)
{
	const struct good *g = &goods[_i];
	char text[2048];

	setup();
	struct gt_expr *expr = compile(g->text);

	if (!expr)
		ck_abort_msg("%s: %s", g->text, gt_err_text(&diags.v[0].err, text, sizeof text));
	ck_assert_msg(expr->kind.type == g->type, "%s: type %d", g->text, (int)expr->kind.type);
	if (g->unit)
		ck_assert_ptr_eq(expr->kind.unit, g->unit);
	ck_assert_msg(expr->n == g->ops, "%s: %zu ops", g->text, expr->n);
	teardown(expr);
}
END_TEST

/* One mistake each, at its column; the text begins at column 11. */
static const struct bad {
	const char *text;
	enum gt_code code;
	unsigned column;
	const char *en;
} bads[] = {
	{"a ? b", GT_E_EXPR_CHARACTER, 13, "“?” has no meaning"},
	{"a = b", GT_E_EXPR_CHARACTER, 13, "“=”"},
	{"a + 'x", GT_E_EXPR_OPEN, 15, "does not end"},
	{"`a", GT_E_EXPR_OPEN, 11, "does not end"},
	{"", GT_E_EXPR_EXPECTED, 11, "a value is expected here, not “the end”"},
	{"a +", GT_E_EXPR_EXPECTED, 14, "not “the end”"},
	{"a b", GT_E_EXPR_EXPECTED, 13, "an operator is expected here, not “b”"},
	{"(a", GT_E_EXPR_EXPECTED, 13, ") is expected"},
	{"and", GT_E_EXPR_EXPECTED, 11, "not “and”"},
	{"n < 1 < 2", GT_E_EXPR_EXPECTED, 17, "not “<”"},
	{"1234567890123456789", GT_E_EXPR_DIGITS, 11, "more than 18 digits"},
	{"0.0000000000000000001", GT_E_EXPR_DIGITS, 11, "more than 18 digits"},
	{"titel", GT_E_EXPR_NAME_NEAR, 11, "did you mean “title”"},
	{"表号", GT_E_EXPR_NAME, 11, "nothing here is called “表号”"},
	{"a + lenght(b)", GT_E_EXPR_FUNCTION_NEAR, 15, "did you mean “length”"},
	{"zzzzzz(b)", GT_E_EXPR_FUNCTION, 11, "there is no function"},
	{"length()", GT_E_EXPR_FORM, 18, "length(text)"},
	{"length(a, b)", GT_E_EXPR_FORM, 21, "length(text)"},
	{"replace(a, b)", GT_E_EXPR_FORM, 23, "replace(text, old, new)"},
	{"length(n)", GT_E_EXPR_ARGUMENT, 18, "does not take a whole number here"},
	{"substring(a, 1.5, 2)", GT_E_EXPR_ARGUMENT, 24, "does not take a number"},
	{"has(null)", GT_E_EXPR_ARGUMENT, 15, "does not take null"},
	{"matches(a, b)", GT_E_EXPR_LITERAL, 22, "a fixed value must stand here"},
	{"round(m, n)", GT_E_EXPR_LITERAL, 20, "not “n”"},
	{"round(m, 19)", GT_E_EXPR_LITERAL, 20, "not “19”"},
	{"part(a, b, 0)", GT_E_EXPR_LITERAL, 22, "not “0”"},
	{"a in [b]", GT_E_EXPR_LITERAL, 17, "not “b”"},
	{"a in ['x', null]", GT_E_EXPR_LITERAL, 22, "not “null”"},
	{"a + 1", GT_E_EXPR_TYPES, 13, "“+” does not go with a text and a whole number"},
	{"-a", GT_E_EXPR_TYPES, 11, "“-”"},
	{"a * 2", GT_E_EXPR_TYPES, 13, "“*”"},
	{"d + d", GT_E_EXPR_TYPES, 13, "a date and a date"},
	{"d + 1.5", GT_E_EXPR_TYPES, 13, "a date and a number"},
	{"a < b", GT_E_EXPR_TYPES, 13, "a text and a text"},
	{"a == null", GT_E_EXPR_TYPES, 13, "is asked with has"},
	{"a and true", GT_E_EXPR_TYPES, 13, "a condition and a text"},
	{"not a", GT_E_EXPR_TYPES, 11, "“not”"},
	{"a in [1]", GT_E_EXPR_TYPES, 13, "“in”"},
	{"m + km", GT_E_EXPR_UNITS, 13, "puts m and km together"},
	{"m <= km", GT_E_EXPR_UNITS, 13, "puts m and km together"},
	{"if(true, a, 1)", GT_E_EXPR_BRANCHES, 11, "if would give a text or a whole number"},
	{"coalesce(m, km)", GT_E_EXPR_BRANCHES, 11, "coalesce"},
	{"null", GT_E_EXPR_NOTHING, 11, "never has a value"},
	{"unit(1, 'furlong')", GT_E_EXPR_UNIT, 19, "no unit 'furlong'"},
	{"convert(m, 'x', a)", GT_E_EXPR_TABLE, 22, "no coefficients 'x'"},
	{"matches(a, '(')", GT_E_STD_PATTERN, 22, "parenthesis"},
};

START_TEST(what_is_wrong_is_said_at_its_column)
{
	const struct bad *b = &bads[_i];
	char text[2048];

	setup();
	struct gt_expr *expr = compile(b->text);

	ck_assert_msg(!expr, "%s is taken", b->text);
	ck_assert_uint_eq(diags.n, 1);
	gt_err_text_in(&diags.v[0].err, GT_EN, text, sizeof text);
	ck_assert_msg(diags.v[0].err.code == b->code, "%s: %s", b->text, text);
	ck_assert_msg(strstr(text, b->en) != NULL, "%s: %s", b->text, text);
	ck_assert_msg(diags.v[0].pos.line == 7 && diags.v[0].pos.column == b->column,
		"%s: column %u", b->text, (unsigned)diags.v[0].pos.column);
	teardown(NULL);
}
END_TEST

static void refused(const char *text, enum gt_code code)
{
	size_t before = diags.n;

	ck_assert_ptr_null(compile(text));
	ck_assert_uint_eq(diags.n, before + 1);
	ck_assert_int_eq(diags.v[before].err.code, code);
}

START_TEST(sizes_are_bounded)
{
	static char text[8000];
	size_t n = 0;

	setup();
	memset(text, '(', 40);
	refused(text, GT_E_EXPR_NESTING);
	for (int i = 0; i < 600; i++)
		n += (size_t)sprintf(text + n, "1+");
	strcpy(text + n, "1");
	refused(text, GT_E_EXPR_LONG);
	memset(text, ' ', 2001);
	refused(text, GT_E_EXPR_LONG);
	n = (size_t)sprintf(text, "n in [1");
	for (int i = 0; i < 300; i++)
		n += (size_t)sprintf(text + n, ",1");
	strcpy(text + n, "]");
	refused(text, GT_E_EXPR_LONG);
	/* The stack: each bracket holds a value on it. */
	n = 0;
	for (int i = 0; i < 31; i++)
		n += (size_t)sprintf(text + n, "1*2+3*(");
	sprintf(text + n, "1");
	refused(text, GT_E_EXPR_EXPECTED);
	teardown(NULL);
}
END_TEST

START_TEST(a_block_of_several_lines_is_told_at_its_beginning)
{
	setup();
	ck_assert_ptr_null(compile("a +\n  zz"));
	ck_assert_uint_eq(diags.v[0].pos.column, 11);
	ck_assert_ptr_nonnull(compile("a +\n  b"));
	teardown(NULL);
}
END_TEST

START_TEST(results_fit_elements_or_not)
{
	struct gt_element element = {.name = GT_LIT("x"), .type = GT_TYPE_INT};

	setup();
	ck_assert(gt_expr_fits(compile("n"), &element, &diags));
	ck_assert(gt_expr_fits(compile("a"), &element, &diags));
	ck_assert(!gt_expr_fits(compile("m"), &element, &diags));
	ck_assert_int_eq(diags.v[0].err.code, GT_E_EXPR_RESULT);
	element.type = GT_TYPE_DECIMAL;
	ck_assert(gt_expr_fits(compile("n"), &element, &diags));
	ck_assert(!gt_expr_fits(compile("m"), &element, &diags));
	ck_assert_int_eq(diags.v[1].err.code, GT_E_EXPR_UNITS);
	element.unit = &kilometre;
	ck_assert(gt_expr_fits(compile("m"), &element, &diags));
	element.type = GT_TYPE_DATE;
	ck_assert(gt_expr_fits(compile("d"), &element, &diags));
	ck_assert(!gt_expr_fits(compile("t"), &element, &diags));
	ck_assert(!gt_expr_is_condition(compile("n"), &diags));
	ck_assert(gt_expr_is_condition(compile("n > 1"), &diags));
	teardown(NULL);
}
END_TEST

UNIT_MAIN("expr", UNIT_LOOP(what_is_right_has_a_type, sizeof goods / sizeof *goods),
	UNIT_LOOP(what_is_wrong_is_said_at_its_column, sizeof bads / sizeof *bads),
	UNIT_TEST(sizes_are_bounded), UNIT_TEST(a_block_of_several_lines_is_told_at_its_beginning),
	UNIT_TEST(results_fit_elements_or_not))
