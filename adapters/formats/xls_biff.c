/* xls_biff.c: freexl as a source of sheets. It reads the whole workbook when it is opened. */
#include "xls.h"

#include <errno.h>
#include <fcntl.h>
#include <freexl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <guantong/charset.h>

#define COLUMNS_MAX 256u /* of BIFF8 */
#define ROWS_MAX 65536u

/* ---- a file that only we have ---- */

static bool memory_error(struct gt_err *err)
{
	return gt_fail(err, GT_E_XLS_MEMORY_FILE, strerror(errno));
}

static bool copy_bytes(const struct gt_seekable *bytes, int fd, struct gt_err *err)
{
	char chunk[16384];
	for (uint64_t at = 0; at < bytes->size;) {
		size_t n = bytes->size - at < sizeof(chunk) ? (size_t)(bytes->size - at)
							    : sizeof(chunk);
		if (!bytes->read(bytes->arg, at, chunk, n) || write(fd, chunk, n) != (ssize_t)n)
			return memory_error(err);
		at += n;
	}
	return fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) ==
		       0 ||
	       memory_error(err);
}

/* ---- opening ---- */

static bool read_names(struct biff *biff, struct gt_err *err)
{
	unsigned int count = 0;
	if (freexl_get_info(biff->book, FREEXL_BIFF_SHEET_COUNT, &count) != FREEXL_OK)
		count = 0;
	if (count == 0) /* what BIFF5 looks like to it */
		return gt_fail(err, GT_E_XLS_OLD);
	if (count > SHEET_COUNT_MAX)
		count = SHEET_COUNT_MAX;
	biff->sheets = calloc(count, sizeof(*biff->sheets));
	if (!biff->sheets)
		return gt_fail(err, GT_E_MEMORY_BUDGET, GT_TEXT("%u", count));
	for (; biff->sheet_count < count; biff->sheet_count++) {
		const char *name = NULL;
		(void)freexl_get_worksheet_name(
			biff->book, (unsigned short)biff->sheet_count, &name);
		bool good = name && gt_utf8_bad(gt_cstr(name)) == SIZE_MAX;
		biff->sheets[biff->sheet_count].name = strdup(good ? name : "");
		if (!biff->sheets[biff->sheet_count].name)
			return gt_fail(err, GT_E_MEMORY_BUDGET, "256");
	}
	return true;
}

