/* odbc.c: pulls tables, views and queries from databases through ODBC drivers. Runs isolated: a
 * driver that crashes or never returns ends its own child process.
 *
 * A pass reads the rows between two bounds, a page at a time, each behind the key of the last row;
 * then the flow idles until its schedule asks for the next pass. What earlier passes handed on is
 * known by digests and is not handed on again. Not here: what a row means (the flow's mapping),
 * retries (the host). */
#include "odbc.h"

#include <stdlib.h>

static const char *const layouts[] = {
	"datetime", "iso", "date", "compact", "seconds", "millis", "number", NULL};
static const char *const null_words[] = {"read", "leave", NULL};

#define IN(member) offsetof(struct odbc_cursor_conf, member)
static const struct gt_option cursor_options[] = {
	{"field", GT_OPT_TEXTS, IN(field),
		.en = "column that grows with every change; several: the first that a row has",
		.zh = "随每次改动增大的列；可写多个，取该行第一个有值的"},
	{"tie", GT_OPT_TEXT, IN(tie), .min = 0, .max = 128,
		.en = "column that no two rows share; empty: the table's primary key",
		.zh = "任何两行都不相同的列；不填则用该表主键"},
	{"layout", GT_OPT_CHOICE, IN(layout), .fallback = "datetime", .choices = layouts,
		.en = "how the value is written", .zh = "取值的写法"},
	{"delay", GT_OPT_DURATION, IN(delay), .min = 0, .max = 86400000, .fallback = "30 s",
		.en = "rows younger than this wait for the next pass",
		.zh = "比这更新的行留到下一轮"},
	{"lookback", GT_OPT_DURATION, IN(lookback), .min = 0, .max = 2678400000,
		.fallback = "10 min", .en = "how far each pass looks back for rows that came late",
		.zh = "每轮向前回看多久，以取到迟到的行"},
	{"overlap", GT_OPT_INT, IN(overlap), .min = 0, .max = 100000000, .fallback = "1000",
		.en = "the same where layout: is number",
		.zh = "layout: 为 number 时，向前回看多少"},
	{"nulls", GT_OPT_CHOICE, IN(nulls), .fallback = "read", .choices = null_words,
		.en = "rows without a value: read them whole in every pass, or leave them out",
		.zh = "没有值的行：每轮全部读取（read），或不读（leave）"},
	{NULL}};

/* What the host makes for every flow, open or not: options, and little else. */
struct state {
	struct odbc_conf conf;
	pthread_mutex_t lock; /* run against interrupt(); zeroed memory is an open mutex */
	struct odbc *run;     /* NULL = not open */
};

