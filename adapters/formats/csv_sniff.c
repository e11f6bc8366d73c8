/* csv_sniff.c: how likely a document is CSV: text whose lines hold a delimiter. */
#include "csv_head.h"

#include <guantong/charset.h>
#include <guantong/format.h>

#include <strings.h>

static bool is_named(struct gt_str name)
{
	static const char *const ends[] = {".csv", ".tsv", ".txt"};
	bool named = false;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		named |= name.n > 4 && strncasecmp(name.p + name.n - 4, ends[i], 4) == 0;
	return named;
}

int csv_sniff(struct gt_str head, struct gt_str name)
{
	size_t bom, where, lines = 0, delimited = 0;
	int named = is_named(name) ? 20 : 0;
	enum gt_charset charset = gt_charset_detect(head, head.n < GT_FORMAT_HEAD, &bom);
	if (head.n == 0 || charset == GT_CHARSET_NONE)
		return 0;
	if (charset == GT_CHARSET_UTF16LE || charset == GT_CHARSET_UTF16BE)
		return 40 + named; /* what spreadsheet programs call Unicode text */
	if (csv_looks_binary(head, &where))
		return 0;
	if (strchr("{[<", head.p[bom < head.n ? bom : 0]))
		return 10 + named;
	while (head.n) {
		const char *newline = memchr(head.p, '\n', head.n);
		size_t n = newline ? (size_t)(newline - head.p) : head.n;
		lines++;
		delimited += memchr(head.p, ',', n) || memchr(head.p, '\t', n) ||
			     memchr(head.p, ';', n) || memchr(head.p, '|', n);
		head = gt_str(head.p + n + (newline != NULL), head.n - n - (newline != NULL));
	}
	return (delimited * 2 > lines ? 60 : 20) + named;
}
