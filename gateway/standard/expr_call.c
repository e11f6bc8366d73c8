/* expr_call.c: functions: how many arguments of which types, and what comes out. Arguments that
 * decide what is run (patterns, digits, tables, units) are literals, so that they are checked and
 * made ready once. */
#include "expr_parse.h"

#include "load.h"

#define T (1u << GT_EXPR_TEXT_TYPE)
#define N ((1u << GT_EXPR_INT) | (1u << GT_EXPR_DECIMAL))
#define I (1u << GT_EXPR_INT)
#define B (1u << GT_EXPR_BOOL)
#define D (1u << GT_EXPR_DATE)
#define M (1u << GT_EXPR_TIME)
#define ANY (T | N | B | D | M)
#define NOTHING (1u << GT_EXPR_NULL)
/* Literals: not on the stack. */
#define PATTERN (1u << 16)
#define DIGITS (1u << 17)
#define PLACE (1u << 18) /* 1, 2 … from the beginning, -1, -2 … from the end */
#define UNIT (1u << 19)
#define TABLE (1u << 20)
#define LITERALS (PATTERN | DIGITS | PLACE | UNIT | TABLE)
#define MOST 16u /* arguments of coalesce */

struct function {
	const char *name;
	enum gt_expr_code code;
	unsigned least, most;
	uint32_t takes[3];
	enum gt_expr_type gives; /* NULL: see result() */
	const char *form;        /* for messages */
};

static const struct function functions[] = {
	{"if", GT_OP_IF, 3, 3, {B, ANY | NOTHING, ANY | NOTHING}, GT_EXPR_NULL,
		"if(condition, a, b)"},
	{"coalesce", GT_OP_COALESCE, 2, MOST, {ANY, ANY, ANY}, GT_EXPR_NULL, "coalesce(a, b, …)"},
	{"has", GT_OP_HAS, 1, 1, {ANY}, GT_EXPR_BOOL, "has(a)"},
	{"trim", GT_OP_TRIM, 1, 1, {T}, GT_EXPR_TEXT_TYPE, "trim(text)"},
	{"upper", GT_OP_UPPER, 1, 1, {T}, GT_EXPR_TEXT_TYPE, "upper(text)"},
	{"lower", GT_OP_LOWER, 1, 1, {T}, GT_EXPR_TEXT_TYPE, "lower(text)"},
	{"replace", GT_OP_REPLACE, 3, 3, {T, T, T}, GT_EXPR_TEXT_TYPE, "replace(text, old, new)"},
	{"part", GT_OP_PART, 3, 3, {T, T, PLACE}, GT_EXPR_TEXT_TYPE, "part(text, separator, 1)"},
	{"substring", GT_OP_SUBSTRING, 3, 3, {T, I, I}, GT_EXPR_TEXT_TYPE,
		"substring(text, from, count)"},
	{"length", GT_OP_LENGTH, 1, 1, {T}, GT_EXPR_INT, "length(text)"},
	{"starts_with", GT_OP_STARTS_WITH, 2, 2, {T, T}, GT_EXPR_BOOL, "starts_with(text, start)"},
	{"contains", GT_OP_CONTAINS, 2, 2, {T, T}, GT_EXPR_BOOL, "contains(text, piece)"},
	{"matches", GT_OP_MATCHES, 2, 2, {T, PATTERN}, GT_EXPR_BOOL, "matches(text, 'pattern')"},
	{"extract", GT_OP_EXTRACT, 2, 2, {T, PATTERN}, GT_EXPR_TEXT_TYPE,
		"extract(text, 'pattern')"},
	{"text", GT_OP_TEXT, 1, 1, {N | B | D | M}, GT_EXPR_TEXT_TYPE, "text(number)"},
	{"number", GT_OP_NUMBER, 1, 1, {T}, GT_EXPR_DECIMAL, "number(text)"},
	{"round", GT_OP_ROUND, 2, 2, {N, DIGITS}, GT_EXPR_DECIMAL, "round(number, 2)"},
	{"divide", GT_OP_DIVIDE, 3, 3, {N, N, DIGITS}, GT_EXPR_DECIMAL, "divide(a, b, 2)"},
	{"unit", GT_OP_UNIT, 2, 2, {N, UNIT}, GT_EXPR_DECIMAL, "unit(number, 'kWh')"},
	{"convert", GT_OP_CONVERT, 3, 3, {N, TABLE, T}, GT_EXPR_DECIMAL,
		"convert(number, 'table', carrier)"},
	{"date", GT_OP_DATE, 1, 1, {T | M}, GT_EXPR_DATE, "date(text)"},
	{"time", GT_OP_TIME, 1, 1, {T}, GT_EXPR_TIME, "time(text)"},
	{"year", GT_OP_YEAR, 1, 1, {D | M}, GT_EXPR_INT, "year(date)"},
	{"month", GT_OP_MONTH, 1, 1, {D | M}, GT_EXPR_INT, "month(date)"},
	{"day", GT_OP_DAY, 1, 1, {D | M}, GT_EXPR_INT, "day(date)"},
	{"hour", GT_OP_HOUR, 1, 1, {M}, GT_EXPR_INT, "hour(time)"},
	{"minute", GT_OP_MINUTE, 1, 1, {M}, GT_EXPR_INT, "minute(time)"},
};
#define FUNCTIONS (sizeof functions / sizeof *functions)

