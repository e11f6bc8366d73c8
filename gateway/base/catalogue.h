/* catalogue.h: everything that a person reads at run time is a row of the message catalogue
 * (sdk/guantong/messages), in English and Chinese, with the remedy. */
#ifndef GT_BASE_CATALOGUE_H
#define GT_BASE_CATALOGUE_H

#include "buf.h"
#include <guantong/error.h>

enum gt_language { GT_EN, GT_ZH };

struct gt_sentence {
	enum gt_code code;
	enum gt_class class;
	const char *name;                /* "HTTP_STATUS" */
	const char *text[2], *remedy[2]; /* by enum gt_language; remedy "" = none needed */
};

const struct gt_sentence *gt_message_find(enum gt_code code); /* NULL = no such row */
const struct gt_sentence *gt_messages(size_t *count);         /* all rows, by number */

/* The process's language: set once at start, before other threads run. */
void gt_language_set(enum gt_language language);
enum gt_language gt_language(void);
enum gt_language gt_language_from_environment(void); /* LC_ALL, LC_MESSAGES, LANG: zh* = Chinese */
const char *gt_bi(const char *en, const char *zh);   /* the one of the process's language */

/* "GT3021 sentence (remedy)" in the process's language, appended; never more than 2 KiB. */
void gt_err_write(const struct gt_err *err, struct gt_buf *out);
/* The same into a caller's array; returns out. */
const char *gt_err_text(const struct gt_err *err, char *out, size_t size);
const char *gt_err_text_in(
	const struct gt_err *err, enum gt_language language, char *out, size_t size);
/* Without code and remedy. */
const char *gt_err_sentence(const struct gt_err *err, char *out, size_t size);
const char *gt_err_sentence_in(
	const struct gt_err *err, enum gt_language language, char *out, size_t size);
/* The n-th argument (from 1), "" if not given. */
const char *gt_err_arg(const struct gt_err *err, unsigned n);

/* A sentence of the catalogue as text, for tables and headings of the command line. */
const char *gt_say(char *out, size_t size, struct gt_failure what);
#define GT_SAY(...) gt_say((char[1024]){0}, 1024, (struct gt_failure){__VA_ARGS__})

#endif
