/* large.h: a row that is longer than GT_RECORD_MAX. Its first bytes are kept and all are hashed
 * while they go by; when its end is found, it becomes one bad row. Shared by the formats. */
#ifndef GT_FORMATS_LARGE_H
#define GT_FORMATS_LARGE_H

#include "lib/digest.h"

#include <stdlib.h>

#include <guantong/host.h>

struct large {
	char *kept; /* GT_REJECT_KEEP bytes once one was seen */
	struct gt_digest digest;
	uint64_t hashed; /* the document's bytes up to here are in it */
	char hex[GT_DIGEST_HEX];
	struct gt_place place;
	uint64_t whole; /* bytes of the row; 0 = its end has not been seen */
	bool open;      /* a row is being skipped, or waits for a batch with room */
};

/* first: its first bytes, at least GT_REJECT_KEEP. False: no memory. */
static inline bool large_begin(struct large *large, struct gt_str first, struct gt_place place)
{
	if (!large->kept)
		large->kept = malloc(GT_REJECT_KEEP);
	gt_digest_drop(&large->digest);
	if (!large->kept || !gt_digest_start(&large->digest))
		return false;
	memcpy(large->kept, first.p, GT_REJECT_KEEP);
	large->place = place;
	large->hashed = place.offset;
	large->whole = 0;
	large->open = true;
	return true;
}

/* Bytes of the document from offset `at` on, of which those before `end` belong to the row. */
static inline void large_pass(struct large *large, struct gt_str bytes, uint64_t at, uint64_t end)
{
	if (!large->digest.ctx || end <= large->hashed)
		return;
	gt_digest_add(
		&large->digest, bytes.p + (large->hashed - at), (size_t)(end - large->hashed));
	large->hashed = end;
}

/* Its end was seen (whole is set): adds it. False: the batch is full; try again with the next. */
static inline bool large_add(struct large *large, struct gt_batch *batch)
{
	struct gt_err why;
	struct gt_str raw = gt_batch_copy(batch, gt_str(large->kept, GT_REJECT_KEEP));
	gt_fail(&why, GT_E_ROW_LARGE, GT_TEXT("%u", GT_RECORD_MAX));
	if (large->digest.ctx)
		gt_digest_finish(&large->digest, large->hex);
	if (!raw.p || !gt_batch_add_bad(batch, raw, large->place, large->whole, &why))
		return false;
	gt_batch_whole_digest(batch, gt_cstr(large->hex));
	large->open = false;
	return true;
}

/* Gives back what a row that was begun holds; accepts a zeroed one. */
static inline void large_end(struct large *large)
{
	free(large->kept);
	gt_digest_drop(&large->digest);
	large->kept = NULL;
	large->open = false;
}

#endif
