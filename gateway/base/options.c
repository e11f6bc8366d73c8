/* options.c: words into memory. */
#include "options.h"
#include "diag.h"
#include "gt_assert.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define TEXT_MAX 4096

const struct gt_option *gt_option_find(const struct gt_option *table, struct gt_str name)
{
	for (; table->name; table++)
		if (gt_str_eq(gt_cstr(table->name), name))
			return table;
	return NULL;
}

const char *gt_option_nearest(const struct gt_option *table, struct gt_str name)
{
	const char *nearest = NULL;
	size_t n = 0;

	while (table[n].name)
		n++;

	const char **names = gt_alloc(n * sizeof *names);

	for (size_t i = 0; i < n; i++)
		names[i] = table[i].name;
	nearest = gt_nearest(name, names, n);
	free(names);
	return nearest;
}

bool gt_parse_int(struct gt_str s, int64_t *value)
{
	bool negative = s.n > 0 && s.p[0] == '-';
	uint64_t limit = (uint64_t)INT64_MAX + negative, v = 0;
	size_t i = negative || (s.n > 0 && s.p[0] == '+');

	if (i == s.n)
		return false;
	for (; i < s.n; i++) {
		unsigned digit = (unsigned)(unsigned char)s.p[i] - '0';

		if (digit > 9 || v > (limit - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*value = negative ? (int64_t)(0 - v) : (int64_t)v;
	return true;
}

struct unit {
	const char *word;
	int64_t factor;
};

/* A whole number, blanks, one of the units ("" may be one). */
static bool parse_with_unit(struct gt_str s, const struct unit *units, int64_t *value)
{
	size_t digits = 0, word;
	int64_t v;

	while (digits < s.n && s.p[digits] >= '0' && s.p[digits] <= '9')
		digits++;
	for (word = digits; word < s.n && s.p[word] == ' '; word++)
		;
	if (!gt_parse_int(gt_str(s.p, digits), &v))
		return false;
	for (; units->word; units++)
		if (gt_str_eq(gt_cstr(units->word), gt_str(s.p + word, s.n - word))) {
			if (v > INT64_MAX / units->factor)
				return false;
			*value = v * units->factor;
			return true;
		}
	return false;
}

static const struct unit durations[] = {
	{"ms", 1}, {"s", 1000}, {"min", 60000}, {"h", 3600000}, {"d", 86400000}, {NULL, 0}};
static const struct unit sizes[] = {{"", 1}, {"B", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20},
	{"GiB", 1 << 30}, {"TiB", INT64_C(1) << 40}, {NULL, 0}};

bool gt_parse_duration(struct gt_str s, int64_t *ms)
{
	if (gt_str_eq(s, GT_LIT("0"))) {
		*ms = 0;
		return true;
	}
	return parse_with_unit(s, durations, ms);
}

bool gt_parse_bytes(struct gt_str s, int64_t *bytes)
{
	return parse_with_unit(s, sizes, bytes);
}

bool gt_parse_zone(struct gt_str s, int *minutes)
{
	static const char form[] = "+00:00";

	if (gt_str_eq(s, GT_LIT("Z"))) {
		*minutes = 0;
		return true;
	}
	if (s.n != sizeof form - 1 || (s.p[0] != '+' && s.p[0] != '-') || s.p[3] != ':')
		return false;
	for (size_t i = 1; i < s.n; i++)
		if (i != 3 && (s.p[i] < '0' || s.p[i] > '9'))
			return false;

	int h = (s.p[1] - '0') * 10 + s.p[2] - '0', m = (s.p[4] - '0') * 10 + s.p[5] - '0';

	if (m > 59 || h * 60 + m > 14 * 60)
		return false;
	*minutes = s.p[0] == '-' ? -(h * 60 + m) : h * 60 + m;
	return true;
}

/* A number as the row's type is written: 60000 → "1 min". */
static const char *spell(const struct gt_option *row, int64_t v, char *out, size_t size)
{
	const struct unit *units = row->type == GT_OPT_DURATION ? durations
				   : row->type == GT_OPT_BYTES  ? sizes + 1
								: NULL;
	const struct unit *best = units;

	if (!units)
		return gt_text(out, size, "%lld%s%s", (long long)v, row->unit ? " " : "",
			row->unit ? row->unit : "");
	for (; units->word; units++)
		if (v % units->factor == 0 && v != 0)
			best = units;
	return gt_text(out, size, "%lld %s", (long long)(v / best->factor), best->word);
}

#define SPELL(row, v) spell((row), (v), (char[64]){0}, 64)

static bool check_range(const struct gt_option *row, int64_t v, struct gt_err *err)
{
	if (row->min == 0 && row->max == 0)
		return true;
	if (row->max < row->min)
		return v >= row->min || gt_fail(err, GT_E_OPTION_LEAST, row->name, SPELL(row, v),
						SPELL(row, row->min));
	return (v >= row->min && v <= row->max) ||
	       gt_fail(err, GT_E_OPTION_RANGE, row->name, SPELL(row, v), SPELL(row, row->min),
		       SPELL(row, row->max));
}

/* The word as an argument: a C string, long ones cut. */
#define WORD(word)                                                                                 \
	gt_text((char[256]){0}, 256, "%.*s%s", (int)((word).n < 200 ? (word).n : 200),             \
		(word).p ? (word).p : "", (word).n < 200 ? "" : "…")

static bool store_number(
	const struct gt_option *row, void *at, struct gt_str word, struct gt_err *err)
{
	int64_t v;

	if (row->type == GT_OPT_INT && !gt_parse_int(word, &v))
		return gt_fail(err, GT_E_OPTION_INT, row->name, WORD(word));
	if (row->type == GT_OPT_DURATION && !gt_parse_duration(word, &v))
		return gt_fail(err, GT_E_OPTION_DURATION, row->name, WORD(word));
	if (row->type == GT_OPT_BYTES && !gt_parse_bytes(word, &v))
		return gt_fail(err, GT_E_OPTION_BYTES, row->name, WORD(word));
	if (!check_range(row, v, err))
		return false;
	memcpy(at, &v, sizeof v);
	return true;
}

static bool store_bool(
	const struct gt_option *row, void *at, struct gt_str word, struct gt_err *err)
{
	static const char *const words[] = {"false", "true", "no", "yes", "off", "on"};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (gt_str_eq(word, gt_cstr(words[i]))) {
			*(bool *)at = i % 2 == 1;
			return true;
		}
	return gt_fail(err, GT_E_OPTION_BOOL, row->name, WORD(word));
}

static bool store_zone(
	const struct gt_option *row, void *at, struct gt_str word, struct gt_err *err)
{
	int minutes;

	if (!gt_parse_zone(word, &minutes))
		return gt_fail(err, GT_E_OPTION_ZONE, row->name, WORD(word));
	memcpy(at, &minutes, sizeof minutes);
	return true;
}

static bool store_choice(
	const struct gt_option *row, void *at, struct gt_str word, struct gt_err *err)
{
	struct gt_buf list;
	int n = 0;

	for (; row->choices[n]; n++)
		if (gt_str_eq(word, gt_cstr(row->choices[n]))) {
			memcpy(at, &n, sizeof n);
			return true;
		}
	gt_buf_init(&list, GT_ERR_TEXT_MAX);
	for (int i = 0; i < n; i++)
		gt_buf_addf(&list, "%s%s", i ? " " : "", row->choices[i]);

	const char *near = gt_nearest(word, row->choices, (size_t)n);

	if (near)
		gt_fail(err, GT_E_OPTION_CHOICE_NEAR, row->name, WORD(word), near,
			gt_buf_cstr(&list));
	else
		gt_fail(err, GT_E_OPTION_CHOICE, row->name, WORD(word), gt_buf_cstr(&list));
	gt_buf_fini(&list);
	return false;
}

static bool check_text(const struct gt_option *row, struct gt_str word, struct gt_err *err)
{
	size_t min = row->min > 0 ? (size_t)row->min : 0;
	size_t max = row->max > 0 ? (size_t)row->max : TEXT_MAX;

	if (word.n == 0 && (min > 0 || row->type == GT_OPT_PATH))
		return gt_fail(err, GT_E_OPTION_EMPTY, row->name);
	if (word.n < min)
		return gt_fail(err, GT_E_OPTION_SHORT, row->name, GT_TEXT("%zu", word.n),
			GT_TEXT("%zu", min));
	if (word.n > max)
		return gt_fail(err, GT_E_OPTION_LONG, row->name, GT_TEXT("%zu", word.n),
			GT_TEXT("%zu", max));
	if (word.n > 0 && memchr(word.p, '\0', word.n))
		return gt_fail(err, GT_E_OPTION_NUL, row->name);
	return true;
}

static bool store_text(const struct gt_option *row, void *at, struct gt_str word,
	const char *base_dir, struct gt_arena *memory, struct gt_err *err)
{
	struct gt_str copy;
	struct stat st;

	if (!check_text(row, word, err))
		return false;
	if (row->type == GT_OPT_PATH && word.p[0] != '/' && base_dir)
		copy = gt_arena_printf(memory, "%s/%.*s", base_dir, GT_STR_ARGS(word));
	else
		copy = gt_arena_copy(memory, gt_str(word.p ? word.p : "", word.n));
	GT_ASSERT(copy.p != NULL);
	if (row->type == GT_OPT_PATH && (row->flags & GT_OPT_MUST_EXIST) && stat(copy.p, &st) != 0)
		return gt_fail(err, GT_E_OPTION_PATH_MISSING, row->name, copy.p);
	memcpy(at, &copy, sizeof copy);
	return true;
}

bool gt_option_store(const struct gt_option *row, void *into, struct gt_str word,
	const char *base_dir, struct gt_arena *memory, struct gt_err *err)
{
	void *at = (char *)into + row->offset;

	switch (row->type) {
	case GT_OPT_TEXT:
	case GT_OPT_PATH:
		return store_text(row, at, word, base_dir, memory, err);
	case GT_OPT_BOOL:
		return store_bool(row, at, word, err);
	case GT_OPT_INT:
	case GT_OPT_DURATION:
	case GT_OPT_BYTES:
		return store_number(row, at, word, err);
	case GT_OPT_CHOICE:
		return store_choice(row, at, word, err);
	case GT_OPT_ZONE:
		return store_zone(row, at, word, err);
	case GT_OPT_TEXTS:
	case GT_OPT_PAIRS:
	case GT_OPT_SECRET:
	case GT_OPT_GROUP:
		break;
	}
	GT_ASSERT(!"an option with one word");
	return false;
}

/* "a, b, c" → three texts. */
static struct gt_texts split_list(struct gt_str s, struct gt_arena *memory)
{
	size_t n = 1;

	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == ',';

	struct gt_str *v = gt_arena_alloc(memory, n * sizeof *v);
	size_t from = 0;

	GT_ASSERT(v != NULL);
	for (size_t k = 0; k < n; k++) {
		const char *comma = memchr(s.p + from, ',', s.n - from);
		size_t to = comma ? (size_t)(comma - s.p) : s.n;

		while (from < to && s.p[from] == ' ')
			from++;
		v[k] = gt_arena_copy(memory, gt_str(s.p + from, to - from));
		from = to + 1;
	}
	return (struct gt_texts){v, n};
}

void gt_options_defaults(const struct gt_option *table, void *into, struct gt_arena *memory)
{
	for (; table->name; table++) {
		struct gt_option row = *table;
		char *at = (char *)into + row.offset;
		struct gt_err err;

		row.flags &= ~(uint32_t)GT_OPT_MUST_EXIST; /* that is asked of what people write */
		if (row.type == GT_OPT_GROUP) {
			gt_options_defaults(row.group, at, memory);
		} else if (row.fallback && row.type == GT_OPT_TEXTS) {
			struct gt_texts texts = split_list(gt_cstr(row.fallback), memory);

			memcpy(at, &texts, sizeof texts);
		} else if (row.fallback) {
			bool stored = gt_option_store(
				&row, into, gt_cstr(row.fallback), NULL, memory, &err);

			GT_ASSERT(stored);
		}
	}
}
