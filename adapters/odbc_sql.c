/* odbc_sql.c: statements as text. Names are quoted as the driver says, values are parameters;
 * only where: and query: are the operator's own words, and those must be one statement. */
#include "odbc.h"

#include <ctype.h>

/* --- what an operator wrote ----------------------------------------------------------------- */

/* Behind the quote that begins at i; s.n if it never ends. A doubled quote is part of it. */
static size_t skip_quoted(struct gt_str s, size_t i)
{
	char quote = s.p[i];

	for (i++; i < s.n; i++) {
		if (s.p[i] != quote)
			continue;
		if (i + 1 < s.n && s.p[i + 1] == quote)
			i++;
		else
			return i + 1;
	}
	return SIZE_MAX;
}

/* Behind a comment that begins at i, or i if none does. */
static size_t skip_comment(struct gt_str s, size_t i)
{
	if (i + 1 >= s.n)
		return i;
	if (s.p[i] == '-' && s.p[i + 1] == '-') {
		while (i < s.n && s.p[i] != '\n')
			i++;
	} else if (s.p[i] == '/' && s.p[i + 1] == '*') {
		for (i += 2; i + 1 < s.n; i++)
			if (s.p[i] == '*' && s.p[i + 1] == '/')
				return i + 2;
		return SIZE_MAX;
	}
	return i;
}

static bool begins_with(struct gt_str s, const char *word)
{
	size_t n = strlen(word);

	if (s.n < n || (s.n > n && (isalnum((unsigned char)s.p[n]) || s.p[n] == '_')))
		return false;
	for (size_t i = 0; i < n; i++)
		if (toupper((unsigned char)s.p[i]) != word[i])
			return false;
	return true;
}

/* NULL, or what is wrong with it. */
static const char *fault(struct gt_str s)
{
	int depth = 0;

	for (size_t i = 0; i < s.n;) {
		size_t behind = skip_comment(s, i);

		if (behind == i && (s.p[i] == '\'' || s.p[i] == '"' || s.p[i] == '`'))
			behind = skip_quoted(s, i);
		if (behind == SIZE_MAX)
			return "' \" `";
		if (behind > i) {
			i = behind;
			continue;
		}
		depth += (s.p[i] == '(') - (s.p[i] == ')');
		if (depth < 0)
			return ")";
		if (s.p[i] == ';' || s.p[i] == '?' || s.p[i] == '\0')
			return s.p[i] == ';' ? ";" : s.p[i] == '?' ? "?" : "NUL";
		i++;
	}
	return depth ? "(" : NULL;
}

bool odbc_sql_check(struct gt_str *text, bool condition, const char *option, struct gt_err *err)
{
	struct gt_str s = *text, first;
	const char *wrong;

	while (s.n && (isspace((unsigned char)s.p[s.n - 1]) || s.p[s.n - 1] == ';'))
		s.n--;
	first = s;
	for (;;) {
		size_t i = 0;

		while (i < first.n && isspace((unsigned char)first.p[i]))
			i++;
		size_t behind = skip_comment(first, i);
		if (behind == SIZE_MAX)
			break;
		first = gt_str(first.p + behind, first.n - behind);
		if (behind == i)
			break;
	}
	if (!condition && !begins_with(first, "SELECT") && !begins_with(first, "WITH"))
		return gt_fail(err, GT_E_ODBC_NOT_ONE, option, "SELECT … / WITH …");
	wrong = fault(s);
	if (wrong)
		return gt_fail(err, GT_E_ODBC_NOT_ONE, option, wrong);
	*text = s;
	return true;
}

/* --- names ---------------------------------------------------------------------------------- */

/* doubled: the part stood in quotes, "" in it is one. */
static void put_part(struct gt_line *line, struct gt_str part, bool doubled, const char *quote)
{
	size_t n = strlen(quote);

	gt_line_put(line, quote);
	for (size_t i = 0; i < part.n; i++) {
		gt_line_add(line, gt_str(part.p + i, 1));
		if (n == 1 && part.p[i] == quote[0])
			gt_line_put(line, quote);
		if (doubled && part.p[i] == '"')
			i++;
	}
	gt_line_put(line, quote);
}

void odbc_sql_name(struct gt_line *line, struct gt_str name, const char *quote)
{
	for (size_t i = 0; i < name.n; i++) {
		struct gt_str part = gt_str(name.p + i, 0);
		bool quoted = name.p[i] == '"';

		if (quoted) {
			size_t end = skip_quoted(name, i);
			end = end == SIZE_MAX ? name.n : end;
			part = gt_str(name.p + i + 1, end > i + 1 ? end - i - 2 : 0);
			i = end;
		} else {
			while (i < name.n && name.p[i] != '.')
				i++;
			part.n = (size_t)(name.p + i - part.p);
		}
		put_part(line, part, quoted, quote);
		if (i < name.n)
			gt_line_put(line, ".");
	}
}

