/* http.h: the parts of the http adapter among themselves. Nothing outside adapters/http*.c and its
 * tests includes this.
 *
 *   http.c          options, the callbacks, the steps of a poll
 *   http_options.c  the options of paging, increments, parents and export jobs
 *   http_request.c  one exchange over libcurl: limits, time, interrupt
 *   http_answer.c   what an answer means: status, content type, success rule
 *   http_address.c  addresses, bodies and headers of requests: what stands in their {braces}
 *   http_paging.c   a page's answer, where a list ends
 *   http_link.c     what leads to the next page: links, cursors, and circles among them
 *   http_window.c   passes and their bounds in time
 *   http_parents.c  lists whose rows each lead to a list of their own
 *   http_job.c      exports that the source prepares while we wait
 *   http_document.c documents that the flow's format reads
 *   http_rows.c     rows of a page into the batch
 *   http_cursor.c   the resume position as text
 *   http_time.c     values of the cursor field, beyond lib/moment.h
 *   http_text.c     text of bounded size
 *   http_look.c     probe and discover
 *   http_peek.c     the same where the flow has a format
 *   http_access.h   logins, keys, signatures, TLS: files of their own */
#ifndef GUANTONG_ADAPTERS_HTTP_H
#define GUANTONG_ADAPTERS_HTTP_H

#include "http_access.h"
#include "lib/digest.h"
#include "lib/intake.h"
#include "lib/moment.h"
#include "lib/seen.h"

#include <guantong/adapter.h>
#include <guantong/json.h>

#include <curl/curl.h>
#include <openssl/evp.h>

#define HTTP_URL_MAX 8192u
#define HTTP_VALUE_MAX 128u /* one value of the cursor field */
#define HTTP_NEXT_MAX 2048u /* a next link that is longer is not kept over a restart */
#define HTTP_DIGEST GT_SEEN_DIGEST
#define HTTP_CURSOR_FIELDS 4u
#define HTTP_REPEATS_MAX 3u
#define HTTP_PARENT_FIELDS 8u
#define HTTP_INJECT_MAX 4096u /* what a row gets of its parent and its key */
#define HTTP_JOB_MAX 201u     /* the id of an export job, with NUL */

enum http_method { HTTP_GET, HTTP_POST };
enum http_style { HTTP_NONE, HTTP_PAGE, HTTP_NEXT, HTTP_OFFSET, HTTP_CURSOR };
enum http_layout {
	HTTP_DATETIME, /* 2024-03-27 08:25:00, in the source's zone */
	HTTP_ISO,      /* 2024-03-27T08:25:00+08:00 */
	HTTP_DATE,     /* 2024-03-27 */
	HTTP_SECONDS,  /* since 1970 */
	HTTP_MILLIS,
	HTTP_NUMBER,  /* a number that only grows; no time */
	HTTP_COMPACT, /* 20240327082500 */
	HTTP_UTC      /* 2024-03-27T00:25:00Z; without a zone it is UTC, too */
};

struct http_paging {
	int style;
	struct gt_str page, size, offset, cursor; /* names of parameters */
	struct gt_str next, last, more, pages;    /* where an answer says so */
	struct gt_str next_header;
	int64_t first, rows, max_pages;
	bool short_ends;
};

struct http_parent {
	struct gt_texts each, fields;
	struct gt_str path, records, total;
	struct gt_pairs query;
	struct http_paging paging;
};

struct http_job_conf {
	struct gt_str path, body, id, poll, status, result, download;
	struct gt_texts ready, failed;
	int64_t interval, deadline;
	int method;
};

struct http_cursor_conf {
	struct gt_texts field;
	struct gt_str tie, from, until, start, bounds;
	int64_t delay, lookback, step, max_rows;
	int layout;
	bool newest_first;
};

struct http_conf {
	struct gt_str url, path, body, records, total, token, keyed;
	struct gt_pairs query, headers;
	int method, body_as; /* 0 JSON, 1 form */
	struct http_paging paging;
	struct http_parent parent;
	struct http_job_conf job;
	struct http_success success;
	struct http_basic basic;
	struct http_key key;
	struct http_login login;
	struct http_oauth oauth2;
	struct http_sign sign;
	struct http_tls tls;
	bool loopback, conditional;
	int charset; /* 0 = as the answer says */
	struct http_cursor_conf cursor;
	int64_t timeout, connect_timeout, max_body, max_document, remember;
};

/* One of the lists that a flow reads: its own, or that of the parents. */
struct http_list {
	struct gt_str path, body, records, total;
	struct gt_pairs query;
	const struct http_paging *paging;
	int method;
};

