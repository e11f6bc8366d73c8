/* fuzz_words.h: words of dates and numbers for the fuzzers, a few of each list, without loading a
 * standard. */
#ifndef GT_FUZZ_WORDS_H
#define GT_FUZZ_WORDS_H

#include "words.h"

#define WORD(text, value)                                                                          \
	{                                                                                          \
		{text, sizeof text - 1}, value                                                     \
	}
#define LIST(of)                                                                                   \
	{                                                                                          \
		of, sizeof of / sizeof *of                                                         \
	}

static const struct gt_word about_before[] = {WORD("大约", 0), WORD("约", 0), WORD("~", 0)};
static const struct gt_word about_after[] = {WORD("左右", 0), WORD("余", 0)};
static const struct gt_word money_before[] = {WORD("人民币", 0), WORD("rmb", 0), WORD("¥", 0)};
static const struct gt_word multipliers[] = {WORD("万", 4), WORD("亿", 8), WORD("千", 3)};
static const struct gt_word morning[] = {WORD("上午", 0), WORD("am", 0)};
static const struct gt_word afternoon[] = {WORD("下午", 0), WORD("pm", 0)};
static const struct gt_word areas[] = {WORD("11", 0), WORD("42", 0)};
static const struct gt_word cards[] = {WORD("4", 0), WORD("6", 0)};
static const int64_t no_date[] = {-25567}; /* 1900-01-01 */
static const struct gt_day_range summer_time[] = {{5967, 6100}};

static const struct gt_words fuzz_words = {
	.about_before = LIST(about_before),
	.about_after = LIST(about_after),
	.money_before = LIST(money_before),
	.multipliers = LIST(multipliers),
	.morning = LIST(morning),
	.afternoon = LIST(afternoon),
	.no_date = no_date,
	.no_date_count = sizeof no_date / sizeof *no_date,
	.summer_time = summer_time,
	.summer_time_count = sizeof summer_time / sizeof *summer_time,
	.summer_zone = 480,
	.adult_years = 16,
	.oldest_years = 99,
	.identity_areas = LIST(areas),
	.card_prefixes = LIST(cards),
};

#endif
