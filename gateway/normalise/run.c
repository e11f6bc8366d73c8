/* run.c: a plan over one row. No allocation but from the batch's arena. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "gt_assert.h"
#include "steps.h"

#include <pcre2.h>
#include <stdlib.h>

#define DAY_US INT64_C(86400000000)

void gt_norm_init(struct gt_norm *norm)
{
	struct gt_norm_tools *tools = gt_alloc(sizeof *tools);

	*norm = (struct gt_norm){.tools = tools};
	tools->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	tools->md = EVP_MD_CTX_new();
	tools->match = pcre2_match_data_create(2, NULL);
	tools->garbled = gt_garbled_new();
	GT_ASSERT(tools->sha256 && tools->md && tools->match);
}

static void free_arrays(struct gt_norm *norm)
{
	free(norm->values);
	free(norm->clear);
	free(norm->salt);
	free(norm->flags);
}

void gt_norm_fini(struct gt_norm *norm)
{
	free_arrays(norm);
	if (norm->tools) {
		EVP_MD_CTX_free(norm->tools->md);
		EVP_MD_free(norm->tools->sha256);
		pcre2_match_data_free(norm->tools->match);
		gt_garbled_free(norm->tools->garbled);
		free(norm->tools);
	}
	memset(norm, 0, sizeof *norm);
}

void gt_norm_widen(struct gt_norm *norm, size_t n)
{
	if (n <= norm->cap)
		return;
	free_arrays(norm);
	norm->values = gt_alloc(n * sizeof *norm->values);
	norm->clear = gt_alloc(n * sizeof *norm->clear);
	norm->salt = gt_alloc(n * sizeof *norm->salt);
	norm->flags = gt_alloc(n * sizeof *norm->flags);
	norm->cap = n;
}

static void start(struct gt_run *run)
{
	struct gt_norm *norm = run->norm;
	size_t n = run->variant->entity->n;

	gt_norm_widen(norm, n);
	norm->entity = run->variant->entity;
	memset(norm->values, 0, n * sizeof *norm->values);
	memset(norm->clear, 0, n * sizeof *norm->clear);
	memset(norm->salt, 0, n * sizeof *norm->salt);
	memset(norm->flags, 0, n * sizeof *norm->flags);
	norm->rule_flags = 0;
	norm->subject = gt_str(NULL, 0);
}

/* The division decides the variant, so it comes first; what is wrong with it is said afterwards. */
static enum gt_got find_division(struct gt_run *run, const struct gt_row *row, struct gt_str *bad)
{
	const struct gt_plan *plan = run->plan;
	const struct gt_value *value =
		plan->division_field == GT_NO_FIELD ? NULL : &row->values[plan->division_field];
	char clean[GT_WORD_MAX], form[12];
	uint64_t flags = 0;
	size_t n = 0;

	run->norm->division = plan->division;
	if (!value || (value->kind != GT_TEXT && value->kind != GT_NUMBER))
		return plan->division.p || !value ? GT_GOT_VALUE : GT_GOT_BROKEN;
	struct gt_str word = gt_clean_trim(gt_value_str(value), &flags);
	*bad = word;
	if (word.n > sizeof clean)
		return GT_GOT_BROKEN;
	n = gt_clean(word, GT_CLEAN_FORM, clean, &flags);
	if (n == SIZE_MAX)
		return GT_GOT_BROKEN;
	word = gt_str(clean, n);
	if (n == 0 || gt_step_is_null_word(run, word))
		return plan->division.p ? GT_GOT_VALUE : GT_GOT_BROKEN;
	struct gt_place_of place;
	if (!gt_division_form(word, form, &n)) {
		if (gt_division_named(run, word, &place) != GT_PLACED)
			return GT_GOT_BROKEN;
		run->norm->division = place.division->code;
		return GT_GOT_VALUE;
	}
	run->norm->division = gt_arena_copy(run->arena, gt_str(form, n));
	return run->norm->division.p ? GT_GOT_VALUE : GT_GOT_FULL;
}

/* Neighbouring rows mostly share their division. */
static const struct gt_variant *find_variant(struct gt_run *run)
{
	const struct gt_plan *plan = run->plan;
	struct gt_norm_tools *tools = run->norm->tools;
	struct gt_str division = run->norm->division;

	if (plan->variant_count == 1)
		return &plan->variants[0];
	if (tools->division_plan != plan->id || tools->division_n != division.n ||
		memcmp(tools->division, division.p ? division.p : "", division.n) != 0) {
		tools->division_variant = gt_standard_variant_for(
			plan->standard, plan->base->name, plan->base->major, division);
		tools->division_plan = plan->id;
		tools->division_n = division.n;
		memcpy(tools->division, division.p ? division.p : "", division.n);
	}
	return &plan->variants[tools->division_variant];
}

