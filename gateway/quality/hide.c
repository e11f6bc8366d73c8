/* hide.c: masks whole values, or the numbers in a text that belong to a person. */
#include "hide.h"

#include "mask.h"
#include "personal.h"

bool gt_hide_column(enum gt_looks looks)
{
	return looks == GT_LOOKS_IDENTITY || looks == GT_LOOKS_PHONE || looks == GT_LOOKS_CARD;
}

size_t gt_hide(const struct gt_words *words, int64_t today, bool whole, struct gt_str s, char *out)
{
	size_t hidden;

	return whole ? gt_mask(GT_FORMAT_NONE, s, out)
		     : gt_personal_hide(words, today, true, s, out, &hidden);
}
