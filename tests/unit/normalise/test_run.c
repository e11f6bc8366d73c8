#include "fixture.h"

#include <inttypes.h>
#include <openssl/evp.h>

static struct fixture f;
static struct gt_pseudonym_key key;

#define THING "no: NO\nowner: OWNER\nphone: PHONE\n"
#define ROW "NO", "1", "OWNER", "张三", "PHONE", "13812345678"

static void with(const char *entity, const char *map)
{
	char text[2048];

	if (!f.standard)
		fixture_standard(&f);
	key = test_key();
	if (!fixture_plan(&f, entity, map, &key))
		ck_abort_msg("%s", gt_err_text(&f.diags.v[0].err, text, sizeof text));
}

/* One element of lab.thing from one text. */
static const struct one {
	const char *line, *element, *in, *out;
	uint64_t flags;
} ones[] = {
	{"at: X", "at", "2024.3.27 8:25", "\"2024-03-27T08:25:00+08:00\"", GT_FLAG_DATE_FORM},
	{"at: {from: X, zone: Z}", "at", "2024-03-27 08:25", "\"2024-03-27T08:25:00Z\"", 0},
	{"at: X", "at", "1949-01-01", "null", GT_FLAG_DATE_ONLY | GT_FLAG_OUT_OF_RANGE},
	{"day: X", "day", "2024年2月30日", "null", GT_FLAG_DATE_FORM | GT_FLAG_INVALID_DATE},
	{"day: X", "day", "1900-01-01", "null", GT_FLAG_DEFAULT_DATE},
	{"day: X", "day", "0000-00-00", "null", GT_FLAG_ZERO_DATE},
	{"day: X", "day", "无", "null", 0},
	{"day: X", "day", "明天", "null", GT_FLAG_INVALID},
	{"day: X", "day", "2024-03", "\"2024-03\"", 0},
	{"colour: X", "colour", "red", "\"red\"", 0},
	{"colour: X", "colour", "朱", "\"red\"", GT_FLAG_CODE_MAPPED},
	{"colour: X", "colour", "mauve", "null", GT_FLAG_UNKNOWN_CODE},
	{"colour: X", "colour", "old", "\"old\"", GT_FLAG_EXPIRED_CODE},
	{"colour: {from: X, codes: {\"０1\": red}}", "colour", " 01", "\"red\"",
		GT_FLAG_CODE_MAPPED | GT_FLAG_TRIMMED},
	{"colour: {from: X, codes: {\"01\": red}}", "colour", "99", "null", GT_FLAG_UNKNOWN_CODE},
	{"colour: {from: X, codes: {\"01\": red}}", "colour", "green", "null",
		GT_FLAG_UNKNOWN_CODE},
	{"colour: {from: X, codes: {\"-\": red}}", "colour", "-", "\"red\"", GT_FLAG_CODE_MAPPED},
	{"colour: {from: X, null: [\"0\"]}", "colour", "0", "null", 0},
	{"colour: {from: X, default: green}", "colour", "", "\"green\"", GT_FLAG_DEFAULTED},
	{"colour: {value: green}", "colour", "", "\"green\"", 0},
	{"area: X", "area", "１，２００．５", "1200.50", GT_FLAG_HALF_WIDTH | GT_FLAG_THOUSANDS},
	{"area: X", "area", "3亩", "2000.00", GT_FLAG_UNIT_IN_VALUE | GT_FLAG_CONVERTED},
	{"area: {from: X, unit: 亩}", "area", "3", "2000.00", GT_FLAG_CONVERTED},
	{"area: {from: X, unit: 亩}", "area", "3㎡", "3.00", GT_FLAG_UNIT_IN_VALUE},
	{"area: X", "area", "0.12万㎡", "1200.00", GT_FLAG_UNIT_IN_VALUE | GT_FLAG_CONVERTED},
	{"area: X", "area", "约1200平方米", "1200.00", GT_FLAG_UNIT_IN_VALUE | GT_FLAG_APPROX},
	{"area: X", "area", "1200元", "null", GT_FLAG_INVALID},
	{"area: X", "area", "￥1200", "null", GT_FLAG_INVALID | GT_FLAG_HALF_WIDTH},
	{"area: X", "area", "-1", "null", GT_FLAG_OUT_OF_RANGE},
	{"area: X", "area", "341.699999999983", "341.70", GT_FLAG_ROUNDED},
	{"area: X", "area", "1e30", "null", GT_FLAG_OUT_OF_RANGE},
	{"area: X", "area", "/", "null", 0},
	{"area: X", "area", "2024-03-05", "null", GT_FLAG_INVALID},
	{"energy: X", "energy", "12.5万度", "125000.00", GT_FLAG_UNIT_IN_VALUE | GT_FLAG_CONVERTED},
	{"energy: X", "energy", "12.5 万kW·h", "125000.00",
		GT_FLAG_UNIT_IN_VALUE | GT_FLAG_CONVERTED},
	{"energy: X", "energy", "0.125GWh", "125000.00", GT_FLAG_UNIT_IN_VALUE | GT_FLAG_CONVERTED},
	{"energy: X", "energy", "12.5万", "125000.00", 0},
	{"energy: {from: X, unit: 万kWh}", "energy", "12.5", "125000.00", GT_FLAG_CONVERTED},
	{"cost: X", "cost", "12.35万元", "123500.00", GT_FLAG_UNIT_IN_VALUE | GT_FLAG_CONVERTED},
	{"cost: X", "cost", "￥12,350.00元整", "12350.00",
		GT_FLAG_HALF_WIDTH | GT_FLAG_THOUSANDS | GT_FLAG_UNIT_IN_VALUE},
	{"cost: {from: X, unit: 万元}", "cost", "￥12,350.00", "12350.00",
		GT_FLAG_HALF_WIDTH | GT_FLAG_THOUSANDS},
	{"cost: X", "cost", "(350.00)", "-350.00", 0},
	{"cost: X", "cost", "人民币壹拾贰万叁仟肆佰伍拾陆元柒角捌分", "123456.78", GT_FLAG_CHINESE},
	{"ratio: X", "ratio", "1.2345E-01", "0.123", GT_FLAG_SCI | GT_FLAG_ROUNDED},
	{"ratio: X", "ratio", "5kg", "null", GT_FLAG_INVALID},
	{"people: X", "people", "12.0", "12", 0},
	{"people: X", "people", "12.5", "null", GT_FLAG_INVALID},
	{"people: X", "people", "101", "null", GT_FLAG_OUT_OF_RANGE},
	{"people: X", "people", "", "null", 0},
	{"open: X", "open", "1", "true", 0},
	{"open: X", "open", "是", "true", 0},
	{"open: X", "open", "ＹＥＳ", "true", GT_FLAG_HALF_WIDTH},
	{"open: X", "open", "True", "true", 0},
	{"open: X", "open", "on", "true", 0},
	{"open: X", "open", "否", "false", 0},
	{"open: X", "open", "无", "false", 0},
	{"open: {from: X, null: [无]}", "open", "无", "null", 0},
	{"open: X", "open", "不详", "null", 0},
	{"open: X", "open", "也许", "null", GT_FLAG_INVALID},
	{"area: X", "area", "1200余平方米", "1200.00", GT_FLAG_UNIT_IN_VALUE | GT_FLAG_APPROX},
	{"area: X", "area", "将近1200平方米", "1200.00", GT_FLAG_UNIT_IN_VALUE | GT_FLAG_APPROX},
	{"cost: X", "cost", "rmb 350.00整", "350.00", 0},
	{"at: X", "at", "1988-06-01 08:00", "\"1988-06-01T08:00:00+08:00\"", GT_FLAG_DST_1986},
	{"at: X", "at", "1988-10-01 08:00", "\"1988-10-01T08:00:00+08:00\"", 0},
	{"open: {from: X, codes: {是: \"true\", 否: \"false\"}}", "open", "否", "false",
		GT_FLAG_CODE_MAPPED},
	{"remark: X", "remark", "一二三四五", "\"一二三四五\"", 0},
	{"remark: X", "remark", "一二三四五六", "null", GT_FLAG_TOO_LONG},
	{"remark: X", "remark", "  不详 ", "null", GT_FLAG_TRIMMED},
	{"remark: X", "remark", "a\xff", "null", GT_FLAG_INVALID},
	{"remark: X", "remark", "'007", "\"007\"", GT_FLAG_SEPARATOR},
	{"note: X", "note", "张三 11010519491231002x，李四440524188001010014",
		"\"张三 110***********002X，李四440***********0014\"", GT_FLAG_PERSONAL},
	{"note: X", "note", "11010519491231002X", "\"110***********002X\"", GT_FLAG_PERSONAL},
	/* Division, day and serial; a wrong check digit; a longer number. */
	{"note: X", "note", "420106202403270001", "\"420106202403270001\"", 0},
	{"note: X", "note", "110105194912310021", "\"110105194912310021\"", 0},
	{"note: X", "note", "4405241880010100149", "\"4405241880010100149\"", 0},
	{"form: X", "form", "abc", "\"abc\"", 0},
	{"form: X", "form", "abc1", "null", GT_FLAG_INVALID},
	{"plate: X", "plate", "京Ａ·１２３４５", "\"京A12345\"",
		GT_FLAG_HALF_WIDTH | GT_FLAG_SEPARATOR},
	{"plate: X", "plate", "京AI234O", "null", GT_FLAG_INVALID},
	{"uscc: X", "uscc", "91350100m000100y43 ", "\"91350100M000100Y43\"", GT_FLAG_TRIMMED},
	{"uscc: X", "uscc", "91350100M000100Y4Z", "null", GT_FLAG_INVALID},
	{"uscc: X", "uscc", "91350100M000100Y44", "null", GT_FLAG_INVALID | GT_FLAG_CHECK_DIGIT},
	{"vin: X", "vin", "1M8GDM9A1KP042788", "\"1M8GDM9A1KP042788\"", GT_FLAG_CHECK_DIGIT},
	{"place: X", "place", "3301", "\"330100\"", 0},
	{"place: X", "place", "330110000000", "\"330110\"", 0},
	{"place: X", "place", "330110001002", "\"330110001002\"", 0},
	{"place: X", "place", "杭州", "\"330100\"", GT_FLAG_CODE_MAPPED},
	{"place: X", "place", "某地", "null", GT_FLAG_INVALID},
};