struct call {
	const struct function *function;
	size_t at;
	unsigned count, pushed;
	struct gt_expr_kind kinds[MOST];
	uint32_t arg;
	const struct gt_unit *unit;
	const struct gt_coefficients *table;
};

static const struct function *find(struct gt_parser *p)
{
	const char *names[FUNCTIONS], *near;

	for (size_t i = 0; i < FUNCTIONS; i++) {
		names[i] = functions[i].name;
		if (gt_token_is(p, names[i]))
			return &functions[i];
	}
	near = gt_nearest(p->token.text, names, FUNCTIONS);
	gt_expr_error(p, p->token.at, near ? GT_E_EXPR_FUNCTION_NEAR : GT_E_EXPR_FUNCTION,
		gt_token_shown(p), near);
	return NULL;
}

static void pattern(struct gt_parser *p, struct call *c, struct gt_str text)
{
	char message[GT_PATTERN_MESSAGE];
	size_t at;
	void *made = gt_pattern_make(
		text, c->function->code == GT_OP_MATCHES, p->scope->memory, message, &at);

	if (!made) {
		gt_expr_error(p, p->token.at, GT_E_STD_PATTERN, message, GT_TEXT("%zu", at));
		return;
	}
	c->arg = (uint32_t)p->pattern_count;
	p->patterns[p->pattern_count++] = made;
}

static void unit(struct gt_parser *p, struct call *c, struct gt_str name)
{
	c->unit = gt_standard_unit(p->scope->standard, name);
	if (!c->unit)
		gt_expr_error(p, p->token.at, GT_E_EXPR_UNIT, gt_token_shown(p));
}

static void table(struct gt_parser *p, struct call *c, struct gt_str name)
{
	c->table = gt_standard_coefficients(p->scope->standard, name);
	if (!c->table)
		gt_expr_error(p, p->token.at, GT_E_EXPR_TABLE, gt_token_shown(p));
}

/* A number of digits or a place, as a literal whole number. */
static void small(struct gt_parser *p, struct call *c, bool place)
{
	bool minus = place && gt_token_is(p, "-");
	struct gt_value v;

	if (minus)
		gt_token_next(p);
	if (p->token.kind != GT_TOKEN_NUMBER || !gt_number_literal(p->token.text, &v) || v.scale ||
		(place ? v.number < 1 || v.number > 1000 : v.number > GT_EXPR_DIGITS)) {
		gt_expr_error(p, p->token.at, GT_E_EXPR_LITERAL, gt_token_shown(p));
		return;
	}
	c->arg = (uint32_t)(minus ? -v.number : v.number);
	gt_token_next(p);
}

static void literal(struct gt_parser *p, struct call *c, uint32_t what)
{
	struct gt_str text;

	if (what == DIGITS || what == PLACE) {
		small(p, c, what == PLACE);
		return;
	}
	if (p->token.kind != GT_TOKEN_TEXT) {
		gt_expr_error(p, p->token.at, GT_E_EXPR_LITERAL, gt_token_shown(p));
		return;
	}
	text = gt_text_literal(p, p->token.text);
	if (what == PATTERN)
		pattern(p, c, text);
	else if (what == UNIT)
		unit(p, c, text);
	else
		table(p, c, text);
	gt_token_next(p);
}

