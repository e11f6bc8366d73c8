/* xls_xml.c: XML spreadsheets of Excel 2003. */
#include "xls.h"

#include <stdlib.h>

#define DEPTH_MAX 64u

struct reading {
	XML_Parser parser;
	struct grid *grid;
	bool failed;
	struct gt_err err;
	unsigned depth;
	char *text; /* of the cell at hand */
	size_t used;
	bool in_sheet, in_row, in_cell, collect, visible;
	unsigned comment;
	char type; /* of Data; 0 = the cell has none */
	uint32_t row, column, across, down;
};

static const char *local(const char *name)
{
	const char *colon = strchr(name, ':');
	return colon ? colon + 1 : name;
}

static uint32_t number(const char *text, uint32_t otherwise, uint32_t most)
{
	unsigned long v = text ? strtoul(text, NULL, 10) : otherwise;
	return v > most ? most : (uint32_t)v;
}

static void refuse(struct reading *r, struct gt_failure why)
{
	if (!r->failed)
		gt_fail_with(&r->err, why);
	r->failed = true;
	XML_StopParser(r->parser, XML_FALSE);
}

static void begin_row(struct reading *r, const char **attributes)
{
	const char *index = xlsx_attribute(attributes, "Index");
	uint32_t row = number(index, r->row + 1, SHEET_ROWS_MAX + 1);
	if (row <= r->row || row > SHEET_ROWS_MAX) {
		refuse(r, (struct gt_failure){GT_E_SHEET_ROW_ORDER, GT_TEXT("%u", r->row),
				  index ? index : "1048577"});
		return;
	}
	r->row = row;
	r->column = 0;
	r->in_row = true;
	grid_row(r->grid, row);
}

static void begin_cell(struct reading *r, const char **attributes)
{
	const char *index = xlsx_attribute(attributes, "Index");
	uint32_t column = number(index, r->column + 1, SHEET_COLUMNS_MAX + 1);
	if (column <= r->column || column > SHEET_COLUMNS_MAX) {
		char letters[8];
		refuse(r, (struct gt_failure){GT_E_SHEET_CELL_BAD,
				  GT_TEXT("%s%u", sheet_letters(r->column, letters), r->row),
				  index ? index : "16385"});
		return;
	}
	r->column = column;
	r->across =
		number(xlsx_attribute(attributes, "MergeAcross"), 0, SHEET_COLUMNS_MAX - column);
	r->down = number(xlsx_attribute(attributes, "MergeDown"), 0, SHEET_ROWS_MAX - r->row);
	r->in_cell = true;
	r->type = 0;
	r->used = 0;
}

static void XMLCALL element(void *arg, const char *name, const char **attributes)
{
	struct reading *r = arg;
	name = local(name);
	if (++r->depth > DEPTH_MAX)
		refuse(r, (struct gt_failure){GT_E_XLSX_DEPTH, "XML", GT_TEXT("%u", DEPTH_MAX)});
	if (r->failed)
		return;
	r->comment += strcmp(name, "Comment") == 0;
	if (strcmp(name, "Worksheet") == 0) {
		const char *title = xlsx_attribute(attributes, "Name");
		grid_sheet(r->grid, gt_cstr(title ? title : ""));
		r->in_sheet = !r->grid->failed;
		r->row = 0;
	} else if (r->in_cell && r->comment == 0 && strcmp(name, "Data") == 0) {
		const char *type = xlsx_attribute(attributes, "Type");
		r->type = type ? *type : 'S';
		r->collect = true;
	} else if (r->in_row && !r->in_cell && strcmp(name, "Cell") == 0) {
		begin_cell(r, attributes);
	} else if (r->in_sheet && !r->in_row && strcmp(name, "Row") == 0) {
		begin_row(r, attributes);
	} else if (r->in_sheet && strcmp(name, "Visible") == 0) {
		r->visible = true;
		r->used = 0;
	}
}

static void XMLCALL characters(void *arg, const char *s, int n)
{
	struct reading *r = arg;
	if ((!r->collect && !r->visible) || r->used > SHEET_CELL_MAX) /* refused by its length */
		return;
	memcpy(r->text + r->used, s, (size_t)n); /* as large as the document */
	r->used += (size_t)n;
}

/* "2024-03-05T18:00:00.000": a day if the time is midnight, a time if the day is the first one. */
static struct gt_str date_text(char *s, size_t n)
{
	char *t = n > 0 ? memchr(s, 'T', n) : NULL;
	if (!t)
		return gt_str(s, n);
	if (n > 4 && memcmp(s + n - 4, ".000", 4) == 0)
		n -= 4;
	struct gt_str time = gt_str(t + 1, (size_t)(s + n - t - 1));
	if (gt_str_eq(time, GT_LIT("00:00:00")))
		return gt_str(s, (size_t)(t - s));
	if (gt_str_eq(gt_str(s, (size_t)(t - s)), GT_LIT("1899-12-31")))
		return time;
	*t = ' ';
	return gt_str(s, n);
}