START_TEST(normalises_one)
{
	const struct one *one = &ones[_i];
	char map[512];

	snprintf(map, sizeof map, THING "%s\n", one->line);
	with("lab.thing", map);
	ck_assert_int_eq(fixture_run(&f, ROW, "X", one->in), GT_RAN_ACCEPTED);
	ck_assert_msg(strcmp(fixture_value(&f, one->element), one->out) == 0, "%s from “%s”: %s",
		one->line, one->in, fixture_value(&f, one->element));
	ck_assert_msg(fixture_flags(&f, one->element) == one->flags, "%s from “%s”: flags %" PRIx64,
		one->line, one->in, fixture_flags(&f, one->element));
}
END_TEST

START_TEST(source_kinds)
{
	static const struct gt_value kinds[] = {{.kind = GT_ABSENT}, {.kind = GT_NULL},
		{.kind = GT_BOOL, .number = 1}, {.kind = GT_NUMBER, .size = 5, .text = "007.5"},
		{.kind = GT_JSON, .size = 2, .text = "{}"}};
	static const char *const remark[] = {"null", "null", "\"true\"", "\"007.5\"", "null"};
	static const char *const ratio[] = {"null", "null", "null", "7.500", "null"};
	static const char *const open[] = {"null", "null", "true", "null", "null"};
	size_t n;

	with("lab.thing", THING "remark: X\nratio: X\nopen: X\n");
	fixture_run(&f, ROW);
	const struct gt_str *fields = gt_plan_fields(f.plan, &n);
	ck_assert_uint_eq(n, 4);
	ck_str_is(fields[3], "X");
	f.row->values[3] = kinds[_i];
	ck_assert_int_eq(gt_plan_run(f.plan, f.batch, f.row, NOW_US, &f.norm), GT_RAN_ACCEPTED);
	ck_assert_str_eq(fixture_value(&f, "remark"), remark[_i]);
	ck_assert_str_eq(fixture_value(&f, "ratio"), ratio[_i]);
	ck_assert_str_eq(fixture_value(&f, "open"), open[_i]);
	if (kinds[_i].kind == GT_JSON)
		ck_assert_uint_eq(fixture_flags(&f, "remark"), GT_FLAG_INVALID);
}
END_TEST

