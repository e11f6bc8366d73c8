/* personal.h: numbers that belong to a person, found in a text: identity numbers (GB 11643, 18
 * digits with a right check digit or the old 15), telephones, bank cards. In half or full width,
 * with blanks and dashes between their groups. Which areas, cards and ages count is data of the
 * packages' `words`. Pure, any thread; bounded work per byte whatever comes. */
#ifndef GT_NORMALISE_PERSONAL_H
#define GT_NORMALISE_PERSONAL_H

#include "standard.h"

enum gt_personal_kind {
	GT_PERSONAL_IDENTITY,
	GT_PERSONAL_PHONE,    /* mobile */
	GT_PERSONAL_LANDLINE, /* area code, dash, number */
	GT_PERSONAL_CARD
};

/* What becomes of them in an element. Keys and texts with a pattern are numbers of their own,
 * unless the standard says otherwise: masked, two records would become one. */
enum gt_numbers gt_numbers_in(const struct gt_entity *entity, size_t element);

struct gt_personal {
	enum gt_personal_kind kind;
	size_t at, n; /* bytes of the text */
};

/* The first one at or behind `from`, standing alone. Texts need not be UTF-8. today: days since
 * 1970-01-01, for the age of holders. kinds_more: also telephones, cards and identity numbers of 15
 * digits, which look like other numbers sooner. */
bool gt_personal_find(const struct gt_words *words, int64_t today, bool kinds_more, struct gt_str s,
	size_t from, struct gt_personal *found);

/* Writes the whole text to out (room s.n) with all of them in part: 110***********002X,
 * 138****5678, 0571-****7551, the last four of a card; separators stay. Returns its length;
 * *hidden = how many there were. */
size_t gt_personal_hide(const struct gt_words *words, int64_t today, bool kinds_more,
	struct gt_str s, char *out, size_t *hidden);

#endif
