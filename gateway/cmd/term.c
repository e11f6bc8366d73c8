/* term.c: what stands on a terminal: widths, cells, colours, errors. */
#include "cmd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int gt_exit_of(const struct gt_err *err)
{
	switch (err->class) {
	case GT_OK:
	case GT_NOTE:
		return GT_EXIT_OK;
	case GT_RETRY:
		return GT_EXIT_UNREACHABLE;
	case GT_CONFIG:
		return GT_EXIT_CONFIG;
	case GT_DATA:
	case GT_FATAL:
		break;
	}
	return GT_EXIT_FAILED;
}

void gt_report(const struct gt_err *err)
{
	char text[2048];

	fflush(stdout);
	fprintf(stderr, "guantong: %s\n", gt_err_text(err, text, sizeof(text)));
}

bool gt_colour(int fd)
{
	const char *term = getenv("TERM"), *no = getenv("NO_COLOR");

	return isatty(fd) && !(no && *no) && term && *term && strcmp(term, "dumb") != 0;
}

/* One character: its code point and bytes; a byte that starts none counts as one of width 1. */
static size_t decode(struct gt_str s, uint32_t *point)
{
	unsigned char c = (unsigned char)s.p[0];
	size_t n = c < 0x80 ? 1 : c < 0xC2 ? 0 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : c < 0xF5 ? 4 : 0;

	if (n == 0 || n > s.n) {
		*point = 0xFFFD;
		return 1;
	}
	*point = n == 1 ? c : c & (0xFFu >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if (((unsigned char)s.p[i] & 0xC0) != 0x80) {
			*point = 0xFFFD;
			return 1;
		}
		*point = *point << 6 | ((unsigned char)s.p[i] & 0x3Fu);
	}
	return n;
}

/* Ranges of Unicode's East Asian Width W and F (with marks of width 0 told apart): close enough for
 * tables, and the same on every machine. */
static const struct {
	uint32_t from, to;
	unsigned width;
} widths[] = {
	{0x0300, 0x036F, 0},
	{0x1100, 0x115F, 2},
	{0x200B, 0x200F, 0},
	{0x2028, 0x202E, 0},
	{0x2060, 0x2064, 0},
	{0x2E80, 0x303E, 2},
	{0x3041, 0x33FF, 2},
	{0x3400, 0x4DBF, 2},
	{0x4E00, 0x9FFF, 2},
	{0xA000, 0xA4CF, 2},
	{0xAC00, 0xD7A3, 2},
	{0xF900, 0xFAFF, 2},
	{0xFE00, 0xFE0F, 0},
	{0xFE30, 0xFE6F, 2},
	{0xFEFF, 0xFEFF, 0},
	{0xFF00, 0xFF60, 2},
	{0xFFE0, 0xFFE6, 2},
	{0x1F300, 0x1FAFF, 2},
	{0x20000, 0x3FFFD, 2},
};

static unsigned width_of(uint32_t point)
{
	for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++)
		if (point >= widths[i].from && point <= widths[i].to)
			return widths[i].width;
	return 1;
}

size_t gt_width(struct gt_str s)
{
	size_t width = 0;
	uint32_t point;

	while (s.n > 0) {
		size_t n = decode(s, &point);
		width += width_of(point);
		s.p += n;
		s.n -= n;
	}
	return width;
}

/* What a terminal would act upon becomes a middle dot. */
static void put_character(struct gt_buf *out, struct gt_str s, size_t n, uint32_t point)
{
	bool control = point < 0x20 || (point >= 0x7F && point <= 0x9F) || point == 0xFFFD ||
		       width_of(point) == 0;

	gt_buf_add(out, control ? GT_LIT("·") : gt_str(s.p, n));
}

static unsigned shown_width(uint32_t point)
{
	unsigned width = width_of(point);

	return width ? width : 1;
}

void gt_put_cell(struct gt_buf *out, struct gt_str s, size_t width, bool right)
{
	size_t all = 0, used = 0;
	uint32_t point;

	for (struct gt_str rest = s; rest.n > 0;) {
		size_t n = decode(rest, &point);
		all += shown_width(point);
		rest.p += n;
		rest.n -= n;
	}
	size_t room = all > width && width > 0 ? width - 1 : width;
	for (size_t i = all; right && i < width; i++)
		gt_buf_adds(out, " ");
	while (s.n > 0) {
		size_t n = decode(s, &point);
		if (used + shown_width(point) > room)
			break;
		put_character(out, s, n, point);
		used += shown_width(point);
		s.p += n;
		s.n -= n;
	}
	if (s.n > 0 && width > 0) {
		gt_buf_adds(out, "…");
		used++;
	}
	for (; !right && used < width; used++)
		gt_buf_adds(out, " ");
}

void gt_put_grouped(struct gt_buf *out, uint64_t n)
{
	char digits[32];
	int length = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);

	for (int i = 0; i < length; i++) {
		gt_buf_add(out, gt_str(&digits[i], 1));
		if (i + 1 < length && (length - i - 1) % 3 == 0)
			gt_buf_adds(out, ",");
	}
}

void gt_put_age(struct gt_buf *out, int64_t us)
{
	static const struct {
		int64_t seconds;
		const char *en, *zh;
	} steps[] = {{86400, "d", "天"}, {3600, "h", "小时"}, {60, "min", "分钟"}, {1, "s", "秒"}};
	int64_t seconds = us < 0 ? 0 : us / 1000000;
	size_t i = 0;

	/* Up to twice the next unit the smaller one says more: 90 min, not 1 h. */
	while (i < 3 && seconds < 2 * steps[i].seconds)
		i++;
	gt_buf_addf(out, "%lld %s", (long long)(seconds / steps[i].seconds),
		gt_bi(steps[i].en, steps[i].zh));
}

void gt_put_out(struct gt_buf *out)
{
	struct gt_str rest = gt_buf_str(out);

	fflush(stdout);
	while (rest.n > 0) {
		ssize_t n = write(STDOUT_FILENO, rest.p, rest.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break; /* the reader has gone: nobody is left to tell */
		rest.p += n;
		rest.n -= (size_t)n;
	}
	gt_buf_clear(out);
}

void gt_signals_block(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static const struct {
	const char *name, *en, *zh;
} states[] = {{"starting", "starting", "启动中"}, {"running", "running", "采集中"},
	{"waiting", "waiting", "等待"}, {"ended", "ended", "已结束"},
	{"retrying", "retrying", "重试"}, {"quarantined", "set aside", "暂停待查"},
	{"superseded", "superseded", "已被接管"}, {"paused", "paused", "已暂停"}};

const char *gt_state_word(struct gt_str name)
{
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (gt_str_eq(name, gt_cstr(states[i].name)))
			return gt_bi(states[i].en, states[i].zh);
	return "?";
}
