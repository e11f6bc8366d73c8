/* error.h: one error, classed by what the caller should do about it.
 * An error carries a catalogue code and its arguments; it becomes a sentence only when a person
 * reads it, in that person's language (base/catalogue.h). It is logged once, where the decision is
 * made. */
#ifndef GUANTONG_ERROR_H
#define GUANTONG_ERROR_H

#include <guantong/str.h>

enum gt_class {
	GT_OK = 0,
	GT_RETRY,  /* back off and try again (honouring retry_after_ms when it is set) */
	GT_CONFIG, /* stop this flow, tell the operator */
	GT_DATA,   /* reject the record or set the document aside, go on */
	GT_FATAL,  /* stop the process */
	GT_NOTE    /* not an error: a sentence of the catalogue that is printed or logged */
};

/* Codes: GT_E_<NAME> = the number that people see as GT<number>. Rows:
 * GT_MSG(NAME, number, CLASS, "English %1 %2", "English remedy", "中文 %1 %2", "中文的处理办法")
 * The class is the usual one; GT_E codes keep it, gt_fail_as() overrides it. */
enum gt_code {
	GT_E_NONE = 0,
#define GT_MSG(name, number, class, en, en_remedy, zh, zh_remedy) GT_E_##name = number,
#include <guantong/messages/all.def>
#undef GT_MSG
};

#define GT_ERR_TEXT_MAX                                                                            \
	1000u /* bytes that all arguments of one error share; longer ones are cut                  \
	       */
#define GT_ERR_ARGS_MAX 6u

struct gt_err {
	enum gt_class class;
	enum gt_code code;
	uint32_t retry_after_ms; /* 0 = the host decides */
	uint16_t used;
	uint16_t arg[GT_ERR_ARGS_MAX]; /* offsets + 1 into text; 0 = not given */
	char text[GT_ERR_TEXT_MAX];
};

struct gt_failure {
	enum gt_code code;
	const char *a1, *a2, *a3, *a4, *a5, *a6;
};

/* Fills *err (which may be NULL) and returns false, so that a callee writes
 *	return gt_fail(err, GT_E_HTTP_STATUS, url, GT_TEXT("%d", status));
 * Arguments are UTF-8 C strings, copied; control characters are shown escaped. Any thread. */
bool gt_fail_with(struct gt_err *err, struct gt_failure failure);
#define gt_fail(err, ...) gt_fail_with((err), (struct gt_failure){__VA_ARGS__})

/* The same with another class than the catalogue's row says. */
bool gt_fail_as(struct gt_err *err, enum gt_class class, struct gt_failure failure);

/* printf into a buffer that lives until the end of the enclosing block; for arguments of errors. */
const char *gt_text(char *buf, size_t size, const char *format, ...) GT_PRINTF(3, 4);
#define GT_TEXT(...) gt_text((char[256]){0}, 256, __VA_ARGS__)

#endif
