/* Any bytes as a YAML document: a tree or diagnostics, positions within the text. */
#include <stdlib.h>

#include "gt_assert.h"
#include "yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const struct gt_yaml *node, unsigned depth)
{
	GT_ASSERT(depth <= 33 && node->pos.line >= 1 && node->pos.column >= 1);
	for (size_t i = 0; i < node->n; i++) {
		walk(node->v[i], depth + 1);
		if (node->kind == GT_YAML_MAP)
			GT_ASSERT(
				gt_yaml_get(node, "\x01") == NULL && node->keys[i]->pos.line >= 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gt_arena memory;
	struct gt_diags diags = {0};
	gt_arena_init(&memory, 0);
	struct gt_yaml *root =
		gt_yaml_parse("fuzz.yaml", gt_str((const char *)data, size), &memory, &diags);
	GT_ASSERT(root || diags.n > 0);
	if (root)
		walk(root, 1);
	for (size_t i = 0; i < diags.n; i++)
		GT_ASSERT(diags.v[i].pos.line >= 1 && diags.v[i].err.class == GT_CONFIG);
	gt_diags_fini(&diags);
	gt_arena_fini(&memory);
	return 0;
}
