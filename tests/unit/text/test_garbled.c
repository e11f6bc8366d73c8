#include "garbled.h"
#include "unit.h"

static struct gt_garbled *garbled;

static void setup(void)
{
	garbled = gt_garbled_new();
	ck_assert_ptr_nonnull(garbled);
}

static void teardown(void)
{
	gt_garbled_free(garbled);
	gt_garbled_free(NULL);
}

static const struct {
	const char *in;
	enum gt_garbled_is is;
	const char *out;
} rows[] = {
	{"姝︽眽甯傚叕瀹夊眬", GT_GARBLED_REGAINED, "武汉市公安局"},
	{"閯侫12345", GT_GARBLED_REGAINED, "鄂A12345"},
	{"姝︽眽甯�", GT_GARBLED_LOST, NULL},
	{"鑱旂郴浜?", GT_GARBLED_LOST, NULL},
	{"å…¬åŠ¡ç”¨è½¦", GT_GARBLED_REGAINED, "公务用车"},
	{"Ã¥â€¦Â¬Ã¥Å Â¡", GT_GARBLED_REGAINED, "公务"}, /* twice */
	{"¹«ÎñÓÃ³µ", GT_GARBLED_REGAINED, "公务用车"},
	{"锟斤拷锟斤拷", GT_GARBLED_LOST, NULL},
	{"车锟斤拷", GT_GARBLED_LOST, NULL},
	{"???", GT_GARBLED_LOST, NULL},
	{"?", GT_GARBLED_NOT, NULL},
	{"公务用车", GT_GARBLED_NOT, NULL},
	{"陈锟", GT_GARBLED_NOT, NULL},
	{"Café, señor, ångström", GT_GARBLED_NOT, NULL},
	{"鍏", GT_GARBLED_NOT, NULL}, /* half a character */
	{"±0.5 °C", GT_GARBLED_NOT, NULL},
	{"plain", GT_GARBLED_NOT, NULL},
	{"", GT_GARBLED_NOT, NULL},
};

START_TEST(reads_anew_what_was_decoded_wrongly)
{
	char out[GT_GARBLED_MAX];
	struct gt_str in = gt_cstr(rows[_i].in);
	size_t n = 0;

	setup();
	ck_assert_msg(gt_garbled_read(garbled, in, out, &n) == rows[_i].is, "%s", rows[_i].in);
	if (rows[_i].out)
		ck_str_is(gt_str(out, n), rows[_i].out);
	teardown();
}
END_TEST

/* The usual texts of this field do not even get the close look. */
START_TEST(clean_texts_are_not_suspect)
{
	static const char *const clean[] = {"武昌区机关事务服务中心", "省政府、市政府", "鄂A12345",
		"赣C02101D", "渝A12345", "YC0001", "", "张三", "欧阳修", "1号楼", "（本级）"};

	setup();
	for (size_t i = 0; i < sizeof clean / sizeof *clean; i++)
		ck_assert_msg(!gt_garbled_suspect(garbled, gt_cstr(clean[i])), "%s", clean[i]);
	teardown();
}
END_TEST

UNIT_MAIN("garbled", UNIT_LOOP(reads_anew_what_was_decoded_wrongly, sizeof rows / sizeof *rows),
	UNIT_TEST(clean_texts_are_not_suspect))
