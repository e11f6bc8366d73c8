/* name.h: file names are bytes that someone else chose: any charset, spaces, line ends. Here they
 * become something to show, to compare with patterns, and to keep in a line of ASCII. */
#ifndef ADAPTERS_LIB_NAME_H
#define ADAPTERS_LIB_NAME_H

#include <guantong/charset.h>

#define GT_NAME_MAX 255u                      /* bytes of one file name */
#define GT_NAME_SHOWN (3 * GT_NAME_MAX + 5)   /* room for a name as UTF-8, with its NUL */
#define GT_NAME_ENCODED (3 * GT_NAME_MAX + 1) /* room for an encoded name, with its NUL */

/* The name for people: UTF-8 as it is, GB18030 converted, anything else with its bytes as \xNN.
 * Returns out (GT_NAME_SHOWN bytes). */
const char *gt_name_show(const char *name, char *out);

/* Glob patterns separated by spaces; a leading dot is matched only by a leading dot; letters match
 * in either case. The name is tried as it is and as it is shown. */
bool gt_name_matches(const char *name, const char *patterns);
/* Does the name end with one of the suffixes separated by spaces? */
bool gt_name_ends(const char *name, const char *suffixes);
/* Takes the next word of a list of words separated by spaces; false behind the last. */
bool gt_name_word(const char **words, char word[GT_NAME_MAX + 1]);

/* %NN for all but letters, digits and ". _ -"; always without spaces. */
void gt_name_encode(const char *name, char out[GT_NAME_ENCODED]);
/* False: not an encoded file name (empty, too long, ".", "..", with a slash or a NUL). */
bool gt_name_decode(struct gt_str encoded, char name[GT_NAME_MAX + 1]) GT_MUST_CHECK;

#endif
