/* trace.c: the way of each value, noted for people. Only tools ask for it. */
#include "gt_assert.h"
#include "steps.h"

#include <stdlib.h>

void gt_trace_add(const struct gt_run *run, const struct gt_step *step, enum gt_stage stage,
	const struct gt_value *value, struct gt_str detail)
{
	struct gt_trace *trace = run->trace;
	uint64_t flags = run->norm->flags[step->index];
	struct gt_trace_step noted = {stage, step->index, *value, {NULL, 0}, flags};

	if (trace->n == GT_TRACE_MAX)
		return;
	/* Words of numbers and dates live in a buffer of the stage. */
	if (value->kind == GT_TEXT || value->kind == GT_NUMBER || value->kind == GT_JSON) {
		struct gt_str kept = gt_arena_copy(run->arena, gt_value_str(value));
		noted.value.text = kept.p ? kept.p : "";
		noted.value.size = kept.p ? (uint32_t)kept.n : 0;
	}
	noted.detail = gt_arena_copy(run->arena, detail);
	for (size_t i = 0; i < trace->n; i++)
		if (trace->v[i].element == step->index)
			noted.flags &= ~trace->v[i].flags;
	if (trace->n == trace->cap) {
		trace->cap = trace->cap ? 2 * trace->cap : 64;
		trace->v = gt_realloc(trace->v, trace->cap * sizeof *trace->v);
	}
	trace->v[trace->n++] = noted;
}

void gt_trace_fini(struct gt_trace *trace)
{
	free(trace->v);
	*trace = (struct gt_trace){0};
}
