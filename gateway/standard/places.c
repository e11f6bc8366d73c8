/* places.c: division codes from what people write instead: 浙江省杭州市余杭区, 湖北武汉武昌,
 * 鼓楼区, 余杭(原), an address. Names go from the widest to the narrowest; each must lie within
 * those before it. Nothing is taken that could also be another place. */
#include "load.h"

#define NAME_MAX_BYTES 60u
#define SHORT_MIN_BYTES 6u /* two characters: 城(区) and 横(县) are no short names */
#define PLACES_MAX 64u     /* divisions of one name */

/* All divisions of one name. */
struct gt_named {
	const struct gt_division *division;
	bool full; /* the whole name, not the part without 省, 市, 县 */
	struct gt_named *next;
};

static bool ends(struct gt_str s, struct gt_str with)
{
	return with.n && s.n > with.n && memcmp(s.p + s.n - with.n, with.p, with.n) == 0;
}

/* The name without the longest of `words` at its end; the same name: none of them is there, or too
 * little would be left. */
static struct gt_str without(struct gt_str name, struct gt_texts words)
{
	size_t longest = 0;

	for (size_t i = 0; i < words.n; i++)
		if (ends(name, words.v[i]) && words.v[i].n > longest &&
			name.n - words.v[i].n >= SHORT_MIN_BYTES)
			longest = words.v[i].n;
	return gt_str(name.p, name.n - longest);
}

static void name_add(
	struct gt_loader *loader, struct gt_str name, const struct gt_division *division, bool full)
{
	struct gt_map *names = &loader->standard->division_names;
	struct gt_named *named = gt_arena_alloc(loader->conf.memory, sizeof *named);

	*named = (struct gt_named){division, full, gt_map_get(names, name)};
	(void)gt_map_set(names, name, named);
}

void gt_places_index(struct gt_loader *loader, const struct gt_divisions_conf *conf)
{
	struct gt_map_slot *slot;

	gt_map_fini(&loader->standard->division_names);
	for (size_t i = 0; (slot = gt_map_next(&loader->standard->divisions, &i)) != NULL;) {
		const struct gt_division *division = slot->value;
		struct gt_str shorter = without(division->name, conf->suffixes), last;

		if (gt_str_eq(division->kind, GT_LIT("summary")) ||
			division->name.n > NAME_MAX_BYTES)
			continue;
		name_add(loader, division->name, division, true);
		if (shorter.n == division->name.n)
			continue;
		do { /* 恩施土家族苗族 */
			last = shorter;
			shorter = without(shorter, conf->peoples);
		} while (shorter.n < last.n);
		name_add(loader, shorter, division, false);
	}
}

/* Digits of a code that say something: 2 of a province, 4 of a city, else 6. */
static size_t depth(const struct gt_division *d)
{
	return memcmp(d->code.p + 2, "0000", 4) == 0 ? 2
	       : memcmp(d->code.p + 4, "00", 2) == 0 ? 4
						     : 6;
}

bool gt_division_within(const struct gt_division *d, struct gt_str code)
{
	return code.n >= 6 && memcmp(d->code.p, code.p, depth(d)) == 0;
}

struct set {
	const struct gt_division *v[PLACES_MAX];
	size_t n;
};

/* 2: lies inside one of the set; 1: is one of them (北京北京朝阳); 0: elsewhere. */
static int within_any(const struct set *set, const struct gt_division *d)
{
	int best = set->n == 0 ? 2 : 0;

	for (size_t i = 0; i < set->n; i++) {
		if (set->v[i] == d)
			best = best ? best : 1;
		else if (gt_division_within(set->v[i], d->code))
			best = 2;
	}
	return best;
}

/* The longest name at the beginning of *rest that lies within `set`, which becomes what it can be.
 */
static bool take_name(
	const struct gt_standard *standard, struct gt_str *rest, struct set *set, bool *full)
{
	size_t n = rest->n < NAME_MAX_BYTES ? rest->n : NAME_MAX_BYTES;

	for (; n >= SHORT_MIN_BYTES / 2; n--) {
		struct set next = {.n = 0};
		int nearest = 1;
		if (n < rest->n && ((unsigned char)rest->p[n] & 0xC0) == 0x80)
			continue;
		const struct gt_named *named =
			gt_map_get(&standard->division_names, gt_str(rest->p, n));
		for (; named && next.n < PLACES_MAX; named = named->next) {
			int within = within_any(set, named->division);
			if (within < nearest)
				continue;
			next.n = within > nearest ? 0 : next.n;
			nearest = within;
			*full = named->full;
			next.v[next.n++] = named->division;
		}
		if (next.n == 0)
			continue;
		*set = next;
		*rest = gt_str(rest->p + n, rest->n - n);
		return true;
	}
	return false;
}

static bool valid(const struct gt_division *d, int64_t day)
{
	return day >= d->valid_from && day <= d->valid_to;
}

/* Keeps those of which `keep` is true, if there are any. */
static void prefer(
	struct set *set, bool (*keep)(const struct gt_division *d, int64_t day), int64_t day)
{
	struct set kept = {.n = 0};

	for (size_t i = 0; i < set->n; i++)
		if (keep(set->v[i], day))
			kept.v[kept.n++] = set->v[i];
	if (kept.n)
		*set = kept;
}

static bool is_standard(const struct gt_division *d, int64_t day)
{
	(void)day;
	return !gt_str_eq(d->kind, GT_LIT("stat-zone"));
}

/* The one that all others lie within: 长沙 is the city, not the county of that name inside it. */
static const struct gt_division *widest(const struct set *set)
{
	for (size_t i = 0; i < set->n; i++) {
		size_t inside = 0;
		for (size_t k = 0; k < set->n; k++)
			inside += gt_division_within(set->v[i], set->v[k]->code);
		if (inside == set->n)
			return set->v[i];
	}
	return NULL;
}

static void skip(struct gt_str *s)
{
	while (s->n && memchr(" ,-/>|", *s->p, 6))
		*s = gt_str(s->p + 1, s->n - 1);
}

static bool take(struct gt_str *s, const char *word)
{
	size_t n = strlen(word);

	if (s->n < n || memcmp(s->p, word, n) != 0)
		return false;
	*s = gt_str(s->p + n, s->n - n);
	return true;
}

enum gt_placed gt_standard_place(const struct gt_standard *standard, struct gt_str text,
	int64_t day, struct gt_place_of *place)
{
	struct set set = {.n = 0};
	struct gt_str rest = text;
	size_t names = 0;
	bool full = false, former = false;

	skip(&rest);
	if (!take_name(standard, &rest, &set, &full)) {
		former = take(&rest, "原");
		if (!former || !take_name(standard, &rest, &set, &full))
			return GT_PLACED_NOT;
	}
	do {
		names++;
		skip(&rest);
	} while (take_name(standard, &rest, &set, &full));
	struct gt_str mark = rest;
	former = former || take(&mark, "(原") || gt_str_eq(rest, GT_LIT("原"));
	/* 北京路1号 is no Beijing: a short name ends the text, stands in a row of names, or has a
	 * note in brackets. */
	if (rest.n && !full && names < 2 && *rest.p != '(')
		return GT_PLACED_NOT;
	prefer(&set, valid, day);
	prefer(&set, is_standard, day);
	place->division = widest(&set);
	place->former = former;
	return place->division ? GT_PLACED : GT_PLACED_AMBIGUOUS;
}
