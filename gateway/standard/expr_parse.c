/* expr_parse.c: operators, by their precedence: or, and, not, comparisons and in, + and -, *, a
 * sign, values. Each part gives its kind; its value is then on top of the stack. */
#include "expr_parse.h"

#include "gt_assert.h"

static const struct gt_expr_kind nothing = {GT_EXPR_NULL, NULL}, truth = {GT_EXPR_BOOL, NULL};

const char *gt_expr_type_name(enum gt_expr_type type)
{
	switch (type) {
	case GT_EXPR_NULL:
		return "null";
	case GT_EXPR_BOOL:
		return gt_bi("a condition", "条件");
	case GT_EXPR_INT:
		return gt_bi("a whole number", "整数");
	case GT_EXPR_DECIMAL:
		return gt_bi("a number", "数值");
	case GT_EXPR_TEXT_TYPE:
		return gt_bi("a text", "文本");
	case GT_EXPR_DATE:
		return gt_bi("a date", "日期");
	case GT_EXPR_TIME:
		return gt_bi("a time", "时间");
	}
	return "";
}

static bool is_number(struct gt_expr_kind kind)
{
	return kind.type == GT_EXPR_INT || kind.type == GT_EXPR_DECIMAL;
}

bool gt_kinds_join(struct gt_expr_kind a, struct gt_expr_kind b, struct gt_expr_kind *both)
{
	*both = a.type == GT_EXPR_NULL ? b : a;
	if (a.type == GT_EXPR_NULL || b.type == GT_EXPR_NULL)
		return true;
	if (is_number(a) && is_number(b)) {
		both->type = a.type == b.type ? a.type : GT_EXPR_DECIMAL;
		both->unit = a.unit ? a.unit : b.unit;
		return !a.unit || !b.unit || a.unit == b.unit;
	}
	return a.type == b.type;
}

void gt_parser_emit(struct gt_parser *p, enum gt_expr_code code, size_t takes, uint32_t arg)
{
	if (p->failed)
		return;
	if (p->op_count == GT_EXPR_OPS || p->depth - takes == GT_EXPR_STACK) {
		gt_expr_error(p, p->token.at, GT_E_EXPR_LONG,
			GT_TEXT("%d", p->op_count == GT_EXPR_OPS ? GT_EXPR_OPS : GT_EXPR_STACK));
		return;
	}
	GT_ASSERT(takes <= p->depth);
	p->depth = p->depth - takes + 1;
	p->ops[p->op_count++] =
		(struct gt_expr_op){.code = (uint8_t)code, .count = (uint8_t)takes, .arg = arg};
}

/* As many as there are operations: `in` has one operation and a constant for each item, so these
 * are counted here. */
uint32_t gt_parser_constant(struct gt_parser *p, struct gt_value value)
{
	if (p->constant_count == GT_EXPR_OPS) {
		gt_expr_error(p, p->token.at, GT_E_EXPR_LONG, GT_TEXT("%d", GT_EXPR_OPS));
		return 0;
	}
	p->constants[p->constant_count] = value;
	return (uint32_t)p->constant_count++;
}

bool gt_parser_expect(struct gt_parser *p, const char *symbol)
{
	if (!gt_token_is(p, symbol))
		gt_expr_error(p, p->token.at, GT_E_EXPR_EXPECTED, symbol, gt_token_shown(p));
	else
		gt_token_next(p);
	return !p->failed;
}

static void types_error(struct gt_parser *p, size_t at, const char *operator, struct gt_expr_kind a,
	struct gt_expr_kind b)
{
	char left[100], right[100];

	if (is_number(a) && is_number(b) && a.unit && b.unit && a.unit != b.unit)
		gt_expr_error(p, at, GT_E_EXPR_UNITS, operator,
			gt_text(left, sizeof left, "%.*s", GT_STR_ARGS(a.unit->name)),
			gt_text(right, sizeof right, "%.*s", GT_STR_ARGS(b.unit->name)));
	else
		gt_expr_error(p, at, GT_E_EXPR_TYPES, operator, gt_expr_type_name(a.type),
			gt_expr_type_name(b.type));
}

