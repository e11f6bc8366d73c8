/* base64.h: RFC 4648 base64, padded; and the URL-safe form without padding for pseudonyms. */
#ifndef GT_BASE_BASE64_H
#define GT_BASE_BASE64_H

#include "buf.h"

void gt_base64_add(struct gt_buf *out, struct gt_str bytes);
/* False: not base64, or longer than size. */
bool gt_base64_decode(struct gt_str text, void *out, size_t size, size_t *n) GT_MUST_CHECK;
/* Writes ceil(n * 4 / 3) characters, no padding, no NUL; returns how many. */
size_t gt_base64url_write(char *out, const void *bytes, size_t n);

#endif