bool biff_open(struct biff *biff, const struct gt_seekable *bytes, struct gt_err *err)
{
	unsigned int info = 0;
	biff_close(biff);
	int fd = memfd_create("guantong-xls", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return memory_error(err);
	biff->fd = fd + 1;
	biff->cells = malloc(COLUMNS_MAX * sizeof(*biff->cells));
	biff->text = malloc(COLUMNS_MAX * SHEET_NUMBER_MAX);
	if (!biff->cells || !biff->text)
		return gt_fail(err, GT_E_MEMORY_BUDGET, GT_TEXT("%u", COLUMNS_MAX));
	if (!copy_bytes(bytes, fd, err))
		return false;
	int outcome = freexl_open(GT_TEXT("/proc/self/fd/%d", fd), &biff->book);
	if (outcome != FREEXL_OK) {
		biff->book = NULL;
		return gt_fail(err, GT_E_XLS_DAMAGED, GT_TEXT("%d", outcome));
	}
	if (freexl_get_info(biff->book, FREEXL_BIFF_PASSWORD, &info) == FREEXL_OK &&
		info == FREEXL_BIFF_OBFUSCATED)
		return gt_fail(err, GT_E_XLS_PASSWORD);
	if (freexl_get_info(biff->book, FREEXL_BIFF_VERSION, &info) == FREEXL_OK &&
		info != FREEXL_BIFF_VER_8 && info != FREEXL_UNKNOWN)
		return gt_fail(err, GT_E_XLS_OLD);
	return read_names(biff, err);
}

void biff_close(struct biff *biff)
{
	if (biff->book)
		freexl_close(biff->book);
	if (biff->fd)
		close(biff->fd - 1);
	for (size_t i = 0; i < biff->sheet_count; i++)
		free(biff->sheets[i].name);
	free(biff->sheets);
	free(biff->cells);
	free(biff->text);
	memset(biff, 0, sizeof(*biff));
}

/* ---- the source ---- */

static struct gt_str name(void *arg, size_t i)
{
	return gt_cstr(((struct biff *)arg)->sheets[i].name);
}

static bool hidden(void *arg, size_t i)
{
	(void)arg;
	(void)i;
	return false; /* freexl does not tell */
}

static bool start(void *arg, size_t i, struct gt_err *err)
{
	struct biff *biff = arg;
	unsigned short columns = 0;
	biff->next_row = 0;
	int outcome = freexl_select_active_worksheet(biff->book, (unsigned short)i);
	if (outcome == FREEXL_OK)
		outcome = freexl_worksheet_dimensions(biff->book, &biff->rows, &columns);
	if (outcome != FREEXL_OK)
		return gt_fail(err, GT_E_XLS_DAMAGED, GT_TEXT("%d", outcome));
	biff->columns = columns < COLUMNS_MAX ? columns : COLUMNS_MAX;
	if (biff->rows > ROWS_MAX)
		biff->rows = ROWS_MAX;
	return true;
}

static const struct sheet_merge *merges(void *arg, size_t *count)
{
	(void)arg;
	*count = 0; /* freexl does not tell */
	return NULL;
}

/* False: no content. */
static bool take_cell(const FreeXL_CellValue *value, struct sheet_cell *cell, char *room)
{
	char lexeme[40];
	switch (value->type) {
	case FREEXL_CELL_INT:
		snprintf(lexeme, sizeof(lexeme), "%d", value->value.int_value);
		break;
	case FREEXL_CELL_DOUBLE:
		if (!isfinite(value->value.double_value))
			return false;
		snprintf(lexeme, sizeof(lexeme), "%.17g", value->value.double_value);
		break;
	case FREEXL_CELL_TEXT:
	case FREEXL_CELL_SST_TEXT:
	case FREEXL_CELL_DATE:
	case FREEXL_CELL_DATETIME:
	case FREEXL_CELL_TIME:
		cell->kind = GT_TEXT;
		cell->text = gt_cstr(value->value.text_value);
		return cell->text.n > 0;
	default:
		return false;
	}
	sheet_number(gt_cstr(lexeme), SHEET_PLAIN, false, cell, room);
	if (cell->text.p == lexeme) { /* not as we write numbers: nowhere else to live */
		memcpy(room, lexeme, cell->text.n);
		cell->text.p = room;
	}
	return true;
}

static enum sheet_next next(void *arg, struct sheet_row *row, struct gt_err *err)
{
	struct biff *biff = arg;
	char letters[8];
	if (biff->next_row >= biff->rows)
		return SHEET_END;
	row->number = biff->next_row + 1;
	row->cells = biff->cells;
	row->count = 0;
	row->broken = false;
	for (uint32_t c = 0; c < biff->columns; c++) {
		FreeXL_CellValue value;
		struct sheet_cell *cell = &biff->cells[row->count];
		int outcome = freexl_get_cell_value(
			biff->book, biff->next_row, (unsigned short)c, &value);
		if (outcome != FREEXL_OK) {
			gt_fail(err, GT_E_XLS_DAMAGED, GT_TEXT("%d", outcome));
			return SHEET_ERROR;
		}
		*cell = (struct sheet_cell){.column = c};
		if (!take_cell(&value, cell, biff->text + row->count * SHEET_NUMBER_MAX))
			continue;
		row->count++;
		if (cell->kind == GT_TEXT && gt_utf8_bad(cell->text) != SIZE_MAX) {
			row->broken = true;
			gt_fail(&row->err, GT_E_SHEET_CELL_BAD,
				GT_TEXT("%s%u", sheet_letters(c, letters), row->number), "?");
			cell->text = GT_LIT("?");
		}
	}
	biff->next_row++;
	return SHEET_ROW;
}

void biff_source(struct biff *biff, struct sheet_source *source)
{
	*source = (struct sheet_source){.arg = biff,
		.format = "xls",
		.count = biff->sheet_count,
		.name = name,
		.hidden = hidden,
		.start = start,
		.merges = merges,
		.next = next};
}
