/* odbc_connect.c: connecting, what a session is told, statements with a time limit. */
#include "odbc.h"

#include <ctype.h>
#include <openssl/crypto.h>
#include <stdlib.h>

#define STRING_MAX 8192u
#define SECOND_US 1000000

static bool same_word(struct gt_str a, const char *b)
{
	if (a.n != strlen(b))
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (tolower((unsigned char)a.p[i]) != tolower((unsigned char)b[i]))
			return false;
	return true;
}

static struct gt_str trimmed(struct gt_str s)
{
	for (; s.n && isspace((unsigned char)s.p[0]); s.n--)
		s.p++;
	for (; s.n && isspace((unsigned char)s.p[s.n - 1]); s.n--)
		;
	return s;
}

/* The value that begins at s, up to the semicolon behind it; }} within braces is a brace. */
static size_t value_end(struct gt_str s)
{
	size_t i = 0;

	while (i < s.n && s.p[i] == ' ')
		i++;
	if (i < s.n && s.p[i] == '{') {
		for (i++; i < s.n; i++) {
			if (s.p[i] != '}')
				continue;
			if (i + 1 < s.n && s.p[i + 1] == '}')
				i++;
			else
				break;
		}
	}
	while (i < s.n && s.p[i] != ';')
		i++;
	return i;
}

bool odbc_keyword(struct gt_str s, const char *name, struct gt_str *value)
{
	while (s.n) {
		const char *equals = memchr(s.p, '=', s.n), *stop = memchr(s.p, ';', s.n);

		if (!equals || (stop && stop < equals)) {
			size_t skip = stop ? (size_t)(stop - s.p) + 1 : s.n;
			s = gt_str(s.p + skip, s.n - skip);
			continue;
		}
		struct gt_str key = trimmed(gt_str(s.p, (size_t)(equals - s.p)));
		struct gt_str rest = gt_str(equals + 1, s.n - (size_t)(equals + 1 - s.p));
		size_t end = value_end(rest);
		if (same_word(key, name)) {
			*value = trimmed(gt_str(rest.p, end));
			return true;
		}
		end += end < rest.n;
		s = gt_str(rest.p + end, rest.n - end);
	}
	return false;
}

/* key={value}; – braces always, so that no value can begin another keyword. */
static void put_pair(struct gt_line *line, const char *key, struct gt_str value)
{
	if (!value.n)
		return;
	gt_line_put(line, key);
	gt_line_put(line, "={");
	for (size_t i = 0; i < value.n; i++) {
		gt_line_add(line, gt_str(value.p + i, 1));
		if (value.p[i] == '}')
			gt_line_put(line, "}");
	}
	gt_line_put(line, "};");
}

/* The keywords of a dialect that the operator has not set. */
static void put_extras(struct odbc *o, struct gt_line *line, const struct odbc_dialect *d)
{
	char text[512] = "";
	struct gt_line extras = {text, 0, sizeof(text), false};
	const char *wanted = o->raw && d->connect_raw ? d->connect_raw : d->connect;

	odbc_sql_fill(o, wanted ? wanted : "", &extras);
	for (struct gt_str rest = gt_str(text, extras.n); rest.n;) {
		struct gt_str given;
		size_t end = value_end(rest) + 1;
		char key[64] = "";
		size_t n = (size_t)((const char *)memchr(rest.p, '=', rest.n) - rest.p);

		memcpy(key, rest.p, n < sizeof(key) ? n : sizeof(key) - 1);
		if (!odbc_keyword(gt_str(line->p, line->n), key, &given))
			gt_line_add(line, gt_str(rest.p, end));
		rest = gt_str(rest.p + end, rest.n - end);
	}
}

static void put_address(struct odbc *o, struct gt_line *line)
{
	const struct odbc_conf *c = &o->conf;
	char port[24] = "", key[128];
	struct gt_line number = {port, 0, sizeof(port), false};

	if (c->connection.n) {
		gt_line_add(line, c->connection);
		if (c->connection.p[c->connection.n - 1] != ';')
			gt_line_put(line, ";");
	}
	put_pair(line, "Driver", c->driver);
	if (c->port)
		gt_line_number(&number, c->port);
	/* Plain words stay without braces: not every driver knows them everywhere. */
	const struct gt_pair plain[] = {{GT_LIT("DSN"), c->dsn}, {GT_LIT("Server"), c->server},
		{GT_LIT("Port"), gt_cstr(port)}, {GT_LIT("Database"), c->database},
		{GT_LIT("UID"), c->user}};
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		struct gt_str v = plain[i].value;

		if (!v.n)
			continue;
		if (memchr(v.p, ';', v.n) || memchr(v.p, '}', v.n) || v.p[0] == '{') {
			put_pair(line, plain[i].key.p, v);
			continue;
		}
		gt_line_add(line, plain[i].key);
		gt_line_put(line, "=");
		gt_line_add(line, v);
		gt_line_put(line, ";");
	}
	for (size_t i = 0; i < c->options.n; i++) {
		size_t n = c->options.v[i].key.n;

		n = n < sizeof(key) ? n : sizeof(key) - 1;
		memcpy(key, c->options.v[i].key.p, n);
		key[n] = '\0';
		gt_line_put(line, key);
		gt_line_put(line, "=");
		gt_line_add(line, c->options.v[i].value);
		gt_line_put(line, ";");
	}
}

