/* http.h: the parts of the http adapter among themselves. Nothing outside adapters/http*.c and its
 * tests includes this.
 *
 *   http.c          options, the callbacks, the steps of a poll
 *   http_request.c  one exchange over libcurl: limits, time, interrupt
 *   http_answer.c   what an answer means: status, content type, success rule
 *   http_paging.c   addresses and bodies of page requests, where a list ends
 *   http_rows.c     rows of a page into the batch
 *   http_seen.c     what was published before: digests of rows
 *   http_cursor.c   the resume position as text
 *   http_time.c     values of the cursor field
 *   http_text.c     text of bounded size
 *   http_look.c     probe and discover
 *   http_access.h   logins, keys, signatures, TLS: files of their own */
#ifndef GUANTONG_ADAPTERS_HTTP_H
#define GUANTONG_ADAPTERS_HTTP_H

#include "http_access.h"

#include <guantong/adapter.h>
#include <guantong/json.h>

#include <curl/curl.h>
#include <openssl/evp.h>

#define HTTP_URL_MAX 8192u
#define HTTP_VALUE_MAX 128u /* one value of the cursor field */
#define HTTP_NEXT_MAX 2048u /* a next link that is longer is not kept over a restart */
#define HTTP_DIGEST 16u
#define HTTP_CURSOR_FIELDS 4u
#define HTTP_REPEATS_MAX 3u

enum http_method { HTTP_GET, HTTP_POST };
enum http_style { HTTP_NONE, HTTP_PAGE, HTTP_NEXT };
enum http_layout {
	HTTP_DATETIME, /* 2024-03-27 08:25:00, in the source's zone */
	HTTP_ISO,      /* 2024-03-27T08:25:00+08:00 */
	HTTP_DATE,     /* 2024-03-27 */
	HTTP_SECONDS,  /* since 1970 */
	HTTP_MILLIS,
	HTTP_NUMBER /* a number that only grows; no time */
};

struct http_paging {
	int style;
	struct gt_str page, size, next;
	int64_t first, rows, max_pages;
};

struct http_cursor_conf {
	struct gt_texts field;
	struct gt_str tie, from, until;
	int64_t delay, lookback;
	int layout;
};

struct http_conf {
	struct gt_str url, path, body, records, total, token;
	struct gt_pairs query, headers;
	int method;
	struct http_paging paging;
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
	int64_t timeout, connect_timeout, max_body, remember;
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

/* Digests of rows that this flow has published, in the order they came. Chunks of the sequence are
 * entries of the flow's keyed state. */
struct http_seen {
	unsigned char (*digest)[HTTP_DIGEST];
	unsigned char *mark; /* seen in this pass */
	uint32_t *slot;      /* open addressing: index + 1 */
	size_t n, cap, slots;
	size_t chunks, saved; /* entries that exist, digests in them */
	size_t dirty_from;    /* first digest that the entries do not say yet; n = none */
};

/* One pass over the list. What is here and in `position` is the cursor. */
struct http_pass {
	uint64_t number;
	int64_t page;            /* the page to ask for next, or being read */
	uint64_t pages, rows;    /* read whole in this pass */
	int64_t total;           /* as the last page said; -1 = unknown */
	char next[HTTP_URL_MAX]; /* style next: address of the page, "" = the first */
	char from[HTTP_VALUE_MAX], until[HTTP_VALUE_MAX]; /* bounds as sent, "" = none */
	int64_t from_order, until_order;
	struct http_value max; /* the highest value read, with its tie */
	char max_tie[HTTP_VALUE_MAX];
	unsigned repeats;
	bool whole;   /* begun by this instance, not resumed */
	bool changed; /* it handed rows on, or the position moved: worth a cursor */
	bool drift;
};

struct http_body {
	char *p;
	size_t n, cap;
};

enum http_phase {
	HTTP_BETWEEN, /* two passes */
	HTTP_ASK,     /* a request is to be sent */
	HTTP_FLIGHT,  /* a request is under way */
	HTTP_ROWS     /* rows of the page in `body` are being taken */
};

enum http_what { HTTP_ASK_LOGIN, HTTP_ASK_PAGE };

/* What a step of a poll leads to. */
enum http_next {
	HTTP_GO,     /* take the next step */
	HTTP_FULL,   /* the batch is full */
	HTTP_LATER,  /* deadline or interrupt in mid-flight */
	HTTP_PAUSE,  /* nothing may be asked before pause_us */
	HTTP_CAUGHT, /* the pass is complete */
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
	char link[HTTP_URL_MAX]; /* rel="next" of the Link header */
	int64_t date_s;          /* Date header of the answer, 0 = none */
	char curl_error[CURL_ERROR_SIZE];

