/* code.c: codes of a code list, judged at the event's time. */
#include "steps.h"

enum gt_got gt_step_code(
	struct gt_run *run, const struct gt_step *step, struct gt_str word, struct gt_value *value)
{
	const struct gt_code_list *list = step->element->codes;
	const struct gt_code_row *row = gt_code_find(list, word);
	uint64_t *flags = &run->norm->flags[step->index];
	char name[GT_SHOWN_MAX];

	if (!row) {
		if (gt_step_is_null_word(run, word))
			return GT_GOT_NULL;
		gt_run_note(run, GT_NOTED_CODE, step, word);
		return gt_step_broken(run, step, GT_FLAG_UNKNOWN_CODE, GT_E_CODE_UNKNOWN, word,
			gt_shown(list->name, name));
	}
	if (!gt_str_eq(row->code, word))
		*flags |= GT_FLAG_CODE_MAPPED;
	/* The code is kept: it was right once, and its successor is the reader's business. */
	if (run->event_day < row->valid_from || run->event_day > row->valid_to)
		*flags |= GT_FLAG_EXPIRED_CODE;
	*value = gt_value_text(row->code);
	return GT_GOT_VALUE;
}
