/* date.h: dates and times as people and systems write them. Pure, any thread; no locale, no TZ.
 * Input: text cleaned as GT_CLEAN_WORD. */
#ifndef GT_NORMALISE_DATE_H
#define GT_NORMALISE_DATE_H

#include "civil.h"
#include "words.h"

enum gt_dated {
	GT_DATED,        /* *when is set */
	GT_DATED_EMPTY,  /* zeros, or a day of words->no_date: means no value; *flags says which */
	GT_DATED_NO_DAY, /* has the form of a date, but there is no such day or time */
	GT_DATED_NOT     /* no date */
};

struct gt_when {
	int64_t value; /* days since 1970-01-01, or µs UTC */
	enum gt_precision precision;
	unsigned months; /* GT_MONTHS: how many */
};

/* With `time`: an instant; a date without time of day becomes midnight (flag date-only), a month, a
 * year or another period is no instant. Without: the day in the zone; months, quarters, halves,
 * runs of months and years keep their precision and the first day. zone_minutes applies where the
 * text names no zone. */
enum gt_dated gt_date_parse(const struct gt_words *words, struct gt_str word, bool time,
	int zone_minutes, struct gt_when *when, uint64_t *flags) GT_MUST_CHECK;

#endif
