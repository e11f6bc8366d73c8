/* odbc_error.c: what a driver said. SQLSTATEs say little in practice: psqlodbc answers 08001 to a
 * wrong password, the SQLite and MariaDB drivers HY000 to much of what can go wrong. So rows look
 * at state, native code and words, the first that fits decides. */
#include "odbc.h"

struct rule {
	const char *state;  /* how the SQLSTATE begins */
	const char *driver; /* of this driver only; NULL = of any */
	int native;         /* 0 = any */
	const char *words;  /* within the text; NULL = any */
	enum gt_code code;
};

static const struct rule rules[] = {{"IM", NULL, 0, NULL, GT_E_ODBC_DRIVER},
	{"01000", NULL, 0, "Can't open lib", GT_E_ODBC_DRIVER},
	{"28", NULL, 0, NULL, GT_E_ODBC_LOGIN},
	{"08", "psqlodbc", 0, "authentication failed", GT_E_ODBC_LOGIN},
	{"08", "psqlodbc", 0, "认证失败", GT_E_ODBC_LOGIN},
	{"08", "psqlodbc", 0, "pg_hba.conf", GT_E_ODBC_LOGIN},
	{"08", "psqlodbc", 0, "\" does not exist", GT_E_ODBC_LOGIN},
	{"08", "psqlodbc", 0, "不存在", GT_E_ODBC_LOGIN},
	{"08", "psqlodbc", 0, "timeout expired", GT_E_ODBC_TIMEOUT},
	{"HY000", "maodbc", 1130, NULL, GT_E_ODBC_LOGIN},   /* this host may not connect */
	{"42000", "maodbc", 1044, NULL, GT_E_ODBC_LOGIN},   /* not this database */
	{"42000", "maodbc", 1049, NULL, GT_E_ODBC_LOGIN},   /* unknown database */
	{"HY018", "maodbc", 1969, NULL, GT_E_ODBC_TIMEOUT}, /* max_statement_time */
	{"", "maodbc", 1205, NULL, GT_E_ODBC_BUSY},         /* lock wait */
	{"", "maodbc", 1053, NULL, GT_E_ODBC_LOST},         /* shutdown in progress */
	{"", "maodbc", 1927, NULL, GT_E_ODBC_LOST},         /* killed */
	{"", "maodbc", 2002, NULL, GT_E_ODBC_CONNECT},
	{"", "maodbc", 2003, NULL, GT_E_ODBC_CONNECT},
	{"", "maodbc", 2005, NULL, GT_E_ODBC_CONNECT}, {"", "maodbc", 2006, NULL, GT_E_ODBC_LOST},
	{"", "maodbc", 2013, NULL, GT_E_ODBC_LOST},
	{"", "sqlite", 1, "no such table", GT_E_ODBC_TABLE},
	{"", "sqlite", 1, "no such column", GT_E_ODBC_COLUMN},
	{"", "sqlite", 1, NULL, GT_E_ODBC_STATEMENT}, {"", "sqlite", 5, NULL, GT_E_ODBC_BUSY},
	{"", "sqlite", 6, NULL, GT_E_ODBC_BUSY},
	{"", "sqlite", 9, NULL, GT_E_ODBC_TIMEOUT}, /* interrupted: by nobody but the limit */
	{"", "sqlite", 0, "connect failed", GT_E_ODBC_CONNECT},
	{"", "sqlite", 0, "unable to open", GT_E_ODBC_CONNECT},
	{"HYT", NULL, 0, NULL, GT_E_ODBC_TIMEOUT},
	{"57014", NULL, 0, NULL, GT_E_ODBC_TIMEOUT}, /* PostgreSQL: statement_timeout */
	{"HY008", NULL, 0, NULL, GT_E_ODBC_TIMEOUT},
	{"57", NULL, 0, NULL, GT_E_ODBC_LOST}, /* PostgreSQL: shut down, crashed, starting */
	{"08001", NULL, 0, NULL, GT_E_ODBC_CONNECT}, {"08004", NULL, 0, NULL, GT_E_ODBC_CONNECT},
	{"08", NULL, 0, NULL, GT_E_ODBC_LOST},
	{"HY000", "psqlodbc", 0, "connection", GT_E_ODBC_LOST},
	{"HY000", "psqlodbc", 0, "no response", GT_E_ODBC_LOST},
	{"40", NULL, 0, NULL, GT_E_ODBC_BUSY}, {"53", NULL, 0, NULL, GT_E_ODBC_BUSY},
	{"55P03", NULL, 0, NULL, GT_E_ODBC_BUSY}, {"42P01", NULL, 0, NULL, GT_E_ODBC_TABLE},
	{"42S02", NULL, 0, NULL, GT_E_ODBC_TABLE}, {"3F", NULL, 0, NULL, GT_E_ODBC_TABLE},
	{"42703", NULL, 0, NULL, GT_E_ODBC_COLUMN}, {"42S22", NULL, 0, NULL, GT_E_ODBC_COLUMN},
	{"3D", NULL, 0, NULL, GT_E_ODBC_LOGIN}, {"42", NULL, 0, NULL, GT_E_ODBC_STATEMENT},
	{"37", NULL, 0, NULL, GT_E_ODBC_STATEMENT}, {"22", NULL, 0, NULL, GT_E_ODBC_STATEMENT},
	{"07", NULL, 0, NULL, GT_E_ODBC_STATEMENT}, {"0A", NULL, 0, NULL, GT_E_ODBC_STATEMENT},
	{"25006", NULL, 0, NULL, GT_E_ODBC_STATEMENT}, /* it would write */
	{NULL, NULL, 0, NULL, GT_E_ODBC_FAILED}};

