/* odbc_look.c: is the database there, and what does it have? */
#include "odbc.h"

#include <stdio.h>
#include <stdlib.h>

#define LOOK_US (30 * 1000000)
#define TABLES_MAX 2000u
#define SAMPLE_ROWS 3u
#define SAMPLE_MAX 4096u
#define TYPE_MAX 96u

static bool hidden(const struct odbc *o, const char *name)
{
	char word[ODBC_NAME_MAX + 3];

	(void)snprintf(word, sizeof(word), " %s ", name);
	return name[0] && strstr(o->dialect->hidden, word) != NULL;
}

/* The rows of the statement under way: columns, types, and the first rows as lines of JSON. */
static bool look_at(struct odbc *o, struct gt_found *found, gt_found_fn *sink, void *arg, bool *on,
	struct gt_err *err)
{
	char sample[SAMPLE_MAX];
	struct gt_line line = {sample, 0, sizeof(sample), false};
	enum odbc_got got = ODBC_GOT;

	if (!odbc_execute(o, err) || !odbc_describe(o, err))
		return false;
	struct gt_str *fields = calloc(2 * o->own, sizeof(*fields)), *types = fields + o->own;
	char(*text)[TYPE_MAX] = calloc(o->own, sizeof(*text));
	for (size_t i = 0; fields && text && i < o->own; i++) {
		odbc_type_text(o, (SQLUSMALLINT)(i + 1), text[i], sizeof(text[i]));
		fields[i] = gt_cstr(o->column[i].name);
		types[i] = gt_cstr(text[i]);
	}
	for (unsigned i = 0; i < SAMPLE_ROWS && got == ODBC_GOT; i++) {
		got = odbc_fetch(o, err);
		if (got == ODBC_GOT) {
			gt_line_add(&line, gt_str(o->json.p, o->json.n));
			gt_line_put(&line, "\n");
		}
	}
	bool ok = got != ODBC_GOT_FAILED;
	if (ok && (!fields || !text))
		ok = gt_fail(err, GT_E_MEMORY_BUDGET, GT_TEXT("%zu", o->own * TYPE_MAX));
	if (ok) {
		found->fields = fields;
		found->types = types;
		found->field_count = o->own;
		found->sample = gt_str(sample, line.n);
		*on = sink(arg, found);
	}
	free(fields);
	free(text);
	odbc_statement_end(o);
	return ok;
}

static void note(struct odbc *o, const struct gt_err *why)
{
	struct gt_err said = *why;

	said.class = GT_NOTE;
	gt_host_note(o->host, &said);
}

/* schema.table, as the option table: reads it. */
struct entry {
	char name[ODBC_NAME_MAX];
	bool view;
};

static void write_part(struct gt_line *line, const char *part)
{
	bool plain = !strchr(part, '.') && !strchr(part, '"');

	gt_line_put(line, plain ? "" : "\"");
	for (; *part; part++) {
		gt_line_add(line, gt_str(part, 1));
		if (*part == '"')
			gt_line_put(line, "\"");
	}
	gt_line_put(line, plain ? "" : "\"");
}

/* The next table of SQLTables; *more: there was one. False: the driver says no. */
static bool next_table(struct odbc *o, struct entry *entry, bool *more, struct gt_err *err)
{
	char schema[128], name[256], type[64];
	SQLLEN n[3];

	for (;;) {
		SQLRETURN r = SQLFetch(o->stmt);

		*more = r != SQL_NO_DATA;
		if (!*more)
			return true;
		if (!SQL_SUCCEEDED(r))
			return odbc_fail(o, SQL_HANDLE_STMT, o->stmt, err);
		(void)SQLGetData(o->stmt, 2, SQL_C_CHAR, schema, sizeof(schema), &n[0]);
		(void)SQLGetData(o->stmt, 3, SQL_C_CHAR, name, sizeof(name), &n[1]);
		(void)SQLGetData(o->stmt, 4, SQL_C_CHAR, type, sizeof(type), &n[2]);
		if (n[0] < 0)
			schema[0] = '\0';
		if (n[1] <= 0 || n[1] >= (SQLLEN)sizeof(name) || n[0] >= (SQLLEN)sizeof(schema) ||
			n[2] <= 0 || hidden(o, schema) || hidden(o, name) ||
			gt_utf8_bad(gt_cstr(name)) != SIZE_MAX ||
			(strncmp(type, "TABLE", 5) != 0 && strncmp(type, "VIEW", 4) != 0))
			continue;
		struct gt_line line = {entry->name, 0, sizeof(entry->name), false};
		if (schema[0]) {
			write_part(&line, schema);
			gt_line_put(&line, ".");
		}
		write_part(&line, name);
		entry->view = type[0] == 'V';
		if (!line.cut)
			return true;
	}
}

