/* xls_text.c: documents that are text. They are read as a whole and converted to UTF-8 first: XML
 * and HTML are not split on raw bytes. */
#include "xls.h"

#include <stdlib.h>

#include <guantong/charset.h>

static bool no_memory(struct gt_err *err, uint64_t bytes)
{
	return gt_fail(err, GT_E_MEMORY_BUDGET, GT_TEXT("%llu", (unsigned long long)bytes));
}

/* raw is freed, or becomes *text. */
static bool convert(char *raw, size_t n, enum gt_charset charset, size_t bom, struct gt_str *text,
	struct gt_err *err)
{
	if (charset == GT_CHARSET_UTF8) {
		memmove(raw, raw + bom, n - bom);
		*text = gt_str(raw, n - bom);
		return true;
	}
	struct gt_converter *converter = gt_converter_new(charset);
	size_t room = 3 * n + 4, written = 0, bad = 0;
	char *out = converter ? malloc(room) : NULL;
	bool ok = out != NULL;
	if (!converter)
		gt_fail(err, GT_E_CHARSET_MISSING, gt_charset_name(charset));
	else if (!out)
		no_memory(err, room);
	else if (!gt_converter_run(
			 converter, gt_str(raw + bom, n - bom), out, room, &written, &bad))
		ok = gt_fail(err, GT_E_CSV_CHARSET);
	gt_converter_free(converter);
	free(raw);
	if (ok)
		*text = gt_str(out, written);
	else
		free(out);
	return ok;
}

bool xls_load(struct gt_host *host, const struct gt_seekable *bytes, struct gt_str *text,
	struct gt_err *err)
{
	size_t n = (size_t)bytes->size, bom;
	if (bytes->size > XLS_BYTES_MAX)
		return gt_fail(
			err, GT_E_XLS_LARGE, GT_TEXT("%llu", (unsigned long long)XLS_BYTES_MAX));
	if (!gt_host_memory(host, 4 * n + 4))
		return no_memory(err, 4 * n);
	char *raw = malloc(n + 1);
	if (!raw)
		return no_memory(err, n);
	if (n > 0 && !bytes->read(bytes->arg, 0, raw, n)) {
		free(raw);
		return gt_fail(err, GT_E_XLS_UNKNOWN);
	}
	enum gt_charset charset = gt_charset_detect(gt_str(raw, n), true, &bom);
	bool wide = charset == GT_CHARSET_UTF16LE || charset == GT_CHARSET_UTF16BE;
	if (charset == GT_CHARSET_NONE || (!wide && memchr(raw, 0, n))) {
		bool binary = memchr(raw, 0, n) != NULL;
		free(raw);
		return gt_fail(err, binary ? GT_E_XLS_UNKNOWN : GT_E_CSV_CHARSET);
	}
	return convert(raw, n, charset, bom, text, err);
}

/* ---- lines of cells ---- */

static char delimiter_of(struct gt_str text)
{
	const char *end = text.n > 0 ? memchr(text.p, '\n', text.n) : NULL;
	size_t n = end ? (size_t)(end - text.p) : text.n;
	if (n > 0 && memchr(text.p, '\t', n))
		return '\t';
	return n > 0 && memchr(text.p, ',', n) ? ',' : 0;
}

/* The cell at *at, without its quotes; *at goes behind it, before the delimiter or the line's end.
 * out has room for it. */
static struct gt_str take_cell(struct gt_str text, size_t *at, char delimiter, char *out)
{
	size_t i = *at, n = 0;
	bool quoted = i < text.n && text.p[i] == '"';
	for (i += quoted; i < text.n; i++) {
		char c = text.p[i];
		if (quoted && c == '"') {
			if (i + 1 < text.n && text.p[i + 1] == '"') {
				i++;
			} else {
				quoted = false;
				continue;
			}
		} else if (!quoted && (c == delimiter || c == '\n')) {
			break;
		}
		out[n++] = c;
	}
	while (n > 0 && (out[n - 1] == '\r' || out[n - 1] == ' '))
		n--;
	*at = i;
	/* ="00123": how systems keep Excel from eating zeros. */
	if (n >= 3 && out[0] == '=' && out[1] == '"' && out[n - 1] == '"')
		return gt_str(out + 2, n - 3);
	return gt_str(out, n);
}

bool xls_read_text(struct gt_str text, struct grid *grid, struct gt_err *err)
{
	char delimiter = delimiter_of(text);
	uint32_t number = 0, column = 0;
	if (!delimiter)
		return gt_fail(err, GT_E_XLS_UNKNOWN);
	char *cell = malloc(text.n + 1);
	if (!cell)
		return no_memory(err, text.n);
	grid_sheet(grid, GT_LIT("1"));
	for (size_t at = 0; at < text.n && !grid->failed && number < SHEET_ROWS_MAX; at++) {
		if (column == 0)
			grid_row(grid, ++number);
		struct gt_str s = take_cell(text, &at, delimiter, cell);
		if (s.n > 0 && column < SHEET_COLUMNS_MAX)
			grid_cell(grid,
				(struct sheet_cell){.column = column, .kind = GT_TEXT, .text = s});
		column = at < text.n && text.p[at] == delimiter ? column + 1 : 0;
	}
	free(cell);
	return grid_done(grid, err);
}
