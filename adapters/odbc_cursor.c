/* odbc_cursor.c: the resume position as a line of JSON: the pass under way with the key of the last
 * row that was taken, and what the last complete pass reached. Values stand there as the source
 * wrote them; those that are no text in hexadecimal digits behind U+0001. */
#include "odbc.h"

#include <stdio.h>

enum field {
	F_VERSION,
	F_OF,
	F_PASS,
	F_OPEN,
	F_SCAN,
	F_PAGES,
	F_ROWS,
	F_TOTAL,
	F_SEEN,
	F_FROM,
	F_UNTIL,
	F_TOP,
	F_HIGH,
	F_AT,
	F_COUNT = F_AT + ODBC_KEYS_MAX
};
static const char *const names[F_COUNT] = {"v", "of", "pass", "open", "scan", "pages", "rows",
	"total", "seen", "from", "until", "top", "high", "at0", "at1", "at2", "at3"};

/* What the position is a position of: 16 hex digits. */
static void origin(struct odbc *o, char out[17])
{
	const struct odbc_conf *c = &o->conf;
	unsigned char sum[EVP_MAX_MD_SIZE] = {0};
	const struct gt_texts lists[] = {c->cursor.field, c->key};
	const struct gt_str texts[] = {c->table, c->query, c->cursor.tie};

	(void)EVP_DigestInit_ex(o->md, EVP_sha256(), NULL);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		(void)EVP_DigestUpdate(o->md, texts[i].p, texts[i].n);
		(void)EVP_DigestUpdate(o->md, "", 1);
	}
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		for (size_t k = 0; k < lists[i].n; k++) {
			(void)EVP_DigestUpdate(o->md, lists[i].v[k].p, lists[i].v[k].n);
			(void)EVP_DigestUpdate(o->md, "", 1);
		}
		(void)EVP_DigestUpdate(o->md, "", 1);
	}
	(void)EVP_DigestUpdate(o->md, &c->cursor.layout, sizeof(c->cursor.layout));
	(void)EVP_DigestFinal_ex(o->md, sum, NULL);
	for (size_t i = 0; i < 8; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", sum[i]);
}

static void add_number(struct gt_line *line, enum field f, int64_t v)
{
	gt_line_put(line, f ? ",\"" : "{\"");
	gt_line_put(line, names[f]);
	gt_line_put(line, "\":");
	gt_line_number(line, v);
}

static void add_value(struct gt_line *line, int f, const struct odbc_value *v)
{
	struct gt_str s = gt_str(v->text, v->n);

	if (!v->given)
		return;
	gt_line_put(line, ",\"");
	gt_line_put(line, names[f]);
	gt_line_put(line, "\":\"");
	if (gt_utf8_bad(s) == SIZE_MAX && !memchr(s.p, '\1', s.n) && !memchr(s.p, '\0', s.n)) {
		gt_line_json(line, s);
	} else {
		gt_line_put(line, "\\u0001");
		for (size_t i = 0; i < s.n; i++)
			gt_line_put(line, GT_TEXT("%02x", (unsigned char)s.p[i]));
	}
	gt_line_put(line, "\"");
}

void odbc_cursor_write(struct odbc *o, struct gt_batch *batch)
{
	char text[GT_CURSOR_MAX], of[17];
	struct gt_line line = {text, 0, sizeof(text), false};
	const struct odbc_pass *p = &o->pass;
	bool open = o->phase != ODBC_BETWEEN;

	origin(o, of);
	add_number(&line, F_VERSION, 1);
	gt_line_put(&line, ",\"of\":\"");
	gt_line_put(&line, of);
	gt_line_put(&line, "\"");
	add_number(&line, F_PASS, (int64_t)p->number);
	add_number(&line, F_OPEN, open);
	add_number(&line, F_SEEN, o->ranged ? 0 : (int64_t)o->seen.n);
	if (open) {
		add_number(&line, F_SCAN, p->scan);
		add_number(&line, F_PAGES, (int64_t)p->pages);
		add_number(&line, F_ROWS, (int64_t)p->rows);
		add_number(&line, F_TOTAL, p->total);
		add_value(&line, F_FROM, &p->from);
		add_value(&line, F_UNTIL, &p->until);
		add_value(&line, F_TOP, &p->top);
		for (int i = 0; i < (int)ODBC_KEYS_MAX; i++)
			add_value(&line, F_AT + i, &p->at[i]);
	}
	add_value(&line, F_HIGH, &o->high);
	gt_line_put(&line, "}");
	/* Seven values of 256 bytes, even in hexadecimal digits, leave room. */
	gt_batch_cursor(batch, gt_str(text, line.n));
}