static const char strict_map[] =
	"no: NO\nat: AT\ncolour: C\narea: A\npeople: P\nopen: O\nremark: R\n"
	"form: F\nuscc: U\nidentity: I\n";
#define GOOD                                                                                       \
	"NO", "1", "AT", "2024-03-27 08:25", "C", "red", "A", "1", "P", "1", "O", "1", "R", "x",   \
		"F", "a", "U", "91350100M000100Y43", "I", "11010519491231002X"

/* What breaks a required element is a reason with this sentence. */
/* What the source itself has lost is no value, however much it looks like one; a doubtful day is.
 */
START_TEST(what_a_source_has_lost_is_no_value)
{
	size_t n;

	with("lab.thing", "no: NO\nowner: OWNER\nphone: PHONE\nremark: X\nratio: X\n");
	fixture_run(&f, ROW);
	const struct gt_str *fields = gt_plan_fields(f.plan, &n);
	ck_str_is(fields[3], "X");
	f.row->values[3] = gt_value_text(GT_LIT("7.5"));
	f.row->values[3].marks = GT_VALUE_DAMAGED;
	ck_assert_int_eq(gt_plan_run(f.plan, f.batch, f.row, NOW_US, &f.norm), GT_RAN_ACCEPTED);
	ck_assert_str_eq(fixture_value(&f, "remark"), "null");
	ck_assert_str_eq(fixture_value(&f, "ratio"), "null");
	ck_assert_uint_eq(fixture_flags(&f, "remark"), GT_FLAG_DAMAGED);
	f.row->values[0].marks = GT_VALUE_DAMAGED; /* the key */
	ck_assert_int_eq(gt_plan_run(f.plan, f.batch, f.row, NOW_US, &f.norm), GT_RAN_REJECTED);
	ck_assert_int_eq(f.norm.reasons[0].code, GT_E_VALUE_DAMAGED);

	with("lab.thing", THING "day: X\n");
	fixture_run(&f, ROW, "X", "2024-03-05");
	f.row->values[3].marks = GT_VALUE_LEAP;
	ck_assert_int_eq(gt_plan_run(f.plan, f.batch, f.row, NOW_US, &f.norm), GT_RAN_ACCEPTED);
	ck_assert_str_eq(fixture_value(&f, "day"), "\"2024-03-05\"");
	ck_assert_uint_eq(fixture_flags(&f, "day"), GT_FLAG_EXCEL_LEAP);
}
END_TEST

