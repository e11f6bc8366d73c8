/* words.c: `words` files of the packages, and lookups in what they hold. The words of all packages
 * add up; of a single value (a unit, an age, a zone) the last package's counts. */
#include "words.h"
#include "clean.h"
#include "load.h"

#define TOTAL_CELL_MAX 96u /* bytes of a cell that are looked at for a total */
#define CODE_WORD_MAX 256u /* bytes of a word that can lead to a code */

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

int gt_word_set_get(const struct gt_word_set *set, struct gt_str word)
{
	char folded[GT_SET_WORD_MAX];

	if (word.n == 0)
		return set->empty_too ? 0 : -1;
	if (word.n >= GT_SET_WORD_MAX ||
		!(set->lengths[(unsigned char)lower(word.p[0])] >> word.n & 1))
		return -1;
	for (size_t i = 0; i < word.n; i++)
		folded[i] = lower(word.p[i]);
	uintptr_t value = (uintptr_t)gt_map_get(&set->by_word, gt_str(folded, word.n));
	return (int)value - 1;
}

const struct gt_code_row *gt_code_find(const struct gt_code_list *list, struct gt_str word)
{
	const struct gt_code_row *row = gt_map_get(&list->by_code, word);
	char folded[CODE_WORD_MAX];

	if (row || word.n > sizeof folded)
		return row;
	for (size_t i = 0; i < word.n; i++)
		folded[i] = lower(word.p[i]);
	return gt_map_get(&list->by_code, gt_str(folded, word.n));
}

static bool same(const char *text, struct gt_str word)
{
	for (size_t i = 0; i < word.n; i++)
		if (lower(text[i]) != word.p[i])
			return false;
	return true;
}

const struct gt_word *gt_word_take(const struct gt_word_list *list, struct gt_str *s)
{
	if (!s->n || !list->first[(unsigned char)lower(s->p[0])])
		return NULL;
	for (size_t i = 0; i < list->n; i++) {
		struct gt_str word = list->v[i].text;
		if (word.n > s->n || !same(s->p, word))
			continue;
		*s = gt_str(s->p + word.n, s->n - word.n);
		return &list->v[i];
	}
	return NULL;
}

const struct gt_word *gt_word_take_end(const struct gt_word_list *list, struct gt_str *s)
{
	if (!s->n || !list->last[(unsigned char)lower(s->p[s->n - 1])])
		return NULL;
	for (size_t i = 0; i < list->n; i++) {
		struct gt_str word = list->v[i].text;
		if (word.n > s->n || !same(s->p + s->n - word.n, word))
			continue;
		s->n -= word.n;
		return &list->v[i];
	}
	return NULL;
}

static bool is_letter(char c)
{
	return lower(c) >= 'a' && lower(c) <= 'z';
}

bool gt_words_total_row(const struct gt_words *words, struct gt_str cell)
{
	char clean[TOTAL_CELL_MAX];
	uint64_t flags = 0;
	size_t n = cell.n < sizeof clean ? cell.n : sizeof clean;

	if (n == 0 || !words->total_first[(unsigned char)cell.p[0]])
		return false;
	/* Not in the middle of a character. */
	while (n < cell.n && n > 0 && ((unsigned char)cell.p[n] & 0xc0) == 0x80)
		n--;
	n = gt_clean(gt_str(cell.p, n), GT_CLEAN_FORM, clean, &flags);
	if (n == SIZE_MAX)
		return false;
	for (size_t i = 0; i < words->total_row.n; i++) {
		struct gt_str word = words->total_row.v[i].text;
		if (word.n > n || !same(clean, word))
			continue;
		if (word.n == n ||
			!(is_letter(clean[word.n]) || (unsigned char)clean[word.n] >= 0x80))
			return true;
	}
	return false;
}

bool gt_words_no_date(const struct gt_words *words, int64_t day)
{
	for (size_t i = 0; i < words->no_date_count; i++)
		if (words->no_date[i] == day)
			return true;
	return false;
}

bool gt_words_summer_time(const struct gt_words *words, int64_t day, int zone_minutes)
{
	for (size_t i = 0; zone_minutes == words->summer_zone && i < words->summer_time_count; i++)
		if (day >= words->summer_time[i].from && day <= words->summer_time[i].to)
			return true;
	return false;
}

struct gt_str gt_fold(struct gt_loader *loader, struct gt_str word, enum gt_cleaning how)
{
	char *out = gt_arena_alloc(loader->conf.memory, word.n + 1);
	uint64_t flags = 0;
	size_t n = gt_clean(word, how, out, &flags);

	/* YAML is UTF-8 already: the parser has refused anything else. */
	for (size_t i = 0; n != SIZE_MAX && i < n; i++)
		out[i] = lower(out[i]);
	return n == SIZE_MAX ? word : gt_str(out, n);
}