	char label[512];        /* address without query, for messages */
	char place[640];        /* the same with the page */
	char url[HTTP_URL_MAX]; /* of the request under way */

	enum http_phase phase;
	enum http_what asking;
	int64_t pause_us; /* monotonic; 0 = none */
	struct http_access access;

	bool skew_known, skew_said;
	int64_t skew_us; /* the source's clock minus ours */

	struct http_pass pass;
	struct http_value high; /* "all up to here", of the last complete pass */
	char high_tie[HTTP_VALUE_MAX];

	/* the page being taken */
	struct gt_json_scan scan;
	struct gt_str large; /* first bytes of a row too large to take, none = not in one */
	uint64_t large_offset;
	size_t page_at;     /* how far the body was taken */
	uint64_t page_rows; /* rows of the page taken so far */
	size_t page_seen;   /* seen.n when the page began */
	struct gt_mark page_mark;
	bool page_mark_valid; /* the page began in this batch */
	char page_next[HTTP_URL_MAX];
	unsigned char page_digest[HTTP_DIGEST], last_digest[HTTP_DIGEST];
	bool last_digest_set;

	struct http_seen seen;
	uint64_t skipped; /* in this poll */
	bool progress;    /* this poll gives a cursor */
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

/* http_paging.c */
void http_pass_start(struct http *h);
bool http_page_ask(struct http *h, struct gt_err *err) GT_MUST_CHECK;
enum http_next http_page_take(struct http *h, struct gt_batch *batch, struct gt_err *err);
enum http_next http_page_end(struct http *h, struct gt_batch *batch, struct gt_err *err);

/* http_rows.c */
/* Walks over the body once: *list = the span of its rows. False: not a whole list; err says why. */
bool http_rows_span(
	struct http *h, struct gt_str *list, uint64_t *rows, struct gt_err *err) GT_MUST_CHECK;
void http_rows_start(struct http *h, struct gt_batch *batch);
enum http_next http_rows_take(
	struct http *h, struct gt_batch *batch, const struct gt_limits *limits, struct gt_err *err);
void http_digest(struct http *h, struct gt_str s, unsigned char out[HTTP_DIGEST]);

/* http_seen.c */
bool http_seen_load(struct http *h, size_t count);
bool http_seen_has(struct http_seen *seen, const unsigned char *digest); /* and marks it */
bool http_seen_add(struct http *h, const unsigned char *digest, struct gt_err *err) GT_MUST_CHECK;
void http_seen_cut(struct http_seen *seen, size_t n);   /* undoes the latest ones */
void http_seen_begin(struct http_seen *seen);           /* a pass begins: no marks */
void http_seen_end(struct http_seen *seen, bool exact); /* forgets what the pass did not show */
bool http_seen_unsaved(const struct http_seen *seen);
void http_seen_save(struct http *h, struct gt_batch *batch);
size_t http_seen_bytes(const struct http_seen *seen);
void http_seen_free(struct http_seen *seen);

/* http_cursor.c */
bool http_cursor_read(struct http *h, struct gt_str cursor, struct gt_err *err) GT_MUST_CHECK;
void http_cursor_write(struct http *h, struct gt_batch *batch);

/* http_time.c */
bool http_time_parse(
	struct gt_str text, int layout, int zone_minutes, int64_t *order) GT_MUST_CHECK;
void http_time_write(int64_t order, int layout, int zone_minutes, char *out, size_t size);

/* http_look.c */
bool http_probe(struct http *h, char *found, size_t size, struct gt_err *err) GT_MUST_CHECK;
bool http_discover(struct http *h, gt_found_fn *sink, void *arg, struct gt_err *err) GT_MUST_CHECK;
/* The member names of an object, escapes as they are; the object is balanced JSON text. */
size_t http_member_names(struct gt_str object, struct gt_str *names, size_t max);

/* http_text.c: appends; percent-encoded; decoded; as the inside of a JSON string. */
void http_text_add(struct http_text *t, struct gt_str s);
void http_text_percent(struct http_text *t, struct gt_str s);
void http_unpercent(struct gt_str s, struct http_text *out); /* + is a blank */
void http_text_json(struct http_text *t, struct gt_str s);
void http_copy(char *out, size_t size, struct gt_str s); /* cut, with NUL */

#endif
