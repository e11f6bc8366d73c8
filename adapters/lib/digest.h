/* digest.h: the SHA-256 of bytes that come in pieces. */
#ifndef ADAPTERS_LIB_DIGEST_H
#define ADAPTERS_LIB_DIGEST_H

#include <guantong/str.h>

#define GT_DIGEST_HEX 65u /* 64 hex digits and a NUL */

struct gt_digest {
	void *ctx; /* NULL = not started */
};

/* False: the crypto library refuses (no memory). Any started digest ends with finish or drop. */
bool gt_digest_start(struct gt_digest *digest) GT_MUST_CHECK;
void gt_digest_add(struct gt_digest *digest, const void *bytes, size_t n);
void gt_digest_finish(struct gt_digest *digest, char hex[GT_DIGEST_HEX]);
void gt_digest_drop(struct gt_digest *digest); /* accepts a zeroed one */

#endif
