/* date_scan.h: the forms in which dates are written, to their parts. Pure, any thread. */
#ifndef GT_NORMALISE_DATE_SCAN_H
#define GT_NORMALISE_DATE_SCAN_H

#include "civil.h"
#include "words.h"

struct gt_dating {
	struct gt_civil civil; /* not yet checked: there may be no such day */
	enum gt_precision precision;
	bool has_zone;
	int zone_minutes;
	bool instant; /* us is set instead of civil: an epoch number */
	bool zero;    /* nothing but zeros */
	int64_t us;
	uint32_t flags;
};

/* False: no form of a date. civil.month and .day must be 1 on entry. */
bool gt_date_scan(
	const struct gt_words *words, struct gt_str word, struct gt_dating *dating) GT_MUST_CHECK;

#endif
