/* odbc.h: the parts of the odbc adapter among themselves. Nothing outside adapters/odbc*.c and its
 * tests includes this.
 *
 *   odbc.c          options, the callbacks, the steps of a poll
 *   odbc_connect.c  connecting, the session, statements with a time limit
 *   odbc_dialect.c  what is known of drivers and databases: tables only
 *   odbc_error.c    what a driver said, as an error of the catalogue
 *   odbc_sql.c      statements as text; what an operator wrote of them
 *   odbc_pass.c     one pass over the rows: bounds, pages, the end
 *   odbc_rows.c     rows of a result, one after the other
 *   odbc_value.c    one value of a row, as the driver hands it over
 *   odbc_cursor.c   the resume position as text
 *   odbc_look.c     probe and discover
 *
 * Threads: everything on the polling thread, but for interrupt(), which cancels the statement that
 * runs. A process has one connection: the adapter runs isolated. */
#ifndef GUANTONG_ADAPTERS_ODBC_H
#define GUANTONG_ADAPTERS_ODBC_H

#include "lib/line.h"
#include "lib/moment.h"
#include "lib/seen.h"

#include <guantong/adapter.h>
#include <guantong/charset.h>
#include <guantong/json.h>

#include <openssl/evp.h>
#include <pthread.h>
#include <sql.h>
#include <sqlext.h>

#define ODBC_KEYS_MAX 4u    /* what rows are ordered by */
#define ODBC_FIELDS_MAX 8u  /* cursor: {field: […]} */
#define ODBC_VALUE_MAX 256u /* bytes of one value of the cursor field or of a key */
#define ODBC_SQL_MAX 65536u /* a statement */
#define ODBC_NAME_MAX 512u  /* a column's name in UTF-8; a table's with its schema */
#define ODBC_COLUMNS_MAX 1024u
#define ODBC_PARAMS_MAX 16u /* two bounds, and a key of four: 1 + 1 + 2 + 3 + 4 */
#define ODBC_CHUNK 32768u   /* bytes of a value that are asked for at once */

struct odbc_cursor_conf {
	struct gt_texts field;
	struct gt_str tie;
	int64_t delay, lookback, overlap;
	int layout, nulls;
};

struct odbc_conf {
	struct gt_str dsn, connection, driver, server, database, user, password;
	struct gt_str table, query, where, charset;
	struct gt_texts columns, key;
	struct gt_pairs options, charsets, environment;
	struct odbc_cursor_conf cursor;
	int64_t port, page, timeout, connect_timeout, remember;
	bool count;
};

/* How a database cuts a result off after some rows. */
enum odbc_cut { ODBC_CUT_LIMIT, ODBC_CUT_FETCH, ODBC_CUT_TOP, ODBC_CUT_ROWNUM };

/* A row of the table of databases (odbc_dialect.c). In texts: $z = the source's zone as "+08:00",
 * $m = its minutes, $t = seconds a statement may take, $c = seconds for connecting, $p = rows a
 * page. */
struct odbc_dialect {
	const char *driver; /* part of the driver's file or name, lower case; NULL ends the table */
	const char *dbms;   /* part of what the database calls itself */
	enum odbc_cut cut;
	const char *connect;     /* keywords of the connection string, unless given */
	const char *connect_raw; /* more of them when character columns come as bytes */
	const char *now;         /* a statement that gives the database's time in the zone */
	const char *number;      /* a parameter that must compare as a number; NULL = "?" */
	const char *zone;        /* sets the session's zone; NULL = there is none */
	const char *session[5];  /* requests: read only, time limits, spellings; NULL ends them */
	const char *session_raw; /* one more when character columns come as bytes */
	const char *hidden;      /* schemas that discover leaves out, between blanks */
	const char *quote;       /* of names, where the driver's own will not do */
	bool raw_binary;         /* charset other than UTF-8: character columns come as binary */
	bool lower_guid;         /* the driver writes UUIDs in capitals, the database does not */
};
/* By the driver's name, then by the database's own; the last row fits all. */
const struct odbc_dialect *odbc_dialect_of_driver(struct gt_str driver); /* NULL: not known */
const struct odbc_dialect *odbc_dialect_of(struct gt_str driver, struct gt_str dbms);

enum odbc_shape { ODBC_TEXT, ODBC_NUMBER, ODBC_BOOL, ODBC_BINARY };

/* A column of the result that is being read. */
struct odbc_column {
	char name[ODBC_NAME_MAX];
	SQLSMALLINT type;
	enum odbc_shape shape;
	enum gt_charset charset;
	bool guid;
	int field; /* the wanted field that it fills; -1 = none */
	int key;   /* the key that it holds, behind the row's own columns; -1 = none */

	/* of the row that was read last */
	bool null, escaped, truth;
	uint8_t kind;
	size_t json_at, json_n; /* its lexeme without quotes */
	size_t text_at, text_n; /* where `escaped`: its text */
};

