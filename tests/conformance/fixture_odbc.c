/* The odbc adapter on a file of SQLite, isolated. */
#include "fixture.h"

#include <check.h>
#include <sql.h>
#include <sqlext.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

extern const struct gt_adapter guantong_adapter_odbc;

#define ROWS 24

struct source {
	char path[128];
};

static void run(SQLHDBC dbc, const char *text)
{
	SQLHSTMT stmt;

	ck_assert_int_eq(SQLAllocHandle(SQL_HANDLE_STMT, dbc, &stmt), SQL_SUCCESS);
	ck_assert(SQL_SUCCEEDED(SQLExecDirect(stmt, (SQLCHAR *)(uintptr_t)text, SQL_NTS)));
	SQLFreeHandle(SQL_HANDLE_STMT, stmt);
}

static void make(const char *path)
{
	SQLHENV env;
	SQLHDBC dbc;
	char text[256];

	SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &env);
	SQLSetEnvAttr(env, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)(uintptr_t)SQL_OV_ODBC3, 0);
	SQLAllocHandle(SQL_HANDLE_DBC, env, &dbc);
	snprintf(text, sizeof text, "Driver=SQLite3;Database=%s", path);
	ck_assert(SQL_SUCCEEDED(SQLDriverConnect(
		dbc, NULL, (SQLCHAR *)text, SQL_NTS, NULL, 0, NULL, SQL_DRIVER_NOPROMPT)));
	run(dbc, "CREATE TABLE t(id integer PRIMARY KEY, name text, v text, u datetime)");
	for (int i = 0; i < ROWS; i++) {
		snprintf(text, sizeof text,
			"INSERT INTO t VALUES (%d, '行' || char(10) || %d, '%d.50', "
			"'2024-03-27 08:25:%02d')",
			i, i * i, i, i / 5);
		run(dbc, text);
	}
	SQLDisconnect(dbc);
	SQLFreeHandle(SQL_HANDLE_DBC, dbc);
	SQLFreeHandle(SQL_HANDLE_ENV, env);
}

static struct source *up(char *options, size_t size, const char *how)
{
	struct source *s = calloc(1, sizeof *s);

	/* The same for every source of a process: rows name their database. */
	snprintf(s->path, sizeof s->path, "/tmp/gt-conformance-%d.db", (int)getpid());
	unlink(s->path);
	make(s->path);
	snprintf(options, size, "driver: SQLite3\ndatabase: %s\ntable: t\npage: 7\n%s", s->path,
		how);
	return s;
}

static void *up_whole(char *options, size_t size)
{
	return up(options, size, "");
}

static void *up_cursor(char *options, size_t size)
{
	return up(options, size, "cursor: {field: u}\n");
}

static void down(void *source)
{
	struct source *s = source;

	unlink(s->path);
	free(s);
}

static void absent(char *options, size_t size)
{
	snprintf(options, size, "driver: SQLite3\ndatabase: /nowhere/x.db\ntable: t\n");
}

static const char *const fields[] = {"id", "name", "v", NULL};
extern const struct fixture fixture_odbc_whole, fixture_odbc_cursor;
const struct fixture fixture_odbc_whole = {.title = "odbc, whole",
	.adapter = &guantong_adapter_odbc,
	.fields = fields,
	.rows = ROWS,
	.up = up_whole,
	.down = down,
	.absent = absent};
const struct fixture fixture_odbc_cursor = {.title = "odbc, cursor",
	.adapter = &guantong_adapter_odbc,
	.fields = fields,
	.rows = ROWS,
	.up = up_cursor,
	.down = down,
	.absent = absent};
