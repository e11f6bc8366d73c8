/* clean.h: the first step of every text: spaces, full-width characters, separators.
 * Pure, any thread. Idempotent: a cleaned text is clean. */
#ifndef GT_NORMALISE_CLEAN_H
#define GT_NORMALISE_CLEAN_H

#include <guantong/str.h>

enum gt_cleaning {
	GT_CLEAN_TEXT, /* free text: trim, inner runs of space to one, letters, digits and brackets
			  to half width (Chinese punctuation stays) */
	GT_CLEAN_WORD, /* numbers, dates, codes: the same, and all punctuation to half width */
	GT_CLEAN_FORM  /* identifiers with structure: upper case, no separators, no spaces */
};

/* Takes spaces off both ends without writing anything. */
struct gt_str gt_clean_trim(struct gt_str in, uint64_t *flags);

/* Nothing to do for this text (and it is valid UTF-8). The usual case, so it is asked first. */
bool gt_clean_is(struct gt_str in, enum gt_cleaning how);

/* Writes the cleaned text to out (room: in.n bytes) and adds what was done to *flags (flags.h).
 * Returns its length, or SIZE_MAX for bytes that are not UTF-8. */
size_t gt_clean(struct gt_str in, enum gt_cleaning how, char *out, uint64_t *flags);

#endif