static void end_cell(struct reading *r)
{
	struct sheet_cell cell = {.column = r->column - 1, .kind = GT_TEXT};
	char seen[SHEET_NUMBER_MAX];
	uint32_t row = r->row, left = cell.column;
	cell.text = gt_str(r->text, r->used);
	switch (r->type) {
	case 'N':
		sheet_number(cell.text, SHEET_PLAIN, false, &cell, seen);
		break;
	case 'D':
		cell.text = date_text(r->text, r->used);
		break;
	case 'B':
		cell.kind = GT_BOOL;
		cell.text = r->used == 1 && *r->text == '1' ? GT_LIT("true") : GT_LIT("false");
		break;
	case 'E':
		cell.marks = gt_str_eq(cell.text, GT_LIT("#N/A")) ? 0 : GT_VALUE_DAMAGED;
		break;
	default:
		break;
	}
	if (r->type && cell.text.n > 0)
		grid_cell(r->grid, cell);
	if (r->across > 0 || r->down > 0)
		grid_merge(
			r->grid, (struct sheet_merge){row, row + r->down, left, left + r->across});
	r->column += r->across;
	r->in_cell = false;
}

static void XMLCALL element_end(void *arg, const char *name)
{
	struct reading *r = arg;
	r->depth--;
	name = local(name);
	if (r->failed)
		return;
	if (strcmp(name, "Comment") == 0)
		r->comment--;
	else if (r->comment > 0)
		return;
	else if (strcmp(name, "Data") == 0)
		r->collect = false;
	else if (r->in_cell && strcmp(name, "Cell") == 0)
		end_cell(r);
	else if (r->in_row && strcmp(name, "Row") == 0)
		r->in_row = false;
	else if (strcmp(name, "Worksheet") == 0)
		r->in_sheet = false;
	else if (r->visible && strcmp(name, "Visible") == 0) {
		r->visible = false;
		r->grid->sheets[r->grid->sheet_count - 1].hidden =
			r->used >= 11 && memcmp(r->text, "SheetHidden", 11) == 0;
	}
	if (r->grid->failed)
		XML_StopParser(r->parser, XML_FALSE);
}

static void XMLCALL refuse_doctype(
	void *arg, const char *name, const char *system, const char *public, int internal)
{
	(void)name;
	(void)system;
	(void)public;
	(void)internal;
	refuse(arg, (struct gt_failure){GT_E_XLSX_DOCTYPE, "XML"});
}

bool xls_is_xml(struct gt_str text)
{
	static const char space[] = "urn:schemas-microsoft-com:office:spreadsheet";
	size_t n = text.n < 4096 ? text.n : 4096;
	return n > 5 && memcmp(text.p, "<?xml", 5) == 0 &&
	       memmem(text.p, n, space, sizeof(space) - 1) != NULL &&
	       !memmem(text.p, n, "<html", 5);
}

bool xls_read_xml(struct gt_str text, struct grid *grid, struct gt_err *err)
{
	/* The bytes are UTF-8 by now, whatever their declaration says. */
	struct reading r = {
		.grid = grid, .parser = XML_ParserCreate("UTF-8"), .text = malloc(text.n + 1)};
	bool ok = r.parser && r.text;
	if (!ok) {
		gt_fail(err, GT_E_MEMORY_BUDGET, GT_TEXT("%zu", text.n));
		goto out;
	}
	XML_SetUserData(r.parser, &r);
	XML_SetElementHandler(r.parser, element, element_end);
	XML_SetCharacterDataHandler(r.parser, characters);
	XML_SetStartDoctypeDeclHandler(r.parser, refuse_doctype);
	ok = XML_Parse(r.parser, text.p, (int)text.n, 1) != XML_STATUS_ERROR && !r.failed;
	if (r.failed)
		*err = r.err;
	else if (!ok && !grid->failed)
		gt_fail(err, GT_E_XLSX_XML, "XML",
			GT_TEXT("%lu", (unsigned long)XML_GetCurrentLineNumber(r.parser)),
			XML_ErrorString(XML_GetErrorCode(r.parser)));
	if (!r.failed && (ok || grid->failed))
		ok = grid_done(grid, err);
	if (ok && grid->sheet_count == 0)
		ok = gt_fail(err, GT_E_SHEET_EMPTY);
out:
	if (r.parser)
		XML_ParserFree(r.parser);
	free(r.text);
	return ok;
}