#define AT(member) offsetof(struct state, conf.member)
static const struct gt_option options[] = {
	{"dsn", GT_OPT_TEXT, AT(dsn), .min = 0, .max = 128, .en = "data source that odbc.ini names",
		.zh = "odbc.ini 中的数据源名称"},
	{"connection", GT_OPT_TEXT, AT(connection), .min = 0, .max = 2048, .flags = GT_OPT_HIDDEN,
		.en = "a whole connection string, without the password",
		.zh = "完整的连接串，不含口令"},
	{"driver", GT_OPT_TEXT, AT(driver), .min = 0, .max = 512,
		.en = "driver that odbcinst.ini names, or its file",
		.zh = "odbcinst.ini 中的驱动名称，或驱动文件"},
	{"server", GT_OPT_TEXT, AT(server), .min = 0, .max = 256, .en = "host of the database",
		.zh = "数据库主机"},
	{"port", GT_OPT_INT, AT(port), .min = 0, .max = 65535, .en = "its port; 0 = the driver's",
		.zh = "端口；0 表示驱动默认"},
	{"database", GT_OPT_TEXT, AT(database), .min = 0, .max = 1024,
		.en = "name of the database, or a file", .zh = "数据库名称，或文件"},
	{"user", GT_OPT_TEXT, AT(user), .min = 0, .max = 128,
		.en = "account; one that can only read is best", .zh = "账号；最好只有读取权限"},
	{"password", GT_OPT_SECRET, AT(password), .en = "its password", .zh = "口令"},
	{"options", GT_OPT_PAIRS, AT(options), .en = "further keywords of the driver",
		.zh = "驱动的其他连接参数"},
	{"environment", GT_OPT_PAIRS, AT(environment),
		.en = "variables that the driver wants, such as NLS_LANG or TNS_ADMIN",
		.zh = "驱动需要的环境变量，如 NLS_LANG、TNS_ADMIN"},
	{"table", GT_OPT_TEXT, AT(table), .min = 0, .max = 384,
		.en = "table or view, with its schema: fleet.trip",
		.zh = "表或视图，可带模式名：fleet.trip"},
	{"query", GT_OPT_TEXT, AT(query), .min = 0, .max = 32768,
		.en = "one SELECT statement instead of table:",
		.zh = "代替 table: 的一条 SELECT 语句"},
	{"columns", GT_OPT_TEXTS, AT(columns), .en = "only these columns", .zh = "只读取这些列"},
	{"where", GT_OPT_TEXT, AT(where), .min = 0, .max = 8192,
		.en = "a condition that rows must meet, in the database's SQL",
		.zh = "各行须满足的条件（SQL）"},
	{"cursor", GT_OPT_GROUP, AT(cursor), .group = cursor_options,
		.en = "read only what changed; without it, every pass reads all rows",
		.zh = "只读取有变动的行；不填则每轮读取全部"},
	{"key", GT_OPT_TEXTS, AT(key),
		.en = "columns that no two rows share, for reading all rows page by page; empty: "
		      "the primary key",
		.zh = "任何两行都不全相同的列，用于分页读取全部；不填则用主键"},
	{"charset", GT_OPT_TEXT, AT(charset), .min = 1, .max = 32, .fallback = "UTF-8",
		.en = "charset of character columns: UTF-8 or GB18030",
		.zh = "字符列的字符集：UTF-8 或 GB18030"},
	{"charsets", GT_OPT_PAIRS, AT(charsets),
		.en = "the same for single columns; binary: no text at all",
		.zh = "为单列声明字符集；binary 表示不是文本"},
	{"page", GT_OPT_INT, AT(page), .min = 1, .max = 100000, .fallback = "1000",
		.en = "rows to ask for at once", .zh = "每次请求的行数"},
	{"count", GT_OPT_BOOL, AT(count), .fallback = "false",
		.en = "count the rows first, as a control total", .zh = "先计总行数，作为核对总量"},
	{"timeout", GT_OPT_DURATION, AT(timeout), .min = 1000, .max = 28000, .fallback = "25 s",
		.en = "time for one statement", .zh = "单条语句的时限"},
	{"connect_timeout", GT_OPT_DURATION, AT(connect_timeout), .min = 1000, .max = 28000,
		.fallback = "10 s", .en = "time for connecting", .zh = "建立连接的时限"},
	{"remember", GT_OPT_INT, AT(remember), .min = 1000, .max = GT_SEEN_MOST,
		.fallback = "1000000", .en = "rows whose digests are kept",
		.zh = "最多记住多少行的摘要"},
	{NULL}};

static bool check_charsets(struct odbc *o, struct gt_err *err)
{
	const struct gt_pairs *single = &o->conf.charsets;

	o->charset = gt_charset_by_name(o->conf.charset);
	if (o->charset != GT_CHARSET_UTF8 && o->charset != GT_CHARSET_GB18030)
		return gt_fail(
			err, GT_E_ODBC_CHARSET, GT_TEXT("%.*s", GT_STR_ARGS(o->conf.charset)));
	o->raw = o->charset != GT_CHARSET_UTF8 || single->n > 0;
	for (size_t i = 0; i < single->n; i++) {
		enum gt_charset charset = gt_charset_by_name(single->v[i].value);

		if (charset != GT_CHARSET_UTF8 && charset != GT_CHARSET_GB18030 &&
			!gt_str_eq(single->v[i].value, GT_LIT("binary")))
			return gt_fail(err, GT_E_ODBC_CHARSET,
				GT_TEXT("%.*s", GT_STR_ARGS(single->v[i].value)));
	}
	return true;
}

