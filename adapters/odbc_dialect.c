/* odbc_dialect.c: what is known of drivers and databases. Another one is another row; a database
 * without a row is asked in the words of SQL:2008 and of ODBC itself. */
#include "odbc.h"

#include <ctype.h>

static const struct odbc_dialect dialects[] = {
	{.driver = "psqlodbc",
		.dbms = "postgresql",
		.cut = ODBC_CUT_LIMIT,
		/* Without UseDeclareFetch the driver holds the whole result in memory. Its own
		 * ReadOnly=1 refuses the statements of the session. */
		.connect = "UseDeclareFetch=1;Fetch=$p;BoolsAsChar=0;KeepaliveTime=60;",
		.now = "SELECT CURRENT_TIMESTAMP",
		.zone = "SET TIME ZONE INTERVAL '$z' HOUR TO MINUTE",
		.session = {"SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
			"SET statement_timeout TO '$ts'"},
		.session_raw = "SET client_encoding TO 'SQL_ASCII'",
		.hidden = " pg_catalog information_schema pg_toast ",
		.lower_guid = true},
	{.driver = "kingbase",
		.dbms = "kingbase",
		.cut = ODBC_CUT_LIMIT,
		.connect = "UseDeclareFetch=1;Fetch=$p;BoolsAsChar=0;",
		.now = "SELECT CURRENT_TIMESTAMP",
		.zone = "SET TIME ZONE INTERVAL '$z' HOUR TO MINUTE",
		.session = {"SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"},
		.hidden = " sys_catalog pg_catalog information_schema sys "},
	{.driver = "maodbc",
		.dbms = "mariadb",
		.cut = ODBC_CUT_LIMIT,
		.connect = "CHARSET=utf8mb4;CONN_TIMEOUT=$c;READ_TIMEOUT=$t;",
		.connect_raw = "CHARSET=binary;CONN_TIMEOUT=$c;READ_TIMEOUT=$t;",
		.now = "SELECT CURRENT_TIMESTAMP(6)",
		.zone = "SET SESSION time_zone = '$z'",
		.session = {"SET SESSION TRANSACTION READ ONLY",
			"SET SESSION max_statement_time = $t"},
		.hidden = " mysql information_schema performance_schema sys ",
		.raw_binary = true},
	{.driver = "myodbc",
		.dbms = "mysql",
		.cut = ODBC_CUT_LIMIT,
		.connect = "CHARSET=utf8mb4;",
		.connect_raw = "CHARSET=binary;",
		.now = "SELECT CURRENT_TIMESTAMP(6)",
		.zone = "SET SESSION time_zone = '$z'",
		.session = {"SET SESSION TRANSACTION READ ONLY",
			"SET SESSION max_execution_time = $t000"},
		.hidden = " mysql information_schema performance_schema sys ",
		.raw_binary = true},
	{.driver = "sqlite",
		.dbms = "sqlite",
		.cut = ODBC_CUT_LIMIT,
		/* Without StepAPI the driver holds the whole result in memory; without NoCreat a
		 * file that is not there is made. */
		.connect = "StepAPI=1;NoCreat=1;BigInt=1;NoWCHAR=1;Timeout=5000;",
		.now = "SELECT strftime('%Y-%m-%d %H:%M:%f', 'now', '$m minutes')",
		.number = "CAST(? AS INTEGER)",
		/* A name in double quotes that it does not know is a text to SQLite. */
		.quote = "`",
		.session = {"PRAGMA query_only = ON"},
		.hidden = " sqlite_master "},
	{.driver = "tdsodbc",
		.dbms = "microsoft sql server",
		.cut = ODBC_CUT_TOP,
		.connect = "TDS_Version=7.4;ClientCharset=UTF-8;",
		.connect_raw = "TDS_Version=7.4;",
		.now = "SELECT CONVERT(varchar(23), SWITCHOFFSET(SYSDATETIMEOFFSET(), '$z'), 121)",
		.session = {"SET DATEFORMAT ymd"},
		.hidden = " sys INFORMATION_SCHEMA "},
	{.driver = "msodbcsql",
		.dbms = "microsoft sql server",
		.cut = ODBC_CUT_TOP,
		.connect = "ApplicationIntent=ReadOnly;",
		.now = "SELECT CONVERT(varchar(23), SWITCHOFFSET(SYSDATETIMEOFFSET(), '$z'), 121)",
		.session = {"SET DATEFORMAT ymd"},
		.hidden = " sys INFORMATION_SCHEMA "},
	{.driver = "sqora",
		.dbms = "oracle",
		.cut = ODBC_CUT_ROWNUM,
		.now = "SELECT TO_CHAR(SYSTIMESTAMP AT TIME ZONE '$z', 'YYYY-MM-DD HH24:MI:SS') "
		       "FROM DUAL",
		.zone = "ALTER SESSION SET TIME_ZONE = '$z'",
		.session = {"ALTER SESSION SET NLS_DATE_FORMAT = 'YYYY-MM-DD HH24:MI:SS'",
			"ALTER SESSION SET NLS_TIMESTAMP_FORMAT = 'YYYY-MM-DD HH24:MI:SS.FF6'"},
		.hidden = " SYS SYSTEM XDB CTXSYS MDSYS WMSYS "},
	{.driver = "dodbc",
		.dbms = "dm dbms",
		.cut = ODBC_CUT_ROWNUM,
		.now = "SELECT CURRENT_TIMESTAMP FROM DUAL",
		.zone = "ALTER SESSION SET TIME_ZONE = '$z'",
		.hidden = " SYS SYSAUDITOR SYSSSO CTISYS "},
	{.driver = "", .dbms = "", .cut = ODBC_CUT_FETCH, .now = "SELECT {fn NOW()}", .hidden = ""},
	{NULL}};

static bool holds(struct gt_str text, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= text.n; i++) {
		size_t k = 0;

		while (k < n && tolower((unsigned char)text.p[i + k]) == word[k])
			k++;
		if (k == n)
			return true;
	}
	return n == 0;
}

const struct odbc_dialect *odbc_dialect_of_driver(struct gt_str driver)
{
	for (const struct odbc_dialect *d = dialects; d->driver && d->driver[0]; d++)
		if (holds(driver, d->driver) || holds(driver, d->dbms))
			return d;
	return NULL;
}

const struct odbc_dialect *odbc_dialect_of(struct gt_str driver, struct gt_str dbms)
{
	const struct odbc_dialect *d = dialects;

	for (; d->driver && d->driver[0]; d++)
		if (holds(driver, d->driver))
			return d;
	for (d = dialects; d->driver && d->driver[0]; d++)
		if (holds(dbms, d->dbms))
			return d;
	return d;
}