/* Text of bounded size; `cut` once something did not fit. */
struct http_text {
	char *p;
	size_t n, size;
	bool cut;
};

/* A row's value of the cursor field, in the source's own words. */
struct http_value {
	char text[HTTP_VALUE_MAX];
	int64_t order; /* µs since 1970, or the number itself */
	bool given;
};

/* Tells a sequence of digests that comes round again, in constant memory (Brent). */
struct http_circle {
	unsigned char mark[HTTP_DIGEST];
	uint64_t lap, steps; /* lap 0 = nothing was seen yet */
};

/* Where in a list we are. */
struct http_walk {
	int64_t page;              /* number of the page to ask for next, or being read */
	uint64_t pages, rows;      /* read whole */
	int64_t total, page_count; /* as the last page said; -1 = unknown */
	char next[HTTP_URL_MAX];   /* address or cursor of the page, "" = the first */
	struct http_circle links, bodies;
	unsigned char last_digest[HTTP_DIGEST]; /* of the page before this one */
	bool last_digest_set;
	bool drift;
};

/* One pass: all lists of all windows. What is here and in `position` is the cursor. */
struct http_pass {
	uint64_t number;
	struct http_walk walk;
	char from[HTTP_VALUE_MAX], until[HTTP_VALUE_MAX]; /* bounds as sent, "" = none */
	int64_t from_order, until_order;
	int64_t target;        /* where the last window ends; INT64_MAX = open */
	struct http_value max; /* the highest value read, with its tie */
	char max_tie[HTTP_VALUE_MAX];
	unsigned repeats; /* of this list, because it changed while it was read */
	bool whole;       /* begun by this instance, not resumed */
	bool changed;     /* it handed rows on, or the position moved: worth a cursor */
	bool ours;        /* target is by our clock, the source's was not known */
};

/* The parents of this pass; each is its fields' JSON lexemes, one behind the other, each with a
 * NUL. */
struct http_parents {
	char *text;
	size_t n, cap; /* bytes */
	size_t *at;    /* offsets into text */
	size_t count, room, index;
	struct http_walk walk;
	char wanted[HTTP_VALUE_MAX]; /* by the cursor: go on with this one, "" = the first */
	uint64_t gone;               /* lists that answered 404 in this pass */
	char first_gone[HTTP_VALUE_MAX];
};

/* A document on its way through the flow's format. */
struct http_document {
	struct gt_reader *reader; /* NULL = the flow reads pages of JSON */
	int fd;                   /* of the file that is being downloaded into; -1 = none */
	uint64_t size;
	bool large;
	int error; /* errno of a write that failed */
	struct gt_digest sum;
	struct gt_intake in;
	/* What the last cursor told, and the next one will. */
	char digest[GT_DIGEST_HEX];
	uint64_t at, rows;
	bool partly; /* rows behind `at` are missing */
};

struct http_job {
	char id[HTTP_JOB_MAX]; /* "" = none is running */
	int64_t since_us;      /* wall clock, when it was asked for */
	char result[HTTP_URL_MAX];
};

struct http_body {
	char *p;
	size_t n, cap;
};

enum http_phase {
	HTTP_BETWEEN, /* two passes */
	HTTP_ASK,     /* a request is to be sent */
	HTTP_FLIGHT,  /* a request is under way */
	HTTP_ROWS,    /* rows of the page in `body` are being taken */
	HTTP_FEED     /* rows of a document are being taken */
};

enum http_what {
	HTTP_ASK_LOGIN,
	HTTP_ASK_PAGE,
	HTTP_ASK_JOB,     /* start an export */
	HTTP_ASK_STATE,   /* how far is it? */
	HTTP_ASK_DOCUMENT /* into a file */
};

/* What a step of a poll leads to. */
enum http_next {
	HTTP_GO,     /* take the next step */
	HTTP_FULL,   /* the batch is full */
	HTTP_LATER,  /* deadline or interrupt in mid-flight */
	HTTP_PAUSE,  /* nothing may be asked before pause_us */
	HTTP_CAUGHT, /* the pass is complete */
	HTTP_OVER,   /* a backfill is complete */
	HTTP_FAILED  /* err is set */
};

/* What an answer tells us to do. */
enum http_verdict {
	HTTP_GOOD,
	HTTP_EXPIRED,
	HTTP_BAD,
	HTTP_SAME /* nothing changed since it was read last: the pass is complete */
};

