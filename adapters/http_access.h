/* http_access.h: how the http adapter says who it is, and whom it talks to.
 *
 *   http_add.c     what a request carries: keys, tokens, headers; and that no message shows them
 *   http_auth.c    the life of a token: needed, asked for, renewed, refused
 *   http_login.c   a login by name and password, and the renewal of what it gave
 *   http_oauth.c   tokens of an OAuth 2 token endpoint
 *   http_wallet.c  tokens that all flows of a process share
 *   http_sign.c    signed requests by recipe
 *   http_params.c  the sorted parameters of a request
 *   http_digest.c  digests, HMACs and SM2 signatures of the recipes
 *   http_guard.c   addresses that are never connected to; TLS
 *   http_same.c    lists that did not change */
#ifndef GUANTONG_ADAPTERS_HTTP_ACCESS_H
#define GUANTONG_ADAPTERS_HTTP_ACCESS_H

#include <guantong/option.h>

#include <curl/curl.h>
#include <openssl/evp.h>
#include <sys/socket.h>

#define HTTP_TOKEN_MAX 4096u
#define HTTP_ALSO_MAX 4u /* further values of a login's answer that requests carry */
#define HTTP_ALSO_SIZE 256u
#define HTTP_ADD_MAX 16384u /* bytes that credentials and signature add to an address or a body */
/* A refused login is not tried again for so long; each further one doubles it, so often. */
#define HTTP_HELD_US (2 * INT64_C(60000000))
#define HTTP_HELD_DOUBLES 4u
#define HTTP_SIGNATURE_MAX 256u
#define HTTP_VALIDATOR_MAX 256u
#define HTTP_SUCCESS_FIELDS 4u /* fields, and places of the message */

struct http;
struct http_text;
struct gt_batch;

/* ---- options, one struct a group; the tables stand beside the code that reads them */

extern const struct gt_option http_basic_options[], http_key_options[], http_login_options[],
	http_oauth_options[], http_sign_options[], http_tls_options[], http_success_options[];

enum http_in { HTTP_IN_HEADER, HTTP_IN_QUERY, HTTP_IN_BODY };
enum http_as { HTTP_AS_JSON, HTTP_AS_FORM };
enum http_hash { HTTP_MD5, HTTP_SHA1, HTTP_SHA256, HTTP_SM3, HTTP_NO_HASH };

struct http_basic {
	struct gt_str username, password;
};

struct http_key {
	struct gt_str value, name;
	int in; /* enum http_in */
};

/* Where requests carry a token. */
struct http_carry {
	struct gt_str header, prefix, query;
};

struct http_refresh {
	struct gt_str path, token, name;
	int in; /* 0 query, 1 JSON, 2 form */
};

struct http_login {
	struct gt_str path, username, password, user_field, password_field, body, token, expires;
	struct gt_pairs fields, headers, also;
	struct http_carry carry;
	struct http_refresh refresh;
	int method;   /* 0 POST, 1 PUT, 2 GET */
	int as;       /* enum http_as */
	int hash;     /* enum http_hash, of the password */
	int token_in; /* 0 body, 1 header, 2 cookie */
};

struct http_oauth {
	struct gt_str url, client_id, client_secret, refresh_token, scope, token, expires;
	struct gt_pairs fields;
	struct http_carry carry;
	int grant;  /* 0 client_credentials, 1 refresh_token */
	int client; /* 0 in the body, 1 Basic */
};

struct http_sign {
	struct gt_str app_key, secret, text, timestamp, id, between, inside;
	struct gt_pairs headers, query, body;
	int digest;      /* enum http_digest_kind */
	int as, body_as; /* enum http_shape */
	int body_digest; /* enum http_hash */
	int secret_as;   /* 0 text, 1 hex, 2 base64 */
	int form;        /* SM2: 0 r and s, 1 DER */
	bool empty, encoded;
};

struct http_tls {
	struct gt_str ca, certificate, key, password;
};

struct http_success {
	struct gt_texts field, values, expired, message;
};

/* ---- what an open instance holds */

/* What a login gave. */
struct http_grant {
	char token[HTTP_TOKEN_MAX]; /* "" = none; by cookie: the cookie jar, a line a cookie */
	char refresh[HTTP_TOKEN_MAX];
	char also[HTTP_ALSO_MAX][HTTP_ALSO_SIZE];
	int64_t dies_us; /* monotonic; 0 = not known */
};

enum http_fresh {
	HTTP_FRESH_NO, /* it was accepted once, or another flow asked for it */
	HTTP_FRESH_RENEWED,
	HTTP_FRESH_LOGIN
};

struct http_wallet;

