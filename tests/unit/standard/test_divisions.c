#include "standard_fixture.h"

#define TABLE(files) "divisions: china\ntitle: {en: Divisions, zh: 区划}\ntables: [" files "]\n"

static struct gt_standard *load(struct fixture *f, const char *table, const char *a, const char *b)
{
	fixture_start(f);
	fixture_base(f);
	fixture_put(f, "base/division.yaml", table);
	if (a)
		fixture_put(f, "base/a.csv", a);
	if (b)
		fixture_put(f, "base/b.csv", b);
	return fixture_load(f, "base@1", NULL);
}

START_TEST(later_tables_replace_and_add)
{
	struct fixture f;
	const struct gt_division *d;

	ck_assert_ptr_nonnull(load(&f, TABLE("a.csv, b.csv"),
		"\xEF\xBB\xBF"
		"code,name,kind\r\n330102,上城区,county\r\n330103,下城区,county\r\n",
		"kind,code,name,from,to,successors,note\ncounty,330105,拱墅区,,,,\n\n"
		"county,330103,下城区,,2021-04-08,330105 330102,merged\n"));
	ck_assert(gt_standard_has_divisions(f.standard));
	d = gt_standard_division(f.standard, GT_LIT("330102"));
	ck_assert_ptr_nonnull(d);
	ck_str_is(d->name, "上城区");
	ck_assert(d->valid_from == INT64_MIN && d->valid_to == INT64_MAX);
	d = gt_standard_division(f.standard, GT_LIT("330103"));
	ck_assert_int_eq(d->valid_to, 18725);
	ck_str_is(d->successors, "330105 330102");
	ck_assert_ptr_null(gt_standard_division(f.standard, GT_LIT("330199")));
	fixture_end(&f);
}
END_TEST

static const struct {
	const char *table, *a;
	enum gt_code code;
	const char *place, *says;
} mistakes[] = {
	{TABLE("a.csv"), "name,kind\nx,y\n", GT_E_STD_DIVISION_HEAD, "base/a.csv:1:1", "code,name"},
	{TABLE("a.csv"), "", GT_E_STD_DIVISION_HEAD, "base/a.csv:1:1", "code,name"},
	{TABLE("a.csv"), "code,name,kind\n33010,x,county\n", GT_E_STD_DIVISION_ROW,
		"base/a.csv:2:1", "33010,x"},
	{TABLE("a.csv"), "code,name,kind\n330102,x\n", GT_E_STD_DIVISION_ROW, "base/a.csv:2:1",
		"330102"},
	{TABLE("a.csv"), "code,name,kind,from,to\n330102,x,county,2021-04-09,2021-04-08\n",
		GT_E_STD_DIVISION_ROW, "base/a.csv:2:1", "2021"},
	{TABLE("a.csv"), "code,name,kind,from\n330102,x,county,2021-02-30\n", GT_E_STD_DIVISION_ROW,
		"base/a.csv:2:1", "2021-02-30"},
	{TABLE("a.csv"), "code,name,kind,successors\n330102,x,county,330199\n",
		GT_E_STD_DIVISION_SUCCESSOR, "base/division.yaml:1:1", "330199"},
	{TABLE("../a.csv"), NULL, GT_E_STD_NAME, "base/division.yaml:3:9", "../a.csv"},
	{TABLE("none.csv"), NULL, GT_E_FILE_MISSING, NULL, "none.csv"},
};

START_TEST(a_mistake_is_told_at_its_place)
{
	struct fixture f;

	ck_assert_ptr_null(load(&f, mistakes[_i].table, mistakes[_i].a, NULL));
	fixture_expect(&f, mistakes[_i].code, mistakes[_i].place, mistakes[_i].says);
	fixture_end(&f);
}
END_TEST

UNIT_MAIN("divisions", UNIT_TEST(later_tables_replace_and_add),
	UNIT_LOOP(a_mistake_is_told_at_its_place, sizeof mistakes / sizeof *mistakes))
