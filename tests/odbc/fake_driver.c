/* fake_driver.c: an ODBC driver with one table of rows v = "row 1" …, and one vice, named in the
 * connection string as Deed=…. For tests of what the adapter and its isolation make of bad drivers.
 */
#include <signal.h>
#include <sql.h>
#include <sqlext.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROWS 5

enum deed {
	NOTHING,
	CRASH_FETCH,
	CRASH_CONNECT,
	HANG_EXECUTE,
	HANG_CONNECT,
	HANG_CANCEL, /* deaf while it executes, and SQLCancel does not come back either */
	LENGTH_LONG, /* a length beyond what it was given room for, without saying so */
	LENGTH_NEGATIVE,
	ENDLESS, /* a value whose pieces never end */
	EMPTY_PIECES,
	SPLIT,        /* characters split between pieces of which it does not know the length */
	VALUE_FAILS,  /* the third value cannot be converted */
	FETCH_FAILS,  /* the connection breaks behind the second row */
	FAILS,        /* with the state that says nothing */
	GARBAGE_TEXT, /* an error in GB18030 that holds the password */
	DEEDS
};
static const char *const deeds[DEEDS] = {"nothing", "crash-fetch", "crash-connect", "hang-execute",
	"hang-connect", "hang-cancel", "length-long", "length-negative", "endless", "empty-pieces",
	"split", "value-fails", "fetch-fails", "fails", "garbage-text"};

/* One of each: the adapter has one connection and one statement at a time. */
static struct {
	enum deed deed;
	int row, piece, failed;
	int count; /* the statement asks for one number */
	volatile sig_atomic_t cancelled;
} d;

static void hang(void)
{
	while (!d.cancelled || d.deed == HANG_CANCEL)
		(void)usleep(10000);
}

