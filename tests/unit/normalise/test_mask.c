#include "steps.h"
#include "unit.h"

static const struct {
	enum gt_format_kind format;
	const char *in, *out;
} rows[] = {
	{GT_FORMAT_NONE, "张三", "张*"},
	{GT_FORMAT_NONE, "欧阳修", "欧**"},
	{GT_FORMAT_NONE, "张", "*"},
	{GT_FORMAT_NONE, "", ""},
	{GT_FORMAT_NONE, "Li Lei", "L*****"},
	{GT_FORMAT_NONE, "13812345678", "138****5678"},
	{GT_FORMAT_NONE, "0571-86547551", "0571-****7551"},
	{GT_FORMAT_NONE, "02787654321", "027****4321"},
	{GT_FORMAT_NONE, "8654755", "8******"},
	{GT_FORMAT_IDENTITY, "11010519491231002X", "110***********002X"},
	{GT_FORMAT_NONE, "6222021234567890123", "***************0123"},
	{GT_FORMAT_PLATE, "浙A12345", "浙A***45"},
	{GT_FORMAT_PLATE, "浙AD12345", "浙A****45"},
	{GT_FORMAT_VIN, "1M8GDM9AXKP042788", "***********042788"},
};

START_TEST(masks)
{
	char out[64];
	struct gt_str in = gt_cstr(rows[_i].in);

	ck_str_is(gt_str(out, gt_mask(rows[_i].format, in, out)), rows[_i].out);
}
END_TEST

UNIT_MAIN("mask", UNIT_LOOP(masks, sizeof rows / sizeof *rows))
