/* xml_head.h: where the records of an XML document are, and how it is written. Internal to xml.c.
 */
#ifndef GT_FORMATS_XML_HEAD_H
#define GT_FORMATS_XML_HEAD_H

#include <guantong/charset.h>

#define XML_LEVELS_MAX 16u /* components of a path */
#define XML_NAME_MAX 256u  /* bytes of a name that is remembered */

/* "/root/rows/row" as its components, views of it: local names or "*". path: XML_LEVELS_MAX. False:
 * err (CONFIG). */
bool xml_read_path(
	struct gt_str records, struct gt_str *path, unsigned *levels, struct gt_err *err);
/* Does the component fit an element of this (qualified) name? */
bool xml_is_named(const char *name, struct gt_str wanted);
/* By byte order mark, by the bytes, by what the prolog declares; *bom = bytes of the mark. False:
 * err (DATA: declared as what is not read). */
bool xml_find_charset(
	struct gt_str head, bool whole, enum gt_charset *charset, size_t *bom, struct gt_err *err);

#endif