static struct gt_expr_kind name(struct gt_parser *p)
{
	const struct gt_expr_scope *scope = p->scope;
	struct gt_expr_kind kind = nothing;
	uint32_t id = 0;
	size_t i = 0;

	if (!scope->name(scope->arg, p->token.text, &id, &kind)) {
		const char *names[GT_EXPR_NAMES];
		size_t n = scope->names ? scope->names(scope->arg, names, GT_EXPR_NAMES) : 0;
		const char *near = gt_nearest(p->token.text, names, n);
		gt_expr_error(p, p->token.at, near ? GT_E_EXPR_NAME_NEAR : GT_E_EXPR_NAME,
			gt_token_shown(p), near);
		return nothing;
	}
	gt_parser_emit(p, GT_OP_NAME, 0, id);
	while (i < p->name_count && p->names[i] != id)
		i++;
	if (i == p->name_count && i < GT_EXPR_OPS)
		p->names[p->name_count++] = id;
	gt_token_next(p);
	return kind;
}

static struct gt_expr_kind constant(
	struct gt_parser *p, struct gt_value value, enum gt_expr_type type)
{
	gt_parser_emit(p, GT_OP_CONSTANT, 0, gt_parser_constant(p, value));
	gt_token_next(p);
	return (struct gt_expr_kind){type, NULL};
}

/* A number, a text, true, false or null; false: the token is none of them. */
static bool literal(struct gt_parser *p, struct gt_value *value, enum gt_expr_type *type)
{
	if (p->token.kind == GT_TOKEN_NUMBER) {
		if (!gt_number_literal(p->token.text, value))
			gt_expr_error(p, p->token.at, GT_E_EXPR_DIGITS, gt_token_shown(p),
				GT_TEXT("%d", GT_EXPR_DIGITS));
		*type = value->scale ? GT_EXPR_DECIMAL : GT_EXPR_INT;
	} else if (p->token.kind == GT_TOKEN_TEXT) {
		*value = gt_value_text(gt_text_literal(p, p->token.text));
		*type = GT_EXPR_TEXT_TYPE;
	} else if (gt_token_is(p, "true") || gt_token_is(p, "false")) {
		*value = (struct gt_value){.kind = GT_BOOL, .number = gt_token_is(p, "true")};
		*type = GT_EXPR_BOOL;
	} else if (gt_token_is(p, "null")) {
		*value = (struct gt_value){.kind = GT_NULL};
		*type = GT_EXPR_NULL;
	} else {
		return false;
	}
	return true;
}

static bool is_call(const struct gt_parser *p)
{
	return p->token.kind == GT_TOKEN_NAME && p->next < p->text.n && p->text.p[p->next] == '(';
}

static bool is_word_of_language(const struct gt_parser *p)
{
	return p->token.kind == GT_TOKEN_NAME &&
	       (gt_token_is(p, "and") || gt_token_is(p, "or") || gt_token_is(p, "not") ||
		       gt_token_is(p, "in"));
}

static struct gt_expr_kind value(struct gt_parser *p)
{
	struct gt_value v = {.kind = GT_NULL};
	enum gt_expr_type type = GT_EXPR_NULL;
	struct gt_expr_kind kind;

	if (literal(p, &v, &type))
		return constant(p, v, type);
	if (is_call(p))
		return gt_parse_call(p);
	if (gt_token_is(p, "(")) {
		gt_token_next(p);
		kind = gt_parse_expr(p);
		gt_parser_expect(p, ")");
		return kind;
	}
	if (p->token.kind == GT_TOKEN_QUOTED ||
		(p->token.kind == GT_TOKEN_NAME && !is_word_of_language(p)))
		return name(p);
	gt_expr_error(
		p, p->token.at, GT_E_EXPR_EXPECTED, gt_bi("a value", "一个值"), gt_token_shown(p));
	return nothing;
}