SQLRETURN SQL_API SQLAllocHandle(SQLSMALLINT type, SQLHANDLE in, SQLHANDLE *out)
{
	static char env, dbc, stmt;

	(void)in;
	*out = type == SQL_HANDLE_ENV ? &env : type == SQL_HANDLE_DBC ? &dbc : &stmt;
	return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLFreeHandle(SQLSMALLINT type, SQLHANDLE handle)
{
	(void)type, (void)handle;
	return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLSetEnvAttr(SQLHENV env, SQLINTEGER a, SQLPOINTER v, SQLINTEGER n)
{
	(void)env, (void)a, (void)v, (void)n;
	return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLSetConnectAttr(SQLHDBC dbc, SQLINTEGER a, SQLPOINTER v, SQLINTEGER n)
{
	(void)dbc, (void)a, (void)v, (void)n;
	return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLSetStmtAttr(SQLHSTMT stmt, SQLINTEGER a, SQLPOINTER v, SQLINTEGER n)
{
	(void)stmt, (void)a, (void)v, (void)n;
	return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLDriverConnect(SQLHDBC dbc, SQLHWND w, SQLCHAR *in, SQLSMALLINT in_n,
	SQLCHAR *out, SQLSMALLINT out_n, SQLSMALLINT *out_len, SQLUSMALLINT how)
{
	const char *deed = strstr((const char *)in, "Deed=");

	(void)dbc, (void)w, (void)in_n, (void)out, (void)out_n, (void)out_len, (void)how;
	for (int i = 0; deed && i < DEEDS; i++)
		if (strncmp(deed + 5, deeds[i], strlen(deeds[i])) == 0)
			d.deed = (enum deed)i;
	if (d.deed == CRASH_CONNECT)
		abort();
	if (d.deed == HANG_CONNECT)
		hang();
	d.failed = d.deed == GARBAGE_TEXT;
	return d.failed ? SQL_ERROR : SQL_SUCCESS;
}

SQLRETURN SQL_API SQLDisconnect(SQLHDBC dbc)
{
	(void)dbc;
	return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLGetInfo(
	SQLHDBC dbc, SQLUSMALLINT what, SQLPOINTER out, SQLSMALLINT size, SQLSMALLINT *n)
{
	const char *text = what == SQL_DRIVER_ODBC_VER         ? "03.00"
			   : what == SQL_DBMS_NAME             ? "Fake"
			   : what == SQL_DRIVER_NAME           ? "fakeodbc.so"
			   : what == SQL_IDENTIFIER_QUOTE_CHAR ? "\""
							       : NULL;

	(void)dbc;
	if (!text) {
		if (out)
			memset(out, 0, 2);
		return SQL_SUCCESS;
	}
	if (out)
		(void)snprintf(out, (size_t)size, "%s", text);
	if (n)
		*n = (SQLSMALLINT)strlen(text);
	return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLExecDirect(SQLHSTMT stmt, SQLCHAR *text, SQLINTEGER n)
{
	(void)stmt, (void)n;
	d.row = 0;
	d.count = strstr((const char *)text, "NOW()") != NULL;
	if ((d.deed == HANG_EXECUTE || d.deed == HANG_CANCEL) && !d.count) {
		hang();
		return SQL_ERROR;
	}
	return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLCancel(SQLHSTMT stmt)
{
	(void)stmt;
	d.cancelled = 1;
	if (d.deed == HANG_CANCEL)
		hang();
	return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLNumResultCols(SQLHSTMT stmt, SQLSMALLINT *n)
{
	(void)stmt;
	*n = 1;
	return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLDescribeCol(SQLHSTMT stmt, SQLUSMALLINT column, SQLCHAR *name,
	SQLSMALLINT room, SQLSMALLINT *n, SQLSMALLINT *type, SQLULEN *size, SQLSMALLINT *digits,
	SQLSMALLINT *nullable)
{
	(void)stmt, (void)column;
	(void)snprintf((char *)name, (size_t)room, "v");
	*n = 1;
	*type = SQL_VARCHAR;
	*size = 100;
	*digits = 0;
	*nullable = SQL_NULLABLE;
	return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLBindParameter(SQLHSTMT stmt, SQLUSMALLINT n, SQLSMALLINT io, SQLSMALLINT c,
	SQLSMALLINT sql, SQLULEN size, SQLSMALLINT digits, SQLPOINTER p, SQLLEN room, SQLLEN *len)
{
	(void)stmt, (void)n, (void)io, (void)c, (void)sql, (void)size, (void)digits, (void)p;
	(void)room, (void)len;
	return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLFetch(SQLHSTMT stmt)
{
	(void)stmt;
	d.piece = d.failed = 0;
	if (d.deed == CRASH_FETCH && d.row == 2)
		abort();
	if ((d.deed == FETCH_FAILS || d.deed == FAILS) && d.row == 2) {
		d.failed = 1;
		return SQL_ERROR;
	}
	return d.row++ < (d.count ? 1 : ROWS) ? SQL_SUCCESS : SQL_NO_DATA;
}

/* 40 000 bytes of "贯" in pieces that end within a character, of unknown total. */
static SQLRETURN split(char *out, SQLLEN size, SQLLEN *n)
{
	const char character[] = "贯";
	SQLLEN whole = 3 * 20000, from = (SQLLEN)d.piece * (size - 1);
	SQLLEN left = whole - from, take = left < size - 1 ? left : size - 1;

	for (SQLLEN i = 0; i < take; i++)
		out[i] = character[(from + i) % 3];
	out[take] = '\0';
	*n = take < left ? SQL_NO_TOTAL : take;
	d.piece++;
	return take < left ? SQL_SUCCESS_WITH_INFO : SQL_SUCCESS;
}

SQLRETURN SQL_API SQLGetData(SQLHSTMT stmt, SQLUSMALLINT column, SQLSMALLINT type, SQLPOINTER out,
	SQLLEN size, SQLLEN *n)
{
	(void)stmt, (void)column, (void)type;
	if (d.count) {
		*n = snprintf(out, (size_t)size, "2024-03-27 08:25:00");
		return SQL_SUCCESS;
	}
	switch (d.deed) {
	case LENGTH_LONG:
		*n = size + 1000000;
		return SQL_SUCCESS;
	case LENGTH_NEGATIVE:
		*n = -1000;
		return SQL_SUCCESS;
	case ENDLESS:
		memset(out, 'x', (size_t)size);
		((char *)out)[size - 1] = '\0';
		*n = SQL_NO_TOTAL;
		return SQL_SUCCESS_WITH_INFO;
	case EMPTY_PIECES:
		memset(out, 0xFF, (size_t)size);
		((char *)out)[size - 8] = '\0';
		((char *)out)[0] = '\0';
		memset((char *)out + size - 8, 0xFF, 8);
		*n = SQL_NO_TOTAL;
		return SQL_SUCCESS_WITH_INFO;
	case SPLIT:
		return split(out, size, n);
	case VALUE_FAILS:
		d.failed = d.row == 3;
		if (d.failed)
			return SQL_ERROR;
		break;
	default:
		break;
	}
	*n = snprintf(out, (size_t)size, "row %d", d.row);
	return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLGetDiagRec(SQLSMALLINT type, SQLHANDLE handle, SQLSMALLINT record,
	SQLCHAR *state, SQLINTEGER *native, SQLCHAR *text, SQLSMALLINT size, SQLSMALLINT *n)
{
	const char *said = d.deed == VALUE_FAILS ? "[Fake][ODBC]cannot be converted"
			   : d.deed == GARBAGE_TEXT
				   ? "[Fake]\xb5\xc7\xc2\xbc\xca\xa7\xb0\xdc PWD=s3cret!\n"
				   : "[Fake]server closed the connection";

	(void)type, (void)handle;
	if (!d.failed || record > 1)
		return SQL_NO_DATA;
	memcpy(state,
		d.deed == VALUE_FAILS    ? "22018"
		: d.deed == GARBAGE_TEXT ? "28000"
		: d.deed == FAILS        ? "HY000"
					 : "08S01",
		6);
	*native = 7;
	(void)snprintf((char *)text, (size_t)size, "%s", said);
	*n = (SQLSMALLINT)strlen(said);
	return SQL_SUCCESS;
}

/* Without it the driver manager believes that we cannot tell errors. */
SQLRETURN SQL_API SQLGetDiagField(SQLSMALLINT type, SQLHANDLE handle, SQLSMALLINT record,
	SQLSMALLINT field, SQLPOINTER out, SQLSMALLINT size, SQLSMALLINT *n)
{
	(void)type, (void)handle, (void)record, (void)field, (void)out, (void)size, (void)n;
	return SQL_NO_DATA;
}
