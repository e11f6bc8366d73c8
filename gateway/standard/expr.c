/* expr.c: an expression as a whole: compiled, checked against where it stands, given up. */
#include "expr_parse.h"

#include "gt_assert.h"
#include "load.h"

#include <stdlib.h>

static const void *keep(struct gt_parser *p, const void *v, size_t n, size_t size)
{
	void *copy = gt_arena_alloc(p->scope->memory, (n + 1) * size);

	if (n)
		memcpy(copy, v, n * size);
	return copy;
}

static bool is_strict(const struct gt_parser *p)
{
	for (size_t i = 0; i < p->op_count; i++)
		switch (p->ops[i].code) {
		case GT_OP_AND:
		case GT_OP_OR:
		case GT_OP_IF:
		case GT_OP_COALESCE:
		case GT_OP_HAS:
			return false;
		default:
			break;
		}
	return true;
}

static struct gt_expr *finish(struct gt_parser *p, struct gt_expr_kind kind)
{
	struct gt_expr *expr = gt_arena_zalloc(p->scope->memory, sizeof *expr);

	*expr = (struct gt_expr){.text = p->text,
		.pos = p->pos,
		.kind = kind,
		.ops = keep(p, p->ops, p->op_count, sizeof *p->ops),
		.n = p->op_count,
		.constants = keep(p, p->constants, p->constant_count, sizeof *p->constants),
		.patterns = keep(p, p->patterns, p->pattern_count, sizeof *p->patterns),
		.pattern_count = p->pattern_count,
		.conversions = keep(p, p->conversions, p->conversion_count, sizeof *p->conversions),
		.names = keep(p, p->names, p->name_count, sizeof *p->names),
		.name_count = p->name_count,
		.zone_minutes = p->scope->zone_minutes,
		.strict = is_strict(p)};
	return expr;
}

struct gt_expr *gt_expr_compile(
	const struct gt_expr_scope *scope, struct gt_str text, struct gt_pos pos)
{
	struct gt_parser *p = gt_alloc(sizeof *p);
	struct gt_expr_kind kind = {GT_EXPR_NULL, NULL};
	struct gt_expr *expr = NULL;

	p->scope = scope;
	p->text = text;
	p->pos = pos;
	if (text.n > GT_EXPR_BYTES)
		gt_expr_error(p, 0, GT_E_EXPR_LONG, GT_TEXT("%d", GT_EXPR_BYTES));
	else
		gt_token_next(p);
	kind = gt_parse_expr(p);
	if (!p->failed && p->token.kind != GT_TOKEN_END)
		gt_expr_error(p, p->token.at, GT_E_EXPR_EXPECTED, gt_bi("an operator", "运算符"),
			gt_token_shown(p));
	if (!p->failed && kind.type == GT_EXPR_NULL)
		gt_expr_error(p, 0, GT_E_EXPR_NOTHING);
	GT_ASSERT(p->failed || p->depth == 1);
	if (!p->failed)
		expr = finish(p, kind);
	for (size_t i = 0; !expr && i < p->pattern_count; i++)
		gt_pattern_free(p->patterns[i]);
	free(p);
	return expr;
}

void gt_expr_fini(const struct gt_expr *expr)
{
	for (size_t i = 0; expr && i < expr->pattern_count; i++)
		gt_pattern_free(expr->patterns[i]);
}

struct gt_pos gt_expr_pos(const struct gt_yaml *node)
{
	struct gt_pos pos = node->pos;

	pos.column += node->quoted;
	return pos;
}

bool gt_expr_is_condition(const struct gt_expr *expr, struct gt_diags *diags)
{
	if (expr->kind.type == GT_EXPR_BOOL)
		return true;
	gt_diags_add(diags, expr->pos, GT_E_EXPR_RESULT, gt_expr_type_name(expr->kind.type),
		gt_expr_type_name(GT_EXPR_BOOL));
	return false;
}

struct gt_expr_kind gt_expr_kind_of(const struct gt_element *element)
{
	static const enum gt_expr_type types[] = {[GT_TYPE_TEXT] = GT_EXPR_TEXT_TYPE,
		[GT_TYPE_CODE] = GT_EXPR_TEXT_TYPE,
		[GT_TYPE_INT] = GT_EXPR_INT,
		[GT_TYPE_DECIMAL] = GT_EXPR_DECIMAL,
		[GT_TYPE_DATE] = GT_EXPR_DATE,
		[GT_TYPE_TIME] = GT_EXPR_TIME,
		[GT_TYPE_BOOL] = GT_EXPR_BOOL};

	return (struct gt_expr_kind){types[element->type], element->unit};
}

bool gt_expr_fits(
	const struct gt_expr *expr, const struct gt_element *element, struct gt_diags *diags)
{
	struct gt_expr_kind is = expr->kind, wanted = gt_expr_kind_of(element);
	char from[100], to[100];

	if (is.type == GT_EXPR_TEXT_TYPE)
		return true;
	if (is.type != wanted.type && !(is.type == GT_EXPR_INT && wanted.type == GT_EXPR_DECIMAL)) {
		gt_diags_add(diags, expr->pos, GT_E_EXPR_RESULT, gt_expr_type_name(is.type),
			gt_expr_type_name(wanted.type));
		return false;
	}
	if (!is.unit || (wanted.unit && gt_str_eq(is.unit->quantity, wanted.unit->quantity)))
		return true;
	gt_diags_add(diags, expr->pos, GT_E_EXPR_UNITS,
		gt_text(from, sizeof from, "%.*s", GT_STR_ARGS(element->name)),
		GT_TEXT("%.*s", GT_STR_ARGS(is.unit->name)),
		wanted.unit ? gt_text(to, sizeof to, "%.*s", GT_STR_ARGS(wanted.unit->name))
			    : gt_bi("no unit", "无单位"));
	return false;
}
