/* odbc_pass.c: a pass over the rows: its bounds, its pages by the key of the last row, its end. */
#include "odbc.h"

bool odbc_bind(struct odbc *o, const struct odbc_key *key, const struct odbc_value *value,
	struct gt_err *err)
{
	SQLSMALLINT c_type = SQL_C_CHAR, type = key->type, digits = key->digits;
	SQLULEN size = key->size;

	if (o->params == ODBC_PARAMS_MAX)
		return gt_fail(err, GT_E_ODBC_LARGE, o->label, GT_TEXT("%u", ODBC_PARAMS_MAX));
	struct odbc_value *bound = &o->bound[o->params];
	SQLLEN *n = &o->bound_n[o->params];
	*bound = *value;
	*n = (SQLLEN)value->n;
	switch (type) {
	case SQL_BINARY:
	case SQL_VARBINARY:
	case SQL_LONGVARBINARY:
		c_type = SQL_C_BINARY;
		type = SQL_VARBINARY;
		size = value->n + 1;
		break;
	case SQL_TYPE_DATE:
	case SQL_TYPE_TIME:
	case SQL_TYPE_TIMESTAMP:
	case SQL_SMALLINT:
	case SQL_INTEGER:
	case SQL_BIGINT:
	case SQL_DECIMAL:
	case SQL_NUMERIC:
	case SQL_DOUBLE:
	case SQL_GUID:
		break;
	default: /* all that is compared as text, or as the database likes to read a text */
		type = SQL_VARCHAR;
		size = value->n + 1;
		digits = 0;
	}
	SQLRETURN r = SQLBindParameter(o->stmt, ++o->params, SQL_PARAM_INPUT, c_type, type, size,
		digits, bound->text, (SQLLEN)bound->n, n);
	return SQL_SUCCEEDED(r) || odbc_fail(o, SQL_HANDLE_STMT, o->stmt, err);
}

/* --- a pass begins -----------------------------------------------------------------------------
 */

static bool describe_keys(struct odbc *o, struct gt_err *err)
{
	bool null = false;

	if (!o->keys)
		return true;
	if (!odbc_sql_structure(o, err) || !odbc_execute(o, err))
		return false;
	for (size_t i = 0; i < o->keys; i++) {
		struct odbc_key *key = &o->key[i];
		char name[32] = "";
		SQLSMALLINT n = 0, nullable = SQL_NULLABLE;

		if (!SQL_SUCCEEDED(SQLDescribeCol(o->stmt, (SQLUSMALLINT)(i + 1), (SQLCHAR *)name,
			    sizeof(name), &n, &key->type, &key->size, &key->digits, &nullable)))
			return odbc_fail(o, SQL_HANDLE_STMT, o->stmt, err);
		key->nullable = key->nullable && nullable != SQL_NO_NULLS;
		null = null || (i > 0 && key->nullable);
	}
	odbc_statement_end(o);
	if (!null || !o->tied)
		return true;
	struct odbc_value count;
	if (!odbc_sql_tie_null(o, err) || !odbc_ask(o, &count, err))
		return false;
	return (count.n == 1 && count.text[0] == '0') ||
	       gt_fail(err, GT_E_ODBC_KEY_NULL, o->label, o->key[o->keys - 1].sql);
}

/* Connected, and the keys are known as they are in this pass. */
static bool get_ready(struct odbc *o, struct gt_err *err)
{
	if (o->structured)
		return true;
	if (!o->conf.table.n == !o->conf.query.n)
		return gt_fail(err, GT_E_ODBC_WHAT);
	if (o->ranged && !o->conf.cursor.field.n)
		return gt_fail(err, GT_E_ODBC_RANGE);
	if (!odbc_connect(o, err) || !odbc_sql_keys(o, err) || !describe_keys(o, err))
		return false;
	o->structured = true;
	return true;
}

static const char *const layout_words[] = {
	"datetime", "iso", "date", "compact", "seconds", "millis", "number"};

static bool order_of(struct odbc *o, const struct odbc_value *v, int64_t *order, struct gt_err *err)
{
	int layout = o->conf.cursor.layout;

	if (gt_moment_parse(gt_str(v->text, v->n), (enum gt_layout)layout, o->zone, order))
		return true;
	return gt_fail(err, GT_E_ODBC_KEY_VALUE, v->text, o->key[0].sql, layout_words[layout]);
}

/* The value as the source writes it, rounded down. */
static void write_value(struct odbc *o, int64_t order, struct odbc_value *v)
{
	char text[GT_MOMENT_TEXT];

	gt_moment_write(order, (enum gt_layout)o->conf.cursor.layout, o->zone, text);
	*v = (struct odbc_value){.n = strlen(text), .given = true};
	memcpy(v->text, text, v->n + 1);
}

