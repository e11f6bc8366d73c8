/* expr_number.c: exact arithmetic. A number is an int64 × 10^-scale, scale 0..18, without trailing
 * zeros; what does not fit that is a failure, never rounded unasked. */
#include "expr_ops.h"

#include "clean.h"
#include "number.h"
#include "steps.h"

__extension__ typedef __int128 wide;

#define MOST_DIGITS ((unsigned)GT_EXPR_DIGITS)

static wide power(unsigned n)
{
	wide p = 1;

	while (n--)
		p *= 10;
	return p;
}

/* The plain form; a failure of `op` when it does not fit. */
static struct gt_value plain(const struct gt_expr_op *op, wide v, unsigned scale)
{
	while (scale > 0 && v % 10 == 0) {
		v /= 10;
		scale--;
	}
	if (scale > MOST_DIGITS || v > INT64_MAX || v < -INT64_MAX)
		return gt_expr_fail(op);
	return (struct gt_value){.kind = GT_DECIMAL, .scale = (uint8_t)scale, .number = (int64_t)v};
}

struct gt_value gt_decimal_plain(const struct gt_value *value)
{
	struct gt_value v = {.kind = GT_DECIMAL,
		.scale = value->kind == GT_DECIMAL ? value->scale : 0,
		.number = value->number};

	while (v.scale > 0 && v.number % 10 == 0) {
		v.number /= 10;
		v.scale--;
	}
	return v;
}

/* Both at the finer scale: |v| < 2^63 × 10^18 fits. */
static unsigned align(const struct gt_value *a, const struct gt_value *b, wide v[2])
{
	unsigned scale = a->scale > b->scale ? a->scale : b->scale;

	v[0] = (wide)a->number * power(scale - a->scale);
	v[1] = (wide)b->number * power(scale - b->scale);
	return scale;
}

int gt_decimals_compare(const struct gt_value *a, const struct gt_value *b)
{
	wide v[2];

	(void)align(a, b, v);
	return (v[0] > v[1]) - (v[0] < v[1]);
}

bool gt_op_negate(struct gt_expr_run *run, const struct gt_expr_op *op, const struct gt_value *in,
	struct gt_value *out)
{
	(void)run;
	*out = plain(op, -(wide)in[0].number, in[0].scale);
	return true;
}

bool gt_op_add(struct gt_expr_run *run, const struct gt_expr_op *op, const struct gt_value *in,
	struct gt_value *out)
{
	wide v[2];
	unsigned scale = align(&in[0], &in[1], v);

	(void)run;
	*out = plain(op, op->code == GT_OP_ADD ? v[0] + v[1] : v[0] - v[1], scale);
	return true;
}

bool gt_op_multiply(struct gt_expr_run *run, const struct gt_expr_op *op, const struct gt_value *in,
	struct gt_value *out)
{
	(void)run;
	*out = plain(op, (wide)in[0].number * in[1].number, in[0].scale + in[1].scale);
	return true;
}

/* Halves away from zero (四舍五入). */
static wide rounded(wide v, wide by)
{
	wide whole = v / by, rest = v % by;

	rest = rest < 0 ? -rest : rest;
	by = by < 0 ? -by : by;
	if (rest >= by - rest)
		whole += (v < 0) ? -1 : 1;
	return whole;
}

bool gt_op_round(struct gt_expr_run *run, const struct gt_expr_op *op, const struct gt_value *in,
	struct gt_value *out)
{
	(void)run;
	*out = in[0];
	if (in[0].scale > op->arg)
		*out = plain(op, rounded(in[0].number, power(in[0].scale - op->arg)), op->arg);
	return true;
}

bool gt_op_divide(struct gt_expr_run *run, const struct gt_expr_op *op, const struct gt_value *in,
	struct gt_value *out)
{
	int more = (int)op->arg + in[1].scale - in[0].scale;
	wide num = in[0].number, den = in[1].number;

	(void)run;
	*out = gt_expr_fail(op);
	if (den == 0)
		return true;
	if (den < 0) {
		den = -den;
		num = -num;
	}
	/* A product that does not fit here is far above what a value holds. */
	if (more >= 0 && __builtin_mul_overflow(num, power((unsigned)more), &num))
		return true;
	if (more < 0)
		den *= power((unsigned)-more);
	*out = plain(op, rounded(num, den), op->arg);
	return true;
}

/* Of one unit to that of the row, times its factor: exact, or a failure. Where the row is of
 * another quantity, or there is none, there is no value. */
bool gt_op_convert(struct gt_expr_run *run, const struct gt_expr_op *op, const struct gt_value *in,
	struct gt_value *out)
{
	const struct gt_expr_conversion *c = &run->expr->conversions[op->arg];
	const struct gt_coefficient *row = gt_map_get(&c->table->by_key, gt_value_str(&in[1]));
	struct gt_ratio ratio = {1, 1};
	unsigned scale;
	wide v;

	*out = (struct gt_value){.kind = GT_NULL};
	if (!row || (c->unit && !gt_str_eq(c->unit->quantity, row->per->quantity)))
		return true;
	*out = gt_expr_fail(op);
	scale = in[0].scale + row->scale;
	if ((c->unit && !gt_ratio_between(c->unit, row->per, &ratio)) ||
		__builtin_mul_overflow((wide)in[0].number * ratio.num, (wide)row->factor, &v))
		return true;
	while (v % ratio.den != 0)
		if (scale++ > MOST_DIGITS || __builtin_mul_overflow(v, (wide)10, &v))
			return true;
	*out = plain(op, v / ratio.den, scale);
	return true;
}

bool gt_expr_word_of(
	struct gt_expr_run *run, const struct gt_value *text, char *out, struct gt_str *word)
{
	struct gt_str in = gt_clean_trim(gt_value_str(text), &run->flags);

	*word = in;
	if (in.n > GT_WORD_MAX)
		return false;
	if (gt_clean_is(in, GT_CLEAN_WORD))
		return true;
	*word = gt_str(out, gt_clean(in, GT_CLEAN_WORD, out, &run->flags));
	return word->n != SIZE_MAX;
}

bool gt_op_number(struct gt_expr_run *run, const struct gt_expr_op *op, const struct gt_value *in,
	struct gt_value *out)
{
	char clean[GT_WORD_MAX];
	struct gt_str word;
	struct gt_number number;
	int64_t v;
	bool inexact;

	*out = gt_expr_fail(op);
	if (!gt_expr_word_of(run, in, clean, &word))
		return true;
	if (word.n == 0 || gt_word_set_get(&run->words->no_value, word) >= 0) {
		out->kind = GT_NULL;
		return true;
	}
	if (!gt_number_parse(run->words, word, &number))
		return true;
	(void)gt_word_take_end(&run->words->money_after, &number.rest);
	for (int i = 0; i < 3 && number.rest.n && gt_number_multiplier(run->words, &number);)
		i++;
	unsigned scale = number.exponent < 0 ? (unsigned)-number.exponent : 0;
	scale = scale > MOST_DIGITS ? MOST_DIGITS : scale;
	if (number.rest.n || !gt_number_scale(&number, 1, 1, scale, &v, &inexact) || inexact)
		return true;
	run->flags |= number.flags;
	*out = plain(op, v, scale);
	return true;
}
