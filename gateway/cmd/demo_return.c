/* demo_return.c: the monthly return of energy as a person fills it in with Excel: a title over all
 * columns, the period above the table, headings over headings, a total and a note below. */
#include "demo_files.h"
#include "demo_words.h"
#include "xlsx_write.h"

#include <stdio.h>

#define RETURN_ROWS 40u
#define COLUMNS 7u
#define CELL 128u
#define USCC 18u

enum dirt { CLEAN, FULL_WIDTH, THOUSANDS, UNIT_IN_VALUE, NO_WATER, DASH, NO_CODE, WRONG_CODE };

static enum dirt dirt_of(size_t row)
{
	static const enum dirt rows[RETURN_ROWS] = {[2] = FULL_WIDTH,
		[5] = THOUSANDS,
		[8] = UNIT_IN_VALUE,
		[11] = NO_WATER,
		[17] = DASH,
		[23] = NO_CODE,
		[29] = WRONG_CODE};

	return rows[row];
}

/* A code as GB 32100-2015 builds it, so that the check digit is right. */
static void write_uscc(uint64_t seed, size_t row, bool wrong, char *out)
{
	static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
	unsigned sum = 0, weight = 1, last;

	(void)snprintf(out, USCC + 1, "11420106%09llu",
		(unsigned long long)(gt_demo_pick(seed, row, 20) % 1000000000));
	for (size_t i = 0; i < USCC - 1; i++, weight = weight * 3 % 31)
		sum += (unsigned)(out[i] - '0') * weight;
	last = (31 - sum % 31 + (wrong ? 1 : 0)) % 31;
	out[USCC - 1] = alphabet[last];
	out[USCC] = '\0';
}

static void write_power(char *out, unsigned long long value, enum dirt dirt)
{
	char plain[32];

	(void)snprintf(plain, sizeof(plain), "%llu.%04llu", value / 10000, value % 10000);
	if (dirt == FULL_WIDTH)
		(void)gt_demo_full_width(plain, out, CELL);
	else if (dirt == UNIT_IN_VALUE)
		(void)snprintf(out, CELL, "%s万度", plain);
	else
		(void)snprintf(out, CELL, "%s", dirt == DASH ? "—" : plain);
}

static void write_money(char *out, unsigned long long yuan, enum dirt dirt)
{
	if (dirt == THOUSANDS && yuan >= 1000)
		(void)snprintf(out, CELL, "¥%llu,%03llu", yuan / 1000, yuan % 1000);
	else
		(void)snprintf(out, CELL, "%llu", yuan);
}

static void add_row(
	struct gt_xlsx *book, const char *const texts[COLUMNS], const enum gt_xlsx_style *styles)
{
	struct gt_str cells[COLUMNS];

	for (size_t i = 0; i < COLUMNS; i++)
		cells[i] = gt_cstr(texts[i] ? texts[i] : "");
	gt_xlsx_row(book, cells, COLUMNS, styles);
}

/* The quantities of one unit, which also go into the total. */
static void add_unit(
	struct gt_xlsx *book, uint64_t seed, size_t month, size_t row, unsigned long long total[2])
{
	enum dirt dirt = dirt_of(row);
	size_t index = month * RETURN_ROWS + row;
	/* In ten-thousandths of 万kWh, and m³. */
	unsigned long long power = 5000 + gt_demo_pick(seed, index, 21) % 900000,
			   water = 20 + gt_demo_pick(seed, index, 22) % 4000;
	char uscc[USCC + 1], name[CELL], used[CELL], paid[CELL], drawn[CELL], water_paid[CELL];

	write_uscc(seed, row, dirt == WRONG_CODE, uscc);
	(void)snprintf(name, sizeof(name), "%s第%zu办公区", gt_demo_units[row % GT_DEMO_UNITS],
		row / GT_DEMO_UNITS + 1);
	write_power(used, power, dirt);
	write_money(paid, power * 65 / 100, dirt);
	(void)snprintf(drawn, sizeof(drawn), "%llu", water);
	write_money(water_paid, water * 4, dirt);
	add_row(book,
		(const char *[COLUMNS]){dirt == NO_CODE ? NULL : uscc, name, used, paid,
			dirt == NO_WATER ? NULL : drawn, dirt == NO_WATER ? NULL : water_paid,
			dirt == DASH ? "电表检修" : NULL},
		NULL);
	total[0] += power;
	total[1] += water;
}

static void add_heading(struct gt_xlsx *book, const char *first_day)
{
	static const enum gt_xlsx_style styles[COLUMNS] = {GT_XLSX_HEADING, GT_XLSX_HEADING,
		GT_XLSX_HEADING, GT_XLSX_HEADING, GT_XLSX_HEADING, GT_XLSX_HEADING,
		GT_XLSX_HEADING};
	static const char *const merged[] = {"A1:G1", "A3:A4", "B3:B4", "C3:D3", "E3:F3", "G3:G4"};

	add_row(book, (const char *[COLUMNS]){"武昌区公共机构能源资源消费统计月报"}, styles);
	add_row(book, (const char *[COLUMNS]){"报告期起", first_day}, NULL);
	add_row(book,
		(const char *[COLUMNS]){
			"统一社会信用代码", "单位名称", "电", NULL, "水", NULL, "备注"},
		styles);
	add_row(book,
		(const char *[COLUMNS]){
			NULL, NULL, "数量(万kWh)", "费用(元)", "数量(立方米)", "费用(元)", NULL},
		styles);
	for (size_t i = 0; i < sizeof(merged) / sizeof(merged[0]); i++)
		gt_xlsx_merge(book, merged[i]);
}

bool gt_demo_return_write(
	const char *folder, uint64_t seed, size_t index, size_t *rows, struct gt_err *err)
{
	char path[4096], first_day[32], used[CELL], drawn[CELL];
	unsigned long long total[2] = {0};
	/* March 2024 and on. */
	unsigned at = 2 + (unsigned)index, year = 2024 + at / 12, of_year = at % 12 + 1;
	struct gt_xlsx *book = gt_xlsx_new();

	(void)snprintf(path, sizeof(path), "%s/能耗月报_%u%02u.xlsx", folder, year, of_year);
	(void)snprintf(first_day, sizeof(first_day), "%u年%u月1日", year, of_year);
	gt_xlsx_sheet(book, "月报");
	add_heading(book, first_day);
	for (size_t i = 0; i < RETURN_ROWS; i++)
		add_unit(book, seed, index, i, total);
	write_power(used, total[0], CLEAN);
	(void)snprintf(drawn, sizeof(drawn), "%llu", total[1]);
	add_row(book, (const char *[COLUMNS]){"合计", NULL, used, NULL, drawn}, NULL);
	add_row(book, (const char *[COLUMNS]){"填表人：李敏"}, NULL);

	bool ok = gt_xlsx_save(book, path, err);
	gt_xlsx_free(book);
	if (ok)
		*rows = RETURN_ROWS + 2;
	return ok;
}
