/* sheet_merge.c: merged ranges. The first row of a range is gone through before its others, so the
 * head's content is kept as long as the range lasts; nothing else of earlier rows is. */
#include "sheet.h"

#include <stdlib.h>

const char *sheet_letters(uint32_t column, char out[8])
{
	char *p = out + 7;
	*p = '\0';
	for (uint32_t n = column + 1; n > 0 && p > out; n = (n - 1) / 26)
		*--p = (char)('A' + (n - 1) % 26);
	memmove(out, p, (size_t)(out + 8 - p));
	return out;
}

size_t sheet_reference(struct gt_str s, uint32_t *column, uint32_t *row)
{
	uint32_t letters = 0, number = 0;
	size_t i = 0, digits;
	i += i < s.n && s.p[i] == '$';
	for (; i < s.n && letters <= SHEET_COLUMNS_MAX; i++) {
		char c = (char)(s.p[i] & ~0x20);
		if (c < 'A' || c > 'Z')
			break;
		letters = letters * 26 + (uint32_t)(c - 'A') + 1;
	}
	i += i < s.n && s.p[i] == '$';
	for (digits = i; i < s.n && s.p[i] >= '0' && s.p[i] <= '9' && number <= SHEET_ROWS_MAX; i++)
		number = number * 10 + (uint32_t)(s.p[i] - '0');
	if (letters == 0 || letters > SHEET_COLUMNS_MAX || digits == i || number == 0 ||
		number > SHEET_ROWS_MAX)
		return 0;
	*column = letters - 1;
	*row = number;
	return i;
}

bool sheet_range(struct gt_str s, struct sheet_merge *merge)
{
	struct sheet_merge m;
	size_t n = sheet_reference(s, &m.left, &m.top);
	if (n == 0 || n >= s.n || s.p[n] != ':')
		return false;
	struct gt_str rest = gt_str(s.p + n + 1, s.n - n - 1);
	if (rest.n == 0 || sheet_reference(rest, &m.right, &m.bottom) != rest.n ||
		m.right < m.left || m.bottom < m.top)
		return false;
	*merge = m;
	return true;
}

void sheet_merges_reset(struct sheet *sheet)
{
	sheet->active_count = sheet->merge_at = 0;
}

/* Ranges that end above the row go; their buffers stay for later ones. */
static void drop_ended(struct sheet *sheet, uint32_t row)
{
	for (size_t i = 0; i < sheet->active_count;) {
		if (sheet->active[i].merge.bottom >= row) {
			i++;
			continue;
		}
		struct sheet_active ended = sheet->active[i];
		sheet->active[i] = sheet->active[--sheet->active_count];
		sheet->active[sheet->active_count] = ended;
	}
}

static struct sheet_active *new_active(struct sheet *sheet)
{
	if (sheet->active_count == sheet->active_room) {
		size_t room = sheet->active_room ? 2 * sheet->active_room : 16;
		struct sheet_active *grown = realloc(sheet->active, room * sizeof(*grown));
		if (!grown)
			return NULL;
		memset(grown + sheet->active_room, 0, (room - sheet->active_room) * sizeof(*grown));
		sheet->active = grown;
		sheet->active_room = room;
	}
	return &sheet->active[sheet->active_count++];
}

static bool keep_head(struct sheet_active *active, const struct sheet_row *row)
{
	const struct sheet_cell *head = NULL;
	for (size_t i = 0; i < row->count && !head; i++)
		if (row->cells[i].column == active->merge.left)
			head = &row->cells[i];
	active->head = (struct sheet_cell){.kind = GT_ABSENT};
	if (!head || row->number != active->merge.top)
		return true; /* the head is blank, or its row is not there at all */
	if (head->text.n > active->size) {
		char *grown = realloc(active->text, head->text.n);
		if (!grown)
			return false;
		active->text = grown;
		active->size = head->text.n;
	}
	active->head = *head;
	if (head->text.n > 0)
		memcpy(active->text, head->text.p, head->text.n);
	return true;
}

bool sheet_merges_move(struct sheet *sheet, const struct sheet_row *row, struct gt_err *err)
{
	uint64_t width = 0;
	if (sheet->merge_count == 0)
		return true;
	drop_ended(sheet, row->number);
	for (; sheet->merge_at < sheet->merge_count; sheet->merge_at++) {
		const struct sheet_merge *merge = &sheet->merges[sheet->merge_at];
		if (merge->top > row->number)
			break;
		if (merge->bottom < row->number)
			continue;
		struct sheet_active *active = new_active(sheet);
		if (active)
			active->merge = *merge;
		if (!active || !keep_head(active, row))
			return gt_fail(err, GT_E_MEMORY_BUDGET, GT_TEXT("%u", SHEET_CELL_MAX));
		/* Ranges of one row lie side by side. */
		if (sheet->active_count > SHEET_COLUMNS_MAX)
			break;
	}
	for (size_t i = 0; i < sheet->active_count; i++)
		width += sheet->active[i].merge.right - sheet->active[i].merge.left + 1;
	if (width > SHEET_COLUMNS_MAX)
		return gt_fail(err, GT_E_SHEET_MERGES, GT_TEXT("%u", row->number));
	return true;
}
