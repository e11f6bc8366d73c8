/* moment.h: values of a cursor field, as sources write them, made comparable and back again. */
#ifndef ADAPTERS_LIB_MOMENT_H
#define ADAPTERS_LIB_MOMENT_H

#include <guantong/str.h>

enum gt_layout {
	GT_LAYOUT_DATETIME, /* 2024-03-27 08:25:00, in the source's zone */
	GT_LAYOUT_ISO,      /* 2024-03-27T08:25:00+08:00 */
	GT_LAYOUT_DATE,     /* 2024-03-27 */
	GT_LAYOUT_COMPACT,  /* 20240327082500 */
	GT_LAYOUT_SECONDS,  /* since 1970 */
	GT_LAYOUT_MILLIS,
	GT_LAYOUT_NUMBER /* an integer that only grows; no time */
};

/* *order: µs since 1970, or the number itself. zone: minutes east of UTC, for texts that name none.
 * False: not of this layout. */
bool gt_moment_parse(
	struct gt_str text, enum gt_layout layout, int zone, int64_t *order) GT_MUST_CHECK;
#define GT_MOMENT_TEXT 64u
/* Whole seconds, rounded down. */
void gt_moment_write(int64_t order, enum gt_layout layout, int zone, char out[GT_MOMENT_TEXT]);

struct gt_civil {
	int year, month, day, in_day; /* in_day: seconds since midnight */
};

/* The calendar of a time, in a zone. */
struct gt_civil gt_moment_civil(int64_t order, int zone);

#endif
