#include "members.h"

#include <guantong/json.h>

#define PATH_MAX_ 256u
#define DEPTH 8u

struct walk {
	struct gt_str s;
	size_t at;
	char path[PATH_MAX_];
	size_t prefix[DEPTH]; /* of each open object: how much of path names it */
	size_t depth, n;      /* n: length of the path of the member at hand, 0 = too long */
	gt_field_fn *sink;
	void *arg;
};

/* The next byte that is no white space; none at the end. */
static int peek(struct walk *w)
{
	while (w->at < w->s.n && strchr(" \t\r\n", w->s.p[w->at]) && w->s.p[w->at])
		w->at++;
	return w->at < w->s.n ? (unsigned char)w->s.p[w->at] : -1;
}

/* Behind the string that begins here. */
static struct gt_str string(struct walk *w)
{
	size_t from = w->at++;
	while (w->at < w->s.n && w->s.p[w->at] != '"')
		w->at += w->s.p[w->at] == '\\' ? 2 : 1;
	w->at = w->at < w->s.n ? w->at + 1 : w->s.n;
	return gt_str(w->s.p + from, w->at - from);
}

/* Behind the array or object that begins here, or behind a scalar, at a comma or bracket. */
static void skip(struct walk *w)
{
	size_t open = 0;
	for (int c; (c = peek(w)) >= 0;) {
		if (open == 0 && (c == ',' || c == '}' || c == ']'))
			return;
		if (c == '"') {
			(void)string(w);
			continue;
		}
		open += c == '{' || c == '[';
		open -= c == '}' || c == ']';
		w->at++;
	}
}

/* The member's name joins the path of its object. */
static void name(struct walk *w)
{
	size_t base = w->prefix[w->depth - 1], dot = base ? 1 : 0;
	struct gt_str lexeme = string(w);
	w->n = 0;
	if (base + dot + lexeme.n > PATH_MAX_)
		return;
	if (dot)
		w->path[base] = '.';
	w->n = base + dot;
	w->n += gt_json_scalar(lexeme, w->path + w->n, PATH_MAX_ - w->n).n;
}

/* The value of the member at hand: an object is entered, all else is told. */
static void value(struct walk *w)
{
	if (peek(w) == '{' && w->n && w->depth < DEPTH) {
		size_t open = w->at++;
		if (peek(w) != '}') {
			w->prefix[w->depth++] = w->n;
			return;
		}
		w->at = open;
	}
	if (w->n)
		w->sink(w->arg, gt_str(w->path, w->n));
	skip(w);
}

void members_of(struct gt_str record, gt_field_fn *sink, void *arg)
{
	struct walk w = {.s = record, .sink = sink, .arg = arg, .depth = 1};
	if (peek(&w) != '{')
		return;
	w.at++;
	for (int c; w.depth > 0 && (c = peek(&w)) >= 0;) {
		if (c == '"') {
			name(&w);
			if (peek(&w) != ':')
				return;
			w.at++;
			value(&w);
			continue;
		}
		w.depth -= c == '}';
		w.at++;
	}
}