static void missing(struct gt_run *run, const struct gt_step *step)
{
	(void)gt_step_broken(run, step, 0, GT_E_VALUE_MISSING, GT_LIT(""), NULL);
}

static bool run_step(struct gt_run *run, const struct gt_step *step, const struct gt_row *row)
{
	struct gt_value *value = &run->norm->values[step->index];
	struct gt_value constant = gt_value_text(step->constant);
	const struct gt_value *raw =
		step->field == GT_NO_FIELD ? &constant : &row->values[step->field];
	char words[64];
	enum gt_got got = GT_GOT_VALUE;

	if (step->program) {
		got = gt_program_run(run, step, row, &constant, words);
		raw = &constant;
	}
	gt_trace_value(run, step, GT_STAGE_RAW, raw);
	if (got == GT_GOT_VALUE)
		got = gt_step_convert(run, step, raw, value);

	if (got == GT_GOT_NULL)
		gt_trace_word(run, step, GT_STAGE_NO_VALUE, GT_LIT(""));
	if (got == GT_GOT_NULL && step->otherwise.p) {
		constant = gt_value_text(step->otherwise);
		run->norm->flags[step->index] |= GT_FLAG_DEFAULTED;
		gt_trace_value(run, step, GT_STAGE_DEFAULT, &constant);
		got = gt_step_convert(run, step, &constant, value);
	}
	if (got == GT_GOT_VALUE)
		gt_trace_value(run, step, GT_STAGE_PARSED, value);
	if (got == GT_GOT_NULL || got == GT_GOT_BROKEN)
		value->kind = GT_NULL;
	if (got == GT_GOT_NULL && step->element->required && !step->element->derive)
		missing(run, step);
	return got != GT_GOT_FULL;
}

/* The event's time, and the day at which codes are judged. */
static void set_event(struct gt_run *run, int64_t now_us)
{
	int event = run->variant->entity->event_time;
	int64_t zone_us = run->plan->zone_minutes * INT64_C(60000000), local;

	run->norm->event_us = now_us;
	if (event >= 0) {
		const struct gt_value *value = &run->norm->values[event];
		if (value->kind == GT_TIME)
			run->norm->event_us = value->number;
		else if (value->kind == GT_DATE)
			run->norm->event_us = value->number * DAY_US - zone_us;
	}
	local = run->norm->event_us + zone_us;
	run->event_day = local / DAY_US - (local % DAY_US < 0);
}

static void division_reason(struct gt_run *run, struct gt_str bad)
{
	struct gt_reason *reason =
		gt_run_reason(run, GT_E_DIVISION_BAD, SIZE_MAX, GT_LIT("division"));
	char shown[GT_SHOWN_MAX];

	if (reason)
		gt_fail(&reason->err, GT_E_DIVISION_BAD, gt_shown(bad, shown));
}

enum total { NO_TOTAL, MAYBE_TOTAL /* if it is no record either */, TOTAL };

static enum total is_total(const struct gt_plan *plan, const struct gt_row *row)
{
	for (size_t i = 0; i < plan->field_count; i++) {
		const struct gt_value *value = &row->values[i];
		if (value->kind == GT_ABSENT || value->kind == GT_NULL ||
			(value->kind == GT_TEXT && value->size == 0))
			continue;
		if (value->kind != GT_TEXT || !gt_words_total_row(plan->words, gt_value_str(value)))
			return NO_TOTAL;
		return plan->field_required[i] ? TOTAL : MAYBE_TOTAL;
	}
	return NO_TOTAL;
}

/* skip and when: GT_RAN_ACCEPTED = go on. */
static enum gt_ran applies(struct gt_run *run, const struct gt_row *row)
{
	const struct gt_plan *plan = run->plan;
	bool holds = false;

	if (plan->skip && !gt_run_condition(run, plan->skip, row, &holds))
		return GT_RAN_FULL;
	if (holds)
		return GT_RAN_FILTERED;
	if (plan->when && !gt_run_condition(run, plan->when, row, &holds))
		return GT_RAN_FULL;
	return plan->when && !holds ? GT_RAN_NO_PART : GT_RAN_ACCEPTED;
}

