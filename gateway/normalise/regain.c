/* regain.c: what a value may mean that made no sense as it stood: a note in brackets behind it, or
 * characters that were decoded wrongly before us. Only broken values come here; what is read then
 * is flagged, and what is not stays as broken as it was. */
#include "steps.h"

/* "1200(含地下)" → "1200" and "含地下". False: no note, or nothing before it. */
static bool note(struct gt_str word, struct gt_str *front, struct gt_str *inside)
{
	static const struct {
		const char *open, *close;
	} brackets[] = {{"(", ")"}, {"[", "]"}, {"【", "】"}, {"〔", "〕"}, {"{", "}"}};

	for (size_t i = 0; i < sizeof brackets / sizeof *brackets; i++) {
		size_t n = strlen(brackets[i].open); /* both are of one length */
		if (word.n < 2 * n + 1 || memcmp(word.p + word.n - n, brackets[i].close, n) != 0)
			continue;
		for (size_t at = 1; at + 2 * n <= word.n; at++) {
			if (memcmp(word.p + at, brackets[i].open, n) != 0)
				continue;
			*front = gt_str(word.p, at);
			*inside = gt_str(word.p + at + n, word.n - at - 2 * n);
			while (front->n && front->p[front->n - 1] == ' ')
				front->n--;
			return front->n > 0;
		}
	}
	return false;
}

static bool about(const struct gt_words *words, struct gt_str inside)
{
	return gt_word_take(&words->about_before, &inside) != NULL ||
	       gt_word_take(&words->about_after, &inside) != NULL;
}

/* False: the arena is full. */
static bool clean_copy(struct gt_run *run, const struct gt_step *step, struct gt_str *word)
{
	char *out = gt_arena_alloc(run->arena, word->n + 1);
	uint64_t *flags = &run->norm->flags[step->index];

	if (!out)
		return false;
	size_t n = gt_clean(*word, step->cleaning, out, flags);
	if (n != SIZE_MAX)
		*word = gt_str(out, n);
	return true;
}

enum gt_got gt_step_regain(struct gt_run *run, const struct gt_step *step, struct gt_str *word)
{
	char out[GT_GARBLED_MAX];
	size_t n = 0;

	if (word->n > sizeof out)
		return GT_GOT_VALUE;
	switch (gt_garbled_read(run->norm->tools->garbled, *word, out, &n)) {
	case GT_GARBLED_NOT:
		return GT_GOT_VALUE;
	case GT_GARBLED_LOST:
		return gt_step_broken(run, step, GT_FLAG_DAMAGED, GT_E_VALUE_DAMAGED, *word, NULL);
	case GT_GARBLED_REGAINED:
		break;
	}
	*word = gt_str(out, n);
	run->norm->flags[step->index] |= GT_FLAG_GARBLED;
	return clean_copy(run, step, word) ? GT_GOT_VALUE : GT_GOT_FULL;
}

enum gt_got gt_step_second_look(struct gt_run *run, const struct gt_step *step, struct gt_str word,
	struct gt_look before, struct gt_value *value)
{
	struct gt_norm *norm = run->norm;
	uint64_t *flags = &norm->flags[step->index];
	struct gt_look failed = {norm->reason_count, norm->noted_count, *flags};
	struct gt_str front, inside;
	enum gt_got got;

	/* What has several meanings does not get one by reading less of it. */
	if (failed.flags & GT_FLAG_AMBIGUOUS)
		return GT_GOT_BROKEN;
	if (step->cleaning != GT_CLEAN_TEXT && note(word, &front, &inside)) {
		norm->noted_count = before.noted;
		*flags = before.flags | GT_FLAG_NOTE |
			 (about(run->plan->words, inside) ? GT_FLAG_APPROX : 0);
		got = gt_step_read(run, step, front, value);
		if (got != GT_GOT_BROKEN) {
			norm->reason_count = before.reasons;
			return got;
		}
	}
	*flags = before.flags;
	norm->reason_count = before.reasons;
	norm->noted_count = before.noted;
	front = word;
	got = gt_step_regain(run, step, &front);
	if (got != GT_GOT_VALUE)
		return got;
	if (*flags & GT_FLAG_GARBLED) {
		got = gt_step_read(run, step, front, value);
		if (got != GT_GOT_BROKEN)
			return got;
	}
	*flags = failed.flags;
	norm->reason_count = failed.reasons;
	norm->noted_count = failed.noted;
	return GT_GOT_BROKEN;
}