/* Exists from open to close. */
struct http {
	struct http_conf conf;
	struct gt_host *host;
	struct gt_json_reader *reader, *cursor_reader;
	EVP_MD_CTX *md;

	/* exchange */
	CURL *easy;
	CURLM *multi;
	_Atomic bool interrupted;
	struct curl_slist *headers;
	char *post; /* body of the request under way */
	bool in_multi;
	int fd; /* of the connection, to wait on; -1 = none */
	struct http_body body;
	bool body_large, body_denied;
	long status;
	char content_type[128];
	char link[HTTP_URL_MAX]; /* rel="next" of the Link header, or what next_header: names */
	int64_t date_s;          /* Date header of the answer, 0 = none */
	char curl_error[CURL_ERROR_SIZE];

	char label[512];        /* address without query, for messages */
	char place[1024];       /* the same with the page */
	char url[HTTP_URL_MAX]; /* of the request under way */

	enum http_phase phase;
	enum http_what asking, to_ask; /* the request under way; the next one, login aside */
	int64_t pause_us;              /* monotonic; 0 = none */
	struct http_access access;

	bool skew_known, skew_said;
	int64_t skew_us; /* the source's clock minus ours */

	struct http_pass pass;
	struct http_value high; /* "all up to here", of the last complete pass */
	char high_tie[HTTP_VALUE_MAX];
	int64_t reached;      /* of windows and documents: the same by time; INT64_MIN = none */
	int64_t reached_told; /* by the last cursor */
	bool bounded;         /* passes have bounds */
	int64_t start;        /* option, or where the backfill begins; INT64_MIN = none */
	bool backfill;
	int64_t backfill_until; /* INT64_MAX = open */

	struct http_list own, parent_list;
	const struct http_list *list; /* the one that is being read … */
	struct http_walk *walk;       /* … and where */
	struct http_parents parents;
	struct http_document document;
	struct http_job job;
	bool resumed; /* the next page's address comes from an earlier instance */
	bool first_said;

	/* the page being taken */
	struct gt_json_scan scan;
	size_t list_at, list_n; /* the part of the body that has the list */
	struct gt_str scan_path;
	bool keyed;                   /* the list is key, row, key, row … */
	bool key_next;                /* … and a key comes next */
	struct gt_str key;            /* of the row to come, a JSON string in the body */
	char inject[HTTP_INJECT_MAX]; /* "parent.id":7, what rows get of their parent */
	size_t inject_n;
	struct gt_str large; /* first bytes of a row too large to take, none = not in one */
	uint64_t large_offset;
	size_t page_at;     /* how far the body was taken */
	uint64_t page_rows; /* rows of the page taken so far */
	size_t page_seen;   /* seen.n when the page began */
	struct gt_mark page_mark;
	bool page_mark_valid; /* the page began in this batch */
	char page_next[HTTP_URL_MAX];
	int page_more;     /* 1 = the answer says that more follows, 0 = no more, -1 = nothing */
	bool page_reaches; /* a row of the page lies within the bounds, or cannot be placed */
	char last_text[HTTP_VALUE_MAX]; /* paging: {last: …} of the latest row */
	unsigned char page_digest[HTTP_DIGEST];

	struct gt_seen seen; /* what was published before */
	uint64_t skipped;    /* in this poll */
	bool progress;       /* this poll gives a cursor */
	bool failed_later;
	struct gt_err later; /* an error that waits until the rows before it are handed on */
};

/* http_request.c */
enum http_io { HTTP_IO_DONE, HTTP_IO_AGAIN, HTTP_IO_FAILED };
bool http_request_open(struct http *h, struct gt_err *err) GT_MUST_CHECK;
void http_request_close(struct http *h);
/* Starts an exchange with h->url; body none = GET. Headers, credentials and signature are added as
 * the options say. */
bool http_request_start(
	struct http *h, struct gt_str body, const char *type, struct gt_err *err) GT_MUST_CHECK;
/* The same by another method than GET or POST, NULL = those. */
bool http_request_send(struct http *h, const char *method, struct gt_str body, const char *type,
	struct gt_err *err) GT_MUST_CHECK;
enum http_io http_request_run(struct http *h, int64_t deadline_us, struct gt_err *err);
/* What to wait for while an exchange is under way; -1 = only time. */
int http_request_fd(const struct http *h, short *events);
void http_request_drop_body(struct http *h);
bool http_memory(struct http *h, size_t more, struct gt_err *err) GT_MUST_CHECK;