/* A value in the source's own bytes. */
struct odbc_value {
	char text[ODBC_VALUE_MAX];
	size_t n;
	bool given;
};

/* What rows are ordered by: an expression, and how the driver describes it. */
struct odbc_key {
	char sql[ODBC_NAME_MAX * 2];
	SQLSMALLINT type, digits;
	SQLULEN size;
	bool nullable;
};

/* Bytes on the heap, up to a maximum. */
struct odbc_bytes {
	char *p;
	size_t n, cap;
};

enum odbc_scan {
	ODBC_VALUES, /* rows that have a value of the first key (all, without keys) */
	ODBC_NULLS   /* rows that have none */
};

/* One pass over the rows. What is here is the cursor. */
struct odbc_pass {
	uint64_t number;
	enum odbc_scan scan;
	uint64_t pages, rows;
	int64_t total;                       /* by count(*); -1 = not asked for */
	struct odbc_value from, until, top;  /* bounds; top: the highest value below `until` */
	struct odbc_value at[ODBC_KEYS_MAX]; /* of the last row taken; not given = none yet */
	struct odbc_value began;             /* the first key where the page began */
	int64_t keep_order;                  /* rows from here on can come again: remembered */
	bool whole;                          /* begun by this instance, not resumed */
	bool changed;                        /* it handed rows on: worth a cursor */
};

enum odbc_phase { ODBC_BETWEEN, ODBC_PAGE, ODBC_ROWS };

/* What a step of a poll leads to. */
enum odbc_next {
	ODBC_GO,     /* take the next step */
	ODBC_FULL,   /* the batch is full, or time is up */
	ODBC_CAUGHT, /* the pass is complete */
	ODBC_WAIT,   /* the source's rate limit: until odbc.wait_us */
	ODBC_FAILED  /* err is set */
};

/* Exists from open to close. */
struct odbc {
	struct odbc_conf conf;
	struct gt_host *host;
	int zone; /* minutes */
	bool ranged;
	struct gt_str range_from, range_until;
	EVP_MD_CTX *md;
	struct gt_converter *converter; /* from GB18030 */
	enum gt_charset charset;
	bool raw; /* some character columns are not UTF-8: they are wanted as bytes */

	/* the connection */
	SQLHENV env;
	SQLHDBC dbc;
	SQLHSTMT stmt;        /* the statement under way; NULL = none */
	pthread_mutex_t lock; /* stmt against interrupt() */
	_Atomic bool interrupted;
	bool connected;
	const struct odbc_dialect *dialect;
	char quote[8];
	char label[256];     /* table and database, for messages; nothing secret */
	int64_t deadline_us; /* of the call under way */
	int64_t asked_us;    /* when the last statement was made ready */
	int64_t wait_us;
	bool skew_said, stray_said;

	/* statements */
	char *sql; /* ODBC_SQL_MAX */
	struct odbc_key key[ODBC_KEYS_MAX];
	size_t keys;
	bool tied;                                /* the keys tell any two rows apart */
	bool structured;                          /* the keys are described as they are now */
	struct odbc_value bound[ODBC_PARAMS_MAX]; /* parameters of the statement under way */
	SQLLEN bound_n[ODBC_PARAMS_MAX];
	SQLUSMALLINT params;

	enum odbc_phase phase;
	struct odbc_pass pass;
	struct odbc_value high; /* "all up to here", of the last complete pass */
	struct gt_seen seen;

	/* the result under way */
	struct odbc_column *column; /* the row's own, then keys */
	size_t columns, own;
	unsigned char shape[GT_SEEN_DIGEST]; /* digest of names and types, of the page before */
	bool shape_known;
	uint64_t page_rows;

	/* the row read last */
	struct odbc_bytes value, json, text, names;
	bool pending;     /* it was not taken yet: the batch was full */
	bool asked_again; /* for a page, and no row of it was taken yet */
	bool bad, large, hashing;
	struct gt_err why;    /* bad */
	uint64_t whole_bytes; /* large: of the row as JSON, as far as is known */
	unsigned char digest[GT_SEEN_DIGEST];
	struct odbc_value row_key[ODBC_KEYS_MAX];

	uint64_t skipped; /* in this poll */
	bool progress;    /* this poll gives a cursor */
	bool failed_later;
	struct gt_err later; /* an error that waits until the rows before it are handed on */
};

