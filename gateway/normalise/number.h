/* number.h: numbers as people and systems write them, to scaled integers. Exact: no binary floating
 * point anywhere. Pure, any thread. Input: text cleaned as GT_CLEAN_WORD. */
#ifndef GT_NORMALISE_NUMBER_H
#define GT_NORMALISE_NUMBER_H

#include "words.h"

__extension__ typedef unsigned __int128 gt_u128;

/* ±mantissa × 10^exponent, and what stands behind the number (a unit, a multiplier, or nothing). */
struct gt_number {
	gt_u128 mantissa; /* up to 38 digits; what follows is only remembered as inexact */
	int exponent;
	bool negative;
	bool inexact;   /* digits behind the 38th were dropped and not all zero */
	bool money;     /* written with a currency sign or 元 角 分 */
	uint64_t flags; /* AMBIGUOUS: a sign of which nobody knows what it means */
	struct gt_str rest;
};

/* "-1,234.5", "350.00-", "(350.00)", "约1200平", "￥12,350.00元整", "1.2345E+05",
 * "人民币壹拾贰万元整". False: does not begin as a number. Thousands separators only in groups of
 * three. */
bool gt_number_parse(
	const struct gt_words *words, struct gt_str word, struct gt_number *number) GT_MUST_CHECK;

/* Chinese numerals at the start of *text ("壹拾贰万叁仟肆佰伍拾陆元柒角捌分", "三千二百",
 * "二十五"); moves *text behind them. False: none there, or not well-formed. */
bool gt_number_chinese(struct gt_str *text, struct gt_number *number) GT_MUST_CHECK;

/* A multiplier (万) in front of the rest: takes one off and raises the exponent. */
bool gt_number_multiplier(const struct gt_words *words, struct gt_number *number) GT_MUST_CHECK;

/* number × num / den × 10^scale, rounded half to even. False: does not fit an int64. */
bool gt_number_scale(const struct gt_number *number, int64_t num, int64_t den, unsigned scale,
	int64_t *value, bool *rounded) GT_MUST_CHECK;

#endif
