/* profile.c: counts, for every value, what it could be; the column is what nearly all could be. */
#include "profile.h"

#include "checks.h"
#include "clean.h"
#include "date.h"
#include "flags.h"
#include "number.h"

#include <string.h>

#define VALUE_MAX 4096u /* bytes of a value that are looked at */
#define NUMBER_SCALE 6u /* digits behind the point by which numbers are compared */
#define CODE_DISTINCT 50u
#define CODE_LONGEST 60u
#define ID_DIGITS 15u /* a longer number is rather a name of something */
#define SEEN_SLOTS (sizeof(((struct gt_profile *)0)->seen) / sizeof(uint64_t))
_Static_assert(SEEN_SLOTS >= 2 * GT_PROFILE_DISTINCT, "the set of hashes stays half empty");

static const char *const names[GT_LOOKS_COUNT] = {"empty", "nested", "boolean", "identity-number",
	"vin", "uscc", "plate", "phone", "bank-card", "date", "time", "integer", "decimal", "code",
	"id", "text"};

const char *gt_looks_name(enum gt_looks looks)
{
	return names[looks];
}

void gt_profile_init(struct gt_profile *profile, const struct gt_words *words, int zone_minutes)
{
	memset(profile, 0, sizeof(*profile));
	profile->words = words;
	profile->zone_minutes = zone_minutes;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t digits(struct gt_str s)
{
	size_t n = 0;

	while (n < s.n && is_digit(s.p[n]))
		n++;
	return n;
}

static bool is_card(struct gt_str s)
{
	return s.n >= 16 && s.n <= 19 && digits(s) == s.n && s.p[0] != '0' && gt_check_luhn(s);
}

static bool is_phone(struct gt_str s)
{
	const char *dash = s.n ? memchr(s.p, '-', s.n) : NULL;
	size_t area = dash ? (size_t)(dash - s.p) : 0;

	if (s.n == 11 && digits(s) == 11)
		return s.p[0] == '1' && s.p[1] >= '3';
	return s.n > 4 && s.p[0] == '0' && (area == 3 || area == 4) && digits(s) == area &&
	       (s.n - area - 1 == 7 || s.n - area - 1 == 8) &&
	       digits(gt_str(s.p + area + 1, s.n - area - 1)) == s.n - area - 1;
}

/* A name that a system gave: not a word, and not a number to count with. */
static bool is_id(struct gt_str s)
{
	size_t number = 0, letters = 0;

	for (size_t i = 0; i < s.n; i++) {
		bool letter = (s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= 'A' && s.p[i] <= 'Z');
		number += is_digit(s.p[i]);
		letters += letter;
		if (!is_digit(s.p[i]) && !letter && !strchr("-_./:#", s.p[i]))
			return false;
	}
	return number > 0 && (letters > 0 || (s.p[0] == '0' && number == s.n && s.n > 1) ||
				     (number == s.n && s.n >= ID_DIGITS));
}

static void keep(struct gt_kept *kept, struct gt_str s)
{
	size_t n = s.n < GT_PROFILE_TEXT ? s.n : GT_PROFILE_TEXT;

	while (n > 0 && n < s.n && ((unsigned char)s.p[n] & 0xC0) == 0x80)
		n--;
	memcpy(kept->text, s.p, n);
	kept->n = n;
}

#define TRACK(range, value, shown)                                                                 \
	do {                                                                                       \
		if (!(range).set || (value) < (range).min) {                                       \
			(range).min = (value);                                                     \
			keep(&(range).min_text, shown);                                            \
		}                                                                                  \
		if (!(range).set || (value) > (range).max) {                                       \
			(range).max = (value);                                                     \
			keep(&(range).max_text, shown);                                            \
		}                                                                                  \
		(range).set = true;                                                                \
	} while (0)

static void judge_number(struct gt_profile *p, struct gt_str word, struct gt_str shown)
{
	struct gt_number number;
	int64_t scaled;
	bool rounded;

	/* 007 is a name, 0.7 a number. */
	if (word.n > 1 && word.p[0] == '0' && is_digit(word.p[1]))
		return;
	if (!gt_number_parse(p->words, word, &number) || number.rest.n != 0)
		return;
	if (digits(word) == word.n && word.n >= ID_DIGITS)
		return;
	p->fits[number.exponent >= 0 && !number.money ? GT_LOOKS_INTEGER : GT_LOOKS_DECIMAL]++;
	if (gt_number_scale(&number, 1, 1, NUMBER_SCALE, &scaled, &rounded))
		TRACK(p->number, scaled, shown);
}

/* A number is a date only as 20240327, in a year that somebody has lived in. */
static bool may_be_date(struct gt_str word)
{
	if (digits(word) != word.n)
		return memchr(word.p, '.', word.n) == NULL || digits(word) < word.n;
	return word.n == 8 && (memcmp(word.p, "19", 2) == 0 || memcmp(word.p, "20", 2) == 0);
}

/* True: it stands for no value (0000-00-00). */
static bool judge_date(struct gt_profile *p, struct gt_str word, struct gt_str shown)
{
	struct gt_when day, moment;
	struct gt_number number;
	uint64_t flags = 0;
	bool all_digits = digits(word) == word.n;
	enum gt_dated dated;

	if (!may_be_date(word))
		return false;
	if (!all_digits && gt_number_parse(p->words, word, &number) && number.rest.n == 0)
		return false; /* 2024.3 */
	dated = gt_date_parse(p->words, word, false, p->zone_minutes, &day, &flags);
	if (dated == GT_DATED_EMPTY)
		return !all_digits;
	if (dated != GT_DATED)
		return false;
	flags = 0;
	dated = gt_date_parse(p->words, word, true, p->zone_minutes, &moment, &flags);
	if (dated == GT_DATED && !(flags & GT_FLAG_DATE_ONLY) && !all_digits) {
		p->fits[GT_LOOKS_TIME]++;
		TRACK(p->moment, moment.value, shown);
	} else {
		p->fits[GT_LOOKS_DATE]++;
		TRACK(p->moment, day.value * INT64_C(86400000000), shown);
	}
	return false;
}

static void judge_form(struct gt_profile *p, struct gt_str value)
{
	char room[VALUE_MAX];
	uint64_t flags = 0;
	size_t n = value.n > 64 ? SIZE_MAX : gt_clean(value, GT_CLEAN_FORM, room, &flags);
	struct gt_str form = gt_str(room, n);

	if (n == SIZE_MAX || n == 0)
		return;
	p->fits[GT_LOOKS_IDENTITY] += gt_check_identity(form) == GT_CHECK_OK;
	p->fits[GT_LOOKS_VIN] += gt_check_vin(form) == GT_CHECK_OK && digits(form) < form.n;
	p->fits[GT_LOOKS_USCC] += gt_check_uscc(form) == GT_CHECK_OK;
	/* Two letters and five digits are a plate of the army's, and too much else besides. */
	p->fits[GT_LOOKS_PLATE] += (form.p[0] & 0x80) && gt_check_plate(form) == GT_CHECK_OK;
}

static void note_distinct(struct gt_profile *p, struct gt_str value)
{
	uint64_t hash = gt_hash(value) | 1;
	size_t at = (size_t)(hash >> 20) % SEEN_SLOTS;

	if (p->distinct == GT_PROFILE_DISTINCT)
		return;
	for (; p->seen[at]; at = (at + 1) % SEEN_SLOTS)
		if (p->seen[at] == hash)
			return;
	p->seen[at] = hash;
	p->distinct++;
	if (p->example_count < GT_PROFILE_EXAMPLES)
		keep(&p->examples[p->example_count++], value);
}

static void add_text(struct gt_profile *p, struct gt_str value)
{
	char room[VALUE_MAX];
	uint64_t flags = 0;
	struct gt_str word;
	int yes;

	value = gt_clean_trim(value, &flags);
	if (value.n > VALUE_MAX)
		value.n = VALUE_MAX;
	word.n = gt_clean(value, GT_CLEAN_WORD, room, &flags);
	word.p = room;
	if (value.n == 0 ||
		(word.n != SIZE_MAX && gt_word_set_get(&p->words->no_value, word) >= 0)) {
		p->nulls++;
		return;
	}
	if (word.n != SIZE_MAX && judge_date(p, word, value)) {
		p->nulls++;
		return;
	}
	p->fits[GT_LOOKS_TEXT]++;
	p->longest = value.n > p->longest ? value.n : p->longest;
	note_distinct(p, value);
	if (word.n == SIZE_MAX)
		return; /* cut inside a character: long, and so a text */
	yes = gt_word_set_get(&p->words->boolean, word);
	p->fits[GT_LOOKS_BOOLEAN] += yes >= 0 && digits(word) < word.n;
	judge_number(p, word, value);
	judge_form(p, value);
	p->fits[GT_LOOKS_PHONE] += is_phone(word);
	p->fits[GT_LOOKS_CARD] += is_card(word);
	p->fits[GT_LOOKS_ID] += is_id(word);
}

void gt_profile_add(struct gt_profile *p, const struct gt_value *value)
{
	p->rows++;
	switch (value->kind) {
	case GT_ABSENT:
	case GT_NULL:
		p->nulls++;
		return;
	case GT_BOOL:
		p->fits[GT_LOOKS_BOOLEAN]++;
		note_distinct(p, value->number ? GT_LIT("true") : GT_LIT("false"));
		return;
	case GT_JSON:
		p->fits[GT_LOOKS_NESTED]++;
		note_distinct(p, gt_value_str(value));
		return;
	default:
		add_text(p, gt_value_str(value));
	}
}

enum gt_looks gt_profile_looks(const struct gt_profile *p)
{
	uint64_t n = p->rows - p->nulls;
	const uint64_t *fits = p->fits;

#define NEARLY_ALL(count) ((count)*100 >= n * GT_PROFILE_PERCENT)
	if (n == 0)
		return GT_LOOKS_EMPTY;
	for (int i = GT_LOOKS_NESTED; i <= GT_LOOKS_CARD; i++)
		if (NEARLY_ALL(fits[i]))
			return (enum gt_looks)i;
	if (NEARLY_ALL(fits[GT_LOOKS_DATE]))
		return GT_LOOKS_DATE;
	if (NEARLY_ALL(fits[GT_LOOKS_DATE] + fits[GT_LOOKS_TIME]))
		return GT_LOOKS_TIME;
	if (NEARLY_ALL(fits[GT_LOOKS_INTEGER]))
		return GT_LOOKS_INTEGER;
	if (NEARLY_ALL(fits[GT_LOOKS_INTEGER] + fits[GT_LOOKS_DECIMAL]))
		return GT_LOOKS_DECIMAL;
	if (p->distinct * 5 <= n && p->distinct <= CODE_DISTINCT && p->longest <= CODE_LONGEST)
		return GT_LOOKS_CODE;
	if (NEARLY_ALL(fits[GT_LOOKS_ID]))
		return GT_LOOKS_ID;
	return GT_LOOKS_TEXT;
#undef NEARLY_ALL
}

static bool is_moment(enum gt_looks looks)
{
	return looks == GT_LOOKS_DATE || looks == GT_LOOKS_TIME;
}

const struct gt_kept *gt_profile_min(const struct gt_profile *p)
{
	enum gt_looks looks = gt_profile_looks(p);

	if (is_moment(looks))
		return p->moment.set ? &p->moment.min_text : NULL;
	if (looks == GT_LOOKS_INTEGER || looks == GT_LOOKS_DECIMAL)
		return p->number.set ? &p->number.min_text : NULL;
	return NULL;
}

const struct gt_kept *gt_profile_max(const struct gt_profile *p)
{
	enum gt_looks looks = gt_profile_looks(p);

	if (is_moment(looks))
		return p->moment.set ? &p->moment.max_text : NULL;
	if (looks == GT_LOOKS_INTEGER || looks == GT_LOOKS_DECIMAL)
		return p->number.set ? &p->number.max_text : NULL;
	return NULL;
}
