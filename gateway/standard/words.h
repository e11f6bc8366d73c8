/* words.h: the words of people and systems that normalisation knows: "no value", yes and no,
 * totals, about, multipliers, money, half days, days that mean no date. All of them are data of the
 * packages' `words` files; here they are small tables, made once when the standard is loaded and
 * immutable afterwards. Lookups are pure, any thread. ASCII letters match in either case. */
#ifndef GT_STANDARD_WORDS_H
#define GT_STANDARD_WORDS_H

#include "hash.h"
#include <guantong/str.h>

#define GT_SET_WORD_MAX 64u /* bytes of a word of a set */

struct gt_unit;

/* Whole words to a number. */
struct gt_word_set {
	struct gt_map by_word; /* cleaned, ASCII in lower case → (void *)(value + 1) */
	uint64_t lengths[256]; /* of the words by their first byte: bit n = one of n bytes */
	bool empty_too;        /* "" is one of them */
};

/* Beginnings or ends of texts, the longest first. */
struct gt_word {
	struct gt_str text; /* cleaned, ASCII in lower case */
	int64_t value;      /* what it stands for, where the list says so */
};
struct gt_word_list {
	const struct gt_word *v; /* longest first */
	size_t n;
	/* Bytes, in small letters, that a word begins with and that one ends with: most values are
	 * told apart by these. */
	bool first[256], last[256];
};

struct gt_day_range {
	int64_t from, to; /* days since 1970-01-01, both included */
};

struct gt_words {
	struct gt_word_set no_value, boolean; /* boolean: 0 or 1 */
	struct gt_word_list total_row;        /* cleaned as GT_CLEAN_FORM */
	bool total_first[256];                /* bytes that a cell of a total row may begin with */
	struct gt_word_list about_before, about_after;
	struct gt_word_list money_before, money_after;
	struct gt_word_list minus, unclear_sign; /* in front of a number */
	struct gt_word_list multipliers;         /* value = power of ten */
	struct gt_word_list counters;            /* behind numbers of elements without a unit */
	struct gt_word_list morning, afternoon;  /* beside a time of day */
	struct gt_str money_unit_name;           /* none = currency signs mean nothing */
	const struct gt_unit *money_unit;
	const int64_t *no_date; /* days that systems store when nobody entered one */
	size_t no_date_count;
	const struct gt_day_range *summer_time; /* days whose clock times are ambiguous … */
	size_t summer_time_count;
	int summer_zone; /* … in this zone, minutes east of UTC */
	/* Of personal numbers found in a free text: the holder's age (0 = any), first digits of
	 * identity numbers and of bank cards (an empty list = any). */
	int64_t adult_years, oldest_years;
	struct gt_word_list identity_areas, card_prefixes;
};

/* The value of a word, or -1. */
int gt_word_set_get(const struct gt_word_set *set, struct gt_str word);
/* Takes a word of the list off the beginning or the end of *s; NULL: there is none. */
const struct gt_word *gt_word_take(const struct gt_word_list *list, struct gt_str *s);
const struct gt_word *gt_word_take_end(const struct gt_word_list *list, struct gt_str *s);
/* True if a cell says that its row is a total or a note: one of total_row, alone or with something
 * behind it that is no letter ("合计", "合　计（元）", "注：……"; not "注册中心"). Takes raw text.
 */
bool gt_words_total_row(const struct gt_words *words, struct gt_str cell);
bool gt_words_no_date(const struct gt_words *words, int64_t day);
bool gt_words_summer_time(const struct gt_words *words, int64_t day, int zone_minutes);

#endif