static int64_t number(const struct gt_str *lexemes, enum field f, int64_t none)
{
	int64_t v = none;

	if (lexemes[f].p && !gt_moment_parse(lexemes[f], GT_LAYOUT_NUMBER, 0, &v))
		return none;
	return v;
}

static int nibble(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 0;
}

static void value(const struct gt_str *lexemes, int f, struct odbc_value *out)
{
	char text[2 * ODBC_VALUE_MAX + 2];
	struct gt_str s = gt_json_scalar(lexemes[f], text, sizeof(text) - 1);

	*out = (struct odbc_value){.given = lexemes[f].p != NULL && lexemes[f].p[0] == '"'};
	if (s.n && s.p[0] == '\1') {
		for (size_t i = 1; i + 1 < s.n && out->n < ODBC_VALUE_MAX - 1; i += 2)
			out->text[out->n++] = (char)(nibble(s.p[i]) << 4 | nibble(s.p[i + 1]));
		return;
	}
	out->n = s.n < ODBC_VALUE_MAX ? s.n : ODBC_VALUE_MAX - 1;
	if (out->n)
		memcpy(out->text, s.p, out->n);
}

static void read_pass(struct odbc *o, const struct gt_str *lexemes)
{
	struct odbc_pass *p = &o->pass;

	p->scan = number(lexemes, F_SCAN, 0) == ODBC_NULLS ? ODBC_NULLS : ODBC_VALUES;
	p->pages = (uint64_t)number(lexemes, F_PAGES, 0);
	p->rows = (uint64_t)number(lexemes, F_ROWS, 0);
	p->total = number(lexemes, F_TOTAL, -1);
	value(lexemes, F_FROM, &p->from);
	value(lexemes, F_UNTIL, &p->until);
	value(lexemes, F_TOP, &p->top);
	for (int i = 0; i < (int)ODBC_KEYS_MAX; i++)
		value(lexemes, F_AT + i, &p->at[i]);
	p->changed = true;
	o->phase = ODBC_PAGE;
}

static void note(struct odbc *o, enum gt_code code)
{
	struct gt_err said;

	(void)gt_fail_with(&said, (struct gt_failure){.code = code, .a1 = o->label});
	gt_host_note(o->host, &said);
}

bool odbc_cursor_read(struct odbc *o, struct gt_str cursor, struct gt_err *err)
{
	struct gt_str paths[F_COUNT], lexemes[F_COUNT];
	char of[17], was[17 + 1];

	for (int i = 0; i < F_COUNT; i++)
		paths[i] = gt_cstr(names[i]);
	o->phase = ODBC_BETWEEN;
	if (!cursor.n)
		return true;
	if (!gt_json_find(cursor, paths, F_COUNT, lexemes, NULL) ||
		number(lexemes, F_VERSION, 0) != 1)
		return gt_fail(err, GT_E_ODBC_CURSOR);
	o->pass.number = (uint64_t)number(lexemes, F_PASS, 0);
	origin(o, of);
	if (!gt_str_eq(gt_json_scalar(lexemes[F_OF], was, sizeof(was)), gt_cstr(of))) {
		note(o, GT_E_ODBC_ANEW);
	} else {
		value(lexemes, F_HIGH, &o->high);
		if (number(lexemes, F_OPEN, 0))
			read_pass(o, lexemes);
	}
	int64_t seen = number(lexemes, F_SEEN, 0);
	if (seen < 0 || seen > (int64_t)GT_SEEN_MOST ||
		!gt_seen_load(&o->seen, o->host, (size_t)seen, INT64_MAX))
		note(o, GT_E_ODBC_SEEN_LOST);
	return true;
}