static void argument(struct gt_parser *p, struct call *c)
{
	const struct function *f = c->function;
	uint32_t takes = f->takes[c->count < 3 ? c->count : 2];
	size_t at = p->token.at;
	struct gt_expr_kind kind = {GT_EXPR_NULL, NULL};

	if (takes & LITERALS) {
		literal(p, c, takes);
	} else {
		kind = gt_parse_expr(p);
		if (!p->failed && !(takes >> kind.type & 1u))
			gt_expr_error(
				p, at, GT_E_EXPR_ARGUMENT, f->form, gt_expr_type_name(kind.type));
		c->pushed++;
	}
	c->kinds[c->count++] = kind;
}

/* The kind of what depends on the arguments. */
static struct gt_expr_kind result(struct gt_parser *p, struct call *c)
{
	struct gt_expr_kind kind = {c->function->gives, NULL};
	unsigned first = c->function->code == GT_OP_IF;

	switch (c->function->code) {
	case GT_OP_IF:
	case GT_OP_COALESCE:
		kind = c->kinds[first];
		for (unsigned i = first + 1; i < c->count; i++)
			if (!gt_kinds_join(kind, c->kinds[i], &kind))
				gt_expr_error(p, c->at, GT_E_EXPR_BRANCHES, c->function->name,
					gt_expr_type_name(kind.type),
					gt_expr_type_name(c->kinds[i].type));
		break;
	case GT_OP_ROUND:
	case GT_OP_DIVIDE:
		kind.type = c->arg == 0 ? GT_EXPR_INT : GT_EXPR_DECIMAL;
		/* By a number without a unit; of two with units the result is another quantity. */
		if (c->function->code == GT_OP_ROUND || !c->kinds[1].unit)
			kind.unit = c->kinds[0].unit;
		break;
	case GT_OP_UNIT:
		kind = (struct gt_expr_kind){c->kinds[0].type, c->unit};
		break;
	case GT_OP_CONVERT:
		kind.unit = c->table ? c->table->to : NULL;
		break;
	default:
		break;
	}
	return kind;
}

/* Room for one more is checked by gt_parser_emit, which counts every conversion as an operation. */
static void conversion(struct gt_parser *p, struct call *c)
{
	if (p->failed || p->conversion_count == GT_EXPR_OPS)
		return;
	c->arg = (uint32_t)p->conversion_count;
	p->conversions[p->conversion_count++] =
		(struct gt_expr_conversion){c->table, c->kinds[0].unit};
}

struct gt_expr_kind gt_parse_call(struct gt_parser *p)
{
	struct call c = {.function = find(p), .at = p->token.at};
	struct gt_expr_kind kind = {GT_EXPR_NULL, NULL};

	if (!c.function)
		return kind;
	gt_token_next(p);
	gt_parser_expect(p, "(");
	while (!p->failed && c.count < c.function->most && !gt_token_is(p, ")")) {
		argument(p, &c);
		if (!gt_token_is(p, ","))
			break;
		gt_token_next(p);
	}
	if (!p->failed && (c.count < c.function->least || !gt_token_is(p, ")")))
		gt_expr_error(p, p->token.at, GT_E_EXPR_FORM, c.function->form, gt_token_shown(p));
	gt_parser_expect(p, ")");
	if (p->failed)
		return kind;
	kind = result(p, &c);
	if (c.function->code == GT_OP_CONVERT)
		conversion(p, &c);
	/* unit() only says what the value is. */
	if (c.function->code != GT_OP_UNIT)
		gt_parser_emit(p, c.function->code, c.pushed, c.arg);
	return kind;
}

const char *gt_expr_word(enum gt_expr_code code)
{
	static const char *const operators[] = {[GT_OP_NEGATE] = "-",
		[GT_OP_ADD] = "+",
		[GT_OP_SUBTRACT] = "-",
		[GT_OP_MULTIPLY] = "*",
		[GT_OP_JOIN] = "+",
		[GT_OP_LATER] = "+",
		[GT_OP_EARLIER] = "-",
		[GT_OP_DAYS] = "-",
		[GT_OP_SECONDS] = "-",
		[GT_OP_NOT] = ""};

	for (size_t i = 0; i < FUNCTIONS; i++)
		if (functions[i].code == code)
			return functions[i].name;
	return code <= GT_OP_NOT && operators[code] ? operators[code] : "";
}