struct http_access {
	struct http_grant grant;
	struct http_wallet *wallet; /* NULL = no login and no OAuth */
	uint64_t generation;        /* of the grant in the wallet */
	enum http_fresh fresh;      /* nothing was answered with the grant yet */
	bool need, elsewhere;       /* a login is to be done; another flow is at it */
	int64_t held_s;             /* … but not before this many seconds are over */
	bool renewing;              /* the login under way hands in the refresh token */
	EVP_PKEY *sm2;
	int64_t skew_us; /* the source's clock minus ours, by the last answer of this instance */
	char wanted[128], given[HTTP_TOKEN_MAX]; /* a header of the answer: its name, its value */
	bool loopback;                           /* may be connected to */
	char refused[64];                        /* address that the guard refused, "" = none */
	bool refused_loopback;
	char etag[HTTP_VALIDATOR_MAX], modified[HTTP_VALIDATOR_MAX]; /* of the last answer */
	char same[2 * HTTP_VALIDATOR_MAX + 64]; /* of the last list that was read whole */
	bool asked_same;                        /* the request under way sent them */
};

/* A request as it is about to be sent. */
struct http_out {
	struct http_text *url, *body; /* body NULL = none */
	bool form;                    /* the body is a form, not JSON */
	const char *method;
};

/* ---- http_add.c */
bool http_add_header(struct http *h, const char *name, struct gt_str prefix, struct gt_str value,
	struct gt_err *err) GT_MUST_CHECK;
/* Replaces a parameter of the same name. */
void http_add_query(struct http_text *url, struct gt_str name, struct gt_str value);
void http_add_body(struct http_text *body, bool form, struct gt_str name, struct gt_str value);
bool http_add_credentials(struct http *h, struct http_out *out, struct gt_err *err) GT_MUST_CHECK;
bool http_add_check(struct http *h, struct gt_err *err) GT_MUST_CHECK;
/* "Basic …" of name and password into out. */
bool http_basic_value(
	struct gt_str name, struct gt_str password, char *out, size_t size) GT_MUST_CHECK;
/* Takes parameters that carry credentials out of an address that the source gave us. */
void http_strip(const struct http *h, char *url);
/* Secrets that a source echoes become ***. */
void http_mask(const struct http *h, char *text);
/* What an answer says in words at success: {message}, masked; "" = nothing. */
const char *http_message(const struct http *h, char *out, size_t size);
/* The same, or else its first line. */
const char *http_said(const struct http *h, char *out, size_t size);
/* An address for a message: without its query, masked; in place. */
const char *http_shown(const struct http *h, char *url);

/* ---- http_auth.c */
bool http_auth_open(struct http *h, struct gt_err *err) GT_MUST_CHECK;
void http_auth_close(struct http *h);
/* Call before a request: another flow is logging in with this account; ask again later. */
bool http_auth_elsewhere(struct http *h);
bool http_auth_login_needed(const struct http *h); /* as http_auth_elsewhere() found */
bool http_auth_ask(struct http *h, struct gt_err *err) GT_MUST_CHECK;
bool http_auth_take(struct http *h, struct gt_err *err) GT_MUST_CHECK;
/* The source says that the token is no longer good. True: get another and repeat the request. */
bool http_auth_again(struct http *h);
void http_auth_worked(struct http *h); /* an answer was given to the grant */
/* How long a token lives that "expires" as the text says, in seconds: a number of seconds, a time
 * since 1970 in s or ms, or a date; 0 = it does not say. */
int64_t http_life_s(struct gt_str text, int64_t now_s, int zone_minutes);
void http_life_start(struct http *h, struct http_grant *grant, struct gt_str lexeme);
/* The text of a lexeme as a token; false: none, or too long. */
bool http_token_text(struct gt_str lexeme, char *out, size_t size) GT_MUST_CHECK;

/* ---- http_login.c, http_oauth.c: the request, and what its answer gave. On false with
 * *refused: the account was turned down. */
bool http_login_ask(struct http *h, struct gt_err *err) GT_MUST_CHECK;
bool http_login_take(
	struct http *h, struct http_grant *grant, bool *refused, struct gt_err *err) GT_MUST_CHECK;
bool http_oauth_ask(struct http *h, struct gt_err *err) GT_MUST_CHECK;
bool http_oauth_take(
	struct http *h, struct http_grant *grant, bool *refused, struct gt_err *err) GT_MUST_CHECK;
bool http_oauth_check(struct http *h, struct gt_err *err) GT_MUST_CHECK;
/* body: of a login, from its template or its fields. */
void http_login_body(const struct http_login *login, struct gt_str password, struct http_text *out);