static void put_column(struct odbc *o, struct gt_line *line, struct gt_str name)
{
	put_part(line, name, false, o->quote);
}

void odbc_sql_fill(struct odbc *o, const char *text, struct gt_line *line)
{
	int off = o->zone < 0 ? -o->zone : o->zone;

	for (const char *p = text; *p; p++) {
		if (*p != '$' || !p[1] || !strchr("zmtpc", p[1])) {
			gt_line_add(line, gt_str(p, 1));
			continue;
		}
		switch (*++p) {
		case 'z':
			gt_line_put(line, GT_TEXT("%c%02d:%02d", o->zone < 0 ? '-' : '+', off / 60,
						  off % 60));
			break;
		case 'm':
			gt_line_put(line, GT_TEXT("%+d", o->zone));
			break;
		case 't':
			gt_line_number(line, o->conf.timeout / 1000);
			break;
		case 'c':
			gt_line_number(line, o->conf.connect_timeout / 1000);
			break;
		default:
			gt_line_number(line, o->conf.page);
		}
	}
}

/* --- what rows are ordered by ---------------------------------------------------------------- */

static bool add_key(struct odbc *o, const struct gt_str *names, size_t n, struct gt_err *err)
{
	if (o->keys == ODBC_KEYS_MAX)
		return gt_fail(err, GT_E_ODBC_KEYS, o->label, GT_TEXT("%zu", o->keys + 1),
			GT_TEXT("%u", ODBC_KEYS_MAX));
	struct odbc_key *key = &o->key[o->keys];
	struct gt_line line = {key->sql, 0, sizeof(key->sql), false};
	*key = (struct odbc_key){.nullable = true};
	if (n > 1)
		gt_line_put(&line, "COALESCE(");
	for (size_t i = 0; i < n; i++) {
		if (i)
			gt_line_put(&line, ", ");
		put_column(o, &line, names[i]);
	}
	if (n > 1)
		gt_line_put(&line, ")");
	if (line.cut)
		return gt_fail(err, GT_E_ODBC_LARGE, o->label, GT_TEXT("%zu", sizeof(key->sql)));
	o->keys++;
	return true;
}

/* The table's primary key, if the driver tells: it needs no declaration. */
static void primary_key(struct odbc *o, char names[][ODBC_NAME_MAX], size_t *n)
{
	char schema[ODBC_NAME_MAX] = "", table[ODBC_NAME_MAX] = "";
	struct gt_str name = o->conf.table, s = name;
	struct gt_err ignored;

	*n = 0;
	for (size_t i = name.n; i-- > 0 && s.n == name.n;)
		if (name.p[i] == '.')
			s = gt_str(name.p + i + 1, name.n - i - 1);
	if (!s.n || memchr(name.p, '"', name.n) || name.n >= sizeof(table))
		return;
	memcpy(table, s.p, s.n);
	if (s.n < name.n)
		memcpy(schema, name.p, name.n - s.n - 1);
	if (strchr(schema, '.') || !odbc_statement(o, &ignored))
		return;
	SQLRETURN r = SQLPrimaryKeys(o->stmt, NULL, 0, schema[0] ? (SQLCHAR *)schema : NULL,
		schema[0] ? SQL_NTS : 0, (SQLCHAR *)table, SQL_NTS);
	while (SQL_SUCCEEDED(r) && SQL_SUCCEEDED(SQLFetch(o->stmt)) && *n < ODBC_KEYS_MAX) {
		SQLLEN size = 0;

		r = SQLGetData(o->stmt, 4, SQL_C_CHAR, names[*n], ODBC_NAME_MAX, &size);
		if (r == SQL_SUCCESS && size > 0)
			++*n;
	}
	odbc_statement_end(o);
}

static bool add_primary(struct odbc *o, struct gt_err *err)
{
	char names[ODBC_KEYS_MAX][ODBC_NAME_MAX];
	size_t n = 0, first = o->keys;

	primary_key(o, names, &n);
	if (n > ODBC_KEYS_MAX - o->keys)
		return true; /* too many columns: as if there were none */
	for (size_t i = 0; i < n; i++) {
		struct gt_str name = gt_cstr(names[i]);

		if (!add_key(o, &name, 1, err))
			return false;
		o->key[first + i].nullable = false;
	}
	o->tied = n > 0;
	return true;
}

