/* A document as a format reads it, as JSON lines for real.py: its columns, what was found about it,
 * then its rows with all their columns.
 * usage: dump FORMAT FILE [OPTION=VALUE | FIELD]…: fields where the format names no columns */
#include "feed.h"

#include "json_write.h"
#include "options.h"
#include <guantong/json.h>

extern const struct gt_format guantong_format_csv, guantong_format_json, guantong_format_xml;

static struct gt_buf file;

static void read_file(const char *path)
{
	char piece[65536];
	FILE *in = fopen(path, "rb");
	if (!in) {
		perror(path);
		exit(1);
	}
	gt_buf_init(&file, 1u << 28);
	for (size_t n; (n = fread(piece, 1, sizeof piece, in)) > 0;)
		gt_buf_add(&file, gt_str(piece, n));
	fclose(in);
}

static void *open_format(const struct gt_format *format, char **arguments, struct gt_arena *memory)
{
	void *self = calloc(1, format->self_size);
	gt_options_defaults(format->options, self, memory);
	for (; *arguments; arguments++) {
		const char *equals = strchr(*arguments, '=');
		if (!equals)
			continue;
		struct gt_str name = gt_str(*arguments, (size_t)(equals - *arguments));
		GT_ASSERT(gt_option_store(gt_option_find(format->options, name), self,
			gt_cstr(equals + 1), NULL, memory, NULL));
	}
	return self;
}

static void show_row(const struct gt_batch *batch, const struct gt_row *row, struct gt_buf *out)
{
	if (row->bad) {
		gt_buf_addf(out, "{\"bad\":\"%s\"}\n", gt_message_find(row->bad->code)->name);
		return;
	}
	for (size_t i = 0; i < batch->fields; i++) {
		const struct gt_value *v = &row->values[i];
		gt_buf_adds(out, i ? "," : "[");
		if (v->kind == GT_TEXT)
			gt_json_add_text(out, gt_value_str(v));
		else if (v->kind == GT_NUMBER || v->kind == GT_JSON)
			for (size_t k = 0; k < v->size; k++) /* on one line */
				gt_buf_add(out,
					v->text[k] == '\n' ? GT_LIT(" ") : gt_str(v->text + k, 1));
		else
			gt_buf_adds(out, v->kind != GT_BOOL ? "null"
					 : v->number        ? "true"
							    : "false");
	}
	gt_buf_adds(out, "]\n");
}

/* The columns of a JSON array of names without escapes beyond what gt_json_scalar() undoes. */
static size_t columns_of(struct gt_str json, struct gt_str *names, char *text, size_t size)
{
	struct gt_json_scan scan;
	struct gt_str name;
	size_t used, count = 0, at = 0;
	gt_json_scan_start(&scan, gt_str("", 0));
	while (json.n &&
		gt_json_scan_next(&scan, json, true, &used, &name, NULL) == GT_JSON_RECORD) {
		json = gt_str(json.p + used, json.n - used);
		names[count] = gt_json_scalar(name, text + at, size - at);
		at += names[count++].n;
	}
	return count;
}

int main(int argc, char **argv)
{
	static const struct gt_format *const formats[] = {
		&guantong_format_csv, &guantong_format_json, &guantong_format_xml};
	static char text[65536];
	struct gt_str names[GT_FIELDS_MAX];
	struct gt_arena memory;
	struct gt_err err;
	struct gt_document document = {0};
	const struct gt_format *format = NULL;
	struct gt_host host = {.fields = names};
	struct gt_buf out;
	uint64_t start;
	GT_ASSERT(argc >= 3);
	for (size_t i = 0; i < 3; i++)
		format = strcmp(formats[i]->name, argv[1]) == 0 ? formats[i] : format;
	read_file(argv[2]);
	gt_arena_init(&memory, 0);
	gt_buf_init(&out, 1u << 28);
	for (int i = 3; i < argc; i++)
		if (!strchr(argv[i], '='))
			names[host.field_count++] = gt_cstr(argv[i]);
	struct gt_str doc = gt_buf_str(&file);
	struct gt_str head = gt_str(doc.p, doc.n < GT_FORMAT_HEAD ? doc.n : GT_FORMAT_HEAD);
	bool whole = head.n == doc.n;
	void *self = open_format(format, argv + 3, &memory);
	bool ok = format->begin(self, &host, head, whole, &document, &start, &err);
	if (ok && document.columns.n && host.field_count == 0) {
		host.field_count = columns_of(document.columns, names, text, sizeof text);
		gt_buf_addf(&out, "%.*s\n", GT_STR_ARGS(document.columns));
		format->end(self);
		free(self);
		self = open_format(format, argv + 3, &memory);
		ok = format->begin(self, &host, head, whole, &document, &start, &err);
	}
	gt_buf_adds(&out, "");
	gt_json_add_text(&out, document.layout);
	gt_buf_adds(&out, "\n");
	struct gt_batch *batch = gt_batch_new(GT_BATCH_ARENA_MAX);
	enum gt_feed outcome = ok ? GT_FEED_FULL : GT_FEED_ERROR;
	for (size_t at = (size_t)start; ok && outcome == GT_FEED_FULL;) {
		struct gt_fed fed;
		gt_batch_reset(batch, host.field_count, 1000, GT_BATCH_RAW_MAX);
		outcome = format->feed(
			self, batch, gt_str(doc.p + at, doc.n - at), at, true, &fed, &err);
		at += fed.used;
		for (size_t i = 0; i < batch->row_count; i++)
			show_row(batch, &batch->rows[i], &out);
	}
	if (outcome == GT_FEED_ERROR)
		gt_buf_addf(&out, "{\"refused\":\"%s\"}\n", gt_message_find(err.code)->name);
	fwrite(gt_buf_str(&out).p, 1, out.n, stdout);
	gt_batch_free(batch);
	format->end(self);
	free(self);
	gt_buf_fini(&out);
	gt_buf_fini(&file);
	gt_arena_fini(&memory);
	return 0;
}
