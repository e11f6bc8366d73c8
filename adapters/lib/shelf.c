#include "shelf.h"

#include <stdlib.h>

bool gt_shelf_add(struct gt_shelf *shelf, const struct gt_taken *taken, const struct gt_file_id *id)
{
	if (shelf->n == shelf->cap) {
		size_t cap = shelf->cap ? 2 * shelf->cap : 4;
		struct gt_shelf_file *v = realloc(shelf->v, cap * sizeof *v);
		if (!v)
			return false;
		shelf->v = v;
		shelf->cap = cap;
	}
	shelf->v[shelf->n++] = (struct gt_shelf_file){*taken, *id};
	return true;
}

bool gt_shelf_has(const struct gt_shelf *shelf, const char *name, const struct gt_file_id *id)
{
	for (size_t i = 0; i < shelf->n; i++)
		if (gt_file_id_eq(&shelf->v[i].id, id) && strcmp(shelf->v[i].taken.name, name) == 0)
			return true;
	return false;
}

void gt_shelf_free(struct gt_shelf *shelf)
{
	free(shelf->v);
	shelf->v = NULL;
	shelf->n = shelf->cap = 0;
}

bool gt_shelf_commit(struct gt_shelf *shelf, const struct gt_taken *cursor, gt_shelf_move_fn *move,
	void *arg, struct gt_err *err)
{
	size_t moved = 0;
	bool ok = true, named = false;
	while (ok && moved < shelf->n && shelf->v[moved].taken.number <= cursor->number) {
		const struct gt_shelf_file *p = &shelf->v[moved];
		named = named || p->taken.number == cursor->number;
		ok = move(arg, &p->taken, &p->id, err);
		moved += ok;
	}
	shelf->n -= moved;
	if (shelf->n == 0)
		gt_shelf_free(shelf);
	else if (moved)
		memmove(shelf->v, shelf->v + moved, shelf->n * sizeof *shelf->v);
	if (ok && !named && (cursor->state == GT_TAKEN_DONE || cursor->state == GT_TAKEN_FAILED))
		ok = move(arg, cursor, NULL, err);
	return ok;
}