/* Rules, computed values, protection, key. False: the arena is full. */
static bool finish(struct gt_run *run, int64_t now_us)
{
	if (run->variant->derived_count) {
		if (!gt_run_derive(run))
			return false;
		set_event(run, now_us);
	}
	return gt_run_rules(run) && (!run->variant->marked || gt_run_protect(run)) &&
	       gt_run_subject(run);
}

static enum gt_ran run_part(const struct gt_plan *plan, struct gt_batch *batch,
	const struct gt_row *row, int64_t now_us, struct gt_norm *norm, struct gt_trace *trace)
{
	struct gt_run run = {.plan = plan,
		.arena = &batch->arena,
		.norm = norm,
		.raw = row->raw,
		.first_reason = norm->reason_count,
		.trace = trace};
	struct gt_str bad = {NULL, 0};
	run.event_day = now_us / DAY_US; /* until the event's own is known */
	enum gt_got division = find_division(&run, row, &bad);

	if (trace)
		trace->n = 0;
	if (division == GT_GOT_FULL)
		return GT_RAN_FULL;
	run.variant = find_variant(&run);
	start(&run);
	enum total total = is_total(plan, row);
	if (total == TOTAL)
		return GT_RAN_FILTERED;
	if (plan->skip || plan->when) {
		enum gt_ran ran = applies(&run, row);
		if (ran != GT_RAN_ACCEPTED)
			return ran;
	}
	if (division == GT_GOT_BROKEN)
		division_reason(&run, bad);
	set_event(&run, now_us);
	for (size_t i = 0; i < run.variant->n; i++) {
		const struct gt_step *step = &run.variant->steps[i];
		if (!run_step(&run, step, row))
			return GT_RAN_FULL;
		if ((int)step->index == run.variant->entity->event_time)
			set_event(&run, now_us);
	}
	if (!finish(&run, now_us))
		return GT_RAN_FULL;
	if (norm->reason_count == 0)
		return GT_RAN_ACCEPTED;
	return total == MAYBE_TOTAL && norm->reason_count > run.first_reason ? GT_RAN_FILTERED
									     : GT_RAN_REJECTED;
}

enum gt_ran gt_plan_run(const struct gt_plan *plan, struct gt_batch *batch,
	const struct gt_row *row, int64_t now_us, struct gt_norm *norm)
{
	return gt_plan_trace(plan, batch, row, now_us, norm, NULL);
}

enum gt_ran gt_plan_trace(const struct gt_plan *plan, struct gt_batch *batch,
	const struct gt_row *row, int64_t now_us, struct gt_norm *norm, struct gt_trace *trace)
{
	GT_ASSERT(plan->part_count == 0);
	norm->reason_count = 0;
	norm->noted_count = 0;
	norm->part = 0;
	return run_part(plan, batch, row, now_us, norm, trace);
}

/* A cell that several parts read has one thing wrong with it. */
static void drop_repeated(struct gt_norm *norm, size_t first)
{
	size_t kept = first;

	for (size_t i = first; i < norm->reason_count; i++) {
		const struct gt_reason *is = &norm->reasons[i];
		bool known = false;
		for (size_t k = 0; k < first && !known; k++) {
			const struct gt_reason *was = &norm->reasons[k];
			known = was->code == is->code && was->err.used == is->err.used &&
				memcmp(was->err.text, is->err.text, is->err.used) == 0;
		}
		if (!known)
			norm->reasons[kept++] = *is;
	}
	norm->reason_count = kept;
}

enum gt_ran gt_plan_run_row(const struct gt_plan *plan, struct gt_batch *batch,
	const struct gt_row *row, int64_t now_us, struct gt_norm *norm, gt_take_fn *take, void *arg)
{
	enum gt_ran result = GT_RAN_FILTERED;
	size_t n = gt_plan_parts(plan);

	norm->reason_count = 0;
	norm->noted_count = 0;
	for (size_t i = 0; i < n; i++) {
		size_t first = norm->reason_count;
		norm->part = i;
		enum gt_ran ran = run_part(gt_plan_part(plan, i), batch, row, now_us, norm, NULL);
		if (ran == GT_RAN_NO_PART)
			continue;
		if (ran == GT_RAN_FULL || ran == GT_RAN_FILTERED)
			return ran;
		result = ran;
		drop_repeated(norm, first);
		if (ran != GT_RAN_ACCEPTED)
			continue;
		enum gt_taken taken = take(arg, norm);
		if (taken != GT_TAKEN)
			return taken == GT_TAKEN_FULL ? GT_RAN_FULL : GT_RAN_REJECTED;
	}
	/* The last part that applies may be sound where an earlier one was not. */
	return norm->reason_count ? GT_RAN_REJECTED : result;
}
