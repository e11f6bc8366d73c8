/* xls_grid.c: a workbook in memory. */
#include "xls.h"

#include <stdlib.h>

#define BLOCK (UINT64_C(1) << 20)

struct block {
	struct block *next;
};

void grid_free(struct grid *grid)
{
	for (struct block *b = grid->blocks, *next; b; b = next) {
		next = b->next;
		free(b);
	}
	free(grid->sheets);
	free(grid->rows);
	free(grid->cells);
	free(grid->merges);
	memset(grid, 0, sizeof(*grid));
}

static void fail(struct grid *grid, struct gt_failure why)
{
	if (!grid->failed)
		gt_fail_with(&grid->err, why);
	grid->failed = true;
}

/* All that is held, and `more` that is about to be. */
static bool declare(struct grid *grid, size_t more)
{
	size_t held = grid->sheet_room * sizeof(*grid->sheets) +
		      grid->row_room * sizeof(*grid->rows) +
		      grid->cell_room * sizeof(*grid->cells) +
		      grid->merge_room * sizeof(*grid->merges) + (size_t)grid->text_bytes + more;
	if (gt_host_memory(grid->host, held))
		return true;
	fail(grid, (struct gt_failure){GT_E_MEMORY_BUDGET, GT_TEXT("%zu", more)});
	return false;
}

/* Room for one more; max: how many there may be. */
static void *grown(struct grid *grid, void *array, size_t n, size_t *room, size_t size, size_t max)
{
	if (grid->failed || n < *room)
		return grid->failed ? NULL : array;
	size_t more = *room ? *room * 2 : 64;
	if (n >= max) {
		fail(grid, (struct gt_failure){GT_E_XLS_LARGE, GT_TEXT("%zu", max)});
		return NULL;
	}
	if (!declare(grid, more * size))
		return NULL;
	void *moved = realloc(array, more * size);
	if (!moved)
		fail(grid, (struct gt_failure){GT_E_MEMORY_BUDGET, GT_TEXT("%zu", more * size)});
	else
		*room = more;
	return moved;
}

static const char *keep_text(struct grid *grid, struct gt_str text)
{
	if ((size_t)(grid->block_end - grid->block) < text.n) {
		uint64_t size = text.n > BLOCK / 4 ? text.n : BLOCK;
		if (grid->text_bytes + size > XLS_GRID_BYTES_MAX) {
			fail(grid,
				(struct gt_failure){GT_E_XLS_LARGE,
					GT_TEXT("%llu", (unsigned long long)XLS_GRID_BYTES_MAX)});
			return NULL;
		}
		struct block *block =
			declare(grid, (size_t)size) ? malloc(sizeof(*block) + (size_t)size) : NULL;
		if (!block) {
			fail(grid, (struct gt_failure){GT_E_MEMORY_BUDGET,
					   GT_TEXT("%llu", (unsigned long long)size)});
			return NULL;
		}
		block->next = grid->blocks;
		grid->blocks = block;
		grid->block = (char *)(block + 1);
		grid->block_end = grid->block + size;
		grid->text_bytes += size;
	}
	char *copy = grid->block;
	if (text.n > 0)
		memcpy(copy, text.p, text.n);
	grid->block += text.n;
	return copy;
}

void grid_sheet(struct grid *grid, struct gt_str name)
{
	struct grid_sheet *sheets = grown(grid, grid->sheets, grid->sheet_count, &grid->sheet_room,
		sizeof(*sheets), SHEET_COUNT_MAX);
	if (!sheets)
		return;
	grid->sheets = sheets;
	struct grid_sheet *sheet = &sheets[grid->sheet_count++];
	*sheet =
		(struct grid_sheet){.first_row = grid->row_count, .first_merge = grid->merge_count};
	gt_text(sheet->name, sizeof(sheet->name), "%.*s", GT_STR_ARGS(name));
}

void grid_row(struct grid *grid, uint32_t number)
{
	struct grid_row *rows = grown(
		grid, grid->rows, grid->row_count, &grid->row_room, sizeof(*rows), XLS_CELLS_MAX);
	if (!rows)
		return;
	grid->rows = rows;
	rows[grid->row_count++] = (struct grid_row){number, grid->cell_count, 0};
	grid->sheets[grid->sheet_count - 1].rows++;
}

void grid_cell(struct grid *grid, struct sheet_cell cell)
{
	struct sheet_cell *cells = grown(grid, grid->cells, grid->cell_count, &grid->cell_room,
		sizeof(*cells), XLS_CELLS_MAX);
	if (!cells)
		return;
	grid->cells = cells;
	cell.text.p = keep_text(grid, cell.text);
	if (!cell.text.p)
		return;
	cells[grid->cell_count++] = cell;
	grid->rows[grid->row_count - 1].count++;
}

void grid_merge(struct grid *grid, struct sheet_merge merge)
{
	struct sheet_merge *merges = grown(grid, grid->merges, grid->merge_count, &grid->merge_room,
		sizeof(*merges), SHEET_MERGES_MAX);
	if (!merges)
		return;
	grid->merges = merges;
	merges[grid->merge_count++] = merge;
	grid->sheets[grid->sheet_count - 1].merges++;
}

static int by_top(const void *a, const void *b)
{
	const struct sheet_merge *x = a, *y = b;
	return x->top != y->top ? (x->top > y->top) - (x->top < y->top)
				: (x->left > y->left) - (x->left < y->left);
}

bool grid_done(struct grid *grid, struct gt_err *err)
{
	if (grid->failed) {
		*err = grid->err;
		return false;
	}
	for (size_t i = 0; i < grid->sheet_count; i++)
		if (grid->sheets[i].merges > 1)
			qsort(grid->merges + grid->sheets[i].first_merge, grid->sheets[i].merges,
				sizeof(*grid->merges), by_top);
	return true;
}

/* ---- the source ---- */

static struct gt_str name(void *arg, size_t i)
{
	return gt_cstr(((struct grid *)arg)->sheets[i].name);
}

static bool hidden(void *arg, size_t i)
{
	return ((struct grid *)arg)->sheets[i].hidden;
}

static bool start(void *arg, size_t i, struct gt_err *err)
{
	struct grid *grid = arg;
	(void)err;
	grid->sheet = i;
	grid->at = 0;
	return true;
}

static const struct sheet_merge *merges(void *arg, size_t *count)
{
	const struct grid *grid = arg;
	const struct grid_sheet *sheet = &grid->sheets[grid->sheet];
	*count = sheet->merges;
	return sheet->merges > 0 ? grid->merges + sheet->first_merge : NULL;
}

static enum sheet_next next(void *arg, struct sheet_row *row, struct gt_err *err)
{
	struct grid *grid = arg;
	const struct grid_sheet *sheet = &grid->sheets[grid->sheet];
	(void)err;
	if (grid->at == sheet->rows)
		return SHEET_END;
	const struct grid_row *r = &grid->rows[sheet->first_row + grid->at++];
	row->number = r->number;
	row->cells = r->count > 0 ? grid->cells + r->first : NULL;
	row->count = r->count;
	row->broken = false;
	return SHEET_ROW;
}

void grid_source(struct grid *grid, struct sheet_source *source)
{
	*source = (struct sheet_source){.arg = grid,
		.format = "xls",
		.count = grid->sheet_count,
		.name = name,
		.hidden = hidden,
		.start = start,
		.merges = merges,
		.next = next};
}