static const struct {
	const char *field, *in;
	enum gt_code code;
	const char *en;
} reasons[] = {
	{"AT", "", GT_E_VALUE_MISSING, "at is required and empty"},
	{"AT", "无", GT_E_VALUE_MISSING, "at is required and empty"},
	{"AT", "soon", GT_E_VALUE_DATE, "at: “soon” is not a date"},
	{"AT", "2024-02-30", GT_E_VALUE_DAY, "at: there is no such day or time: “2024-02-30”"},
	{"AT", "1900-01-01", GT_E_VALUE_DEFAULT_DATE,
		"at: “1900-01-01” is a system's placeholder, not a date"},
	{"C", "99", GT_E_CODE_UNKNOWN, "colour: the code list colour has no “99”"},
	{"A", "x", GT_E_VALUE_NUMBER, "area: “x” is not a number"},
	{"A", "3km", GT_E_VALUE_UNIT, "area: “3km” has a unit that is not one of area"},
	{"A", "1e40", GT_E_VALUE_LARGE, "area: the number “1e40” is too large to be kept exactly"},
	{"A", "-1", GT_E_VALUE_RANGE, "area: “-1” is outside the allowed range"},
	{"A", "▲3", GT_E_VALUE_AMBIGUOUS, "area: “▲3” can mean several things"},
	{"P", "1.5", GT_E_VALUE_NUMBER, "people: “1.5” is not a number"},
	{"O", "maybe", GT_E_VALUE_BOOL, "open: “maybe” is neither yes nor no"},
	{"R", "123456", GT_E_VALUE_LONG, "remark: longer than 5 characters"},
	{"R", "\xff", GT_E_VALUE_BYTES, "remark contains bytes that are no text"},
	{"F", "A1", GT_E_VALUE_PATTERN, "form: “A1” does not have the form [a-z]+"},
	{"U", "123", GT_E_VALUE_FORMAT,
		"uscc: “123” is not a valid unified social credit code (GB 32100)"},
	{"U", "91350100M000100Y44", GT_E_VALUE_CHECK_DIGIT,
		"uscc: the check digit of “91350100M000100Y44” is wrong"},
	/* A marked value is never shown. */
	{"I", "110105194912310021", GT_E_VALUE_CHECK_DIGIT,
		"identity: the check digit of “***” is wrong"},
};

START_TEST(required_elements_reject)
{
	const char *pairs[] = {GOOD, NULL};
	char sentence[1024];

	with("lab.strict", strict_map);
	for (size_t i = 0; pairs[i]; i += 2)
		if (strcmp(pairs[i], reasons[_i].field) == 0)
			pairs[i + 1] = reasons[_i].in;
	ck_assert_int_eq(fixture_run_(&f, GT_LIT("{}"), pairs), GT_RAN_REJECTED);
	ck_assert_uint_eq(f.norm.reason_count, 1);
	const struct gt_reason *reason = &f.norm.reasons[0];
	ck_assert_int_eq(reason->code, reasons[_i].code);
	ck_assert_int_eq(reason->err.code, reasons[_i].code);
	ck_assert_str_eq(
		gt_err_sentence_in(&reason->err, GT_EN, sentence, sizeof sentence), reasons[_i].en);
	ck_assert(gt_str_eq(reason->element_name, f.norm.entity->elements[reason->element].name));
}
END_TEST

START_TEST(all_reasons_are_collected)
{
	with("lab.strict", strict_map);
	ck_assert_int_eq(fixture_run(&f, GOOD), GT_RAN_ACCEPTED);
	ck_assert_int_eq(fixture_run(&f, "NO", "1", "AT", "x", "C", "x", "A", "x", "P", "x"),
		GT_RAN_REJECTED);
	ck_assert_uint_eq(f.norm.reason_count, 9);
	/* Nothing of a row stays for the next. */
	ck_assert_int_eq(fixture_run(&f, GOOD), GT_RAN_ACCEPTED);
	ck_assert_uint_eq(f.norm.reason_count, 0);
}
END_TEST

START_TEST(nested_and_unmapped_codes_reject)
{
	char sentence[1024];
	size_t n;

	with("lab.strict",
		"no: NO\nat: AT\ncolour: {from: C, codes: {\"01\": red}}\narea: A\npeople: P\n"
		"open: O\nremark: R\nform: F\nuscc: U\nidentity: I\n");
	ck_assert_int_eq(fixture_run(&f, GOOD, "C", "99"), GT_RAN_REJECTED);
	ck_assert_int_eq(f.norm.reasons[0].code, GT_E_CODE_UNMAPPED);
	ck_assert_str_eq(
		gt_err_sentence_in(&f.norm.reasons[0].err, GT_ZH, sentence, sizeof sentence),
		"colour：代码 99 不在映射中");
	(void)gt_plan_fields(f.plan, &n);
	f.row->values[2] = (struct gt_value){.kind = GT_JSON, .size = 2, .text = "[]"};
	ck_assert_int_eq(gt_plan_run(f.plan, f.batch, f.row, NOW_US, &f.norm), GT_RAN_REJECTED);
	ck_assert_int_eq(f.norm.reasons[0].code, GT_E_VALUE_NESTED);
}
END_TEST