/* http_answer.c */
/* Makes UTF-8 of the body, once it is complete. False: it is not in the charset that it claims. */
bool http_answer_text(struct http *h, struct gt_err *err) GT_MUST_CHECK;
enum http_verdict http_answer(struct http *h, const struct gt_str *wanted, size_t count,
	struct gt_str *lexemes, struct gt_err *err);

/* http_options.c */
extern const struct gt_option http_paging_options[], http_cursor_options[], http_parent_options[],
	http_job_options[];

/* http_address.c */
bool http_has_word(struct gt_str text, struct gt_str word); /* "{page}" */
/* The address of the next page of h->list into h->url, and h->place. */
bool http_address(struct http *h) GT_MUST_CHECK;
/* conf.url and a path with its braces filled, into h->url. */
bool http_address_of(struct http *h, struct gt_str path) GT_MUST_CHECK;
/* A body, on the heap (free), as h->conf.body_as says. False: too long, or no memory: err. */
bool http_body_of(
	struct http *h, struct gt_str text, struct gt_str *body, struct gt_err *err) GT_MUST_CHECK;
const char *http_body_type(const struct http *h);
/* A header's value with its braces filled; false: it has none now, the header is left out. */
bool http_header_value(struct http *h, struct gt_str text, char *out, size_t size);

/* http_window.c */
bool http_window_open(struct http *h, struct gt_err *err) GT_MUST_CHECK; /* checks the options */
void http_pass_start(struct http *h);
void http_pass_resume(struct http *h); /* what the cursor said is in h->pass */
enum http_next http_list_end(struct http *h, struct gt_batch *batch, struct gt_err *err);
bool http_window_full(const struct http *h); /* as many rows as the source gives at most */
/* GO: half as much is asked for; FAILED: it is the least already. */
enum http_next http_window_halve(struct http *h, struct gt_err *err);
void http_window_spare(struct http *h); /* before the digests are too many, the old ones go */

/* http_paging.c */
void http_walk_start(struct http_walk *walk, const struct http_paging *paging);
bool http_page_ask(struct http *h, struct gt_err *err) GT_MUST_CHECK;
enum http_next http_page_take(struct http *h, struct gt_batch *batch, struct gt_err *err);
enum http_next http_page_end(struct http *h, struct gt_batch *batch, struct gt_err *err);
/* After an answer that is none: GO = ask again with a new token, else FAILED. */
enum http_next http_refused(struct http *h, enum http_verdict verdict, struct gt_err *err);
void http_take_date(struct http *h); /* measures the source's clock */

/* http_link.c */
void http_link_header(struct http *h, struct gt_str line);
/* Into h->page_next: what leads to the next page, "" = nothing does. */
bool http_link_take(struct http *h, struct gt_str lexeme, struct gt_err *err) GT_MUST_CHECK;
/* A link of an answer, relative to h->url; to our own server only. */
bool http_link_resolve(struct http *h, struct gt_str link, char *out, size_t size,
	struct gt_err *err) GT_MUST_CHECK;
/* True: this digest was there before. */
bool http_circle(struct http_circle *circle, const unsigned char digest[HTTP_DIGEST]);

/* http_parents.c */
bool http_parents_open(struct http *h, struct gt_err *err) GT_MUST_CHECK;
void http_parents_free(struct http_parents *parents);
bool http_parents_given(const struct http *h);
void http_parents_empty(struct http_parents *parents);
void http_parents_start(struct http *h); /* of a pass */
/* The parents of the page in the body. */
bool http_parents_take(struct http *h, struct gt_err *err) GT_MUST_CHECK;
/* The list of parents is complete: chooses the first, or the one that the cursor names. False:
 * there are none. */
bool http_parents_ready(struct http *h);
bool http_parents_next(struct http *h);  /* false: that was the last */
void http_parents_first(struct http *h); /* for the next window */
/* The list of this parent is not there. */
void http_parents_gone(struct http *h);
void http_parents_told(struct http *h); /* at the end of a pass: how many were not */
/* Text of a field of the parent being read; none = it has no value. False: no such field. */
bool http_parents_field(
	struct http *h, struct gt_str name, char *buf, size_t size, struct gt_str *value);
/* The first field of the parent being read, "" = there is no parent. */
void http_parents_key(struct http *h, char *out, size_t size);
/* What its rows get, each with a comma behind it: "parent.id":"7","parent.name":"x", */
void http_parents_inject(struct http *h, struct http_text *out);
size_t http_parents_bytes(const struct http_parents *parents);

