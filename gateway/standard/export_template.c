/* export_template.c: forms for districts without a system: a table to fill in, and the source file
 * that reads it. */
#include "export.h"

#include "load.h"
#include "xlsx_write.h"

#include <stdlib.h>

#define SHEET_DATA "填报"
#define SHEET_HELP "说明"
#define SHEET_CODES "代码"

static unsigned rank_of(const struct gt_entity *entity, size_t index)
{
	for (size_t k = 0; k < entity->key_count; k++)
		if (entity->key[k] == index)
			return 0;
	return entity->elements[index].required ? 1 : 2;
}

void gt_export_order(const struct gt_entity *entity, size_t *order)
{
	size_t n = 0;

	for (unsigned rank = 0; rank < 3; rank++)
		for (size_t i = 0; i < entity->n; i++)
			if (rank_of(entity, i) == rank)
				order[n++] = i;
}

void gt_export_csv_template(const struct gt_entity *entity, struct gt_buf *out)
{
	size_t order[GT_ELEMENTS_MAX];

	gt_export_order(entity, order);
	gt_buf_adds(out, "\xEF\xBB\xBF");
	for (size_t i = 0; i < entity->n; i++) {
		struct gt_str title = entity->elements[order[i]].title.zh;
		bool quoted = memchr(title.p, ',', title.n) != NULL;
		gt_buf_addf(out, "%s%s%.*s%s", i ? "," : "", quoted ? "\"" : "", GT_STR_ARGS(title),
			quoted ? "\"" : "");
	}
	gt_buf_adds(out, "\r\n");
}

/* A column of the sheet of codes for each list; the range that its rows are in. */
struct lists {
	const struct gt_code_list *v[GT_ELEMENTS_MAX];
	size_t n, rows;
};

static size_t list_at(struct lists *lists, const struct gt_code_list *list)
{
	size_t i = 0;

	while (i < lists->n && lists->v[i] != list)
		i++;
	if (i == lists->n) {
		lists->v[lists->n++] = list;
		lists->rows = list->n > lists->rows ? list->n : lists->rows;
	}
	return i;
}

static void put_data(struct gt_xlsx *book, const struct gt_entity *entity, const size_t *order,
	struct lists *lists)
{
	struct gt_str cells[GT_ELEMENTS_MAX];
	enum gt_xlsx_style styles[GT_ELEMENTS_MAX];
	char range[64], letters[8];

	gt_xlsx_sheet(book, SHEET_DATA);
	for (size_t i = 0; i < entity->n; i++) {
		const struct gt_element *e = &entity->elements[order[i]];
		cells[i] = e->title.zh;
		styles[i] = e->required ? GT_XLSX_REQUIRED : GT_XLSX_HEADING;
	}
	gt_xlsx_row(book, cells, entity->n, styles);
	for (size_t i = 0; i < entity->n; i++) {
		const struct gt_code_list *codes = entity->elements[order[i]].codes;
		if (!codes)
			continue;
		gt_xlsx_column(list_at(lists, codes), letters);
		gt_text(range, sizeof range, SHEET_CODES "!$%s$2:$%s$%zu", letters, letters,
			codes->n + 1);
		gt_xlsx_choice(book, i, range);
	}
}

