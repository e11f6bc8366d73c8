/* disguise.h: values of a captured row, changed so that they tell nothing about anybody and still
 * show what went wrong: digits stay digits, letters letters, Chinese characters Chinese characters,
 * blanks and punctuation stay. The same value becomes the same other value within one disguise,
 * however it is written; the key is drawn at random and thrown away with it. One thread. */
#ifndef GT_CMD_DISGUISE_H
#define GT_CMD_DISGUISE_H

#include "buf.h"
#include "plan.h"

struct gt_disguise {
	unsigned char key[32];
	const struct gt_standard *standard;
	int64_t today; /* days since 1970-01-01 */
};
void gt_disguise_init(struct gt_disguise *disguise, const struct gt_standard *standard);
void gt_disguise_fini(struct gt_disguise *disguise);

/* What a source field's values need. */
enum gt_worn {
	GT_WORN_NUMBERS, /* only the personal numbers in it are changed: codes, dates, quantities …
			  */
	GT_WORN_ALL,     /* all of it */
	GT_WORN_PLATE    /* all but province, letters */
};
/* By the elements that the mapping makes of the field: marked ones, free texts, and what is not
 * mapped at all, are changed as a whole. */
enum gt_worn gt_disguise_for(const struct gt_plan *plan, struct gt_str field);

/* Adds the changed text to out. Words for "no value" and totals stay as they are. */
void gt_disguise_text(
	struct gt_disguise *disguise, enum gt_worn worn, struct gt_str s, struct gt_buf *out);
/* The same of a number of JSON: it stays one. */
void gt_disguise_number(
	struct gt_disguise *disguise, enum gt_worn worn, struct gt_str s, struct gt_buf *out);

#endif
