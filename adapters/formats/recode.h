/* recode.h: a piece of a document that is not UTF-8 as UTF-8 text, and the way back from an offset
 * in that text to the document's own bytes, so that rows keep their original bytes and places.
 * Bytes that are no character become one 0xFF each (a lone surrogate becomes its three bytes),
 * which is no UTF-8: whoever checks the text finds them where they are. Shared by the formats. */
#ifndef GT_FORMATS_RECODE_H
#define GT_FORMATS_RECODE_H

#include <guantong/charset.h>

struct recode {
	enum gt_charset charset;
	struct gt_converter *converter; /* GB18030 */
	char *buffer;
	size_t room;
	struct gt_str text;  /* what recode_run() made; of `bytes` */
	struct gt_str bytes; /* the part of its input that the text stands for */
	size_t text_at,
		byte_at; /* where recode_back() was asked last: places that belong together */
};

/* For a document in this charset (UTF-8: texts are views of the bytes); a zeroed one, or one that
 * was used before. False: err (CONFIG: iconv does not know it). */
bool recode_start(struct recode *r, enum gt_charset charset, struct gt_err *err) GT_MUST_CHECK;
/* bytes: consecutive ones of the document, beginning with a character. A character that is cut off
 * at their end is left out unless `last`. r->text lives until the next call and, for UTF-8, as long
 * as bytes do. False: no memory for 3 × bytes.n. */
bool recode_run(struct recode *r, struct gt_str bytes, bool last) GT_MUST_CHECK;
/* The byte at which the character at `text_offset` of r->text begins; both count from the begin of
 * what recode_run() was given. Ascending questions cost one walk in all. */
size_t recode_back(struct recode *r, size_t text_offset);
void recode_end(struct recode *r); /* accepts a zeroed one */

#endif
