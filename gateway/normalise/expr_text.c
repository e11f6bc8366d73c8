/* expr_text.c: texts. Results are views of their arguments where they can be; what is written is at
 * most GT_EXPR_TEXT bytes long. All texts are UTF-8, and no operation cuts a character. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "expr_ops.h"

#include "clean.h"
#include "steps.h"

#include <pcre2.h>

/* Room for a text of n bytes. NULL: *out is the failure of too long a text, or *full. */
static char *room(struct gt_expr_run *run, const struct gt_expr_op *op, size_t n,
	struct gt_value *out, bool *full)
{
	char *p = NULL;

	*full = false;
	*out = gt_expr_fail(op);
	if (n > GT_EXPR_TEXT)
		return NULL;
	p = gt_arena_alloc(run->arena, n + 1);
	*full = p == NULL;
	return p;
}

bool gt_op_join(struct gt_expr_run *run, const struct gt_expr_op *op, const struct gt_value *in,
	struct gt_value *out)
{
	size_t n = (size_t)in[0].size + in[1].size;
	bool full;
	char *p = room(run, op, n, out, &full);

	if (!p)
		return !full;
	memcpy(p, in[0].text, in[0].size);
	memcpy(p + in[0].size, in[1].text, in[1].size);
	*out = gt_value_text(gt_str(p, n));
	return true;
}

bool gt_op_trim(struct gt_expr_run *run, const struct gt_expr_op *op, const struct gt_value *in,
	struct gt_value *out)
{
	(void)op;
	*out = gt_value_text(gt_clean_trim(gt_value_str(in), &run->flags));
	return true;
}

/* Of ASCII letters: what plates, codes and identifiers are made of. */
bool gt_op_case(struct gt_expr_run *run, const struct gt_expr_op *op, const struct gt_value *in,
	struct gt_value *out)
{
	char first = op->code == GT_OP_UPPER ? 'a' : 'A';
	bool full;
	char *p = room(run, op, in->size, out, &full);

	if (!p)
		return !full;
	for (size_t i = 0; i < in->size; i++) {
		char c = in->text[i];
		p[i] = c >= first && c <= first + 25 ? (char)(c ^ 0x20) : c;
	}
	*out = gt_value_text(gt_str(p, in->size));
	return true;
}

/* Where `piece` stands at or behind `from`; SIZE_MAX: nowhere. */
static size_t find(struct gt_str s, struct gt_str piece, size_t from)
{
	const char *at = memmem(s.p + from, s.n - from, piece.p, piece.n);

	return at ? (size_t)(at - s.p) : SIZE_MAX;
}

static size_t count(struct gt_str s, struct gt_str piece)
{
	size_t n = 0;

	for (size_t at = find(s, piece, 0); at != SIZE_MAX; at = find(s, piece, at + piece.n))
		n++;
	return n;
}

bool gt_op_replace(struct gt_expr_run *run, const struct gt_expr_op *op, const struct gt_value *in,
	struct gt_value *out)
{
	struct gt_str s = gt_value_str(&in[0]), old = gt_value_str(&in[1]),
		      new = gt_value_str(&in[2]);
	bool full;

	*out = gt_expr_fail(op);
	if (old.n == 0)
		return true;
	size_t times = count(s, old), from = 0, to = 0;
	char *p = room(run, op, s.n - times * old.n + times * new.n, out, &full);
	if (!p)
		return !full;
	for (size_t at = find(s, old, 0); at != SIZE_MAX; at = find(s, old, from)) {
		memcpy(p + to, s.p + from, at - from);
		to += at - from;
		memcpy(p + to, new.p, new.n);
		to += new.n;
		from = at + old.n;
	}
	memcpy(p + to, s.p + from, s.n - from);
	*out = gt_value_text(gt_str(p, to + s.n - from));
	return true;
}

bool gt_op_part(struct gt_expr_run *run, const struct gt_expr_op *op, const struct gt_value *in,
	struct gt_value *out)
{
	struct gt_str s = gt_value_str(&in[0]), separator = gt_value_str(&in[1]);
	int32_t place = (int32_t)op->arg;
	size_t from = 0, end;