static bool check_connection(struct odbc *o, struct gt_err *err)
{
	const struct odbc_conf *c = &o->conf;
	struct gt_str found;

	if ((c->dsn.n > 0) + (c->connection.n > 0) + (c->driver.n > 0) != 1)
		return gt_fail(err, GT_E_ODBC_WHERE_TO);
	if (odbc_keyword(c->connection, "PWD", &found) ||
		odbc_keyword(c->connection, "Password", &found))
		return gt_fail(err, GT_E_ODBC_PASSWORD, "connection:");
	for (size_t i = 0; i < c->options.n; i++) {
		const char *pair = GT_TEXT("%.*s=", GT_STR_ARGS(c->options.v[i].key));

		if (odbc_keyword(gt_cstr(pair), "PWD", &found) ||
			odbc_keyword(gt_cstr(pair), "Password", &found))
			return gt_fail(err, GT_E_ODBC_PASSWORD, "options:");
	}
	return true;
}

/* "table fleet.trip of 10.1.8.30/cars": for messages and for rejects. */
static void name_it(struct odbc *o)
{
	const struct odbc_conf *c = &o->conf;
	struct gt_line line = {o->label, 0, sizeof(o->label), false};
	struct gt_str server = c->server.n ? c->server : c->dsn, database = c->database;

	if (c->connection.n && !odbc_keyword(c->connection, "Server", &server))
		(void)odbc_keyword(c->connection, "DSN", &server);
	if (c->connection.n)
		(void)odbc_keyword(c->connection, "Database", &database);
	gt_line_add(&line, server);
	if (database.n) {
		gt_line_put(&line, server.n ? "/" : "");
		gt_line_add(&line, database);
	}
	if (!line.n)
		gt_line_add(&line, c->driver);
	if (c->table.n || c->query.n) {
		gt_line_put(&line, line.n ? " " : "");
		gt_line_add(&line, c->table.n ? c->table : GT_LIT("query"));
	}
}

static bool start(struct odbc *o, struct gt_str cursor, struct gt_err *err)
{
	name_it(o);
	o->zone = gt_host_zone(o->host);
	o->ranged = gt_host_range(o->host, &o->range_from, &o->range_until);
	o->md = EVP_MD_CTX_new();
	o->converter = gt_converter_new(GT_CHARSET_GB18030);
	o->sql = malloc(ODBC_SQL_MAX);
	if (!o->md || !o->converter || !o->sql)
		return gt_fail(err, GT_E_MEMORY_BUDGET, GT_TEXT("%u", ODBC_SQL_MAX));
	if (!check_connection(o, err) || !check_charsets(o, err))
		return false;
	if (o->conf.query.n && !odbc_sql_check(&o->conf.query, false, "query:", err))
		return false;
	if (o->conf.where.n && !odbc_sql_check(&o->conf.where, true, "where:", err))
		return false;
	return odbc_cursor_read(o, cursor, err);
}

static bool open_(void *self, struct gt_host *host, struct gt_str cursor, struct gt_err *err)
{
	struct state *state = self;
	struct odbc *o = calloc(1, sizeof(*o));

	if (!o)
		return gt_fail(err, GT_E_MEMORY_BUDGET, GT_TEXT("%zu", sizeof(*o)));
	o->conf = state->conf;
	o->host = host;
	pthread_mutex_init(&o->lock, NULL);
	pthread_mutex_lock(&state->lock);
	state->run = o;
	pthread_mutex_unlock(&state->lock);
	return start(o, cursor, err);
}

/* One step of a poll; ODBC_GO asks for the next. */
static enum odbc_next step(
	struct odbc *o, struct gt_batch *batch, const struct gt_limits *limits, struct gt_err *err)
{
	switch (o->phase) {
	case ODBC_BETWEEN:
		if (!odbc_pass_start(o, batch, err))
			return ODBC_FAILED;
		o->phase = ODBC_PAGE;
		return ODBC_GO;
	case ODBC_PAGE:
		o->wait_us = gt_host_permit(o->host);
		if (o->wait_us > 0)
			return ODBC_WAIT;
		if (!odbc_page(o, err))
			return ODBC_FAILED;
		odbc_document(o, batch);
		o->phase = ODBC_ROWS;
		return ODBC_GO;
	case ODBC_ROWS:
		break;
	}
	return odbc_take(o, batch, limits, err);
}

/* Hands over what this poll read, with the position behind it. */
static void hand_over(struct odbc *o, struct gt_batch *batch)
{
	if (o->skipped)
		gt_batch_skip(batch, o->skipped);
	o->skipped = 0;
	if (!o->progress)
		return;
	o->progress = false;
	if (!o->ranged)
		gt_seen_save(&o->seen, batch);
	odbc_cursor_write(o, batch);
}