static struct gt_expr_kind signed_value(struct gt_parser *p)
{
	size_t at = p->token.at;
	struct gt_expr_kind kind;

	if (!gt_token_is(p, "-"))
		return value(p);
	gt_token_next(p);
	kind = value(p);
	if (!is_number(kind))
		types_error(p, at, "-", nothing, kind);
	gt_parser_emit(p, GT_OP_NEGATE, 1, 0);
	return kind;
}

static struct gt_expr_kind product(struct gt_parser *p)
{
	struct gt_expr_kind a = signed_value(p);

	while (!p->failed && gt_token_is(p, "*")) {
		size_t at = p->token.at;
		gt_token_next(p);
		struct gt_expr_kind b = signed_value(p);
		if (!is_number(a) || !is_number(b))
			types_error(p, at, "*", a, b);
		gt_parser_emit(p, GT_OP_MULTIPLY, 2, 0);
		a.type = a.type == b.type ? a.type : GT_EXPR_DECIMAL;
		/* metres × metres are no metres */
		a.unit = a.unit && b.unit ? NULL : a.unit ? a.unit : b.unit;
	}
	return a;
}

/* What + or - do with these two; the kind of the result to *a. False: nothing. */
static bool addition(
	bool plus, struct gt_expr_kind *a, struct gt_expr_kind b, enum gt_expr_code *code)
{
	if (is_number(*a) && is_number(b)) {
		*code = plus ? GT_OP_ADD : GT_OP_SUBTRACT;
		return gt_kinds_join(*a, b, a);
	}
	if (plus && a->type == GT_EXPR_TEXT_TYPE && b.type == GT_EXPR_TEXT_TYPE) {
		*code = GT_OP_JOIN;
		return true;
	}
	if (a->type == GT_EXPR_DATE && b.type == GT_EXPR_INT) {
		*code = plus ? GT_OP_LATER : GT_OP_EARLIER;
		return true;
	}
	if (plus || a->type != b.type || (a->type != GT_EXPR_DATE && a->type != GT_EXPR_TIME))
		return false;
	*code = a->type == GT_EXPR_DATE ? GT_OP_DAYS : GT_OP_SECONDS;
	a->type = a->type == GT_EXPR_DATE ? GT_EXPR_INT : GT_EXPR_DECIMAL;
	return true;
}

static struct gt_expr_kind sum(struct gt_parser *p)
{
	struct gt_expr_kind a = product(p);

	while (!p->failed && (gt_token_is(p, "+") || gt_token_is(p, "-"))) {
		size_t at = p->token.at;
		bool plus = gt_token_is(p, "+");
		enum gt_expr_code code = GT_OP_ADD;
		gt_token_next(p);
		struct gt_expr_kind b = product(p), was = a;
		if (!p->failed && !addition(plus, &a, b, &code))
			types_error(p, at, plus ? "+" : "-", was, b);
		gt_parser_emit(p, code, 2, 0);
	}
	return a;
}

