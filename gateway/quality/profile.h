/* profile.h: what the values of one column look like: for people who are to map it. Values are
 * judged one by one as the standard's own parsers read them; a column is of a kind when at least
 * GT_PROFILE_PERCENT of its values are. Bounded memory whatever comes. One thread. */
#ifndef GT_QUALITY_PROFILE_H
#define GT_QUALITY_PROFILE_H

#include "standard.h"

#define GT_PROFILE_PERCENT 95u
#define GT_PROFILE_DISTINCT 1000u /* different values counted at most */
#define GT_PROFILE_TEXT 96u       /* bytes kept of a value */
#define GT_PROFILE_EXAMPLES 3u

enum gt_looks {
	GT_LOOKS_EMPTY, /* no value at all */
	GT_LOOKS_NESTED,
	GT_LOOKS_BOOLEAN,
	GT_LOOKS_IDENTITY, /* GB 11643 with a right check digit */
	GT_LOOKS_VIN,
	GT_LOOKS_USCC,
	GT_LOOKS_PLATE,
	GT_LOOKS_PHONE,
	GT_LOOKS_CARD, /* 16 to 19 digits with a right check digit */
	GT_LOOKS_DATE,
	GT_LOOKS_TIME,
	GT_LOOKS_INTEGER,
	GT_LOOKS_DECIMAL,
	GT_LOOKS_CODE, /* text with few different values */
	GT_LOOKS_ID,   /* letters with digits, leading zeros, 15 digits and more */
	GT_LOOKS_TEXT,
	GT_LOOKS_COUNT
};
const char *gt_looks_name(enum gt_looks looks); /* "integer", for machines */

struct gt_kept {
	char text[GT_PROFILE_TEXT];
	size_t n;
};

struct gt_profile {
	const struct gt_words *words;
	int zone_minutes;
	uint64_t rows, nulls; /* nulls: absent, null, blank, or a word for "no value" */
	uint64_t fits[GT_LOOKS_COUNT];
	uint64_t seen[2048]; /* hashes of different values; 0 = free */
	size_t distinct;     /* GT_PROFILE_DISTINCT = that many or more */
	size_t longest;      /* bytes of a value */
	struct gt_kept examples[GT_PROFILE_EXAMPLES];
	size_t example_count;
	/* The smallest and largest number and moment so far, and how they were written. */
	struct {
		bool set;
		int64_t min, max;
		struct gt_kept min_text, max_text;
	} number, moment;
};

void gt_profile_init(struct gt_profile *profile, const struct gt_words *words, int zone_minutes);
void gt_profile_add(struct gt_profile *profile, const struct gt_value *value);
enum gt_looks gt_profile_looks(const struct gt_profile *profile);
/* The smallest and largest value, for numbers, dates and times; else NULL. */
const struct gt_kept *gt_profile_min(const struct gt_profile *profile);
const struct gt_kept *gt_profile_max(const struct gt_profile *profile);

#endif
