#include "survey.h"

#include "intake.h"
#include <guantong/json.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define SAMPLE_MAX 4096u
#define NAMES_MAX 65536u /* bytes of all field names */

struct columns {
	struct gt_str *v; /* texts into `text` */
	size_t n;
	char *text;
	size_t used;
};

/* One file under survey. */
struct file {
	struct gt_survey *survey;
	char shown[GT_NAME_SHOWN], pattern[GT_NAME_SHOWN];
	struct gt_pair select[8];
	struct columns columns;
};

static bool columns_new(struct columns *columns)
{
	columns->v = calloc(GT_FIELDS_MAX, sizeof *columns->v);
	columns->text = malloc(NAMES_MAX);
	return columns->v && columns->text;
}

static void columns_free(struct columns *columns)
{
	free(columns->v);
	free(columns->text);
}

static void add_field(void *arg, struct gt_str name)
{
	struct columns *columns = arg;
	for (size_t i = 0; i < columns->n; i++)
		if (gt_str_eq(columns->v[i], name))
			return;
	if (columns->n == GT_FIELDS_MAX || name.n > NAMES_MAX - columns->used)
		return;
	char *text = columns->text + columns->used;
	memcpy(text, name.p, name.n);
	columns->used += name.n;
	columns->v[columns->n++] = gt_str(text, name.n);
}

/* A JSON array of names; what is no such array gives no columns. */
static void split_columns(struct gt_str json, struct columns *columns)
{
	struct gt_json_scan scan;
	struct gt_str name;
	size_t used = 0, at = 0;
	gt_json_scan_start(&scan, gt_str("", 0));
	while (json.n && columns->n < GT_FIELDS_MAX &&
		gt_json_scan_next(&scan, gt_str(json.p + at, json.n - at), true, &used, &name,
			NULL) == GT_JSON_RECORD) {
		at += used;
		char *text = columns->text + columns->used;
		columns->v[columns->n] = gt_json_scalar(name, text, NAMES_MAX - columns->used);
		columns->used += columns->v[columns->n++].n;
	}
}

/* Whole lines, as many as fit. */
static struct gt_str sample_of(struct gt_str head)
{
	if (head.n <= SAMPLE_MAX)
		return head;
	const char *end = memrchr(head.p, '\n', SAMPLE_MAX);
	return gt_str(head.p, end ? (size_t)(end + 1 - head.p) : SAMPLE_MAX);
}

static bool begin(struct gt_intake *in, const char *shown, uint64_t *start, struct gt_err *err)
{
	if (!gt_window_fill(&in->window))
		return false;
	struct gt_str head = gt_window_bytes(&in->window);
	bool whole = head.n <= GT_FORMAT_HEAD && gt_window_last(&in->window);
	head.n = head.n > GT_FORMAT_HEAD ? GT_FORMAT_HEAD : head.n;
	in->document = (struct gt_document){.name = gt_cstr(shown)};
	return gt_reader_begin(in->reader, in->host, head, whole, &in->document, start, err);
}

static void tell_file(struct file *file, struct gt_str sample)
{
	struct gt_survey *s = file->survey;
	struct gt_found found = {.kind = GT_LIT("file"),
		.name = gt_cstr(file->shown),
		.fields = file->columns.v,
		.field_count = file->columns.n,
		.sample = sample,
		.select = file->select,
		.select_count = 1};
	s->enough = !s->sink(s->arg, &found);
}

static bool survey_in_order(struct file *file, struct gt_intake *in, struct gt_err *err)
{
	uint64_t start = 0;
	if (!begin(in, file->shown, &start, err))
		return false;
	struct gt_str bytes = gt_window_bytes(&in->window);
	split_columns(in->document.columns, &file->columns);
	if (file->columns.n == 0 && start <= bytes.n)
		gt_reader_fields(in->reader, gt_str(bytes.p + start, bytes.n - (size_t)start),
			add_field, &file->columns);
	tell_file(file, sample_of(bytes));
	return true;
}

static bool tell_sheet(void *arg, const struct gt_sheet *sheet)
{
	struct file *file = arg;
	struct gt_survey *s = file->survey;
	size_t n = 1, most = sizeof file->select / sizeof *file->select;
	char name[2 * GT_NAME_SHOWN];
	for (size_t i = 0; i < sheet->select_count && n < most; i++)
		file->select[n++] = sheet->select[i];
	int size = snprintf(name, sizeof name, "%s: %.*s", file->shown, GT_STR_ARGS(sheet->name));
	struct gt_found found = {.kind = GT_LIT("sheet"),
		.name = gt_str(name, (size_t)size < sizeof name ? (size_t)size : sizeof name - 1),
		.fields = sheet->columns,
		.field_count = sheet->column_count,
		.sample = sheet->sample,
		.select = file->select,
		.select_count = n};
	s->enough = !s->sink(s->arg, &found);
	return !s->enough;
}

/* Sheets, or else the document with the columns that its format says. */
static bool survey_seeking(struct file *file, struct gt_intake *in, struct gt_err *err)
{
	struct gt_err why = {0};
	bool sheets = (gt_reader_caps(in->reader) & GT_FORMAT_SHEETS) != 0, ok;
	in->bytes = gt_intake_bytes(in);
	in->document = (struct gt_document){.name = gt_cstr(file->shown)};
	if (sheets)
		ok = gt_reader_sheets(in->reader, in->host, &in->bytes, tell_sheet, file, &why);
	else
		ok = gt_reader_open(in->reader, in->host, &in->bytes, &in->document, &why);
	if (ok && !sheets) {
		split_columns(in->document.columns, &file->columns);
		tell_file(file, gt_str("", 0));
	}
	if (ok)
		return true;
	errno = in->why;
	if (!in->why)
		*err = why;
	return false;
}

/* A pattern that matches the name: what separates or means patterns stands for any character. */
static void pattern_of(const char *shown, char *pattern)
{
	size_t n = strlen(shown);
	for (size_t i = 0; i <= n; i++)
		pattern[i] = strchr(" *[\\", shown[i]) && shown[i] ? '?' : shown[i];
}

bool gt_survey_file(
	struct gt_survey *survey, int fd, uint64_t size, const char *name, struct gt_err *err)
{
	struct file file = {.survey = survey};
	struct gt_intake in = {.host = survey->host, .reader = survey->reader};
	bool seeks = (gt_reader_caps(survey->reader) & (GT_FORMAT_SEEK | GT_FORMAT_SHEETS)) != 0;
	gt_name_show(name, file.shown);
	pattern_of(file.shown, file.pattern);
	file.select[0] = (struct gt_pair){GT_LIT("pattern"), gt_cstr(file.pattern)};
	/* One byte more than the head, so that whatever follows the head shows. */
	bool ok = gt_window_open(&in.window, fd, size, GT_FORMAT_HEAD + 1);
	if (!ok || !columns_new(&file.columns))
		ok = gt_fail(err, GT_E_MEMORY_BUDGET);
	else
		ok = seeks ? survey_seeking(&file, &in, err) : survey_in_order(&file, &in, err);
	int why = errno;
	columns_free(&file.columns);
	gt_intake_close(&in);
	errno = why;
	return ok;
}

void gt_survey_skip(const struct gt_survey *survey, const char *name, int error, struct gt_err *why)
{
	char shown[GT_NAME_SHOWN];
	if (!why->code)
		(void)gt_fail(why, GT_E_FILE_SKIPPED, gt_name_show(name, shown), strerror(error));
	gt_host_note(survey->host, why);
}