/* How far below the highest value rows may still appear. */
static int64_t lookback(const struct odbc *o)
{
	const struct odbc_cursor_conf *c = &o->conf.cursor;

	return c->layout == GT_LAYOUT_NUMBER ? c->overlap : c->lookback * 1000;
}

static bool now_of(struct odbc *o, int64_t *now, struct gt_err *err)
{
	struct odbc_value v = {.given = false};
	struct gt_err note;

	if (!odbc_sql_now(o, err) || !odbc_ask(o, &v, err))
		return false;
	if (!gt_moment_parse(gt_str(v.text, v.n), GT_LAYOUT_DATETIME, o->zone, now))
		return gt_fail(err, GT_E_ODBC_KEY_VALUE, v.text, o->sql, layout_words[0]);
	int64_t skew = (*now - gt_host_wall_us()) / 1000000;
	if (!o->skew_said && (skew > 60 || skew < -60)) {
		o->skew_said = true;
		(void)gt_fail(&note, GT_E_ODBC_SKEW, o->label, GT_TEXT("%lld", (long long)skew));
		gt_host_note(o->host, &note);
	}
	return true;
}

static bool keep_from(struct odbc *o, struct gt_err *err)
{
	struct odbc_value low;
	int64_t order = 0;

	o->pass.keep_order = INT64_MIN;
	if (!o->pass.top.given)
		return true;
	if (!order_of(o, &o->pass.top, &order, err))
		return false;
	/* As the next pass will write its lower bound, so that both mean the same rows. */
	write_value(o, order - lookback(o), &low);
	return order_of(o, &low, &o->pass.keep_order, err);
}

static bool range_bound(
	struct odbc *o, struct gt_str text, struct odbc_value *v, struct gt_err *err)
{
	int layout = o->conf.cursor.layout;
	int64_t order = 0;
	bool number = layout == GT_LAYOUT_NUMBER;

	if (!text.n)
		return true;
	if (!gt_moment_parse(text, number ? GT_LAYOUT_NUMBER : GT_LAYOUT_ISO, o->zone, &order))
		return gt_fail(err, GT_E_ODBC_KEY_VALUE, GT_TEXT("%.*s", GT_STR_ARGS(text)),
			o->key[0].sql, layout_words[number ? layout : GT_LAYOUT_ISO]);
	write_value(o, order, v);
	return true;
}

/* Text that is no time at all compares above every bound: those rows would never be read, and
 * nobody would know. Where no row has a good value, the options are wrong. */
static bool check_strays(struct odbc *o, struct gt_err *err)
{
	struct odbc_pass *p = &o->pass;
	struct odbc_value until = p->until, highest = {.given = false};
	struct gt_err why;
	int64_t order = 0;

	if (!until.given || o->stray_said)
		return true;
	p->until.given = false;
	bool ok = odbc_sql_top(o, err) && odbc_ask(o, &highest, err);
	p->until = until;
	if (!ok || !highest.given || order_of(o, &highest, &order, &why))
		return ok;
	if (!p->top.given) {
		*err = why;
		return false;
	}
	o->stray_said = true;
	(void)gt_fail(&why, GT_E_ODBC_STRAY, highest.text, o->key[0].sql,
		layout_words[o->conf.cursor.layout]);
	gt_host_note(o->host, &why);
	return true;
}

/* Between which values of the first key this pass reads. */
static bool set_bounds(struct odbc *o, struct gt_err *err)
{
	const struct odbc_cursor_conf *c = &o->conf.cursor;
	struct odbc_pass *p = &o->pass;
	int64_t order = 0;

	if (!c->field.n)
		return true;
	if (o->ranged)
		return range_bound(o, o->range_from, &p->from, err) &&
		       range_bound(o, o->range_until, &p->until, err);
	if (c->layout != GT_LAYOUT_NUMBER) {
		if (!now_of(o, &order, err))
			return false;
		write_value(o, order - c->delay * 1000, &p->until);
	}
	if (!odbc_sql_top(o, err) || !odbc_ask(o, &p->top, err) || !check_strays(o, err))
		return false;
	if (c->layout == GT_LAYOUT_NUMBER)
		p->until = p->top;
	if (o->high.given) {
		if (!order_of(o, &o->high, &order, err))
			return false;
		write_value(o, order - lookback(o), &p->from);
	}
	return keep_from(o, err);
}

static bool count_rows(struct odbc *o, struct gt_batch *batch, struct gt_err *err)
{
	struct odbc_value v = {.given = false};
	struct odbc_pass *p = &o->pass;

	if (!o->conf.count)
		return true;
	if (!odbc_sql_count(o, err) || !odbc_ask(o, &v, err))
		return false;
	if (gt_moment_parse(gt_str(v.text, v.n), GT_LAYOUT_NUMBER, 0, &p->total))
		gt_batch_total(batch, "source_rows", p->total);
	return true;
}

