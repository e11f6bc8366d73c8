/* rate.h: at most so many of the same thing per window, and how many were left out. Pure: the
 * caller gives the time and guards it with a lock. */
#ifndef GT_BASE_RATE_H
#define GT_BASE_RATE_H

#include <guantong/str.h>

#define GT_RATE_SLOTS                                                                              \
	256u /* different things watched at once; the longest unseen one gives way                 \
	      */
#define GT_RATE_LABEL_MAX 64u /* bytes of a label that are kept */

struct gt_rate_slot {
	uint64_t key; /* 0 = free */
	int64_t since_us;
	uint32_t shown, suppressed;
	int tag;
	char label[GT_RATE_LABEL_MAX];
};

struct gt_rate {
	uint32_t most; /* per window */
	int64_t window_us;
	struct gt_rate_slot slots[GT_RATE_SLOTS];
};

/* May this one be shown? A thing = tag and label together. */
bool gt_rate_admit(struct gt_rate *rate, int tag, struct gt_str label, int64_t now_us);
/* Takes out one thing whose window is over and of which some were left out: *slot is what it was.
 * False: there is none. */
bool gt_rate_overdue(struct gt_rate *rate, int64_t now_us, struct gt_rate_slot *slot);

#endif
