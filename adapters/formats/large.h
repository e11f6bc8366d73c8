/* large.h: a row that is longer than GT_RECORD_MAX. Its first bytes are kept while the rest goes
 * by; when its end is found, it becomes one bad row. Shared by the formats. */
#ifndef GT_FORMATS_LARGE_H
#define GT_FORMATS_LARGE_H

#include <stdlib.h>

#include <guantong/host.h>

struct large {
	char *kept; /* GT_REJECT_KEEP bytes once one was seen; free() it in end() */
	struct gt_place place;
	uint64_t whole; /* bytes of the row; 0 = its end has not been seen */
	bool open;      /* a row is being skipped, or waits for a batch with room */
};

/* first: its first bytes, at least GT_REJECT_KEEP. False: no memory. */
static inline bool large_begin(struct large *large, struct gt_str first, struct gt_place place)
{
	if (!large->kept)
		large->kept = malloc(GT_REJECT_KEEP);
	if (!large->kept)
		return false;
	memcpy(large->kept, first.p, GT_REJECT_KEEP);
	large->place = place;
	large->whole = 0;
	large->open = true;
	return true;
}

/* Its end was seen (whole is set): adds it. False: the batch is full; try again with the next. */
static inline bool large_add(struct large *large, struct gt_batch *batch)
{
	struct gt_err why;
	struct gt_str raw = gt_batch_copy(batch, gt_str(large->kept, GT_REJECT_KEEP));
	gt_fail(&why, GT_E_ROW_LARGE, GT_TEXT("%u", GT_RECORD_MAX));
	if (!raw.p || !gt_batch_add_bad(batch, raw, large->place, large->whole, &why))
		return false;
	large->open = false;
	return true;
}

#endif
