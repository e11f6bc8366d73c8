/* lookup.h: a table of a CSV file, from one of its columns to another: a hash map that is made once
 * with a plan and never changed. UTF-8 or GB18030, comma, quotes as in RFC 4180, a header row. */
#ifndef GT_NORMALISE_LOOKUP_H
#define GT_NORMALISE_LOOKUP_H

#include "plan.h"

#define GT_LOOKUP_KEY_MAX 256u          /* bytes; a longer cell is no key */
#define GT_LOOKUP_ROWS_MAX 500000u      /* of a file */
#define GT_LOOKUP_BYTES_MAX (32u << 20) /* of a file */

struct gt_lookup;

/* NULL: diagnostics were added at the line's place: unreadable, too large, no such column, a key
 * twice. The caller owns it. */
struct gt_lookup *gt_lookup_new(const struct gt_map_lookup *line, struct gt_diags *diags);
void gt_lookup_free(struct gt_lookup *lookup);                  /* accepts NULL */
struct gt_str gt_lookup_digest(const struct gt_lookup *lookup); /* 32 bytes: SHA-256 of the file */
const char *gt_lookup_name(const struct gt_lookup *lookup);     /* as the mapping names it */

/* The value beside a key (trimmed, not cleaned); clean is scratch. Record path, any thread. */
bool gt_lookup_find(const struct gt_lookup *lookup, struct gt_str key,
	char clean[GT_LOOKUP_KEY_MAX], struct gt_str *value);

#endif
