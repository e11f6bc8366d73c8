/* garbled.h: text that was decoded wrongly before it reached us: UTF-8 read as GBK (鍏姟鐢ㄨ溅),
 * UTF-8 or GBK read as Latin-1 (å…¬åŠ¡, ¹«ÎñÓÃ³µ), and what is left when even that is gone (锟斤拷,
 * ???). Asked only of suspicious texts; what is read anew is flagged by the caller. */
#ifndef GT_TEXT_GARBLED_H
#define GT_TEXT_GARBLED_H

#include <guantong/str.h>

#define GT_GARBLED_MAX 1024u /* bytes of a text that is read anew */

enum gt_garbled_is {
	GT_GARBLED_NOT,      /* as it should be, as far as anybody can tell */
	GT_GARBLED_REGAINED, /* out holds what it was */
	GT_GARBLED_LOST      /* parts of it are gone */
};

/* One per thread. NULL: iconv lacks GB18030. */
struct gt_garbled;
struct gt_garbled *gt_garbled_new(void);
void gt_garbled_free(struct gt_garbled *garbled); /* accepts NULL */

/* Cheap: does the first character that is not ASCII look like it, or is it a known ruin? s is valid
 * UTF-8. */
bool gt_garbled_suspect(const struct gt_garbled *garbled, struct gt_str s);
/* The whole question. out has room for s.n bytes; *n is what was written. */
enum gt_garbled_is gt_garbled_read(
	struct gt_garbled *garbled, struct gt_str s, char *out, size_t *n) GT_MUST_CHECK;

#endif