bool odbc_sql_keys(struct odbc *o, struct gt_err *err)
{
	const struct odbc_cursor_conf *c = &o->conf.cursor;

	o->keys = 0;
	o->tied = false;
	if (c->field.n) {
		if (!add_key(o, c->field.v, c->field.n, err))
			return false;
		o->tied = c->tie.n > 0;
		return c->tie.n ? add_key(o, &c->tie, 1, err) : add_primary(o, err);
	}
	for (size_t i = 0; i < o->conf.key.n; i++)
		if (!add_key(o, &o->conf.key.v[i], 1, err))
			return false;
	o->tied = o->keys > 0;
	return o->keys || add_primary(o, err);
}

/* --- statements ------------------------------------------------------------------------------ */

struct draft {
	struct odbc *o;
	struct gt_line line;
	bool where; /* the word stands there */
	bool ok;
	struct gt_err *err;
};

static struct draft draft(struct odbc *o, struct gt_err *err)
{
	struct draft d = {.o = o, .line = {o->sql, 0, ODBC_SQL_MAX, false}, .err = err};

	d.ok = odbc_statement(o, err);
	return d;
}

static void put(struct draft *d, const char *s)
{
	gt_line_put(&d->line, s);
}

static bool done(struct draft *d)
{
	if (d->ok && d->line.cut)
		return gt_fail(d->err, GT_E_ODBC_LARGE, d->o->label, GT_TEXT("%u", ODBC_SQL_MAX));
	return d->ok;
}

static void also(struct draft *d)
{
	put(d, d->where ? " AND " : " WHERE ");
	d->where = true;
}

/* A parameter in the place of a key. */
static void parameter(struct draft *d, size_t key, const struct odbc_value *value)
{
	const struct odbc *o = d->o;
	bool number = key == 0 && o->conf.cursor.field.n > 0 &&
		      o->conf.cursor.layout >= GT_LAYOUT_SECONDS;

	put(d, number && o->dialect->number ? o->dialect->number : "?");
	d->ok = d->ok && odbc_bind(d->o, &o->key[key], value, d->err);
}

static void compare(struct draft *d, size_t key, const char *with, const struct odbc_value *value)
{
	put(d, d->o->key[key].sql);
	put(d, with);
	parameter(d, key, value);
}

static void put_from(struct draft *d)
{
	const struct odbc_conf *c = &d->o->conf;

	put(d, " FROM ");
	if (c->query.n) {
		put(d, "(\n");
		gt_line_add(&d->line, c->query);
		put(d, "\n)");
	} else {
		odbc_sql_name(&d->line, c->table, d->o->quote);
	}
	put(d, " gt_t");
	if (c->where.n) {
		also(d);
		put(d, "(\n");
		gt_line_add(&d->line, c->where);
		put(d, "\n)");
	}
}

static void put_bounds(struct draft *d)
{
	const struct odbc_pass *p = &d->o->pass;
	bool below = d->o->ranged; /* a range ends before its end */

	if (p->from.given) {
		also(d);
		compare(d, 0, " >= ", &p->from);
	}
	if (p->until.given) {
		also(d);
		compare(d, 0, below ? " < " : " <= ", &p->until);
	}
}

/* (k0 > ?) OR (k0 = ? AND k1 > ?) … behind the last row that was taken; k0 >= ? in front lets the
 * database use its index. Without a tie rows of the same value come again and are known. */
static void put_keyset(struct draft *d, size_t first)
{
	const struct odbc *o = d->o;
	const struct odbc_value *at = o->pass.at;
	size_t last = o->keys - 1;
	const char *behind = o->tied ? " > " : " >= ";

	also(d);
	if (first == last) {
		compare(d, first, behind, &at[first]);
		return;
	}
	compare(d, first, " >= ", &at[first]);
	put(d, " AND (");
	for (size_t n = first; n <= last; n++) {
		put(d, n > first ? " OR (" : "(");
		for (size_t k = first; k < n; k++) {
			compare(d, k, " = ", &at[k]);
			put(d, " AND ");
		}
		compare(d, n, n < last ? " > " : behind, &at[n]);
		put(d, ")");
	}
	put(d, ")");
}