static void set_add(struct gt_loader *loader, struct gt_pos pos, struct gt_word_set *set,
	struct gt_texts words, uintptr_t value)
{
	for (size_t i = 0; i < words.n; i++) {
		struct gt_str word = gt_fold(loader, words.v[i], GT_CLEAN_WORD);
		if (word.n >= GT_SET_WORD_MAX) {
			gt_diags_add(loader->conf.diags, pos, GT_E_STD_WORD_LONG, GT_WORD(word),
				GT_TEXT("%u", GT_SET_WORD_MAX - 1));
			continue;
		}
		if (word.n == 0) {
			set->empty_too = true;
			continue;
		}
		void *old = gt_map_set(&set->by_word, word, (void *)(value + 1));
		if (old && (uintptr_t)old != value + 1)
			gt_diags_add(loader->conf.diags, pos, GT_E_STD_WORD_TWICE, GT_WORD(word),
				"means_yes", "means_no");
		set->lengths[(unsigned char)word.p[0]] |= UINT64_C(1) << word.n;
	}
}

/* One more word of a list, kept longest first. */
static void list_add(struct gt_loader *loader, struct gt_pos pos, struct gt_word_list *list,
	struct gt_str text, enum gt_cleaning how, int64_t value)
{
	struct gt_str word = gt_fold(loader, text, how);
	size_t at = 0;

	for (; at < list->n && list->v[at].text.n >= word.n; at++) {
		if (!gt_str_eq(list->v[at].text, word))
			continue;
		if (list->v[at].value != value)
			gt_diags_add(loader->conf.diags, pos, GT_E_STD_WORD_TWICE, GT_WORD(text),
				GT_TEXT("%d", (int)list->v[at].value), GT_TEXT("%d", (int)value));
		return;
	}
	/* Every list is looked through per value, so it is short. */
	if (list->n == GT_WORDS_MAX) {
		gt_diags_add(loader->conf.diags, pos, GT_E_STD_TOO_MANY, GT_WORD(text),
			GT_TEXT("%d", GT_WORDS_MAX), "words");
		return;
	}
	struct gt_word *v = gt_arena_alloc(loader->conf.memory, (list->n + 1) * sizeof *v);
	if (list->n) {
		memcpy(v, list->v, at * sizeof *v);
		memcpy(v + at + 1, list->v + at, (list->n - at) * sizeof *v);
	}
	v[at] = (struct gt_word){word, value};
	list->v = v;
	if (word.n == 0)
		return;
	list->n++;
	list->first[(unsigned char)word.p[0]] = true;
	list->last[(unsigned char)word.p[word.n - 1]] = true;
}

static void list_adds(struct gt_loader *loader, struct gt_pos pos, struct gt_word_list *list,
	struct gt_texts words, enum gt_cleaning how)
{
	for (size_t i = 0; i < words.n; i++)
		list_add(loader, pos, list, words.v[i], how, 0);
}

static void totals(struct gt_loader *loader, struct gt_pos pos, struct gt_texts texts)
{
	struct gt_words *words = &loader->standard->words;

	list_adds(loader, pos, &words->total_row, texts, GT_CLEAN_FORM);
	for (size_t i = 0; i < words->total_row.n; i++)
		words->total_first[(unsigned char)words->total_row.v[i].text.p[0]] = true;
	/* Spaces of all widths, brackets and full-width letters. */
	for (const char *c = words->total_row.n ? " \t'\xc2\xe2\xe3\xef" : ""; *c; c++)
		words->total_first[(unsigned char)*c] = true;
}

static void multipliers(struct gt_loader *loader, const struct gt_yaml *root, struct gt_pairs pairs)
{
	struct gt_word_list *list = &loader->standard->words.multipliers;

	for (size_t i = 0; i < pairs.n; i++) {
		int64_t power;
		if (gt_parse_int(pairs.v[i].value, &power) && power >= 1 && power <= 18)
			list_add(loader, gt_pos_of(root, "multipliers"), list, pairs.v[i].key,
				GT_CLEAN_WORD, power);
		else
			gt_diags_add(loader->conf.diags, gt_pos_of(root, "multipliers"),
				GT_E_STD_POWER, GT_WORD(pairs.v[i].value));
	}
}

static void days(struct gt_loader *loader, struct gt_pos pos, struct gt_texts texts)
{
	struct gt_words *words = &loader->standard->words;
	int64_t *v = gt_arena_alloc(
		loader->conf.memory, (words->no_date_count + texts.n + 1) * sizeof *v);
	size_t n = words->no_date_count;

	if (n)
		memcpy(v, words->no_date, n * sizeof *v);
	for (size_t i = 0; i < texts.n; i++) {
		if (gt_day_parse(texts.v[i], &v[n]))
			n++;
		else
			gt_diags_add(loader->conf.diags, pos, GT_E_STD_DAY, GT_WORD(texts.v[i]));
	}
	words->no_date = v;
	words->no_date_count = n;
}

