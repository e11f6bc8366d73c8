/* each.c: see each.h. */
#include "each.h"

#include "buf.h"

#include <string.h>

#define FILLED_MAX (1u << 20) /* bytes of a value; cut there, which is no name of anything */

struct filling {
	struct gt_arena *memory;
	struct gt_str column, number;
};

bool gt_each_columns(
	const struct gt_yaml *item, const struct gt_yaml **columns, const struct gt_yaml **bad)
{
	const struct gt_yaml *each = item->kind == GT_YAML_MAP ? gt_yaml_get(item, "each") : NULL;

	*columns = *bad = NULL;
	if (!each)
		return true;
	if (each->kind != GT_YAML_SEQ || each->n == 0)
		*bad = each;
	for (size_t i = 0; !*bad && i < each->n; i++)
		if (each->v[i]->kind != GT_YAML_SCALAR || each->v[i]->text.n == 0)
			*bad = each->v[i];
	*columns = each;
	return !*bad;
}

static struct gt_str replaced(
	const struct filling *f, struct gt_str text, struct gt_str word, struct gt_str by)
{
	struct gt_buf out;
	const char *at;

	if (!text.n || !memmem(text.p, text.n, word.p, word.n))
		return text;
	gt_buf_init(&out, FILLED_MAX);
	while ((at = memmem(text.p, text.n, word.p, word.n)) != NULL) {
		size_t before = (size_t)(at - text.p);

		gt_buf_add(&out, gt_str(text.p, before));
		gt_buf_add(&out, by);
		text = gt_str(at + word.n, text.n - before - word.n);
	}
	gt_buf_add(&out, text);
	text = gt_arena_copy(f->memory, gt_buf_str(&out));
	gt_buf_fini(&out);
	return text;
}

static struct gt_yaml *filled(const struct filling *f, const struct gt_yaml *node)
{
	struct gt_yaml *copy = gt_arena_alloc(f->memory, sizeof(*copy));

	*copy = *node;
	if (node->kind == GT_YAML_SCALAR) {
		copy->text = replaced(f, node->text, GT_LIT("{column}"), f->column);
		copy->text = replaced(f, copy->text, GT_LIT("{number}"), f->number);
		return copy;
	}
	copy->v = gt_arena_alloc(f->memory, (node->n + 1) * sizeof(struct gt_yaml *));
	for (size_t i = 0; i < node->n; i++)
		copy->v[i] = filled(f, node->v[i]);
	return copy;
}

struct gt_yaml *gt_each_item(struct gt_arena *memory, const struct gt_yaml *item,
	const struct gt_yaml *columns, size_t at)
{
	struct filling f = {memory, columns->v[at]->text, gt_arena_printf(memory, "%zu", at + 1)};
	struct gt_yaml *copy = gt_arena_alloc(memory, sizeof(*copy));

	*copy = *item;
	copy->n = 0;
	copy->v = gt_arena_alloc(memory, item->n * sizeof(struct gt_yaml *));
	copy->keys = gt_arena_alloc(memory, item->n * sizeof(struct gt_yaml *));
	for (size_t i = 0; i < item->n; i++) {
		if (gt_str_eq(item->keys[i]->text, GT_LIT("each")))
			continue;
		copy->keys[copy->n] = item->keys[i];
		copy->v[copy->n++] = filled(&f, item->v[i]);
	}
	return copy;
}