bool odbc_pass_start(struct odbc *o, struct gt_batch *batch, struct gt_err *err)
{
	uint64_t number = o->pass.number + 1;

	o->structured = false;
	o->pass = (struct odbc_pass){.number = number, .total = -1, .whole = true};
	o->pass.keep_order = INT64_MIN;
	if (!get_ready(o, err) || !set_bounds(o, err) || !count_rows(o, batch, err))
		return false;
	gt_seen_begin(&o->seen);
	return true;
}

/* --- pages -------------------------------------------------------------------------------------
 */

static size_t first_key(const struct odbc *o)
{
	return o->pass.scan == ODBC_NULLS;
}

bool odbc_paged(const struct odbc *o)
{
	return o->keys > first_key(o);
}

/* A position of other keys than there are now (the primary key was changed): from the beginning. */
static void check_position(struct odbc *o)
{
	bool fits = true;

	for (size_t i = 0; i < ODBC_KEYS_MAX; i++)
		fits = fits && o->pass.at[i].given == (i >= first_key(o) && i < o->keys);
	if (!fits)
		memset(o->pass.at, 0, sizeof(o->pass.at));
}

bool odbc_page(struct odbc *o, struct gt_err *err)
{
	if (!o->structured && (!get_ready(o, err) || !keep_from(o, err)))
		return false;
	check_position(o);
	o->pass.began = o->pass.at[0];
	o->page_rows = 0;
	o->pending = false;
	return odbc_sql_page(o, err) && odbc_execute(o, err) && odbc_columns_ready(o, err);
}

static bool same_value(const struct odbc_value *a, const struct odbc_value *b)
{
	return a->given == b->given && a->n == b->n && memcmp(a->text, b->text, a->n) == 0;
}

/* Two rows that the keys do not tell apart: a page's end between them would lose one. */
static bool check_unique(struct odbc *o, struct gt_err *err)
{
	struct odbc_pass *p = &o->pass;
	size_t first = first_key(o);

	if (!o->tied || o->keys <= first || !p->at[o->keys - 1].given)
		return true;
	for (size_t i = first; i < o->keys; i++)
		if (!same_value(&p->at[i], &o->row_key[i]))
			return true;
	return gt_fail(err, GT_E_ODBC_NOT_UNIQUE, o->label,
		GT_TEXT("%.*s", (int)p->at[o->keys - 1].n, p->at[o->keys - 1].text));
}

/* Can the row come again in another pass? Then its digest is kept. */
static bool remembered(const struct odbc *o)
{
	int64_t order = 0;
	const struct odbc_value *v = &o->row_key[0];

	if (o->ranged)
		return !o->tied; /* only where a page's end parts rows of the same value */
	if (!o->conf.cursor.field.n || !o->tied || !v->given)
		return true;
	return !gt_moment_parse(gt_str(v->text, v->n), (enum gt_layout)o->conf.cursor.layout,
		       o->zone, &order) ||
	       order >= o->pass.keep_order;
}

static bool remember(struct odbc *o, struct gt_err *err)
{
	if (o->seen.n >= (size_t)o->conf.remember)
		return gt_fail(err, GT_E_ODBC_REMEMBER, o->label,
			GT_TEXT("%lld", (long long)o->conf.remember));
	size_t bytes = gt_seen_bytes_next(&o->seen);
	if (bytes != gt_seen_bytes(&o->seen) && !gt_host_memory(o->host, bytes))
		return gt_fail(err, GT_E_MEMORY_BUDGET, GT_TEXT("%zu", bytes));
	return gt_seen_add(&o->seen, o->digest, INT64_MAX) ||
	       gt_fail(err, GT_E_MEMORY_BUDGET, GT_TEXT("%zu", bytes));
}

static void move_on(struct odbc *o)
{
	o->pending = o->asked_again = false;
	o->page_rows++;
	o->pass.rows++;
	for (size_t i = 0; i < o->keys; i++)
		o->pass.at[i] = o->row_key[i];
}

static enum odbc_next take_row(struct odbc *o, struct gt_batch *batch, struct gt_err *err)
{
	bool keep = remembered(o);

	if (!o->ranged && gt_seen_has(&o->seen, o->digest)) {
		o->skipped++;
		move_on(o);
		o->progress = o->progress || o->pass.changed;
		return ODBC_GO;
	}
	if (o->ranged && !o->tied && gt_seen_has(&o->seen, o->digest)) {
		move_on(o); /* the page before ended among rows of this value */
		return ODBC_GO;
	}
	if (keep && o->seen.n >= (size_t)o->conf.remember)
		return remember(o, err) ? ODBC_GO : ODBC_FAILED;
	if (!odbc_put(o, batch))
		return ODBC_FULL;
	move_on(o);
	o->pass.changed = o->progress = true;
	return !keep || remember(o, err) ? ODBC_GO : ODBC_FAILED;
}

