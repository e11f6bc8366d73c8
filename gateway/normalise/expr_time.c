/* expr_time.c: dates and times. */
#include "expr_ops.h"

#include "date.h"
#include "steps.h"

#define DAY_US INT64_C(86400000000)
/* Of years 1 to 9999: what can be written. */
#define FIRST_DAY INT64_C(-719162)
#define LAST_DAY INT64_C(2932896)

static struct gt_value date_of(int64_t days)
{
	return (struct gt_value){.kind = GT_DATE, .scale = GT_DAY, .number = days};
}

bool gt_op_later(struct gt_expr_run *run, const struct gt_expr_op *op, const struct gt_value *in,
	struct gt_value *out)
{
	int64_t by = in[1].number;

	(void)run;
	*out = gt_expr_fail(op);
	if (in[0].scale < GT_DAY || in[1].scale || by > LAST_DAY * 2 || by < -LAST_DAY * 2)
		return true;
	by = in[0].number + (op->code == GT_OP_LATER ? by : -by);
	if (by >= FIRST_DAY && by <= LAST_DAY)
		*out = date_of(by);
	return true;
}

bool gt_op_days(struct gt_expr_run *run, const struct gt_expr_op *op, const struct gt_value *in,
	struct gt_value *out)
{
	(void)run;
	*out = gt_expr_fail(op);
	if (in[0].scale >= GT_DAY && in[1].scale >= GT_DAY) {
		*out = (struct gt_value){.kind = GT_DECIMAL, .number = in[0].number - in[1].number};
		*out = gt_decimal_plain(out);
	}
	return true;
}

bool gt_op_seconds(struct gt_expr_run *run, const struct gt_expr_op *op, const struct gt_value *in,
	struct gt_value *out)
{
	int64_t us;

	(void)run;
	*out = gt_expr_fail(op);
	if (!__builtin_sub_overflow(in[0].number, in[1].number, &us)) {
		*out = (struct gt_value){.kind = GT_DECIMAL, .scale = 6, .number = us};
		*out = gt_decimal_plain(out);
	}
	return true;
}

static bool read_text(struct gt_expr_run *run, const struct gt_expr_op *op,
	const struct gt_value *in, bool time, struct gt_value *out)
{
	int zone = run->expr->zone_minutes;
	char clean[GT_WORD_MAX];
	struct gt_str word;
	struct gt_when when = {0};

	*out = gt_expr_fail(op);
	if (!gt_expr_word_of(run, in, clean, &word))
		return true;
	switch (gt_date_parse(run->words, word, time, zone, &when, &run->flags)) {
	case GT_DATED:
		*out = (struct gt_value){.kind = time ? GT_TIME : GT_DATE,
			.scale = (uint8_t)when.precision,
			.size = time ? (uint32_t)(zone + 1440) : 0,
			.number = when.value};
		break;
	case GT_DATED_EMPTY:
		out->kind = GT_NULL;
		break;
	case GT_DATED_NO_DAY:
	case GT_DATED_NOT:
		if (word.n == 0 || gt_word_set_get(&run->words->no_value, word) >= 0)
			out->kind = GT_NULL;
		break;
	}
	return true;
}

bool gt_op_date(struct gt_expr_run *run, const struct gt_expr_op *op, const struct gt_value *in,
	struct gt_value *out)
{
	int64_t local;

	if (in[0].kind == GT_TEXT)
		return read_text(run, op, in, false, out);
	local = in[0].number + run->expr->zone_minutes * INT64_C(60000000);
	*out = date_of(local / DAY_US - (local % DAY_US < 0));
	return true;
}

bool gt_op_time(struct gt_expr_run *run, const struct gt_expr_op *op, const struct gt_value *in,
	struct gt_value *out)
{
	return read_text(run, op, in, true, out);
}

/* A part that is not known (the day of 2024-03) is no value. */
bool gt_op_part_of_time(struct gt_expr_run *run, const struct gt_expr_op *op,
	const struct gt_value *in, struct gt_value *out)
{
	static const enum gt_precision needs[] = {GT_YEAR, GT_MONTH, GT_DAY, GT_HOUR, GT_MINUTE};
	size_t which = (size_t)op->code - GT_OP_YEAR;
	struct gt_civil civil = {0};

	if (in[0].kind == GT_TIME)
		gt_civil_from_us(in[0].number, run->expr->zone_minutes, &civil);
	else
		gt_civil_from_days(in[0].number, &civil.year, &civil.month, &civil.day);
	const int parts[] = {civil.year, civil.month, civil.day, civil.hour, civil.minute};
	*out = (struct gt_value){
		.kind = in[0].scale >= needs[which] ? GT_DECIMAL : GT_NULL, .number = parts[which]};
	*out = out->kind == GT_DECIMAL ? gt_decimal_plain(out) : *out;
	return true;
}