static bool connect_once(struct odbc *o, const struct odbc_dialect *d, struct gt_err *err)
{
	char text[STRING_MAX] = "";
	struct gt_line line = {text, 0, sizeof(text), false};
	SQLULEN seconds = (SQLULEN)(o->conf.connect_timeout / 1000);
	SQLRETURN r;

	o->dialect = d;
	put_address(o, &line);
	put_pair(&line, "PWD", o->conf.password);
	if (d)
		put_extras(o, &line, d);
	if (line.cut)
		return gt_fail(err, GT_E_ODBC_LARGE, o->label, GT_TEXT("%u", STRING_MAX));
	if (SQLAllocHandle(SQL_HANDLE_DBC, o->env, &o->dbc) != SQL_SUCCESS)
		return odbc_fail(o, SQL_HANDLE_ENV, o->env, err);
	(void)SQLSetConnectAttr(o->dbc, SQL_ATTR_LOGIN_TIMEOUT, (SQLPOINTER)seconds, 0);
	(void)SQLSetConnectAttr(
		o->dbc, SQL_ATTR_ACCESS_MODE, (SQLPOINTER)(SQLULEN)SQL_MODE_READ_ONLY, 0);
	r = SQLDriverConnect(
		o->dbc, NULL, (SQLCHAR *)text, SQL_NTS, NULL, 0, NULL, SQL_DRIVER_NOPROMPT);
	OPENSSL_cleanse(text, sizeof(text));
	if (SQL_SUCCEEDED(r))
		return true;
	(void)odbc_fail(o, SQL_HANDLE_DBC, o->dbc, err);
	(void)SQLFreeHandle(SQL_HANDLE_DBC, o->dbc);
	o->dbc = NULL;
	return false;
}

static struct gt_str info(struct odbc *o, SQLUSMALLINT what, char *out, size_t size)
{
	SQLSMALLINT n = 0;

	memset(out, 0, size);
	if (!SQL_SUCCEEDED(SQLGetInfo(o->dbc, what, out, (SQLSMALLINT)(size - 1), &n)))
		out[0] = '\0';
	return gt_cstr(out);
}

/* A statement of the session. */
static bool tell(struct odbc *o, const char *statement, struct gt_err *err)
{
	struct gt_line line = {o->sql, 0, ODBC_SQL_MAX, false};
	bool ok;

	if (!statement)
		return true;
	odbc_sql_fill(o, statement, &line);
	ok = odbc_statement(o, err) && odbc_execute(o, err);
	odbc_statement_end(o);
	return ok;
}

static void hang_up(struct odbc *o)
{
	if (o->connected)
		(void)SQLDisconnect(o->dbc);
	o->connected = false;
	if (o->dbc)
		(void)SQLFreeHandle(SQL_HANDLE_DBC, o->dbc);
	o->dbc = NULL;
}

/* Which driver and database answered shows only now: keywords that it needs may make it necessary
 * to connect once more. */
static bool settle(struct odbc *o, struct gt_err *err)
{
	char driver[128], dbms[128];
	const struct odbc_dialect *before = o->dialect;
	struct gt_str file = info(o, SQL_DRIVER_NAME, driver, sizeof(driver));
	const struct odbc_dialect *d =
		odbc_dialect_of(file, info(o, SQL_DBMS_NAME, dbms, sizeof(dbms)));

	struct gt_err ignored;

	o->connected = true;
	if (d != before && d->connect) {
		hang_up(o);
		if (!connect_once(o, d, err))
			return false;
		o->connected = true;
	}
	o->dialect = d;
	if (!info(o, SQL_IDENTIFIER_QUOTE_CHAR, o->quote, sizeof(o->quote)).n || o->quote[0] == ' ')
		o->quote[0] = '\0';
	if (d->quote)
		memcpy(o->quote, d->quote, strlen(d->quote) + 1);
	/* Without its zone, times would be read wrongly; in another charset, texts. A database that
	 * knows no read-only sessions or time limits is no reason to stop. */
	if (!tell(o, d->zone, err) || (o->raw && !tell(o, d->session_raw, err)))
		return false;
	for (size_t i = 0; i < sizeof(d->session) / sizeof(d->session[0]) && d->session[i]; i++)
		(void)tell(o, d->session[i], &ignored);
	return !o->interrupted || gt_fail(err, GT_E_ODBC_INTERRUPTED, o->label);
}

