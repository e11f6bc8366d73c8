#include "survey.h"

#include "window.h"
#include <guantong/json.h>

#include <errno.h>
#include <stdlib.h>

#define SAMPLE_MAX 4096u

struct columns {
	struct gt_str *v; /* texts into `text` */
	size_t n;
	char *text;
};

/* A JSON array of names; what is no such array gives no columns. False: no memory. */
static bool split_columns(struct gt_str json, struct columns *columns)
{
	struct gt_json_scan scan;
	struct gt_str name;
	size_t used = 0, at = 0, text = 0;
	columns->v = calloc(GT_FIELDS_MAX, sizeof *columns->v);
	columns->text = malloc(json.n + 1); /* unescaping never lengthens, and quotes go */
	if (!columns->v || !columns->text)
		return false;
	gt_json_scan_start(&scan, gt_str("", 0));
	while (json.n && columns->n < GT_FIELDS_MAX &&
		gt_json_scan_next(&scan, gt_str(json.p + at, json.n - at), true, &used, &name,
			NULL) == GT_JSON_RECORD) {
		at += used;
		struct gt_str *to = &columns->v[columns->n++];
		*to = gt_json_scalar(name, columns->text + text, json.n + 1 - text);
		text += to->n;
	}
	return true;
}

/* Whole lines, as many as fit. */
static struct gt_str sample_of(struct gt_str head)
{
	if (head.n <= SAMPLE_MAX)
		return head;
	const char *end = memrchr(head.p, '\n', SAMPLE_MAX);
	return gt_str(head.p, end ? (size_t)(end + 1 - head.p) : SAMPLE_MAX);
}

static bool survey(struct gt_window *window, const char *shown, struct gt_reader *reader,
	struct gt_host *host, struct gt_document *document, struct gt_err *err)
{
	uint64_t start = 0;
	if (!gt_window_fill(window))
		return false;
	struct gt_str head = gt_window_bytes(window);
	bool whole = head.n <= GT_FORMAT_HEAD && gt_window_last(window);
	head.n = head.n > GT_FORMAT_HEAD ? GT_FORMAT_HEAD : head.n;
	*document = (struct gt_document){.name = gt_cstr(shown)};
	return gt_reader_begin(reader, host, head, whole, document, &start, err);
}

/* One file. False: *err, or errno where *err is untouched. */
static bool survey_file(int dir, const char *name, struct gt_reader *reader, struct gt_host *host,
	gt_found_fn *sink, void *arg, bool *go_on, struct gt_err *err)
{
	char shown[GT_NAME_SHOWN];
	struct stat st;
	struct gt_window window;
	struct gt_document document;
	struct columns columns = {0};
	int fd = gt_folder_open(dir, name, &st);
	if (fd < 0)
		return false;
	/* One byte more than the head, so that whatever follows the head shows. */
	if (!gt_window_open(&window, fd, (uint64_t)st.st_size, GT_FORMAT_HEAD + 1))
		return gt_fail(err, GT_E_MEMORY_BUDGET);
	gt_name_show(name, shown);
	bool ok = survey(&window, shown, reader, host, &document, err);
	if (ok && !split_columns(document.columns, &columns))
		ok = gt_fail(err, GT_E_MEMORY_BUDGET);
	if (ok) {
		struct gt_found found = {.kind = GT_LIT("file"),
			.name = document.name,
			.fields = columns.v,
			.field_count = columns.n,
			.sample = sample_of(gt_window_bytes(&window))};
		*go_on = sink(arg, &found);
	}
	free(columns.v);
	free(columns.text);
	gt_window_close(&window);
	return ok;
}

void gt_survey(const struct gt_folder *folder, int dir, struct gt_reader *reader,
	struct gt_host *host, gt_found_fn *sink, void *arg)
{
	bool go_on = true;
	for (size_t i = 0; i < folder->n && i < GT_SURVEY_MAX && go_on; i++) {
		struct gt_err why = {0};
		char shown[GT_NAME_SHOWN];
		const char *name = folder->v[i].name;
		if (survey_file(dir, name, reader, host, sink, arg, &go_on, &why))
			continue;
		int error = errno;
		if (!why.code)
			(void)gt_fail(&why, GT_E_FILE_SKIPPED, gt_name_show(name, shown),
				strerror(error));
		gt_host_note(host, &why);
	}
}