/* ['a', 'b']: one operation over constants that stand behind each other. */
static void members(struct gt_parser *p, size_t at, struct gt_expr_kind kind)
{
	uint32_t first = (uint32_t)p->constant_count;

	gt_parser_expect(p, "[");
	while (!p->failed) {
		struct gt_value v = {.kind = GT_NULL};
		enum gt_expr_type type = GT_EXPR_NULL;
		struct gt_expr_kind both;
		bool minus = gt_token_is(p, "-");
		if (minus)
			gt_token_next(p);
		if (!literal(p, &v, &type) || type == GT_EXPR_NULL ||
			(minus && v.kind != GT_DECIMAL)) {
			gt_expr_error(p, p->token.at, GT_E_EXPR_LITERAL, gt_token_shown(p));
			return;
		}
		if (!gt_kinds_join(kind, (struct gt_expr_kind){type, NULL}, &both))
			types_error(p, at, "in", kind, (struct gt_expr_kind){type, NULL});
		v.number = minus ? -v.number : v.number;
		(void)gt_parser_constant(p, v);
		gt_token_next(p);
		if (!gt_token_is(p, ","))
			break;
		gt_token_next(p);
	}
	gt_parser_expect(p, "]");
	if (p->constant_count - first > UINT8_MAX)
		gt_expr_error(p, at, GT_E_EXPR_LONG, GT_TEXT("%d", UINT8_MAX));
	gt_parser_emit(p, GT_OP_IN, 1, first);
	/* How many constants; the stack is set already. */
	if (!p->failed)
		p->ops[p->op_count - 1].count = (uint8_t)(p->constant_count - first);
}

static struct gt_expr_kind comparison(struct gt_parser *p)
{
	static const char *const symbols[] = {"==", "!=", "<", "<=", ">", ">="};
	struct gt_expr_kind a = sum(p), b, both;
	size_t at = p->token.at, i = 0;

	if (gt_token_is(p, "in")) {
		gt_token_next(p);
		if (a.type == GT_EXPR_NULL)
			types_error(p, at, "in", a, a);
		members(p, at, a);
		return truth;
	}
	while (i < 6 && !gt_token_is(p, symbols[i]))
		i++;
	if (i == 6)
		return a;
	gt_token_next(p);
	b = sum(p);
	/* Whether a value is there at all is asked with has(). Texts have no order. */
	if (a.type == GT_EXPR_NULL || b.type == GT_EXPR_NULL || !gt_kinds_join(a, b, &both) ||
		(i > 1 && (both.type == GT_EXPR_TEXT_TYPE || both.type == GT_EXPR_BOOL)))
		types_error(p, at, symbols[i], a, b);
	gt_parser_emit(p, (enum gt_expr_code)(GT_OP_EQUAL + i), 2, 0);
	return truth;
}

static void condition(struct gt_parser *p, size_t at, const char *operator, struct gt_expr_kind a)
{
	if (a.type != GT_EXPR_BOOL)
		types_error(p, at, operator, truth, a);
}

static struct gt_expr_kind negation(struct gt_parser *p)
{
	size_t at = p->token.at;
	bool odd = false, any = false;
	struct gt_expr_kind a;

	for (; gt_token_is(p, "not"); gt_token_next(p)) {
		odd = !odd;
		any = true;
	}
	a = comparison(p);
	if (any)
		condition(p, at, "not", a);
	if (odd)
		gt_parser_emit(p, GT_OP_NOT, 1, 0);
	return a;
}

static struct gt_expr_kind joined(struct gt_parser *p, const char *word, enum gt_expr_code code,
	struct gt_expr_kind part(struct gt_parser *))
{
	struct gt_expr_kind a = part(p);

	while (!p->failed && gt_token_is(p, word)) {
		size_t at = p->token.at;
		condition(p, at, word, a);
		gt_token_next(p);
		condition(p, at, word, part(p));
		gt_parser_emit(p, code, 2, 0);
	}
	return a;
}

static struct gt_expr_kind conjunction(struct gt_parser *p)
{
	return joined(p, "and", GT_OP_AND, negation);
}

struct gt_expr_kind gt_parse_expr(struct gt_parser *p)
{
	struct gt_expr_kind kind;

	if (p->failed)
		return nothing;
	if (p->nesting == GT_EXPR_NESTING) {
		gt_expr_error(p, p->token.at, GT_E_EXPR_NESTING, GT_TEXT("%d", GT_EXPR_NESTING));
		return nothing;
	}
	p->nesting++;
	kind = joined(p, "or", GT_OP_OR, conjunction);
	p->nesting--;
	return kind;
}
