/* subject.c: the business key: its elements joined by "/"; "/" and "%" inside an element as %2F,
 * %25, so that the parts can be told apart again. Marked elements appear as pseudonyms whatever
 * their policy, so that keys stay joinable and tell nothing. */
#include "steps.h"

struct joined {
	char text[GT_SUBJECT_MAX];
	size_t n;
	bool long_;
};

static void add(struct joined *joined, const char *p, size_t n)
{
	if (n > sizeof joined->text - joined->n) {
		joined->long_ = true;
		return;
	}
	memcpy(joined->text + joined->n, p, n);
	joined->n += n;
}

static void add_escaped(struct joined *joined, struct gt_str s)
{
	for (size_t i = 0, from = 0; i <= s.n; i++) {
		if (i < s.n && s.p[i] != '/' && s.p[i] != '%')
			continue;
		add(joined, s.p + from, i - from);
		if (i < s.n)
			add(joined, s.p[i] == '/' ? "%2F" : "%25", 3);
		from = i + 1;
	}
}

bool gt_run_subject(struct gt_run *run)
{
	const struct gt_entity *entity = run->variant->entity;
	struct gt_norm *norm = run->norm;
	struct joined joined;

	joined.n = 0;
	joined.long_ = false;
	for (size_t i = 0; i < entity->key_count; i++) {
		uint32_t index = entity->key[i];
		const struct gt_value *value = &norm->values[index];
		char words[64];
		struct gt_str part;
		if (value->kind == GT_ABSENT || value->kind == GT_NULL)
			continue; /* a reason says so already */
		part = gt_value_words(value, words);
		if (entity->elements[index].protection != GT_OPEN &&
			entity->elements[index].protection != GT_PSEUDONYM) {
			char clear[64];
			if (!gt_pseudonym(run, &run->plan->subject,
				    gt_value_words(&norm->clear[index], clear), &part))
				return false;
		}
		if (i > 0)
			add(&joined, "/", 1);
		add_escaped(&joined, part);
	}
	if (joined.long_) {
		struct gt_reason *reason =
			gt_run_reason(run, GT_E_KEY_LONG, SIZE_MAX, gt_str(NULL, 0));
		if (reason)
			gt_fail(&reason->err, GT_E_KEY_LONG, GT_TEXT("%u", GT_SUBJECT_MAX));
		joined.n = 0;
	}
	norm->subject = gt_arena_copy(run->arena, gt_str(joined.text, joined.n));
	return norm->subject.p != NULL;
}
