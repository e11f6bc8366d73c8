/* catalogue.c: errors are filled here and become sentences here. */
#include "catalogue.h"
#include "gt_assert.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const struct gt_sentence messages[] = {
#define GT_MSG(id, number, class_, en, en_remedy, zh, zh_remedy)                                   \
	{GT_E_##id, GT_##class_, #id, {en, zh}, {en_remedy, zh_remedy}},
#include <guantong/messages/all.def>
#undef GT_MSG
};

enum {
#define GT_MSG(id, number, class_, en, en_remedy, zh, zh_remedy) ROW_##id,
#include <guantong/messages/all.def>
#undef GT_MSG
	ROW_COUNT
};

static enum gt_language the_language = GT_EN;

const struct gt_sentence *gt_message_find(enum gt_code code)
{
	/* A switch, so that a number given twice does not compile. */
	switch ((int)code) {
#define GT_MSG(id, number, class_, en, en_remedy, zh, zh_remedy)                                   \
	case number:                                                                               \
		return &messages[ROW_##id];
#include <guantong/messages/all.def>
#undef GT_MSG
	default:
		return NULL;
	}
}

const struct gt_sentence *gt_messages(size_t *count)
{
	*count = ROW_COUNT;
	return messages;
}

void gt_language_set(enum gt_language language)
{
	the_language = language;
}

enum gt_language gt_language(void)
{
	return the_language;
}

enum gt_language gt_language_from_environment(void)
{
	static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return strncmp(value, "zh", 2) == 0 ? GT_ZH : GT_EN;
	}
	return GT_EN;
}

const char *gt_bi(const char *en, const char *zh)
{
	return the_language == GT_ZH ? zh : en;
}

/* Length of the character at s, 0 if it is no valid UTF-8; its code point into *point. */
static size_t character(const unsigned char *s, size_t n, uint32_t *point)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t len = s[0] < 0x80   ? 1
		     : s[0] < 0xC2 ? 0
		     : s[0] < 0xE0 ? 2
		     : s[0] < 0xF0 ? 3
		     : s[0] < 0xF5 ? 4
				   : 0;

	if (len == 0 || len > n)
		return 0;

	uint32_t v = len == 1 ? s[0] : s[0] & (0xFFu >> (len + 1));

	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xC0) != 0x80)
			return 0;
		v = v << 6 | (s[i] & 0x3Fu);
	}
	if (v < least[len] || v > 0x10FFFF || (v >= 0xD800 && v <= 0xDFFF))
		return 0;
	*point = v;
	return len;
}

/* Would change what a terminal or a log reader shows around it. */
static bool is_control(uint32_t point)
{
	return point < 0x20 || (point >= 0x7F && point <= 0x9F) ||
	       (point >= 0x200E && point <= 0x200F) || (point >= 0x2028 && point <= 0x202E) ||
	       (point >= 0x2066 && point <= 0x2069) || point == 0xFEFF;
}

#define SHOWN_MAX 16u /* bytes of one shown character and a NUL */

/* One character as it may be shown, into out; returns bytes of input used. */
static size_t show(const char *s, size_t n, char out[SHOWN_MAX])
{
	uint32_t point = 0;
	size_t len = character((const unsigned char *)s, n, &point);

	if (len == 0)
		snprintf(out, SHOWN_MAX, "\\x%02x", (unsigned char)*s);
	else if (point == '\n' || point == '\r' || point == '\t')
		snprintf(out, SHOWN_MAX, "\\%c", point == '\n' ? 'n' : point == '\r' ? 'r' : 't');
	else if (is_control(point))
		snprintf(out, SHOWN_MAX, point < 0x100 ? "\\x%02x" : "\\u%04x", (unsigned)point);
	else
		snprintf(out, SHOWN_MAX, "%.*s", (int)len, s);
	return len ? len : 1;
}

static size_t shown_length(const char *s)
{
	char one[SHOWN_MAX];
	size_t rest = strlen(s), n = 0;

	while (rest > 0) {
		size_t used = show(s, rest, one);

		n += strlen(one);
		s += used;
		rest -= used;
	}
	return n;
}

#define ELLIPSIS "…"

/* Appends s, shown, with at most `room` bytes; a cut is marked. */
static void put_argument(struct gt_err *err, const char *s, size_t length, size_t room)
{
	bool cut = length > room;
	size_t rest = strlen(s), n = 0;
	char one[SHOWN_MAX];

	if (cut)
		room -= sizeof ELLIPSIS - 1;
	while (rest > 0) {
		size_t used = show(s, rest, one), len = strlen(one);

		if (n + len > room)
			break;
		memcpy(err->text + err->used + n, one, len);
		n += len;
		s += used;
		rest -= used;
	}
	if (cut) {
		memcpy(err->text + err->used + n, ELLIPSIS, sizeof ELLIPSIS - 1);
		n += sizeof ELLIPSIS - 1;
	}
	err->used = (uint16_t)(err->used + n);
	err->text[err->used++] = '\0';
}

