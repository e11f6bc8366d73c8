/* several.c: elements with several values: "京A12345、京A12346" in one cell becomes an array. Each
 * part goes the way of a single value; one that is broken breaks the whole. */
#include "json_write.h"
#include "steps.h"

/* Length of the separator at p, or 0. */
static size_t separator(const char *p, const char *end)
{
	static const char *const wide[] = {"、", "，", "；", "｜"};

	if (*p == ',' || *p == ';' || *p == '|' || *p == '\n' || *p == '\r' || *p == '\t')
		return 1;
	for (size_t i = 0; end - p >= 3 && i < sizeof wide / sizeof *wide; i++)
		if (memcmp(p, wide[i], 3) == 0)
			return 3;
	return 0;
}

static struct gt_str next_part(struct gt_str *rest)
{
	const char *end = rest->p + rest->n;
	size_t n = 0, skip = 0;

	while (n < rest->n && (skip = separator(rest->p + n, end)) == 0)
		n++;
	struct gt_str part = gt_str(rest->p, n);
	*rest = gt_str(rest->p + n + skip, rest->n - n - skip);
	return part;
}

enum gt_got gt_step_several(
	struct gt_run *run, const struct gt_step *step, struct gt_str in, struct gt_value *value)
{
	/* Codes may be longer than the words that lead to them; so the parts are read twice. */
	struct gt_str rest = in;
	size_t room = 2, count = 0;
	struct gt_value part;

	while (rest.n) {
		enum gt_got got = gt_step_text(run, step, next_part(&rest), &part);
		if (got == GT_GOT_BROKEN || got == GT_GOT_FULL)
			return got;
		room += got == GT_GOT_VALUE ? GT_JSON_TEXT_ROOM(part.size) + 1 : 0;
		count += got == GT_GOT_VALUE;
	}
	if (count == 0)
		return GT_GOT_NULL;
	char *out = gt_arena_alloc(run->arena, room), *at = out;
	if (!out)
		return GT_GOT_FULL;
	for (rest = in; rest.n;) {
		enum gt_got got = gt_step_text(run, step, next_part(&rest), &part);
		if (got == GT_GOT_FULL)
			return got;
		if (got != GT_GOT_VALUE)
			continue;
		*at = at == out ? '[' : ',';
		at = gt_json_put_text(at + 1, gt_value_str(&part));
	}
	*at++ = ']';
	*value = (struct gt_value){.kind = GT_JSON, .size = (uint32_t)(at - out), .text = out};
	return GT_GOT_VALUE;
}