/* An error does not take rows along that were read before it: it waits for the next poll. */
static enum gt_poll failed(
	struct odbc *o, struct gt_batch *batch, const struct gt_err *why, struct gt_err *err)
{
	odbc_statement_end(o);
	if (o->phase != ODBC_BETWEEN)
		o->phase = ODBC_PAGE;
	if (!gt_batch_rows(batch) && !o->progress) {
		*err = *why;
		return GT_POLL_ERROR;
	}
	o->later = *why;
	o->failed_later = true;
	hand_over(o, batch);
	return GT_POLL_MORE;
}

static enum gt_poll finish(struct odbc *o, struct gt_batch *batch, enum odbc_next next)
{
	hand_over(o, batch);
	/* Nothing stays open between two polls that the next one can ask for again: a gateway that
	 * waits must hold no lock in other people's databases. */
	if (next == ODBC_FULL && o->phase == ODBC_ROWS && odbc_paged(o)) {
		odbc_statement_end(o);
		o->phase = ODBC_PAGE;
	}
	if (next == ODBC_CAUGHT)
		return o->ranged ? GT_POLL_END : GT_POLL_IDLE;
	if (next != ODBC_WAIT)
		return GT_POLL_MORE;
	gt_batch_wait(batch, -1, 0, gt_host_monotonic_us() + o->wait_us);
	return GT_POLL_WAIT;
}

static enum gt_poll poll_(
	void *self, struct gt_batch *batch, const struct gt_limits *limits, struct gt_err *err)
{
	struct odbc *o = ((struct state *)self)->run;
	struct gt_err why = {GT_OK};
	enum odbc_next next = ODBC_GO;
	enum gt_poll result;

	if (o->failed_later) {
		o->failed_later = false;
		*err = o->later;
		return GT_POLL_ERROR;
	}
	o->deadline_us = limits->deadline_us;
	if (o->phase == ODBC_ROWS)
		odbc_document(o, batch);
	while (next == ODBC_GO) {
		next = step(o, batch, limits, &why);
		if (next == ODBC_GO &&
			(o->interrupted || gt_host_monotonic_us() > limits->deadline_us))
			next = ODBC_FULL;
	}
	result = next == ODBC_FAILED ? failed(o, batch, &why, err) : finish(o, batch, next);
	o->interrupted = false;
	return result;
}

/* Cancels the statement under way. The lock keeps its handle alive meanwhile; a driver that does
 * not come back from SQLCancel is ended with its process. */
static void interrupt_(void *self)
{
	struct state *state = self;

	pthread_mutex_lock(&state->lock);
	if (state->run) {
		struct odbc *o = state->run;

		o->interrupted = true;
		pthread_mutex_lock(&o->lock);
		if (o->stmt)
			(void)SQLCancel(o->stmt);
		pthread_mutex_unlock(&o->lock);
	}
	pthread_mutex_unlock(&state->lock);
}

static void close_(void *self)
{
	struct state *state = self;

	pthread_mutex_lock(&state->lock);
	struct odbc *o = state->run;
	state->run = NULL;
	pthread_mutex_unlock(&state->lock);
	if (!o)
		return;
	odbc_disconnect(o);
	gt_seen_free(&o->seen);
	gt_converter_free(o->converter);
	EVP_MD_CTX_free(o->md);
	free(o->column);
	free(o->value.p);
	free(o->json.p);
	free(o->text.p);
	free(o->names.p);
	free(o->sql);
	pthread_mutex_destroy(&o->lock);
	free(o);
}

static bool probe_(void *self, char *found, size_t size, struct gt_err *err)
{
	return odbc_probe(((struct state *)self)->run, found, size, err);
}

static bool discover_(void *self, gt_found_fn *sink, void *arg, struct gt_err *err)
{
	return odbc_discover(((struct state *)self)->run, sink, arg, err);
}

GT_ADAPTER(odbc, .summary = "tables, views and queries of databases, through ODBC drivers",
	.summary_zh = "通过 ODBC 驱动读取数据库的表、视图和查询",
	.caps = GT_CAP_RESUME | GT_CAP_ISOLATE | GT_CAP_RANGE, .self_size = sizeof(struct state),
	.options = options, .open = open_, .poll = poll_, .interrupt = interrupt_, .close = close_,
	.probe = probe_, .discover = discover_);
