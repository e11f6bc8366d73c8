/* expr_parse.h: what the parts of the expression compiler share; not for others. Control path. */
#ifndef GT_STANDARD_EXPR_PARSE_H
#define GT_STANDARD_EXPR_PARSE_H

#include "expr.h"

enum gt_token_kind {
	GT_TOKEN_END,
	GT_TOKEN_NUMBER,
	GT_TOKEN_TEXT, /* text: between the quotes, doubled ones still doubled */
	GT_TOKEN_NAME,
	GT_TOKEN_QUOTED, /* a name in backquotes */
	GT_TOKEN_SYMBOL,
	GT_TOKEN_WRONG /* told */
};

struct gt_token {
	enum gt_token_kind kind;
	struct gt_str text;
	size_t at; /* byte offset */
};

/* An expression on its way to a program. */
struct gt_parser {
	const struct gt_expr_scope *scope;
	struct gt_str text;
	struct gt_pos pos;
	size_t next; /* byte behind the token */
	struct gt_token token;
	bool failed; /* one mistake is told for each expression: the rest would follow from it */
	unsigned nesting;
	size_t depth; /* of the stack */
	struct gt_expr_op ops[GT_EXPR_OPS];
	size_t op_count;
	struct gt_value constants[GT_EXPR_OPS];
	size_t constant_count;
	void *patterns[GT_EXPR_OPS];
	size_t pattern_count;
	struct gt_expr_conversion conversions[GT_EXPR_OPS];
	size_t conversion_count;
	uint32_t names[GT_EXPR_OPS];
	size_t name_count;
};

/* expr_lex.c */
void gt_token_next(struct gt_parser *p);
bool gt_token_is(const struct gt_parser *p, const char *word); /* a symbol or a bare name */
/* A mistake at a byte of the text, unless there is one already. */
void gt_parser_error(struct gt_parser *p, size_t at, struct gt_failure failure);
#define gt_expr_error(p, at, ...) gt_parser_error((p), (at), (struct gt_failure){__VA_ARGS__})
/* What stands there, for messages. */
const char *gt_token_shown(const struct gt_parser *p);
/* A decimal constant without trailing zeros; false: too many digits. */
bool gt_number_literal(struct gt_str text, struct gt_value *value) GT_MUST_CHECK;
/* The text between quotes with '' as ', in the scope's memory. */
struct gt_str gt_text_literal(struct gt_parser *p, struct gt_str quoted);

/* expr_parse.c */
struct gt_expr_kind gt_parse_expr(struct gt_parser *p);
void gt_parser_emit(struct gt_parser *p, enum gt_expr_code code, size_t takes, uint32_t arg);
uint32_t gt_parser_constant(struct gt_parser *p, struct gt_value value);
bool gt_parser_expect(struct gt_parser *p, const char *symbol);
/* The kind that both are; false: they do not go together. */
bool gt_kinds_join(
	struct gt_expr_kind a, struct gt_expr_kind b, struct gt_expr_kind *both) GT_MUST_CHECK;

/* expr_call.c: the current token is the name of a function, behind it stands "(". */
struct gt_expr_kind gt_parse_call(struct gt_parser *p);

#endif
