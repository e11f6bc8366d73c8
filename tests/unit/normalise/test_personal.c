#include "civil.h"
#include "fixture.h"
#include "personal.h"

/* out NULL = nothing is found. */
static const struct {
	const char *in, *out;
	bool identity_only;
} rows[] = {
	{"张三 11010519491231002X 已领", "张三 110***********002X 已领", false},
	{"张三11010519491231002x", "张三110***********002X", true},
	{"110105 19491231 002X", "110*** ******** 002X", false},
	{"１１０１０５１９４９１２３１００２X", "110***********002X", false},
	{"11010519491231002Y 110105194912310021", NULL, false},
	{"旧证110105491231002", "旧证110********1002", false},
	{"110105 491231 002", "110*** *****1 002", false},
	{"单号420106240327001", NULL, false},
	{"999105491231002", NULL, false},
	{"110105491231002", NULL, true},
	{"电话13812345678。", "电话138****5678。", false},
	{"138-1234-5678", "138-****-5678", false},
	{"138 1234 5678、139　1234　5678", "138 **** 5678、139　****　5678", false},
	{"+86 138 1234 5678", "+86 138 **** 5678", false},
	{"8613812345678", "861******5678", false},
	{"１３８１２３４５６７８", "138****5678", false},
	{"12812345678", NULL, false},
	{"YC13812345678", NULL, false},
	{"13812345678.50元", NULL, false},
	{"13812345678", NULL, true},
	{"1381234567", NULL, false},
	{"138123456789", NULL, false},
	{"2024-03-27 08-25", NULL, false},
	{"0571-86547551转8", "0571-****7551转8", false},
	{"02787654321", NULL, false},
	{"卡号6222021234567890128", "卡号***************0128", false},
	{"6222 0212 3456 7894", "**** **** **** 7894", false},
	{"6222021234567890127", NULL, false},
	{"7020181217000001", NULL, false},
	{"911101085923662400", NULL, false}, /* a credit code without letters */
	{"420106202403270015", NULL, false},
	{"4201062024032707", NULL, false}, /* an order with a right check digit */
	{"12345", NULL, false},
	{"", NULL, false},
};

START_TEST(finds_and_hides)
{
	struct fixture f;
	struct gt_str in = gt_cstr(rows[_i].in);
	char out[128];
	size_t hidden, n;

	fixture_standard(&f);
	n = gt_personal_hide(gt_standard_words(f.standard), gt_days_from_civil(2024, 5, 1),
		!rows[_i].identity_only, in, out, &hidden);
	ck_assert_int_eq(hidden > 0, rows[_i].out != NULL);
	ck_assert_msg(gt_str_eq(gt_str(out, n), gt_cstr(rows[_i].out ? rows[_i].out : rows[_i].in)),
		"%s: %.*s", rows[_i].in, (int)n, out);
	fixture_end(&f);
}
END_TEST

UNIT_MAIN("personal", UNIT_LOOP(finds_and_hides, sizeof rows / sizeof *rows))