/* odbc_connect.c */
/* Connects unless that was done. Blocks up to connect_timeout, if the driver heeds it. */
bool odbc_connect(struct odbc *o, struct gt_err *err) GT_MUST_CHECK;
void odbc_disconnect(struct odbc *o);
/* A new statement in o->stmt with the time that is left. */
bool odbc_statement(struct odbc *o, struct gt_err *err) GT_MUST_CHECK;
void odbc_statement_end(struct odbc *o);
/* Runs o->sql with the parameters bound so far. */
bool odbc_execute(struct odbc *o, struct gt_err *err) GT_MUST_CHECK;
/* Runs a statement that gives one value; not given: NULL or no row. */
bool odbc_ask(struct odbc *o, struct odbc_value *value, struct gt_err *err) GT_MUST_CHECK;
/* Finds a keyword ("PWD") in a connection string, braces heeded. */
bool odbc_keyword(struct gt_str connection, const char *name, struct gt_str *value);

/* odbc_error.c */
/* What the driver says of the handle, as an error. Returns false. */
bool odbc_fail(struct odbc *o, SQLSMALLINT type, SQLHANDLE handle, struct gt_err *err);

/* odbc_sql.c */
/* Is it one statement (or a condition) that only reads, as far as its text shows? Ends in *text
 * without a last semicolon. */
bool odbc_sql_check(
	struct gt_str *text, bool condition, const char *option, struct gt_err *err) GT_MUST_CHECK;
/* A name with dots, each part quoted: fleet.car → "fleet"."car"; parts may stand in quotes. */
void odbc_sql_name(struct gt_line *line, struct gt_str name, const char *quote);
bool odbc_sql_keys(struct odbc *o, struct gt_err *err) GT_MUST_CHECK; /* from the options */
/* The statements; parameters are bound as they are written. */
bool odbc_sql_structure(struct odbc *o, struct gt_err *err) GT_MUST_CHECK;
bool odbc_sql_top(struct odbc *o, struct gt_err *err) GT_MUST_CHECK;
bool odbc_sql_count(struct odbc *o, struct gt_err *err) GT_MUST_CHECK;
bool odbc_sql_tie_null(struct odbc *o, struct gt_err *err) GT_MUST_CHECK;
bool odbc_sql_page(struct odbc *o, struct gt_err *err) GT_MUST_CHECK;
bool odbc_sql_sample(
	struct odbc *o, struct gt_str table, unsigned rows, struct gt_err *err) GT_MUST_CHECK;
bool odbc_sql_now(struct odbc *o, struct gt_err *err) GT_MUST_CHECK;
/* Replaces $z $m $t $c $p in a text of a dialect. */
void odbc_sql_fill(struct odbc *o, const char *text, struct gt_line *line);

/* odbc_value.c */
/* The driver's bytes of a value; *null; *more: bytes that did not fit into GT_RECORD_MAX and went
 * to `rest` (never NULL). */
enum odbc_got { ODBC_GOT, ODBC_GOT_NULL, ODBC_GOT_BAD, ODBC_GOT_FAILED };
enum odbc_got odbc_value_get(
	struct odbc *o, SQLUSMALLINT column, bool binary, uint64_t *more, struct gt_err *err);
bool odbc_bytes_room(struct odbc_bytes *bytes, size_t more, size_t max) GT_MUST_CHECK;

/* odbc_rows.c */
/* The columns of the result; ready: and each field of the mapping has one. */
bool odbc_describe(struct odbc *o, struct gt_err *err) GT_MUST_CHECK;
bool odbc_columns_ready(struct odbc *o, struct gt_err *err) GT_MUST_CHECK;
enum odbc_got odbc_fetch(struct odbc *o, struct gt_err *err); /* GOT_NULL: no more rows */
void odbc_document(struct odbc *o, struct gt_batch *batch);
/* Puts the row that was read into the batch. False: it is full. */
bool odbc_put(struct odbc *o, struct gt_batch *batch);
void odbc_type_text(struct odbc *o, SQLUSMALLINT column, char *out, size_t size);

/* odbc_pass.c */
bool odbc_pass_start(struct odbc *o, struct gt_batch *batch, struct gt_err *err) GT_MUST_CHECK;
bool odbc_page(struct odbc *o, struct gt_err *err) GT_MUST_CHECK;
/* Read in pages, so that any row can be the last of a statement? */
bool odbc_paged(const struct odbc *o);
enum odbc_next odbc_take(
	struct odbc *o, struct gt_batch *batch, const struct gt_limits *limits, struct gt_err *err);
bool odbc_bind(struct odbc *o, const struct odbc_key *key, const struct odbc_value *value,
	struct gt_err *err) GT_MUST_CHECK;

/* odbc_cursor.c */
bool odbc_cursor_read(struct odbc *o, struct gt_str cursor, struct gt_err *err) GT_MUST_CHECK;
void odbc_cursor_write(struct odbc *o, struct gt_batch *batch);

/* odbc_look.c */
bool odbc_probe(struct odbc *o, char *found, size_t size, struct gt_err *err) GT_MUST_CHECK;
bool odbc_discover(struct odbc *o, gt_found_fn *sink, void *arg, struct gt_err *err) GT_MUST_CHECK;

#endif
