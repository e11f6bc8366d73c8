/* leaf.h: the hash of one message as an auditor recomputes it (DESIGN section 10):
 * H(0x00 ‖ key ‖ value ‖ headers in order), each part preceded by its length as u32 big-endian
 * (a null key or value = 0xFFFFFFFF, no bytes); a header = its name, then its value. SHA-256. */
#ifndef GT_EVIDENCE_LEAF_H
#define GT_EVIDENCE_LEAF_H

#include "message.h"

struct gt_hasher; /* a reused digest context; one per thread */
struct gt_hasher *gt_hasher_new(void);
void gt_hasher_free(struct gt_hasher *hasher);
void gt_leaf(struct gt_hasher *hasher, struct gt_str key, struct gt_str value,
	const struct gt_headers *headers, unsigned char out[32]);
void gt_sha256(struct gt_hasher *hasher, struct gt_str bytes, unsigned char out[32]);

#endif
