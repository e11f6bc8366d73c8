/* diag.c: diagnostics in order, and the nearest name. */
#include "diag.h"
#include "gt_assert.h"
#include <stdlib.h>

void gt_diags_fini(struct gt_diags *diags)
{
	free(diags->v);
	*diags = (struct gt_diags){0};
}

void gt_diags_add_err(struct gt_diags *diags, struct gt_pos pos, const struct gt_err *err)
{
	if (diags->n == GT_DIAGS_MAX) {
		diags->dropped++;
		return;
	}
	if (diags->n == diags->cap) {
		diags->cap = diags->cap ? diags->cap * 2 : 8;
		diags->v = gt_realloc(diags->v, diags->cap * sizeof *diags->v);
	}
	diags->v[diags->n++] = (struct gt_diag){pos, *err};
}

void gt_diags_add_with(struct gt_diags *diags, struct gt_pos pos, struct gt_failure failure)
{
	struct gt_err err;

	gt_fail_with(&err, failure);
	gt_diags_add_err(diags, pos, &err);
}

static int order(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

/* By place; without a file last; at one place by code and arguments, so that the order never
 * depends on the order of finding. */
static int compare(const void *left, const void *right)
{
	const struct gt_diag *a = left, *b = right;
	int by = order(a->pos.file == NULL, b->pos.file == NULL);

	if (by == 0 && a->pos.file && b->pos.file)
		by = strcmp(a->pos.file, b->pos.file);
	if (by == 0)
		by = order(a->pos.line, b->pos.line);
	if (by == 0)
		by = order(a->pos.column, b->pos.column);
	if (by == 0)
		by = order(a->err.code, b->err.code);
	if (by == 0)
		by = order(a->err.used, b->err.used);
	return by ? by : memcmp(a->err.text, b->err.text, a->err.used);
}

void gt_diags_sort(struct gt_diags *diags)
{
	size_t kept = 0;

	if (diags->n > 1)
		qsort(diags->v, diags->n, sizeof *diags->v, compare);
	for (size_t i = 0; i < diags->n; i++)
		if (kept == 0 || compare(&diags->v[kept - 1], &diags->v[i]) != 0)
			diags->v[kept++] = diags->v[i];
	diags->n = kept;
}

#define WORD_MAX 64u /* characters; longer words have no neighbours */

/* Code points of s; a byte that starts no character counts as one. SIZE_MAX = too long. */
static size_t decode(struct gt_str s, uint32_t out[WORD_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < s.n;) {
		unsigned char c = (unsigned char)s.p[i];
		size_t len = c < 0xC0 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
		uint32_t v = 0;

		if (n == WORD_MAX)
			return SIZE_MAX;
		for (size_t k = 0; k < len && i + k < s.n; k++)
			v = v << 8 | (unsigned char)s.p[i + k];
		out[n++] = v;
		i += len;
	}
	return n;
}

/* Edit distance with exchange of neighbours as one step (optimal string alignment). */
static size_t distance(const uint32_t *a, size_t an, const uint32_t *b, size_t bn)
{
	size_t rows[3][WORD_MAX + 1], *before = rows[0], *above = rows[1], *row = rows[2];

	for (size_t j = 0; j <= bn; j++)
		above[j] = before[j] = j;
	for (size_t i = 1; i <= an; i++) {
		row[0] = i;
		for (size_t j = 1; j <= bn; j++) {
			size_t best = above[j - 1] + (a[i - 1] != b[j - 1]);

			if (above[j] + 1 < best)
				best = above[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
				before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			row[j] = best;
		}

		size_t *oldest = before;

		before = above;
		above = row;
		row = oldest;
	}
	return above[bn];
}

const char *gt_nearest(struct gt_str word, const char *const *names, size_t n)
{
	uint32_t a[WORD_MAX], b[WORD_MAX];
	size_t an = decode(word, a), limit = an == SIZE_MAX ? 0 : an / 3 < 2 ? an / 3 : 2;
	const char *nearest = NULL;

	for (size_t i = 0; i < n && limit > 0; i++) {
		size_t bn = decode(gt_cstr(names[i]), b);

		if (bn == SIZE_MAX || bn > an + limit || an > bn + limit)
			continue;

		size_t d = distance(a, an, b, bn);

		if (d < limit + (nearest == NULL)) {
			limit = d;
			nearest = names[i];
		}
	}
	return nearest;
}