/* ---- http_wallet.c: any thread; key = 32 bytes that tell accounts apart */
enum http_want {
	HTTP_WANT_THERE,     /* *grant and *generation are a newer one */
	HTTP_WANT_YOURS,     /* ask for one; the others wait for http_wallet_keep() or _release() */
	HTTP_WANT_ELSEWHERE, /* another one asks */
	HTTP_WANT_HELD       /* it was refused a short while ago; *left_s until it may be tried */
};
struct http_wallet *http_wallet_open(const unsigned char key[32]); /* NULL: no memory */
void http_wallet_close(struct http_wallet *wallet, const void *owner);
enum http_want http_wallet_want(struct http_wallet *wallet, const void *owner,
	struct http_grant *grant, uint64_t *generation, int64_t *left_s);
void http_wallet_keep(
	struct http_wallet *wallet, const struct http_grant *grant, uint64_t *generation);
/* Nobody takes that generation any more; its refresh token stays unless it is dropped, too. */
void http_wallet_drop(struct http_wallet *wallet, uint64_t generation, bool refresh);
/* A request was answered to what the last login gave. */
void http_wallet_accepted(struct http_wallet *wallet);
/* Whoever asked is done. refused: nobody asks again for a while, which grows with every refusal
 * until one is accepted. */
void http_wallet_release(struct http_wallet *wallet, const void *owner, bool refused);

/* ---- http_sign.c */
bool http_sign_open(struct http *h, struct gt_err *err) GT_MUST_CHECK;
bool http_sign_add(struct http *h, struct http_out *out, struct gt_err *err) GT_MUST_CHECK;
/* A moment in a layout: s, ms, or text in which yyyy MM dd HH mm ss SSS stand for its parts. */
void http_sign_time(struct gt_str layout, int64_t us, int zone_minutes, struct http_text *to);

/* ---- http_params.c */
/* The parameters of a request, sorted by name and joined as the options say. */
bool http_sign_params(const struct http_sign *sign, const struct http_out *out,
	struct http_text *to) GT_MUST_CHECK;
/* The address without scheme and host, its query apart. */
void http_split_url(const struct http_out *out, struct gt_str *path, struct gt_str *query);

/* ---- http_digest.c */
enum http_digest_kind {
	HTTP_D_MD5,
	HTTP_D_SHA1,
	HTTP_D_SHA256,
	HTTP_D_SM3,
	HTTP_D_HMAC_SHA1,
	HTTP_D_HMAC_SHA256,
	HTTP_D_HMAC_SM3,
	HTTP_D_SM2
};
enum http_shape { HTTP_HEX, HTTP_HEX_UPPER, HTTP_BASE64 };
bool http_hash(int hash, struct gt_str s, int shape, struct http_text *to) GT_MUST_CHECK;
bool http_hmac(int kind, struct gt_str key, struct gt_str s, int shape,
	struct http_text *to) GT_MUST_CHECK;
/* The private key from PEM text or 64 hex digits; NULL: it is neither. */
EVP_PKEY *http_sm2_key(struct gt_str secret);
bool http_sm2_sign(EVP_PKEY *key, struct gt_str id, struct gt_str s, bool der, int shape,
	struct http_text *to) GT_MUST_CHECK;
/* hex or base64 to bytes; false: it is not that, or longer than size. */
bool http_unshape(
	struct gt_str text, bool base64, unsigned char *out, size_t size, size_t *n) GT_MUST_CHECK;

/* ---- http_guard.c */
enum http_reach { HTTP_REACH_YES, HTTP_REACH_LOOPBACK, HTTP_REACH_NEVER };
enum http_reach http_reach(const struct sockaddr *to);
/* Does an address name this machine in so many words? */
bool http_names_loopback(const char *url);
/* NULL: an http or https address without user info, which would show in messages. Else what to
 * show of it in an error: the text, or that there was user info. */
const char *http_url_fault(const char *url);
/* For CURLOPT_OPENSOCKETFUNCTION: false = refused, and noted in h->access. */
bool http_guard(struct http *h, const struct sockaddr *to) GT_MUST_CHECK;
bool http_tls_set(struct http *h, struct gt_err *err) GT_MUST_CHECK;
/* The server of the request under way, for messages. */
const char *http_where(const struct http *h);
/* What curl said about a failed exchange that is the guard's or TLS's; false: it is neither. */
bool http_guard_error(struct http *h, CURLcode code, const char *detail, struct gt_err *err);

/* ---- http_same.c: conditional GET */
void http_same_open(struct http *h, struct gt_str cursor);
void http_same_pass(struct http *h, struct gt_batch *batch); /* a list was read whole */
bool http_same_add(struct http *h, struct gt_err *err) GT_MUST_CHECK;
void http_same_line(struct http *h, struct gt_str line); /* a header of the answer */

#endif