START_TEST(rules_across_elements)
{
	char sentence[1024];

	with("lab.thing", THING "day: D\nend_day: E\ncost: C\nenergy: G\nplate: P\nvin: V\n");
	ck_assert_int_eq(
		fixture_run(&f, ROW, "D", "2024-03-05", "E", "2024-03-05"), GT_RAN_ACCEPTED);
	ck_assert_int_eq(
		fixture_run(&f, ROW, "D", "2024-03-05", "E", "2024-03-04"), GT_RAN_REJECTED);
	ck_assert_int_eq(f.norm.reasons[0].code, GT_E_RULE_BROKEN);
	ck_assert(f.norm.reasons[0].element == SIZE_MAX);
	ck_assert_str_eq(
		gt_err_sentence_in(&f.norm.reasons[0].err, GT_EN, sentence, sizeof sentence),
		"rule days-in-order: The end is not before the day");
	ck_assert_str_eq(
		gt_err_sentence_in(&f.norm.reasons[0].err, GT_ZH, sentence, sizeof sentence),
		"规则 days-in-order：结束不早于日期");
	/* The other two only flag. */
	ck_assert_int_eq(fixture_run(&f, ROW, "C", "1"), GT_RAN_ACCEPTED);
	ck_assert_uint_eq(f.norm.rule_flags, 6);
	ck_assert_int_eq(
		fixture_run(&f, ROW, "C", "1", "G", "1", "P", "京A12345"), GT_RAN_ACCEPTED);
	ck_assert_uint_eq(f.norm.rule_flags, 0);
}
END_TEST

START_TEST(marked_values_are_protected)
{
	with("lab.thing", THING "secret: S\nweight: W\n");
	ck_assert_int_eq(fixture_run(&f, ROW, "S", "密", "W", "1.5"), GT_RAN_ACCEPTED);
	ck_assert_str_eq(fixture_value(&f, "phone"), "\"138****5678\"");
	ck_str_is(gt_value_str(&f.norm.clear[fixture_index(&f, "phone")]), "13812345678");
	ck_str_is(gt_value_str(&f.norm.clear[fixture_index(&f, "owner")]), "张三");
	ck_assert_int_eq(f.norm.clear[fixture_index(&f, "weight")].kind, GT_DECIMAL);
	ck_assert_int_eq(f.norm.clear[fixture_index(&f, "no")].kind, GT_ABSENT);
	ck_assert_uint_eq(f.norm.salt[fixture_index(&f, "secret")].n, 22);
	ck_assert(f.norm.salt[fixture_index(&f, "owner")].p == NULL);
	ck_assert_int_eq(strncmp(fixture_value(&f, "owner"), "\"p1:", 4), 0);
	ck_assert_int_eq(strlen(fixture_value(&f, "owner")), 2 + 3 + 22);
	ck_assert_int_eq(strncmp(fixture_value(&f, "weight"), "\"c1:", 4), 0);
	ck_assert_int_eq(strlen(fixture_value(&f, "weight")), 2 + 3 + 43);
}
END_TEST

/* RFC 4231, test case 1: key of 20 times 0x0b, "Hi There"; HMAC pads its key with zeros as we do.
 */
START_TEST(a_pseudonym_is_an_hmac)
{
	with("lab.thing", THING);
	memset(key.key + 20, 0, 12);
	ck_assert(fixture_plan(&f, "lab.thing", THING, &key) != NULL);
	ck_assert_int_eq(fixture_run(&f, ROW, "OWNER", "Hi There"), GT_RAN_ACCEPTED);
	ck_assert_str_eq(fixture_value(&f, "owner"), "\"p1:sDRMYdjbOFNcqK_OrwvxKw\"");
}
END_TEST

/* base64url without padding. */
static size_t decode(struct gt_str s, unsigned char *out)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	uint32_t bits = 0;
	size_t n = 0, held = 0;

	for (size_t i = 0; i < s.n; i++) {
		bits = bits << 6 | (uint32_t)(strchr(digits, s.p[i]) - digits);
		held += 6;
		if (held >= 8)
			out[n++] = (unsigned char)(bits >> (held -= 8));
	}
	return n;
}

START_TEST(a_commitment_is_opened_by_salt_and_value)
{
	unsigned char opened[16 + 8], expected[32], committed[48];

	with("lab.thing", THING "weight: W\n");
	ck_assert_int_eq(fixture_run(&f, ROW, "W", "1.5kg"), GT_RAN_ACCEPTED);
	size_t at = fixture_index(&f, "weight");
	ck_assert_uint_eq(decode(f.norm.salt[at], opened), 16);
	memcpy(opened + 16, "1.50", 4);
	ck_assert(EVP_Digest(opened, 20, expected, NULL, EVP_sha256(), NULL) == 1);
	struct gt_str text = gt_value_str(&f.norm.values[at]);
	ck_assert_uint_eq(decode(gt_str(text.p + 3, text.n - 3), committed), 32);
	ck_assert_mem_eq(committed, expected, 32);
}
END_TEST