/* "1986-05-04/1986-09-14". */
static void periods(struct gt_loader *loader, struct gt_pos pos, struct gt_texts texts)
{
	struct gt_words *words = &loader->standard->words;
	struct gt_day_range *v = gt_arena_zalloc(loader->conf.memory, (texts.n + 1) * sizeof *v);
	size_t n = 0;

	for (size_t i = 0; i < texts.n; i++) {
		struct gt_str s = texts.v[i];
		if (s.n == 21 && s.p[10] == '/' && gt_day_parse(gt_str(s.p, 10), &v[n].from) &&
			gt_day_parse(gt_str(s.p + 11, 10), &v[n].to) && v[n].from <= v[n].to)
			n++;
		else
			gt_diags_add(loader->conf.diags, pos, GT_E_STD_PERIOD, GT_WORD(s));
	}
	words->summer_time = v;
	words->summer_time_count = n;
}

void gt_words_read(struct gt_loader *loader, const struct gt_yaml *root)
{
	struct gt_words *words = &loader->standard->words;
	struct gt_words_conf conf = {0};

	if (!gt_table_read(loader, gt_words_table, &conf, root, NULL))
		return;
	loader->standard->words_of = loader->package->name;
	set_add(loader, gt_pos_of(root, "no_value"), &words->no_value, conf.no_value, 0);
	set_add(loader, gt_pos_of(root, "means_yes"), &words->boolean, conf.means_yes, 1);
	set_add(loader, gt_pos_of(root, "means_no"), &words->boolean, conf.means_no, 0);
	totals(loader, gt_pos_of(root, "total_row"), conf.total_row);
	list_adds(loader, gt_pos_of(root, "about"), &words->about_before, conf.about.before,
		GT_CLEAN_WORD);
	list_adds(loader, gt_pos_of(root, "about"), &words->about_after, conf.about.after,
		GT_CLEAN_WORD);
	list_adds(loader, gt_pos_of(root, "money"), &words->money_before, conf.money.before,
		GT_CLEAN_WORD);
	list_adds(loader, gt_pos_of(root, "money"), &words->money_after, conf.money.after,
		GT_CLEAN_WORD);
	list_adds(loader, gt_pos_of(root, "signs"), &words->minus, conf.signs.minus, GT_CLEAN_WORD);
	list_adds(loader, gt_pos_of(root, "signs"), &words->unclear_sign, conf.signs.unclear,
		GT_CLEAN_WORD);
	list_adds(loader, gt_pos_of(root, "half_days"), &words->morning, conf.half_days.morning,
		GT_CLEAN_WORD);
	list_adds(loader, gt_pos_of(root, "half_days"), &words->afternoon, conf.half_days.afternoon,
		GT_CLEAN_WORD);
	multipliers(loader, root, conf.multipliers);
	list_adds(loader, gt_pos_of(root, "counters"), &words->counters, conf.counters,
		GT_CLEAN_WORD);
	days(loader, gt_pos_of(root, "no_date"), conf.no_date);
	if (conf.summer_time.periods.n) {
		periods(loader, gt_pos_of(root, "summer_time"), conf.summer_time.periods);
		words->summer_zone = conf.summer_time.zone;
	}
	if (conf.money.unit.n) {
		words->money_unit_name = conf.money.unit;
		loader->money = gt_pos_of(root, "money");
	}
	if (gt_yaml_get(root, "adult_years"))
		words->adult_years = conf.adult_years;
	if (gt_yaml_get(root, "oldest_years"))
		words->oldest_years = conf.oldest_years;
	list_adds(loader, gt_pos_of(root, "identity_areas"), &words->identity_areas,
		conf.identity_areas, GT_CLEAN_WORD);
	list_adds(loader, gt_pos_of(root, "card_prefixes"), &words->card_prefixes,
		conf.card_prefixes, GT_CLEAN_WORD);
}

void gt_words_resolve(struct gt_loader *loader)
{
	struct gt_standard *standard = loader->standard;
	struct gt_words *words = &standard->words;

	if (!loader->money.file)
		return;
	words->money_unit = gt_map_get(&standard->unit_by_name, words->money_unit_name);
	if (!words->money_unit)
		gt_unknown(loader, loader->money, GT_E_STD_UNIT, words->money_unit_name,
			&standard->unit_by_name);
	loader->money.file = NULL;
}

void gt_words_fini(struct gt_words *words)
{
	gt_map_fini(&words->no_value.by_word);
	gt_map_fini(&words->boolean.by_word);
}