static void note_count(struct odbc *o)
{
	const struct odbc_pass *p = &o->pass;
	struct gt_err note;

	if (p->total < 0 || !p->whole || p->rows == (uint64_t)p->total)
		return;
	(void)gt_fail(&note, GT_E_ODBC_COUNT, o->label, GT_TEXT("%lld", (long long)p->total),
		GT_TEXT("%llu", (unsigned long long)p->rows));
	gt_host_note(o->host, &note);
}

static enum odbc_next pass_end(struct odbc *o)
{
	struct odbc_pass *p = &o->pass;
	int64_t before = INT64_MIN, reached = INT64_MIN;
	struct gt_err ignored;

	note_count(o);
	if (p->whole && !o->ranged)
		gt_seen_end(&o->seen, o->conf.cursor.field.n == 0);
	if (p->top.given && !o->ranged) {
		(void)(o->high.given && order_of(o, &o->high, &before, &ignored));
		(void)order_of(o, &p->top, &reached, &ignored);
		p->changed = p->changed || reached > before;
		if (reached >= before)
			o->high = p->top;
	}
	p->changed = p->changed || gt_seen_unsaved(&o->seen);
	o->progress = o->progress || p->changed;
	memset(p->at, 0, sizeof(p->at));
	o->phase = ODBC_BETWEEN;
	return ODBC_CAUGHT;
}

/* The scan has no more rows: those without a value of the first key come next, or the end. */
static enum odbc_next scan_end(struct odbc *o)
{
	bool nulls = o->pass.scan == ODBC_VALUES && o->keys && o->key[0].nullable && !o->ranged &&
		     (!o->conf.cursor.field.n || o->conf.cursor.nulls == 0);

	if (!nulls)
		return pass_end(o);
	o->pass.scan = ODBC_NULLS;
	memset(o->pass.at, 0, sizeof(o->pass.at));
	o->phase = ODBC_PAGE;
	return ODBC_GO;
}

/* more: the result has rows beyond those of the page. */
static enum odbc_next page_end(struct odbc *o, bool more, struct gt_err *err)
{
	struct odbc_pass *p = &o->pass;

	odbc_statement_end(o);
	p->pages++;
	o->progress = o->progress || p->changed;
	if (!more)
		return scan_end(o);
	if (!o->tied && same_value(&p->began, &p->at[0])) {
		(void)gt_fail(err, GT_E_ODBC_NO_PROGRESS, o->label,
			GT_TEXT("%lld", (long long)o->conf.page),
			GT_TEXT("%.*s", (int)p->at[0].n, p->at[0].text));
		return ODBC_FAILED;
	}
	o->phase = ODBC_PAGE;
	return ODBC_GO;
}

/* The statement asks for rows with keys. */
static bool keys_given(const struct odbc *o)
{
	for (size_t i = first_key(o); i < o->keys; i++)
		if (!o->row_key[i].given)
			return false;
	return true;
}

/* Columns that moved while the statement was prepared (SQLite does not say so): the page is asked
 * for once more. */
static enum odbc_next ask_again(struct odbc *o, struct gt_err *err)
{
	odbc_statement_end(o);
	if (o->asked_again) {
		(void)gt_fail(err, GT_E_ODBC_KEY_NULL, o->label, o->key[o->keys - 1].sql);
		return ODBC_FAILED;
	}
	o->asked_again = true;
	o->phase = ODBC_PAGE;
	return ODBC_GO;
}

enum odbc_next odbc_take(
	struct odbc *o, struct gt_batch *batch, const struct gt_limits *limits, struct gt_err *err)
{
	bool paged = odbc_paged(o);

	for (unsigned i = 1;; i++) {
		enum odbc_next took;

		if (gt_batch_rows(batch) >= limits->max_records ||
			gt_batch_bytes(batch) >= limits->max_bytes)
			return ODBC_FULL;
		if (i % 64 == 0 && (o->interrupted || gt_host_monotonic_us() > limits->deadline_us))
			return ODBC_FULL;
		if (!o->pending) {
			enum odbc_got got = odbc_fetch(o, err);

			if (got == ODBC_GOT_FAILED)
				return ODBC_FAILED;
			if (got == ODBC_GOT_NULL)
				return page_end(o, false, err);
			if (paged && !keys_given(o))
				return ask_again(o, err);
			if (!check_unique(o, err))
				return ODBC_FAILED;
			if (paged && o->page_rows == (uint64_t)o->conf.page)
				return page_end(o, true, err);
			o->pending = true;
		}
		took = take_row(o, batch, err);
		if (took != ODBC_GO)
			return took;
	}
}
