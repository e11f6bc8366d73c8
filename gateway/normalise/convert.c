/* convert.c: one value from the source's form to the standard's. */
#include "date.h"
#include "steps.h"

const char *gt_shown(struct gt_str s, char out[GT_SHOWN_MAX])
{
	size_t n = s.n < GT_SHOWN_MAX ? s.n : GT_SHOWN_MAX - 4;

	/* Not in the middle of a character. */
	while (n < s.n && n > 0 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--;
	if (n)
		memcpy(out, s.p, n);
	memcpy(out + n, n < s.n ? "…" : "", n < s.n ? 4 : 1);
	return out;
}

struct gt_reason *gt_run_reason(
	struct gt_run *run, enum gt_code code, size_t element, struct gt_str name)
{
	struct gt_norm *norm = run->norm;

	if (norm->reason_count == GT_REASONS_MAX)
		return NULL;
	struct gt_reason *reason = &norm->reasons[norm->reason_count++];
	reason->code = code;
	reason->element = element;
	reason->element_name = name;
	return reason;
}

/* A personal number is one also where it was not expected: in a field of codes, numbers or dates.
 */
static bool is_private(const struct gt_run *run, const struct gt_step *step, struct gt_str word)
{
	struct gt_personal found;

	return step->element->protection != GT_OPEN ||
	       gt_personal_find(run->plan->words, run->event_day, true, word, 0, &found);
}

void gt_run_note(
	struct gt_run *run, enum gt_noted_kind kind, const struct gt_step *step, struct gt_str text)
{
	struct gt_norm *norm = run->norm;

	if (norm->noted_count < GT_NOTED_MAX)
		norm->noted[norm->noted_count++] = (struct gt_noted){kind, step->element->name,
			is_private(run, step, text) ? GT_LIT("***") : text};
}

enum gt_got gt_step_broken(struct gt_run *run, const struct gt_step *step, uint64_t flag,
	enum gt_code code, struct gt_str shown, const char *expected)
{
	const struct gt_element *element = step->element;
	char name[GT_SHOWN_MAX], text[GT_SHOWN_MAX];
	struct gt_reason *reason;

	run->norm->flags[step->index] |= flag;
	gt_trace_word(run, step, GT_STAGE_BROKEN, GT_LIT(""));
	if (!element->required)
		return GT_GOT_BROKEN;
	reason = gt_run_reason(run, code, step->index, element->name);
	if (is_private(run, step, shown))
		shown = GT_LIT("***");
	if (reason)
		gt_fail(&reason->err, code, gt_shown(element->name, name), gt_shown(shown, text),
			expected);
	return GT_GOT_BROKEN;
}

bool gt_step_is_null_word(const struct gt_run *run, struct gt_str word)
{
	return gt_word_set_get(&run->plan->words->no_value, word) >= 0;
}

static enum gt_got date(
	struct gt_run *run, const struct gt_step *step, struct gt_str word, struct gt_value *value)
{
	const struct gt_element *element = step->element;
	bool time = element->type == GT_TYPE_TIME;
	struct gt_when when = {0};

	switch (gt_date_parse(run->plan->words, word, time, step->zone_minutes, &when,
		&run->norm->flags[step->index])) {
	case GT_DATED:
		break;
	case GT_DATED_EMPTY: /* the flag says which kind of placeholder */
		return gt_step_broken(run, step, 0, GT_E_VALUE_DEFAULT_DATE, word, NULL);
	case GT_DATED_NO_DAY:
		return gt_step_broken(run, step, GT_FLAG_INVALID_DATE, GT_E_VALUE_DAY, word, NULL);
	case GT_DATED_NOT:
		if (gt_step_is_null_word(run, word))
			return GT_GOT_NULL;
		return gt_step_broken(run, step, GT_FLAG_INVALID, GT_E_VALUE_DATE, word, NULL);
	}
	if ((element->has_min && when.value < element->min) ||
		(element->has_max && when.value > element->max))
		return gt_step_broken(
			run, step, GT_FLAG_OUT_OF_RANGE, GT_E_VALUE_RANGE, word, NULL);
	*value = (struct gt_value){.kind = time ? GT_TIME : GT_DATE,
		.scale = (uint8_t)when.precision,
		.size = time ? (uint32_t)(step->zone_minutes + 1440) : when.months,
		.number = when.value};
	return GT_GOT_VALUE;
}

/* Nobody marks a remark: personal numbers that people write into open texts are masked and flagged;
 * the clear text goes to the restricted topic where the standard says so. False: the arena is full.
 */
static bool hide_personal(struct gt_run *run, const struct gt_step *step, struct gt_str *text)
{
	const struct gt_words *words = run->plan->words;
	bool more = step->numbers != GT_NUMBERS_OWN;
	struct gt_personal found;
	size_t hidden;
	char *out;

	if (!gt_personal_find(words, run->event_day, more, *text, 0, &found))
		return true;
	out = gt_arena_alloc(run->arena, text->n);
	if (!out)
		return false;
	if (step->numbers == GT_NUMBERS_RESTRICT)
		run->norm->clear[step->index] = gt_value_text(*text);
	run->norm->flags[step->index] |= GT_FLAG_PERSONAL;
	*text = gt_str(out, gt_personal_hide(words, run->event_day, more, *text, out, &hidden));
	gt_trace_word(run, step, GT_STAGE_HIDDEN, *text);
	return true;
}

static enum gt_got text(
	struct gt_run *run, const struct gt_step *step, struct gt_str word, struct gt_value *value)
{
	enum gt_got got = GT_GOT_VALUE;

	if (gt_step_is_null_word(run, word))
		return GT_GOT_NULL;
	if (step->cleaning == GT_CLEAN_TEXT && run->norm->tools->garbled &&
		gt_garbled_suspect(run->norm->tools->garbled, word))
		got = gt_step_regain(run, step, &word);
	if (got == GT_GOT_VALUE)
		got = gt_step_check_text(run, step, &word);
	if (got != GT_GOT_VALUE)
		return got;
	if (step->cleaning == GT_CLEAN_TEXT && step->element->protection == GT_OPEN &&
		!hide_personal(run, step, &word))
		return GT_GOT_FULL;
	*value = gt_value_text(word);
	return GT_GOT_VALUE;
}

static enum gt_got boolean(
	struct gt_run *run, const struct gt_step *step, struct gt_str word, struct gt_value *value)
{
	int yes = gt_str_eq(word, GT_LIT("true")) ? 1
		  : gt_str_eq(word, GT_LIT("false"))
			  ? 0 /* JSON's own */
			  : gt_word_set_get(&run->plan->words->boolean, word);

	if (yes < 0) {
		if (gt_step_is_null_word(run, word))
			return GT_GOT_NULL;
		return gt_step_broken(run, step, GT_FLAG_INVALID, GT_E_VALUE_BOOL, word, NULL);
	}
	*value = (struct gt_value){.kind = GT_BOOL, .number = yes};
	return GT_GOT_VALUE;
}

static enum gt_got by_type(
	struct gt_run *run, const struct gt_step *step, struct gt_str word, struct gt_value *value)
{
	switch (step->element->type) {
	case GT_TYPE_TEXT:
		return text(run, step, word, value);
	case GT_TYPE_CODE:
		return gt_step_code(run, step, word, value);
	case GT_TYPE_INT:
	case GT_TYPE_DECIMAL:
		return gt_step_number(run, step, word, value);
	case GT_TYPE_DATE:
	case GT_TYPE_TIME:
		return date(run, step, word, value);
	case GT_TYPE_BOOL:
		return boolean(run, step, word, value);
	}
	return GT_GOT_NULL;
}

/* The mapping's own words come first: null list and codes. */
static inline enum gt_got read_word(
	struct gt_run *run, const struct gt_step *step, struct gt_str word, struct gt_value *value)
{
	if (word.n == 0)
		return GT_GOT_NULL;
	for (size_t i = 0; i < step->null_count; i++)
		if (gt_str_eq(step->nulls[i], word))
			return GT_GOT_NULL;
	if (step->codes) {
		const struct gt_str *code = gt_map_get(step->codes, word);
		if (!code && gt_step_is_null_word(run, word))
			return GT_GOT_NULL;
		if (!code)
			gt_run_note(run, GT_NOTED_CODE, step, word);
		if (!code)
			return gt_step_broken(
				run, step, GT_FLAG_UNKNOWN_CODE, GT_E_CODE_UNMAPPED, word, NULL);
		if (!gt_str_eq(*code, word))
			run->norm->flags[step->index] |= GT_FLAG_CODE_MAPPED;
		word = *code;
		gt_trace_word(run, step, GT_STAGE_CODED, word);
	}
	return by_type(run, step, word, value);
}

enum gt_got gt_step_read(
	struct gt_run *run, const struct gt_step *step, struct gt_str word, struct gt_value *value)
{
	return read_word(run, step, word, value);
}

static enum gt_got from_word(
	struct gt_run *run, const struct gt_step *step, struct gt_str word, struct gt_value *value)
{
	struct gt_look before = {
		run->norm->reason_count, run->norm->noted_count, run->norm->flags[step->index]};
	enum gt_got got = read_word(run, step, word, value);

	return got == GT_GOT_BROKEN ? gt_step_second_look(run, step, word, before, value) : got;
}

static bool is_long_lived(const struct gt_step *step)
{
	return step->element->type == GT_TYPE_TEXT || step->element->type == GT_TYPE_CODE;
}

enum gt_got gt_step_text(
	struct gt_run *run, const struct gt_step *step, struct gt_str in, struct gt_value *value)
{
	uint64_t *flags = &run->norm->flags[step->index];
	char small[GT_WORD_MAX], *out = small;
	struct gt_str word = gt_clean_trim(in, flags);
	size_t n;

	if (gt_clean_is(word, step->cleaning)) {
		gt_trace_word(run, step, GT_STAGE_CLEANED, word);
		return from_word(run, step, word, value);
	}
	if (word.n > sizeof small || is_long_lived(step)) {
		out = gt_arena_alloc(run->arena, word.n);
		if (!out)
			return GT_GOT_FULL;
	}
	n = gt_clean(word, step->cleaning, out, flags);
	if (n == SIZE_MAX)
		return gt_step_broken(
			run, step, GT_FLAG_INVALID, GT_E_VALUE_BYTES, GT_LIT(""), NULL);
	if (*flags & GT_FLAG_DAMAGED)
		return gt_step_broken(run, step, 0, GT_E_VALUE_DAMAGED, in, NULL);
	gt_trace_word(run, step, GT_STAGE_CLEANED, gt_str(out, n));
	return from_word(run, step, gt_str(out, n), value);
}

enum gt_got gt_step_convert(struct gt_run *run, const struct gt_step *step,
	const struct gt_value *raw, struct gt_value *value)
{
	if (raw->marks & GT_VALUE_DAMAGED)
		return gt_step_broken(
			run, step, GT_FLAG_DAMAGED, GT_E_VALUE_DAMAGED, gt_value_str(raw), NULL);
	if (raw->marks & GT_VALUE_LEAP)
		run->norm->flags[step->index] |= GT_FLAG_EXCEL_LEAP;
	switch ((enum gt_kind)raw->kind) {
	case GT_BOOL:
		return from_word(run, step, raw->number ? GT_LIT("true") : GT_LIT("false"), value);
	case GT_NUMBER:
	case GT_TEXT:
		if (step->element->list)
			return gt_step_several(run, step, gt_value_str(raw), value);
		return gt_step_text(run, step, gt_value_str(raw), value);
	case GT_JSON:
		return gt_step_broken(
			run, step, GT_FLAG_INVALID, GT_E_VALUE_NESTED, GT_LIT(""), NULL);
	default:
		return GT_GOT_NULL;
	}
}