static void put_help(struct gt_xlsx *book, const struct gt_entity *entity, const size_t *order)
{
	const struct gt_str heads[] = {GT_LIT("列名"), GT_LIT("Column"), GT_LIT("必填 required"),
		GT_LIT("定义"), GT_LIT("Definition"), GT_LIT("类型 type"), GT_LIT("计量单位 unit"),
		GT_LIT("最小值 min"), GT_LIT("最大值 max"), GT_LIT("保护方式 protection")};
	enum { COLUMNS = sizeof heads / sizeof *heads };
	enum gt_xlsx_style bold[COLUMNS];
	struct gt_buf min, max;

	for (size_t i = 0; i < COLUMNS; i++)
		bold[i] = GT_XLSX_HEADING;
	gt_xlsx_sheet(book, SHEET_HELP);
	gt_xlsx_row(book, heads, COLUMNS, bold);
	gt_buf_init(&min, 64);
	gt_buf_init(&max, 64);
	for (size_t i = 0; i < entity->n; i++) {
		const struct gt_element *e = &entity->elements[order[i]];
		gt_buf_clear(&min);
		gt_buf_clear(&max);
		if (e->has_min)
			gt_limit_put(e, e->min, &min);
		if (e->has_max)
			gt_limit_put(e, e->max, &max);
		struct gt_str cells[COLUMNS] = {e->title.zh, e->title.en,
			e->required ? GT_LIT("是 yes") : GT_LIT(""), e->definition.zh,
			e->definition.en, gt_cstr(gt_type_name(e->type)),
			e->unit ? e->unit->name : GT_LIT(""), gt_buf_str(&min), gt_buf_str(&max),
			e->protection == GT_OPEN ? GT_LIT("")
						 : gt_cstr(gt_protection_name(e->protection))};
		gt_xlsx_row(book, cells, COLUMNS, NULL);
	}
	gt_buf_fini(&min);
	gt_buf_fini(&max);
}

/* Names, not codes: a person chooses 轿车, and the gateway knows that it is sedan. */
static void put_codes(struct gt_xlsx *book, const struct lists *lists)
{
	struct gt_str cells[GT_ELEMENTS_MAX];

	gt_xlsx_sheet(book, SHEET_CODES);
	for (size_t i = 0; i < lists->n; i++)
		cells[i] = lists->v[i]->title.zh;
	gt_xlsx_row(book, cells, lists->n, NULL);
	for (size_t row = 0; row < lists->rows; row++) {
		for (size_t i = 0; i < lists->n; i++)
			cells[i] = row < lists->v[i]->n ? lists->v[i]->v[row].title.zh
							: gt_str(NULL, 0);
		gt_xlsx_row(book, cells, lists->n, NULL);
	}
}

bool gt_export_xlsx_template(const struct gt_entity *entity, const char *path, struct gt_err *err)
{
	struct gt_xlsx *book = gt_xlsx_new();
	size_t order[GT_ELEMENTS_MAX];
	struct lists lists = {.n = 0};

	gt_export_order(entity, order);
	put_data(book, entity, order, &lists);
	put_help(book, entity, order);
	if (lists.n)
		put_codes(book, &lists);
	bool ok = gt_xlsx_save(book, path, err);
	gt_xlsx_free(book);
	return ok;
}

void gt_export_template_source(
	const struct gt_entity *entity, const char *format, struct gt_buf *out)
{
	size_t order[GT_ELEMENTS_MAX];

	gt_export_order(entity, order);
	gt_buf_addf(out,
		"# %.*s：填好的表放入 folder 所指文件夹即发布。\n"
		"# %.*s: filled-in forms that are put into the folder are published.\n"
		"source: %.*s-form\n"
		"title: %.*s填报\n"
		"adapter: file\n"
		"folder: ../in/%.*s\n"
		"pattern: \"*.%s\"\n"
		"format: %s\n",
		GT_STR_ARGS(entity->title.zh), GT_STR_ARGS(entity->title.en),
		GT_STR_ARGS(entity->entity), GT_STR_ARGS(entity->title.zh),
		GT_STR_ARGS(entity->entity), format, format);
	if (strcmp(format, "xlsx") == 0)
		gt_buf_adds(out, "sheet: " SHEET_DATA "\n");
	gt_buf_addf(out,
		"division: \"\"                # 行政区划代码 · code of the division\n"
		"flows:\n"
		"  %.*s:\n"
		"    entity: %.*s@%u\n"
		"    basis: declared\n"
		"    map:\n",
		GT_STR_ARGS(entity->entity), GT_STR_ARGS(entity->name), entity->major);
	for (size_t i = 0; i < entity->n; i++) {
		const struct gt_element *e = &entity->elements[order[i]];
		gt_buf_addf(out, "      %.*s: ", GT_STR_ARGS(e->name));
		gt_buf_json(out, e->title.zh); /* a JSON string is a YAML scalar */
		gt_buf_adds(out, "\n");
	}
}
