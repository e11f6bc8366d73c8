/* expr_lex.c: an expression's text to tokens, and mistakes to their columns. */
#include "expr_parse.h"

static size_t characters(const char *p, size_t bytes)
{
	size_t n = 0;

	for (size_t i = 0; i < bytes; i++)
		n += ((unsigned char)p[i] & 0xC0) != 0x80;
	return n;
}

void gt_parser_error(struct gt_parser *p, size_t at, struct gt_failure failure)
{
	struct gt_pos pos = p->pos;

	if (p->failed)
		return;
	p->failed = true;
	/* A text of several lines (a YAML block) has its mistakes told at its beginning. */
	if (!memchr(p->text.p, '\n', p->text.n))
		pos.column += (uint32_t)characters(p->text.p, at);
	gt_diags_add_with(p->scope->diags, pos, failure);
}

const char *gt_token_shown(const struct gt_parser *p)
{
	struct gt_str text = {p->text.p + p->token.at, p->next - p->token.at};

	if (p->token.kind == GT_TOKEN_END)
		return gt_bi("the end", "结尾");
	return gt_arena_copy(p->scope->memory, text).p;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       ((unsigned char)c & 0x80);
}

/* The byte behind a quoted text or name; 0 = it does not end. */
static size_t quoted_end(const struct gt_parser *p, size_t from, char quote)
{
	for (size_t i = from + 1; i < p->text.n; i++) {
		if (p->text.p[i] != quote)
			continue;
		/* Doubled, it is one of the text; names have none. */
		if (quote == '`' || i + 1 == p->text.n || p->text.p[i + 1] != quote)
			return i + 1;
		i++;
	}
	return 0;
}

static size_t number_end(const struct gt_parser *p, size_t i)
{
	while (i < p->text.n && is_digit(p->text.p[i]))
		i++;
	if (i + 1 < p->text.n && p->text.p[i] == '.' && is_digit(p->text.p[i + 1]))
		for (i++; i < p->text.n && is_digit(p->text.p[i]);)
			i++;
	return i;
}

static size_t symbol_end(const struct gt_parser *p, size_t i)
{
	static const char *const two[] = {"<=", ">=", "==", "!="};

	for (size_t k = 0; k < sizeof two / sizeof *two; k++)
		if (i + 1 < p->text.n && memcmp(p->text.p + i, two[k], 2) == 0)
			return i + 2;
	return strchr("()[],+-*<>", p->text.p[i]) && p->text.p[i] ? i + 1 : 0;
}

static void quoted(struct gt_parser *p, size_t i, enum gt_token_kind kind)
{
	size_t end = quoted_end(p, i, p->text.p[i]);

	if (!end) {
		p->token.kind = GT_TOKEN_WRONG;
		gt_expr_error(p, i, GT_E_EXPR_OPEN);
		return;
	}
	p->token.kind = kind;
	p->token.text = gt_str(p->text.p + i + 1, end - i - 2);
	p->next = end;
}

void gt_token_next(struct gt_parser *p)
{
	size_t i = p->next;
	char c;

	while (i < p->text.n && (p->text.p[i] == ' ' || p->text.p[i] == '\n'))
		i++;
	p->token = (struct gt_token){.at = i};
	p->next = i;
	if (i == p->text.n)
		return;
	c = p->text.p[i];
	if (c == '\'' || c == '`') {
		quoted(p, i, c == '`' ? GT_TOKEN_QUOTED : GT_TOKEN_TEXT);
		return;
	}
	if (is_digit(c)) {
		p->token.kind = GT_TOKEN_NUMBER;
		p->next = number_end(p, i);
	} else if (is_name(c)) {
		p->token.kind = GT_TOKEN_NAME;
		while (p->next < p->text.n &&
			(is_name(p->text.p[p->next]) || is_digit(p->text.p[p->next]) ||
				p->text.p[p->next] == '.'))
			p->next++;
	} else if ((p->next = symbol_end(p, i)) > i) {
		p->token.kind = GT_TOKEN_SYMBOL;
	} else {
		p->next = i + 1;
		p->token.kind = GT_TOKEN_WRONG;
		gt_expr_error(p, i, GT_E_EXPR_CHARACTER, gt_token_shown(p));
	}
	p->token.text = gt_str(p->text.p + i, p->next - i);
}

bool gt_token_is(const struct gt_parser *p, const char *word)
{
	return (p->token.kind == GT_TOKEN_SYMBOL || p->token.kind == GT_TOKEN_NAME) &&
	       gt_str_eq(p->token.text, gt_cstr(word));
}

bool gt_number_literal(struct gt_str text, struct gt_value *value)
{
	int64_t sum = 0;
	unsigned scale = 0, digits = 0;
	bool point = false;

	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '.') {
			point = true;
			continue;
		}
		if (digits == GT_EXPR_DIGITS)
			return false;
		digits += sum > 0 || text.p[i] > '0';
		scale += point;
		if (scale > GT_EXPR_DIGITS)
			return false;
		sum = sum * 10 + (text.p[i] - '0');
	}
	while (scale > 0 && sum % 10 == 0) {
		sum /= 10;
		scale--;
	}
	*value = (struct gt_value){.kind = GT_DECIMAL, .scale = (uint8_t)scale, .number = sum};
	return true;
}

struct gt_str gt_text_literal(struct gt_parser *p, struct gt_str quoted)
{
	char *out = gt_arena_alloc(p->scope->memory, quoted.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < quoted.n; i++) {
		out[n++] = quoted.p[i];
		if (quoted.p[i] == '\'')
			i++;
	}
	out[n] = '\0';
	return gt_str(out, n);
}
