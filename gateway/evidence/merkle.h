/* merkle.h: RFC 6962 Merkle trees built leaf by leaf; the state is a frontier of ≤ 64 hashes, so
 * that a tree of any size goes on from a record of a few hundred bytes. */
#ifndef GT_EVIDENCE_MERKLE_H
#define GT_EVIDENCE_MERKLE_H

#include "leaf.h"

struct gt_merkle {
	uint64_t n;                 /* leaves */
	unsigned char node[64][32]; /* node[i]: root of the complete subtree of 2^i leaves, if bit i
				       of n */
};

void gt_merkle_add(struct gt_hasher *hasher, struct gt_merkle *tree, const unsigned char leaf[32]);
void gt_merkle_root(struct gt_hasher *hasher, const struct gt_merkle *tree, unsigned char root[32]);

#define GT_FRONTIER_TEXT_MAX (64u * 65u + 32u)
/* "<n>:<hex>,<hex>,…" largest subtree first; and back (false: not of that form). */
size_t gt_merkle_write(const struct gt_merkle *tree, char out[GT_FRONTIER_TEXT_MAX]);
bool gt_merkle_parse(struct gt_merkle *tree, struct gt_str text) GT_MUST_CHECK;

#endif
