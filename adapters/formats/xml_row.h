/* xml_row.h: one XML record into the values of a row. Elements are named by their local names, so
 * prefixes do not matter: "a.b" is the element b in a, "@id" an attribute of the record, "a.@id"
 * one of a, "#text" the record's own text. Internal to xml.c. */
#ifndef GT_FORMATS_XML_ROW_H
#define GT_FORMATS_XML_ROW_H

#include <guantong/record.h>

struct xml_row;

/* fields: the wanted ones, copied. NULL: no memory. */
struct xml_row *xml_row_new(const struct gt_str *fields, size_t count);
void xml_row_free(struct xml_row *row); /* accepts NULL */

/* The record's start tag; forgets the record before. attributes: name, value, … NULL. */
void xml_row_start(struct xml_row *row, const char *const *attributes);
/* In it: elements nested at most GT_XML_DEPTH_MAX deep, and text. */
void xml_row_open(struct xml_row *row, const char *name, const char *const *attributes);
void xml_row_text(struct xml_row *row, const char *text, size_t n);
void xml_row_close(struct xml_row *row);    /* of the record itself, too */
bool xml_row_ok(const struct xml_row *row); /* false: memory ran out; the record is not whole */

/* Sets values[field] for what the record has: texts; null for xsi:nil; elements that are repeated
 * as a JSON array of texts, in their order. False: the batch has no room. */
bool xml_row_put(const struct xml_row *row, struct gt_batch *batch, struct gt_value *values);

/* Behind the prefix. */
const char *xml_local(const char *name);

#define GT_XML_DEPTH_MAX 64u

#endif