/* http_job.c */
bool http_job_open(struct http *h, struct gt_err *err) GT_MUST_CHECK; /* checks the options */
bool http_job_ask(struct http *h, struct gt_err *err) GT_MUST_CHECK;
enum http_next http_job_take(struct http *h, struct gt_err *err);
bool http_state_ask(struct http *h, struct gt_err *err) GT_MUST_CHECK;
enum http_next http_state_take(struct http *h, struct gt_err *err);

/* The next attempt begins with a new export. Returns FAILED. */
enum http_next http_job_give_up(struct http *h);

/* http_document.c */
bool http_document_open(struct http *h, struct gt_err *err) GT_MUST_CHECK;
void http_document_close(struct http *h);
bool http_document_ask(struct http *h, struct gt_err *err) GT_MUST_CHECK;
size_t http_document_write(struct http *h, const char *bytes, size_t n); /* as libcurl wants it */
/* The answer is a document, as far as can be told without its format. */
bool http_document_right(struct http *h, struct gt_err *err) GT_MUST_CHECK;
enum http_next http_document_take(struct http *h, struct gt_batch *batch, struct gt_err *err);
enum http_next http_document_feed(
	struct http *h, struct gt_batch *batch, const struct gt_limits *limits, struct gt_err *err);

/* http_peek.c: probe and discover of flows with a format */
bool http_peek_probe(struct http *h, char *found, size_t size, struct gt_err *err) GT_MUST_CHECK;
bool http_peek_discover(
	struct http *h, gt_found_fn *sink, void *arg, struct gt_err *err) GT_MUST_CHECK;

/* http_rows.c */
/* The list is at list->records of the whole body, as far as is known. */
void http_rows_anywhere(struct http *h);
/* Finds where in the body the list is; records: the lexeme at list->records. */
void http_rows_find(struct http *h, struct gt_str records);
struct gt_str http_rows_text(const struct http *h, size_t at); /* the list from there on */
/* Walks over the body once: *list = the span of its rows. False: not a whole list; err says why. */
bool http_rows_span(
	struct http *h, struct gt_str *list, uint64_t *rows, struct gt_err *err) GT_MUST_CHECK;
void http_rows_start(struct http *h, struct gt_batch *batch);
enum http_next http_rows_take(
	struct http *h, struct gt_batch *batch, const struct gt_limits *limits, struct gt_err *err);
void http_digest(struct http *h, struct gt_str s, unsigned char out[HTTP_DIGEST]);

/* http_cursor.c */
bool http_cursor_read(struct http *h, struct gt_str cursor, struct gt_err *err) GT_MUST_CHECK;
void http_cursor_write(struct http *h, struct gt_batch *batch);

/* http_time.c */
bool http_time_parse(
	struct gt_str text, int layout, int zone_minutes, int64_t *order) GT_MUST_CHECK;
void http_time_write(int64_t order, int layout, int zone_minutes, char *out, size_t size);
/* By a pattern: %Y %m %d %H %M %S, %L = milliseconds, %s %Q = since 1970 in seconds and
 * milliseconds, %z = +08:00, %%. */
bool http_time_pattern(struct gt_str pattern) GT_MUST_CHECK; /* is it one? */
void http_time_format(
	int64_t order, struct gt_str pattern, int zone_minutes, char *out, size_t size);
/* The value that remains when `order` is written in this layout: the end of the step is cut. */
int64_t http_time_floor(int64_t order, int layout, int zone_minutes);

/* http_look.c; the first two for http_peek.c too: until there is a token, or none is needed; until
 * the exchange under way has ended. Both wait at most until the deadline. */
bool http_log_in(struct http *h, int64_t deadline_us, struct gt_err *err) GT_MUST_CHECK;
bool http_await(struct http *h, int64_t deadline_us, struct gt_err *err) GT_MUST_CHECK;
bool http_probe(struct http *h, char *found, size_t size, struct gt_err *err) GT_MUST_CHECK;
bool http_discover(struct http *h, gt_found_fn *sink, void *arg, struct gt_err *err) GT_MUST_CHECK;
/* The member names of an object, escapes as they are; the object is balanced JSON text. */
size_t http_member_names(struct gt_str object, struct gt_str *names, size_t max);
size_t http_endpoints(const struct http_conf *conf, struct gt_endpoint *endpoints);

/* http_text.c: appends; percent-encoded; decoded; as the inside of a JSON string. */
void http_text_add(struct http_text *t, struct gt_str s);
void http_text_percent(struct http_text *t, struct gt_str s);
void http_unpercent(struct gt_str s, struct http_text *out); /* + is a blank */
void http_text_json(struct http_text *t, struct gt_str s);
void http_copy(char *out, size_t size, struct gt_str s); /* cut, with NUL */

#endif