START_TEST(protection_is_deterministic)
{
	char first[128], salt[32];
	const char *const row[] = {ROW, "S", "密", NULL};

	with("lab.thing", THING "secret: S\n");
	ck_assert_int_eq(fixture_run_(&f, GT_LIT("row 1"), row), GT_RAN_ACCEPTED);
	strcpy(first, fixture_value(&f, "secret"));
	memcpy(salt, f.norm.salt[fixture_index(&f, "secret")].p, 22);
	ck_assert_int_eq(fixture_run_(&f, GT_LIT("row 1"), row), GT_RAN_ACCEPTED);
	ck_assert_str_eq(fixture_value(&f, "secret"), first);
	/* The same value of another row cannot be told to be the same. */
	ck_assert_int_eq(fixture_run_(&f, GT_LIT("row 2"), row), GT_RAN_ACCEPTED);
	ck_assert_str_ne(fixture_value(&f, "secret"), first);
	ck_assert_int_ne(memcmp(salt, f.norm.salt[fixture_index(&f, "secret")].p, 22), 0);
}
END_TEST

START_TEST(the_subject_joins_the_key)
{
	char expected[256], owner[64];

	with("lab.thing", THING);
	ck_assert_int_eq(fixture_run(&f, ROW, "NO", "a/b%c"), GT_RAN_ACCEPTED);
	snprintf(owner, sizeof owner, "%.*s", 25, fixture_value(&f, "owner") + 1);
	ck_assert_uint_eq(f.norm.subject.n, 9 + 1 + 25 + 1 + 25);
	snprintf(expected, sizeof expected, "a%%2Fb%%25c/%s/p1:", owner);
	ck_assert_int_eq(strncmp(f.norm.subject.p, expected, strlen(expected)), 0);
	/* The masked element is a pseudonym there: its mask would make different phones equal. */
	ck_assert(memchr(f.norm.subject.p, '*', f.norm.subject.n) == NULL);
}
END_TEST

START_TEST(a_key_has_a_limit)
{
	char no[201];

	memset(no, '%', 200);
	no[200] = '\0';
	with("lab.thing", THING);
	ck_assert_int_eq(fixture_run(&f, ROW, "NO", no), GT_RAN_REJECTED);
	ck_assert_int_eq(f.norm.reasons[0].code, GT_E_KEY_LONG);
}
END_TEST

START_TEST(the_event_time_judges_codes)
{
	with("lab.thing", THING "colour: C\nat: AT\n");
	ck_assert_int_eq(
		fixture_run(&f, ROW, "C", "old", "AT", "1999-12-31 23:59"), GT_RAN_ACCEPTED);
	ck_assert_uint_eq(fixture_flags(&f, "colour"), 0);
	ck_assert_int_eq(f.norm.event_us, 946655940000000);
	ck_assert_int_eq(
		fixture_run(&f, ROW, "C", "old", "AT", "2000-01-01 00:00"), GT_RAN_ACCEPTED);
	ck_assert_uint_eq(fixture_flags(&f, "colour"), GT_FLAG_EXPIRED_CODE);
	ck_assert_int_eq(fixture_run(&f, ROW, "C", "old"), GT_RAN_ACCEPTED);
	ck_assert_uint_eq(fixture_flags(&f, "colour"), GT_FLAG_EXPIRED_CODE);
	ck_assert_int_eq(f.norm.event_us, NOW_US);
}
END_TEST

static void with_division(const char *division, const char *from)
{
	struct gt_mapping mapping = {.entity = GT_LIT("lab.thing"),
		.major = 1,
		.zone_minutes = 480,
		.division = gt_cstr(division),
		.division_from = gt_cstr(from)};
	struct gt_yaml *yaml;

	if (!f.standard)
		fixture_standard(&f);
	key = test_key();
	yaml = gt_yaml_parse(
		"m", GT_LIT(THING "colour: C\narea: A\nbay: B\n"), &f.memory, &f.diags);
	ck_assert(gt_mapping_read(yaml, &f.memory, &f.diags, &mapping));
	f.plan = gt_plan_new(f.standard, &mapping, &key, &f.diags);
	ck_assert(f.plan != NULL);
}

START_TEST(the_division_chooses_the_overlay)
{
	with_division(NULL, "D");
	ck_assert_int_eq(fixture_run(&f, ROW, "D", "420106", "C", "blue", "A", "600", "B", "7"),
		GT_RAN_ACCEPTED);
	ck_str_is(f.norm.division, "420106");
	ck_assert_uint_eq(fixture_flags(&f, "colour"), GT_FLAG_UNKNOWN_CODE);
	ck_assert_str_eq(fixture_value(&f, "area"), "600.00");
	ck_assert(gt_map_get(&f.norm.entity->by_name, GT_LIT("bay")) == NULL);
	ck_assert_int_eq(fixture_run(&f, ROW, "D", " 430１02", "C", "blue", "A", "600", "B", "7"),
		GT_RAN_ACCEPTED);
	ck_str_is(f.norm.division, "430102");
	ck_str_is(f.norm.entity->overlay, "town.1");
	ck_assert_str_eq(fixture_value(&f, "colour"), "\"blue\"");
	ck_assert_uint_eq(fixture_flags(&f, "area"), GT_FLAG_OUT_OF_RANGE);
	ck_assert_str_eq(fixture_value(&f, "bay"), "\"7\"");
	ck_assert_int_eq(fixture_run(&f, ROW, "D", "430000000000"), GT_RAN_ACCEPTED);
	ck_str_is(f.norm.division, "430000");
}
END_TEST