/* Names first, for a connection has one result at a time with some drivers. */
static bool list_tables(struct odbc *o, struct entry **v, size_t *n, struct gt_err *err)
{
	bool more = true;

	if (!odbc_statement(o, err))
		return false;
	if (!SQL_SUCCEEDED(SQLTables(
		    o->stmt, NULL, 0, NULL, 0, NULL, 0, (SQLCHAR *)"TABLE,VIEW", SQL_NTS)))
		return odbc_fail(o, SQL_HANDLE_STMT, o->stmt, err);
	*v = calloc(TABLES_MAX, sizeof(**v));
	if (!*v)
		return gt_fail(err, GT_E_MEMORY_BUDGET, GT_TEXT("%zu", TABLES_MAX * sizeof(**v)));
	while (*n < TABLES_MAX) {
		if (!next_table(o, &(*v)[*n], &more, err))
			return false;
		if (!more)
			break;
		++*n;
	}
	odbc_statement_end(o);
	return true;
}

static bool discover_all(struct odbc *o, gt_found_fn *sink, void *arg, struct gt_err *err)
{
	struct entry *v = NULL;
	size_t n = 0;
	bool on = true, ok = list_tables(o, &v, &n, err);

	for (size_t i = 0; ok && on && i < n; i++) {
		struct gt_pair select = {GT_LIT("table"), gt_cstr(v[i].name)};
		struct gt_found found = {.kind = v[i].view ? GT_LIT("view") : GT_LIT("table"),
			.name = gt_cstr(v[i].name),
			.select = &select,
			.select_count = 1};
		struct gt_err why;

		/* A table that may not be read is told, and does not hide the others. */
		if (!odbc_sql_sample(o, found.name, SAMPLE_ROWS, &why) ||
			!look_at(o, &found, sink, arg, &on, &why)) {
			note(o, &why);
			ok = why.code != GT_E_ODBC_LOST && why.code != GT_E_ODBC_INTERRUPTED;
			if (!ok)
				*err = why;
		}
		if (gt_host_monotonic_us() > o->deadline_us)
			break;
	}
	free(v);
	return ok;
}

static bool begin(struct odbc *o, struct gt_err *err)
{
	o->deadline_us = gt_host_monotonic_us() + LOOK_US;
	o->keys = 0;
	o->structured = false;
	return odbc_connect(o, err);
}

bool odbc_probe(struct odbc *o, char *found, size_t size, struct gt_err *err)
{
	char dbms[64] = "", version[64] = "", driver[64] = "";
	int64_t start = gt_host_monotonic_us();
	struct odbc_value now = {.given = false};
	SQLSMALLINT n = 0;
	bool some = o->conf.table.n || o->conf.query.n;
	enum odbc_got got = ODBC_GOT_NULL;

	if (!begin(o, err))
		return false;
	(void)SQLGetInfo(o->dbc, SQL_DBMS_NAME, dbms, sizeof(dbms) - 1, &n);
	(void)SQLGetInfo(o->dbc, SQL_DBMS_VER, version, sizeof(version) - 1, &n);
	(void)SQLGetInfo(o->dbc, SQL_DRIVER_NAME, driver, sizeof(driver) - 1, &n);
	if (!odbc_sql_now(o, err) || !odbc_ask(o, &now, err))
		return false;
	if (some && (!odbc_sql_sample(o, gt_str(NULL, 0), 1, err) || !odbc_execute(o, err) ||
			    !odbc_describe(o, err)))
		return false;
	if (some)
		got = odbc_fetch(o, err);
	if (got == ODBC_GOT_FAILED)
		return false;
	odbc_statement_end(o);
	(void)snprintf(found, size, "%s %s  %s  %d ms%s  now %s", dbms, version, driver,
		(int)((gt_host_monotonic_us() - start) / 1000),
		!some             ? ""
		: got == ODBC_GOT ? "  1 row"
				  : "  0 rows",
		now.text);
	return true;
}

bool odbc_discover(struct odbc *o, gt_found_fn *sink, void *arg, struct gt_err *err)
{
	struct gt_pair select = {GT_LIT("table"), o->conf.table};
	struct gt_found found = {.kind = o->conf.table.n ? GT_LIT("table") : GT_LIT("query"),
		.name = o->conf.table.n ? o->conf.table : gt_cstr(o->label),
		.select = &select,
		.select_count = o->conf.table.n > 0};
	bool on = true;

	if (!begin(o, err))
		return false;
	if (!o->conf.table.n && !o->conf.query.n)
		return discover_all(o, sink, arg, err);
	return odbc_sql_sample(o, gt_str(NULL, 0), SAMPLE_ROWS, err) &&
	       look_at(o, &found, sink, arg, &on, err);
}