	(void)run;
	*out = gt_expr_fail(op);
	if (separator.n == 0)
		return true;
	out->kind = GT_NULL;
	if (place < 0)
		place += (int32_t)count(s, separator) + 2;
	if (place < 1)
		return true;
	for (; place > 1; place--) {
		from = find(s, separator, from);
		if (from == SIZE_MAX)
			return true;
		from += separator.n;
	}
	end = find(s, separator, from);
	*out = gt_value_text(gt_str(s.p + from, (end == SIZE_MAX ? s.n : end) - from));
	return true;
}

/* The byte behind n characters. */
static size_t skip(struct gt_str s, size_t from, int64_t n)
{
	for (; from < s.n && n > 0; n--)
		for (from++; from < s.n && ((unsigned char)s.p[from] & 0xC0) == 0x80;)
			from++;
	return from;
}

bool gt_op_substring(struct gt_expr_run *run, const struct gt_expr_op *op,
	const struct gt_value *in, struct gt_value *out)
{
	struct gt_str s = gt_value_str(&in[0]);
	size_t from, end;

	(void)run;
	*out = gt_expr_fail(op);
	if (in[1].number < 1 || in[2].number < 0)
		return true;
	from = skip(s, 0, in[1].number - 1);
	end = skip(s, from, in[2].number);
	*out = gt_value_text(gt_str(s.p + from, end - from));
	return true;
}

bool gt_op_length(struct gt_expr_run *run, const struct gt_expr_op *op, const struct gt_value *in,
	struct gt_value *out)
{
	int64_t n = 0;

	(void)run;
	(void)op;
	for (size_t i = 0; i < in->size; i++)
		n += ((unsigned char)in->text[i] & 0xC0) != 0x80;
	*out = (struct gt_value){.kind = GT_DECIMAL, .number = n};
	return true;
}

bool gt_op_starts_with(struct gt_expr_run *run, const struct gt_expr_op *op,
	const struct gt_value *in, struct gt_value *out)
{
	(void)run;
	(void)op;
	*out = gt_expr_truth(
		in[1].size <= in[0].size && memcmp(in[0].text, in[1].text, in[1].size) == 0);
	return true;
}

bool gt_op_contains(struct gt_expr_run *run, const struct gt_expr_op *op, const struct gt_value *in,
	struct gt_value *out)
{
	(void)run;
	(void)op;
	*out = gt_expr_truth(find(gt_value_str(&in[0]), gt_value_str(&in[1]), 0) != SIZE_MAX);
	return true;
}

static int match(struct gt_expr_run *run, const struct gt_expr_op *op, const struct gt_value *in)
{
	return pcre2_match(run->expr->patterns[op->arg], (PCRE2_SPTR)in->text, in->size, 0,
		PCRE2_NO_UTF_CHECK, run->match, NULL);
}

bool gt_op_matches(struct gt_expr_run *run, const struct gt_expr_op *op, const struct gt_value *in,
	struct gt_value *out)
{
	int found = match(run, op, in);

	/* Beyond its limits of time and memory it is not known. */
	*out = found >= 0 || found == PCRE2_ERROR_NOMATCH ? gt_expr_truth(found >= 0)
							  : gt_expr_fail(op);
	return true;
}

/* The first bracket of the pattern, or what matches as a whole. */
bool gt_op_extract(struct gt_expr_run *run, const struct gt_expr_op *op, const struct gt_value *in,
	struct gt_value *out)
{
	int found = match(run, op, in);
	const PCRE2_SIZE *pairs = pcre2_get_ovector_pointer(run->match);
	size_t which = found != 1 && pairs[2] != PCRE2_UNSET ? 2 : 0;

	*out = gt_expr_fail(op);
	if (found == PCRE2_ERROR_NOMATCH)
		out->kind = GT_NULL;
	else if (found >= 0 && pairs[which] <= pairs[which + 1])
		*out = gt_value_text(
			gt_str(in->text + pairs[which], pairs[which + 1] - pairs[which]));
	return true;
}

bool gt_op_text(struct gt_expr_run *run, const struct gt_expr_op *op, const struct gt_value *in,
	struct gt_value *out)
{
	char words[64];
	struct gt_str text = gt_value_words(in, words);

	(void)op;
	text = gt_arena_copy(run->arena, text);
	*out = gt_value_text(text);
	return text.p != NULL;
}