/* The scratch outlives plans: a new one at an old one's address has variants of its own. */
START_TEST(a_plan_never_inherits_a_variant)
{
	with_division("430102", NULL);
	ck_assert_int_eq(fixture_run(&f, ROW), GT_RAN_ACCEPTED);
	ck_str_is(f.norm.entity->overlay, "town.1");
	for (int i = 0; i < 50; i++) {
		gt_plan_unref(f.plan);
		with_division(NULL, "D");
		ck_assert_int_eq(fixture_run(&f, ROW, "D", "430102"), GT_RAN_ACCEPTED);
		ck_str_is(f.norm.entity->overlay, "town.1");
		gt_plan_unref(f.plan);
		f.plan = NULL;
		with("lab.strict", strict_map);
		ck_assert_int_eq(fixture_run(&f, GOOD), GT_RAN_ACCEPTED);
		ck_str_is(f.norm.entity->name, "lab.strict");
	}
}
END_TEST

START_TEST(a_division_must_be_one)
{
	with_division(NULL, "D");
	ck_assert_int_eq(fixture_run(&f, ROW, "D", "某地"), GT_RAN_REJECTED);
	ck_assert_int_eq(f.norm.reasons[0].code, GT_E_DIVISION_BAD);
	ck_assert_int_eq(fixture_run(&f, ROW, "D", ""), GT_RAN_REJECTED);
	ck_assert_int_eq(fixture_run(&f, ROW), GT_RAN_REJECTED);
	/* With a constant beside it, a blank takes that. */
	gt_plan_unref(f.plan);
	with_division("4201", "D");
	ck_assert_int_eq(fixture_run(&f, ROW, "D", "-"), GT_RAN_ACCEPTED);
	ck_str_is(f.norm.division, "420100");
	ck_assert_int_eq(fixture_run(&f, ROW, "D", "x"), GT_RAN_REJECTED);
}
END_TEST

START_TEST(totals_and_notes_are_no_records)
{
	with("lab.thing", "remark: R\n" THING);
	/* The first cell is of an optional element: only what is no record either is left out. */
	ck_assert_int_eq(fixture_run(&f, "R", "合计", "NO", ""), GT_RAN_FILTERED);
	ck_assert_int_eq(fixture_run(&f, "R", "注：补", ROW), GT_RAN_ACCEPTED);
	ck_assert_str_eq(fixture_value(&f, "remark"), "\"注：补\"");
	ck_assert_int_eq(fixture_run(&f, "R", "", "NO", "小计", "OWNER", ""), GT_RAN_FILTERED);
	ck_assert_int_eq(fixture_run(&f, "R", "x", "NO", "合计"), GT_RAN_REJECTED);
	/* Of a required one: no record, whatever the rest looks like. */
	ck_assert_int_eq(fixture_run(&f, "NO", "合计", "OWNER", "张三", "PHONE", "13812345678"),
		GT_RAN_FILTERED);
	ck_assert_uint_eq(f.norm.reason_count, 0);
	ck_assert_str_eq(fixture_value(&f, "no"), "null");
	ck_assert_int_eq(fixture_run(&f, ROW), GT_RAN_ACCEPTED);
}
END_TEST

START_TEST(a_full_arena_is_said)
{
	struct gt_batch *small = gt_batch_new(4096);
	size_t n;
	enum gt_ran ran = GT_RAN_ACCEPTED;

	with("lab.thing", THING);
	(void)gt_plan_fields(f.plan, &n);
	gt_batch_reset(small, n, 1, 4096);
	struct gt_value *values = gt_batch_add(small, GT_LIT("{}"), (struct gt_place){0, 1});
	for (size_t i = 0; i < n; i++)
		values[i] = gt_value_text(GT_LIT("13812345678"));
	for (int i = 0; i < 1000 && ran == GT_RAN_ACCEPTED; i++)
		ran = gt_plan_run(f.plan, small, &small->rows[0], NOW_US, &f.norm);
	ck_assert_int_eq(ran, GT_RAN_FULL);
	gt_batch_free(small);
}
END_TEST

/* The standard says what becomes of personal numbers in an open text. */
START_TEST(personal_numbers_go_where_the_standard_says)
{
	with("lab.thing", THING "note: N\ntold: T\nbill: B\nform: F\n");
	ck_assert_int_eq(fixture_run(&f, ROW, "N", "问13812345678", "T", "问13812345678", "B",
				 "13812345678"),
		GT_RAN_ACCEPTED);
	ck_assert_str_eq(fixture_value(&f, "note"), "\"问138****5678\"");
	ck_assert_uint_eq(fixture_flags(&f, "note"), GT_FLAG_PERSONAL);
	ck_assert_int_eq(f.norm.clear[fixture_index(&f, "note")].kind, GT_ABSENT);
	ck_assert_str_eq(fixture_value(&f, "told"), "\"问138****5678\"");
	ck_str_is(gt_value_str(&f.norm.clear[fixture_index(&f, "told")]), "问13812345678");
	ck_assert_str_eq(fixture_value(&f, "bill"), "\"13812345678\"");
}
END_TEST