static bool fits(const struct odbc *o, const struct rule *rule, const char *state,
	SQLINTEGER native, const char *text)
{
	return strncmp(state, rule->state, strlen(rule->state)) == 0 &&
	       (!rule->native || rule->native == native) &&
	       (!rule->driver || (o->dialect && strcmp(o->dialect->driver, rule->driver) == 0)) &&
	       (!rule->words || strstr(text, rule->words));
}

static enum gt_code code_of(
	const struct odbc *o, const char *state, SQLINTEGER native, const char *text)
{
	const struct rule *rule = rules;

	while (rule->state && !fits(o, rule, state, native, text))
		rule++;
	/* While connecting, a refusal of whatever kind is one of the connection. */
	if (rule->code == GT_E_ODBC_LOST && !o->connected)
		return GT_E_ODBC_CONNECT;
	/* Where driver and server have the same limit, the driver may be the quicker one: it hangs
	 * up. */
	if (rule->code == GT_E_ODBC_LOST && o->stmt &&
		gt_host_monotonic_us() - o->asked_us >= o->conf.timeout * 1000)
		return GT_E_ODBC_TIMEOUT;
	return rule->code;
}

/* UTF-8 of what may be in any charset: as it is, from GB18030, or with its strange bytes as "?". */
static void readable(struct odbc *o, char *text, size_t size)
{
	char utf8[3 * 512 + 4];
	size_t written = 0, bad = 0;
	struct gt_str s = gt_cstr(text);

	if (gt_utf8_bad(s) == SIZE_MAX)
		return;
	if (s.n <= 512 && o->converter &&
		gt_converter_run(o->converter, s, utf8, sizeof(utf8), &written, &bad)) {
		written = written < size ? written : size - 1;
		memcpy(text, utf8, written);
		text[written] = '\0';
	}
	for (size_t at = gt_utf8_bad(gt_cstr(text)); at != SIZE_MAX;
		at = gt_utf8_bad(gt_cstr(text)))
		text[at] = '?';
}

/* Drivers may repeat what they were given. */
static void hide_password(const struct odbc *o, char *text)
{
	struct gt_str p = o->conf.password;

	for (char *at = text; p.n > 0 && (at = memmem(at, strlen(at), p.p, p.n)) != NULL; at += p.n)
		memset(at, '*', p.n);
}

/* One line, without the "[vendor][driver]" that every driver puts in front. */
static void trim(char *text)
{
	char *from = text, *end;

	while (*from == '[' && (end = strchr(from, ']')) != NULL)
		from = end + 1;
	memmove(text, from, strlen(from) + 1);
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < ' ')
			*p = ' ';
	for (end = text + strlen(text); end > text && (end[-1] == ' ' || end[-1] == ';'); end--)
		end[-1] = '\0';
}

bool odbc_fail(struct odbc *o, SQLSMALLINT type, SQLHANDLE handle, struct gt_err *err)
{
	char said[768] = "", text[512], state[8] = "HY000";
	struct gt_line line = {said, 0, sizeof(said), false};
	SQLINTEGER native = 0;
	enum gt_code code = GT_E_NONE;

	if (o->interrupted)
		return gt_fail(err, GT_E_ODBC_INTERRUPTED, o->label);
	for (SQLSMALLINT i = 1; i <= 4; i++) {
		SQLSMALLINT n = 0;

		memset(text, 0, sizeof(text));
		if (!SQL_SUCCEEDED(SQLGetDiagRec(type, handle, i, (SQLCHAR *)state, &native,
			    (SQLCHAR *)text, sizeof(text) - 1, &n)))
			break;
		hide_password(o, text);
		readable(o, text, sizeof(text));
		enum gt_code this = code_of(o, state, native, text);
		/* The first record that tells something decides; notices may stand before it. */
		if (code == GT_E_NONE || code == GT_E_ODBC_FAILED)
			code = this;
		trim(text);
		gt_line_put(&line, line.n ? "; [" : "[");
		gt_line_put(&line, state);
		gt_line_put(&line, "] ");
		gt_line_put(&line, text);
	}
	if (!line.n)
		gt_line_put(&line, "-");
	return gt_fail(err, code ? code : GT_E_ODBC_FAILED, o->label, said);
}