bool gt_fail_as(struct gt_err *err, enum gt_class class, struct gt_failure failure)
{
	const char *arg[GT_ERR_ARGS_MAX] = {
		failure.a1, failure.a2, failure.a3, failure.a4, failure.a5, failure.a6};
	size_t length[GT_ERR_ARGS_MAX], count = 0, room = GT_ERR_TEXT_MAX;

	GT_ASSERT(gt_message_find(failure.code) != NULL);
	if (!err)
		return false;
	for (size_t i = 0; i < GT_ERR_ARGS_MAX; i++) {
		length[i] = arg[i] ? shown_length(arg[i]) : 0;
		count += arg[i] != NULL;
	}
	*err = (struct gt_err){.class = class, .code = failure.code};
	room -= count; /* their NULs */

	/* A long argument may use what the others leave; each is sure of its share. */
	size_t share = count ? room / count : 0, promised = 0;

	for (size_t i = 0; i < GT_ERR_ARGS_MAX; i++)
		promised += length[i] < share ? length[i] : share;
	for (size_t i = 0; i < GT_ERR_ARGS_MAX; i++) {
		if (!arg[i])
			continue;
		promised -= length[i] < share ? length[i] : share;
		err->arg[i] = (uint16_t)(err->used + 1);

		size_t before = err->used;

		put_argument(err, arg[i], length[i], room - promised);
		room -= err->used - before - 1;
	}
	return false;
}

bool gt_fail_with(struct gt_err *err, struct gt_failure failure)
{
	const struct gt_sentence *message = gt_message_find(failure.code);

	GT_ASSERT(message != NULL);
	return gt_fail_as(err, message->class, failure);
}

const char *gt_text(char *buf, size_t size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(buf, size, format, args);
	va_end(args);
	return buf;
}

const char *gt_err_arg(const struct gt_err *err, unsigned n)
{
	GT_ASSERT(n >= 1 && n <= GT_ERR_ARGS_MAX);
	return err->arg[n - 1] ? err->text + err->arg[n - 1] - 1 : "";
}

/* A C string under construction in a caller's array; cut at a character's start. */
struct line {
	char *p;
	size_t n, size;
	bool full;
};

static void put(struct line *line, const char *s, size_t n)
{
	size_t room = line->size - 1 - line->n;

	if (line->full)
		return;
	if (n > room) {
		line->full = true;
		for (n = room; n > 0 && ((unsigned char)s[n] & 0xC0) == 0x80; n--)
			;
	}
	memcpy(line->p + line->n, s, n);
	line->n += n;
	line->p[line->n] = '\0';
}

static void puts_(struct line *line, const char *s)
{
	put(line, s, strlen(s));
}

/* The text with its %1 … %6 replaced; "%%" is a percent sign. */
static void put_filled(struct line *line, const char *text, const struct gt_err *err)
{
	while (*text) {
		size_t plain = strcspn(text, "%");

		put(line, text, plain);
		text += plain;
		if (*text != '%')
			return;
		if (text[1] >= '1' && text[1] <= '6')
			puts_(line, gt_err_arg(err, (unsigned)(text[1] - '0')));
		else
			put(line, "%", 1);
		text += text[1] == '%' || (text[1] >= '1' && text[1] <= '6') ? 2 : 1;
	}
}

const char *gt_err_sentence_in(
	const struct gt_err *err, enum gt_language language, char *out, size_t size)
{
	const struct gt_sentence *message = gt_message_find(err->code);
	struct line line = {out, 0, size, false};

	GT_ASSERT(size > 0);
	out[0] = '\0';
	if (message)
		put_filled(&line, message->text[language], err);
	return out;
}

const char *gt_err_sentence(const struct gt_err *err, char *out, size_t size)
{
	return gt_err_sentence_in(err, the_language, out, size);
}

const char *gt_err_text_in(
	const struct gt_err *err, enum gt_language language, char *out, size_t size)
{
	const struct gt_sentence *message = gt_message_find(err->code);
	struct line line = {out, 0, size, false};
	char code[16];

	GT_ASSERT(size > 0);
	out[0] = '\0';
	if (!message)
		return out;
	snprintf(code, sizeof code, "GT%04d ", (int)err->code);
	puts_(&line, code);
	put_filled(&line, message->text[language], err);
	if (*message->remedy[language]) {
		puts_(&line, language == GT_ZH ? "（" : " (");
		put_filled(&line, message->remedy[language], err);
		puts_(&line, language == GT_ZH ? "）" : ")");
	}
	return out;
}

const char *gt_err_text(const struct gt_err *err, char *out, size_t size)
{
	return gt_err_text_in(err, the_language, out, size);
}

void gt_err_write(const struct gt_err *err, struct gt_buf *out)
{
	char text[2048];

	gt_buf_adds(out, gt_err_text(err, text, sizeof text));
}

const char *gt_say(char *out, size_t size, struct gt_failure what)
{
	struct gt_err err;

	gt_fail_with(&err, what);
	return gt_err_sentence(&err, out, size);
}