/* After a rotation the business key and its elements keep the key that they began with; all else
 * has the new one. */
START_TEST(keys_stay_with_their_first_key)
{
	struct gt_pseudonym_key first = test_key(), second = test_key();
	struct gt_mapping mapping = {
		.entity = GT_LIT("lab.thing"), .major = 1, .zone_minutes = 480};
	struct gt_yaml *yaml;
	char before[8192], after[8192], digest[65];

	fixture_standard(&f);
	memcpy(second.id, "p2", 3);
	memset(second.key, 0x0c, sizeof second.key);
	yaml = gt_yaml_parse("m", GT_LIT(THING "secret: S\n"), &f.memory, &f.diags);
	ck_assert(gt_mapping_read(yaml, &f.memory, &f.diags, &mapping));
	f.plan = gt_plan_new(f.standard, &mapping, &first, &f.diags);
	ck_assert_int_eq(fixture_run(&f, ROW, "S", "x"), GT_RAN_ACCEPTED);
	snprintf(before, sizeof before, "%.*s %s", GT_STR_ARGS(f.norm.subject),
		fixture_value(&f, "owner"));
	memcpy(digest, gt_plan_digest(f.plan).p, 64);
	digest[64] = '\0';
	gt_plan_unref(f.plan);
	mapping.subject_key = &first;
	f.plan = gt_plan_new(f.standard, &mapping, &second, &f.diags);
	ck_assert_int_eq(fixture_run(&f, ROW, "S", "x"), GT_RAN_ACCEPTED);
	ck_assert(memcmp(digest, gt_plan_digest(f.plan).p, 64) != 0);
	snprintf(after, sizeof after, "%.*s %s", GT_STR_ARGS(f.norm.subject),
		fixture_value(&f, "owner"));
	ck_assert_str_eq(after, before);
	ck_assert(strstr(after, "p1:") != NULL && strstr(after, "p2:") == NULL);
	gt_plan_unref(f.plan);
	mapping.subject_key = NULL;
	f.plan = gt_plan_new(f.standard, &mapping, &second, &f.diags);
	ck_assert_int_eq(fixture_run(&f, ROW, "S", "x"), GT_RAN_ACCEPTED);
	ck_assert(memmem(f.norm.subject.p, f.norm.subject.n, "p2:", 3) != NULL);
}
END_TEST

/* What each stage made of a value, and that asking changes nothing. */
START_TEST(a_trace_tells_the_way)
{
	static const enum gt_stage stages[] = {
		GT_STAGE_RAW, GT_STAGE_CLEANED, GT_STAGE_CONVERTED, GT_STAGE_PARSED};
	struct gt_trace trace = {0};
	size_t at = 0;

	with("lab.thing", THING "energy: {from: E, unit: MWh}\n");
	ck_assert_int_eq(fixture_run(&f, ROW, "E", " １.5 "), GT_RAN_ACCEPTED);
	struct gt_value plain = f.norm.values[fixture_index(&f, "energy")];
	ck_assert_int_eq(
		gt_plan_trace(f.plan, f.batch, f.row, NOW_US, &f.norm, &trace), GT_RAN_ACCEPTED);
	ck_assert_int_eq(f.norm.values[fixture_index(&f, "energy")].number, plain.number);
	for (size_t i = 0; i < trace.n; i++) {
		if (trace.v[i].element != fixture_index(&f, "energy"))
			continue;
		ck_assert_uint_lt(at, 4);
		ck_assert_int_eq(trace.v[i].stage, stages[at]);
		if (at == 1)
			ck_str_is(gt_value_str(&trace.v[i].value), "1.5");
		if (at == 2)
			ck_str_is(trace.v[i].detail, "× 1000");
		at++;
	}
	ck_assert_uint_eq(at, 4);
	gt_trace_fini(&trace);
}
END_TEST

UNIT_MAIN("run", UNIT_LOOP(normalises_one, sizeof ones / sizeof *ones), UNIT_LOOP(source_kinds, 5),
	UNIT_TEST(what_a_source_has_lost_is_no_value),
	UNIT_LOOP(required_elements_reject, sizeof reasons / sizeof *reasons),
	UNIT_TEST(all_reasons_are_collected), UNIT_TEST(nested_and_unmapped_codes_reject),
	UNIT_TEST(rules_across_elements), UNIT_TEST(marked_values_are_protected),
	UNIT_TEST(a_pseudonym_is_an_hmac), UNIT_TEST(personal_numbers_go_where_the_standard_says),
	UNIT_TEST(keys_stay_with_their_first_key), UNIT_TEST(a_trace_tells_the_way),
	UNIT_TEST(a_commitment_is_opened_by_salt_and_value), UNIT_TEST(protection_is_deterministic),
	UNIT_TEST(the_subject_joins_the_key), UNIT_TEST(a_key_has_a_limit),
	UNIT_TEST(the_event_time_judges_codes), UNIT_TEST(the_division_chooses_the_overlay),
	UNIT_TEST(a_division_must_be_one), UNIT_TEST(a_plan_never_inherits_a_variant),
	UNIT_TEST(totals_and_notes_are_no_records), UNIT_TEST(a_full_arena_is_said))