static void put_cut(struct draft *d, int64_t rows, bool before)
{
	enum odbc_cut cut = d->o->dialect->cut;

	if (before && cut == ODBC_CUT_TOP) {
		put(d, "TOP ");
		gt_line_number(&d->line, rows);
		put(d, " ");
	} else if (!before && (cut == ODBC_CUT_LIMIT || cut == ODBC_CUT_FETCH)) {
		put(d, cut == ODBC_CUT_LIMIT ? " LIMIT " : " FETCH FIRST ");
		gt_line_number(&d->line, rows);
		put(d, cut == ODBC_CUT_LIMIT ? "" : " ROWS ONLY");
	} else if (!before && cut == ODBC_CUT_ROWNUM) {
		put(d, ") WHERE ROWNUM <= ");
		gt_line_number(&d->line, rows);
	}
}

static void put_columns(struct draft *d)
{
	const struct odbc_conf *c = &d->o->conf;

	for (size_t i = 0; i < c->columns.n; i++) {
		put(d, i ? ", " : "");
		put_column(d->o, &d->line, c->columns.v[i]);
	}
	if (!c->columns.n)
		put(d, "gt_t.*");
}

static void put_keys(struct draft *d, bool behind)
{
	for (size_t i = 0; i < d->o->keys; i++) {
		put(d, behind || i ? ", " : "");
		put(d, d->o->key[i].sql);
		put(d, " AS gt_k");
		gt_line_number(&d->line, (int64_t)i);
	}
}

bool odbc_sql_structure(struct odbc *o, struct gt_err *err)
{
	struct draft d = draft(o, err);

	put(&d, "SELECT ");
	put_keys(&d, false);
	put_from(&d);
	also(&d);
	put(&d, "1 = 0");
	return done(&d);
}

bool odbc_sql_top(struct odbc *o, struct gt_err *err)
{
	struct draft d = draft(o, err);

	put(&d, "SELECT MAX(");
	put(&d, o->key[0].sql);
	put(&d, ")");
	put_from(&d);
	put_bounds(&d);
	return done(&d);
}

bool odbc_sql_count(struct odbc *o, struct gt_err *err)
{
	struct draft d = draft(o, err);

	put(&d, "SELECT COUNT(*)");
	put_from(&d);
	put_bounds(&d);
	return done(&d);
}

bool odbc_sql_tie_null(struct odbc *o, struct gt_err *err)
{
	struct draft d = draft(o, err);

	put(&d, "SELECT COUNT(*)");
	put_from(&d);
	also(&d);
	for (size_t i = 1; i < o->keys; i++) {
		put(&d, i > 1 ? " OR " : "(");
		put(&d, o->key[i].sql);
		put(&d, " IS NULL");
	}
	put(&d, ")");
	return done(&d);
}

bool odbc_sql_page(struct odbc *o, struct gt_err *err)
{
	struct draft d = draft(o, err);
	size_t first = o->pass.scan == ODBC_NULLS;
	bool ordered = o->keys > first;
	/* One row more, to see whether the page's end parts rows that cannot be told apart. */
	int64_t rows = ordered ? o->conf.page + 1 : o->conf.remember + 1;
	bool wrapped = o->dialect->cut == ODBC_CUT_ROWNUM;

	put(&d, wrapped ? "SELECT * FROM (SELECT " : "SELECT ");
	put_cut(&d, rows, true);
	put_columns(&d);
	put_keys(&d, true);
	put_from(&d);
	if (first) {
		also(&d);
		put(&d, o->key[0].sql);
		put(&d, " IS NULL");
	} else if (o->keys) {
		put_bounds(&d);
		if (o->key[0].nullable && !o->pass.from.given && !o->pass.at[0].given) {
			also(&d);
			put(&d, o->key[0].sql);
			put(&d, " IS NOT NULL");
		}
	}
	if (ordered && o->pass.at[o->keys - 1].given)
		put_keyset(&d, first);
	for (size_t i = first; i < o->keys; i++) {
		put(&d, i > first ? ", " : " ORDER BY ");
		put(&d, o->key[i].sql);
	}
	put_cut(&d, rows, false);
	return done(&d);
}

bool odbc_sql_sample(struct odbc *o, struct gt_str table, unsigned rows, struct gt_err *err)
{
	struct draft d = draft(o, err);

	put(&d, o->dialect->cut == ODBC_CUT_ROWNUM ? "SELECT * FROM (SELECT " : "SELECT ");
	put_cut(&d, rows, true);
	if (table.n) {
		put(&d, "gt_t.* FROM ");
		odbc_sql_name(&d.line, table, o->quote);
		put(&d, " gt_t");
	} else {
		put_columns(&d);
		put_from(&d);
	}
	put_cut(&d, rows, false);
	return done(&d);
}

bool odbc_sql_now(struct odbc *o, struct gt_err *err)
{
	struct draft d = draft(o, err);

	odbc_sql_fill(o, o->dialect->now, &d.line);
	return done(&d);
}