static struct gt_str driver_word(const struct odbc *o)
{
	struct gt_str word = o->conf.driver;

	if (o->conf.connection.n)
		(void)odbc_keyword(o->conf.connection, "Driver", &word);
	return word;
}

bool odbc_connect(struct odbc *o, struct gt_err *err)
{
	if (o->connected)
		return true;
	for (size_t i = 0; i < o->conf.environment.n; i++) {
		const struct gt_pair *pair = &o->conf.environment.v[i];
		const char *name = GT_TEXT("%.*s", GT_STR_ARGS(pair->key));

		(void)setenv(name, GT_TEXT("%.*s", GT_STR_ARGS(pair->value)), 1);
	}
	if (!o->env && (SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &o->env) != SQL_SUCCESS ||
			       SQLSetEnvAttr(o->env, SQL_ATTR_ODBC_VERSION,
				       (SQLPOINTER)(uintptr_t)SQL_OV_ODBC3, 0) != SQL_SUCCESS))
		return gt_fail(err, GT_E_MEMORY_BUDGET);
	if (connect_once(o, odbc_dialect_of_driver(driver_word(o)), err) && settle(o, err))
		return true;
	hang_up(o);
	return false;
}

void odbc_disconnect(struct odbc *o)
{
	odbc_statement_end(o);
	hang_up(o);
	if (o->env)
		(void)SQLFreeHandle(SQL_HANDLE_ENV, o->env);
	o->env = NULL;
}

bool odbc_statement(struct odbc *o, struct gt_err *err)
{
	int64_t left = o->deadline_us - gt_host_monotonic_us() - SECOND_US;
	int64_t seconds = o->conf.timeout / 1000;
	SQLHSTMT stmt = NULL;

	odbc_statement_end(o);
	o->params = 0;
	o->asked_us = gt_host_monotonic_us();
	if (SQLAllocHandle(SQL_HANDLE_STMT, o->dbc, &stmt) != SQL_SUCCESS)
		return odbc_fail(o, SQL_HANDLE_DBC, o->dbc, err);
	seconds = left / SECOND_US < seconds ? left / SECOND_US : seconds;
	/* Refused by some drivers (MariaDB): then the session's limit holds. */
	(void)SQLSetStmtAttr(stmt, SQL_ATTR_QUERY_TIMEOUT,
		(SQLPOINTER)(uintptr_t)(seconds > 0 ? seconds : 1), 0);
	pthread_mutex_lock(&o->lock);
	o->stmt = stmt;
	pthread_mutex_unlock(&o->lock);
	return true;
}

void odbc_statement_end(struct odbc *o)
{
	pthread_mutex_lock(&o->lock);
	SQLHSTMT stmt = o->stmt;
	o->stmt = NULL;
	pthread_mutex_unlock(&o->lock);
	if (stmt)
		(void)SQLFreeHandle(SQL_HANDLE_STMT, stmt);
}

bool odbc_execute(struct odbc *o, struct gt_err *err)
{
	SQLRETURN r = SQLExecDirect(o->stmt, (SQLCHAR *)o->sql, SQL_NTS);

	if (SQL_SUCCEEDED(r) && !o->interrupted)
		return true;
	return odbc_fail(o, SQL_HANDLE_STMT, o->stmt, err);
}

bool odbc_ask(struct odbc *o, struct odbc_value *value, struct gt_err *err)
{
	struct odbc_value found = {.given = false};
	SQLLEN n = 0;
	SQLRETURN r;

	if (!odbc_execute(o, err))
		return false;
	r = SQLFetch(o->stmt);
	if (SQL_SUCCEEDED(r))
		r = SQLGetData(o->stmt, 1, SQL_C_CHAR, found.text, sizeof(found.text), &n);
	if (r != SQL_NO_DATA && !SQL_SUCCEEDED(r))
		return odbc_fail(o, SQL_HANDLE_STMT, o->stmt, err);
	if (r != SQL_NO_DATA && n != SQL_NULL_DATA) {
		if (n < 0 || n >= (SQLLEN)sizeof(found.text))
			return gt_fail(
				err, GT_E_ODBC_KEY_LONG, o->label, GT_TEXT("%u", ODBC_VALUE_MAX));
		found.n = (size_t)n;
		found.given = true;
	}
	odbc_statement_end(o);
	*value = found;
	return true;
}
