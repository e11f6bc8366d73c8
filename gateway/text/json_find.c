/* json_find.c: lexemes at paths, in one strict pass over a whole document. */
#include "json_lex.h"

#include "gt_assert.h"

#include <guantong/charset.h>

struct find {
	struct gt_lex lex;
	const struct gt_str *paths;
	size_t count;
	struct gt_str *lexemes;
};

/* Paths that go on below the value at hand: rest[i].n bytes of path i are still to match, p NULL =
 * path i does not come by here. */
#define PATHS_MAX 32u

static void object(struct find *find, const struct gt_str *rest, unsigned depth);

/* The value at the cursor; rest as above, n = 0: this is the value that path i names. */
static void value(struct find *find, const struct gt_str *rest, unsigned depth)
{
	struct gt_lex *lex = &find->lex;
	bool deeper = false;
	gt_lex_space(lex);
	for (size_t i = 0; i < find->count; i++)
		deeper |= rest[i].p && rest[i].n > 0;
	const char *from = lex->at;
	if (deeper && depth < GT_JSON_DEPTH_MAX && from < lex->end && *from == '{')
		object(find, rest, depth);
	else
		gt_lex_value(lex, GT_JSON_DEPTH_MAX - depth);
	if (lex->broken)
		return;
	for (size_t i = 0; i < find->count; i++) {
		if (!rest[i].p || rest[i].n > 0)
			continue;
		if (find->lexemes[i].p) {
			gt_fail(lex->err, GT_E_JSON_TWICE,
				GT_TEXT("%.*s", GT_STR_ARGS(find->paths[i])));
			lex->broken = true;
			return;
		}
		find->lexemes[i] = gt_str(from, (size_t)(lex->at - from));
	}
}

static struct gt_str below(struct gt_str path, struct gt_str key)
{
	const char *dot = path.n ? memchr(path.p, '.', path.n) : NULL;
	size_t n = dot ? (size_t)(dot - path.p) : path.n;
	if (!path.p || path.n == 0 || !gt_json_key_is(key, gt_str(path.p, n)))
		return (struct gt_str){0};
	return dot ? gt_str(dot + 1, path.n - n - 1) : gt_str(path.p + n, 0);
}

static void object(struct find *find, const struct gt_str *rest, unsigned depth)
{
	struct gt_lex *lex = &find->lex;
	struct gt_str next[PATHS_MAX] = {{0}};
	lex->at++;
	if (gt_lex_take(lex, '}'))
		return;
	do {
		gt_lex_space(lex);
		struct gt_str key = gt_lex_string(lex);
		if (!gt_lex_take(lex, ':'))
			gt_lex_fail(lex);
		if (lex->broken)
			return;
		for (size_t i = 0; i < find->count; i++)
			next[i] = below(rest[i], key);
		value(find, next, depth + 1);
	} while (gt_lex_take(lex, ','));
	if (!gt_lex_take(lex, '}'))
		gt_lex_fail(lex);
}

bool gt_json_find(struct gt_str document, const struct gt_str *paths, size_t count,
	struct gt_str *lexemes, struct gt_err *err)
{
	struct gt_str found[PATHS_MAX] = {{0}};
	GT_ASSERT(count <= PATHS_MAX);
	if (!document.p)
		document = GT_LIT(""); /* pointers into nothing cannot be moved */
	if (document.n >= 3 && memcmp(document.p, "\xEF\xBB\xBF", 3) == 0)
		document = gt_str(document.p + 3, document.n - 3);
	size_t bad = gt_utf8_bad(document);
	if (bad != SIZE_MAX)
		return gt_fail(err, GT_E_JSON_UNEXPECTED, GT_TEXT("%zu", bad));
	struct find find = {.paths = paths,
		.count = count,
		.lexemes = found,
		.lex = {document.p, document.p, document.p + document.n, err, false}};
	value(&find, paths, 0);
	gt_lex_space(&find.lex);
	if (!find.lex.broken && find.lex.at < find.lex.end)
		return gt_fail(err, GT_E_JSON_TRAILING,
			GT_TEXT("%zu", (size_t)(find.lex.at - document.p)));
	if (find.lex.broken)
		return false;
	memcpy(lexemes, found, count * sizeof(*lexemes));
	return true;
}

struct gt_str gt_json_scalar(struct gt_str lexeme, char *buf, size_t size)
{
	if (!lexeme.p || gt_str_eq(lexeme, GT_LIT("null")))
		return (struct gt_str){0};
	if (lexeme.p[0] == '"')
		return gt_str(buf, gt_json_unescape(gt_str(lexeme.p + 1, lexeme.n - 2), buf, size));
	size_t n = lexeme.n < size ? lexeme.n : size;
	memcpy(buf, lexeme.p, n);
	return gt_str(buf, n);
}
