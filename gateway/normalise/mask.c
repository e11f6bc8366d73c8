/* mask.c: values shown in part, in the ways that people here are used to: 张*, 138****5678,
 * 0571-****7551, 110***********002X, 浙A***45, the last six of a VIN, the last four of a card. */
#include "mask.h"

static bool all_digits(struct gt_str s, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return from < to;
}

/* Keeps `head` and `tail` bytes; every other character becomes one star. */
static size_t keep(struct gt_str s, size_t head, size_t tail, char *out)
{
	size_t n = head;

	memcpy(out, s.p, head);
	for (size_t i = head; i < s.n - tail; i++)
		if (((unsigned char)s.p[i] & 0xc0) != 0x80)
			out[n++] = '*';
	memcpy(out + n, s.p + s.n - tail, tail);
	return n + tail;
}

static size_t character(struct gt_str s, size_t at)
{
	size_t n = 1;

	while (at + n < s.n && ((unsigned char)s.p[at + n] & 0xc0) == 0x80)
		n++;
	return n;
}

static size_t count(struct gt_str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i += character(s, i))
		n++;
	return n;
}

size_t gt_mask(enum gt_format_kind format, struct gt_str s, char *out)
{
	const char *dash = s.n ? memchr(s.p, '-', s.n) : NULL;
	size_t area = dash ? (size_t)(dash - s.p) + 1 : 0;

	if (s.n == 0)
		return 0;
	if (format == GT_FORMAT_PLATE && s.n > 7)
		return keep(s, character(s, 0) + 1, 2, out);
	if (format == GT_FORMAT_VIN && s.n > 6)
		return keep(s, 0, 6, out);
	if (s.n == 18 && all_digits(s, 0, 17))
		return keep(s, 3, 4, out);
	if (s.n == 11 && all_digits(s, 0, 11))
		return keep(s, 3, 4, out);
	if (area >= 4 && area <= 5 && s.n - area >= 7 && all_digits(s, 0, area - 1) &&
		all_digits(s, area, s.n))
		return keep(s, area, 4, out);
	if (s.n >= 9 && all_digits(s, 0, s.n))
		return keep(s, 0, 4, out);
	/* A name: the first character; of four and more characters as well, so that compound family
	 * names give no more away than others. One character alone is hidden. */
	if (count(s) == 1) {
		out[0] = '*';
		return 1;
	}
	return keep(s, character(s, 0), 0, out);
}
