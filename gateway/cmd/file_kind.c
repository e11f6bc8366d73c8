/* file_kind.c: formats are asked what they recognise; what none of them reads is told by its magic
 * bytes. This table is the only place that knows those. */
#include "file_kind.h"

#include "registry.h"
#include <guantong/charset.h>

#include <strings.h>

#define SURE_ENOUGH 30 /* what a format must answer to be tried */

struct magic {
	const char *bytes;
	size_t n, at;
	int likely; /* as a format would say it: a surer format comes first */
	enum gt_code code;
	const char *what;
};

#define MAGIC(text, at, likely, code, what)                                                        \
	{                                                                                          \
		text, sizeof(text) - 1, at, likely, code, what                                     \
	}
static const struct magic magics[] = {
	MAGIC("PK\3\4", 0, 60, GT_E_DISCOVER_ARCHIVE, "ZIP"), /* see magic_of() */
	MAGIC("\x1F\x8B", 0, 90, GT_E_DISCOVER_ARCHIVE, "gzip"),
	MAGIC("7z\xBC\xAF\x27\x1C", 0, 90, GT_E_DISCOVER_ARCHIVE, "7z"),
	MAGIC("Rar!\x1A\x07", 0, 90, GT_E_DISCOVER_ARCHIVE, "RAR"),
	MAGIC("BZh", 0, 85, GT_E_DISCOVER_ARCHIVE, "bzip2"),
	MAGIC("\xFD\x37zXZ", 0, 90, GT_E_DISCOVER_ARCHIVE, "xz"),
	MAGIC("ustar", 257, 90, GT_E_DISCOVER_ARCHIVE, "tar"),
	MAGIC("SQLite format 3", 0, 90, GT_E_DISCOVER_DATABASE, "SQLite"),
	MAGIC("\0\1\0\0Standard Jet DB", 0, 90, GT_E_DISCOVER_DATABASE, "Access"),
	MAGIC("\0\1\0\0Standard ACE DB", 0, 90, GT_E_DISCOVER_DATABASE, "Access"),
	MAGIC("PGDMP", 0, 90, GT_E_DISCOVER_SQL, "pg_dump"),
	MAGIC("%PDF-", 0, 90, GT_E_DISCOVER_DOCUMENT, "PDF"),
	MAGIC("\x89PNG", 0, 90, GT_E_DISCOVER_DOCUMENT, "PNG"),
	MAGIC("\xFF\xD8\xFF", 0, 90, GT_E_DISCOVER_DOCUMENT, "JPEG"),
	MAGIC("{\\rtf", 0, 80, GT_E_DISCOVER_DOCUMENT, "RTF"),
	MAGIC("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 0, 60, GT_E_DISCOVER_NO_FORMAT,
		"Excel 97 / Word 97 (OLE 2)"),
	MAGIC("<?xml", 0, 40, GT_E_DISCOVER_NO_FORMAT, "XML"),
	MAGIC("<!DOCTYPE html", 0, 40, GT_E_DISCOVER_NO_FORMAT, "HTML"),
	MAGIC("<html", 0, 40, GT_E_DISCOVER_NO_FORMAT, "HTML"),
	MAGIC("<table", 0, 40, GT_E_DISCOVER_NO_FORMAT, "HTML"),
};

static struct gt_str skip(struct gt_str s, size_t n)
{
	return n < s.n ? gt_str(s.p + n, s.n - n) : gt_str(s.p + s.n, 0);
}

static bool starts(struct gt_str s, const char *word)
{
	size_t n = strlen(word);

	return s.n >= n && strncasecmp(s.p, word, n) == 0;
}

/* Behind blanks and SQL's comments. */
static struct gt_str statement(struct gt_str s)
{
	for (;;) {
		const char *end = NULL;

		while (s.n && strchr(" \t\r\n", s.p[0]) && s.p[0])
			s = skip(s, 1);
		if (starts(s, "--") || starts(s, "#"))
			end = memchr(s.p, '\n', s.n);
		else if (starts(s, "/*"))
			end = memmem(s.p, s.n, "*/", 2);
		else
			return s;
		if (!end)
			return skip(s, s.n);
		s = skip(s, (size_t)(end - s.p) + (s.p[0] == '/' ? 2 : 1));
	}
}

static bool is_sql(struct gt_str head)
{
	static const char *const first[] = {"CREATE ", "INSERT ", "DROP ", "SET ", "USE ", "BEGIN",
		"START ", "PRAGMA ", "LOCK ", "ALTER ", "SELECT ", "DELETE ", "\\connect", ";"};
	struct gt_str begin = statement(head);
	char text[GT_FORMAT_HEAD + 1];

	if (head.n == 0)
		return false;
	memcpy(text, head.p, head.n);
	text[head.n] = '\0';
	if (begin.n == 0) /* nothing but comments: those of a dump say so */
		return strcasestr(text, "dump") != NULL;
	for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++)
		if (starts(begin, first[i]))
			return strcasestr(text, "CREATE TABLE") ||
			       strcasestr(text, "INSERT INTO") || strcasestr(text, "DROP TABLE");
	return false;
}

static const struct magic *magic_of(struct gt_str head)
{
	static const struct magic office = {
		.likely = 60, .code = GT_E_DISCOVER_NO_FORMAT, .what = "XLSX / DOCX (OOXML)"};
	static const struct magic sql = {.likely = 75, .code = GT_E_DISCOVER_SQL, .what = "SQL"};
	struct gt_str text = starts(head, "\xEF\xBB\xBF") ? skip(head, 3) : head;

	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
		const struct magic *m = &magics[i];
		struct gt_str from = m->bytes[0] == '<' ? statement(text) : head;

		if (starts(head, "PK\3\4") && memmem(head.p, head.n, "[Content_Types].xml", 19))
			return &office;
		if (from.n >= m->at + m->n && memcmp(from.p + m->at, m->bytes, m->n) == 0)
			return m;
		if (m->bytes[0] == '<' && starts(from, m->bytes))
			return m;
	}
	return is_sql(text) ? &sql : NULL;
}

const struct gt_format *gt_file_format(struct gt_str head, struct gt_str name, struct gt_err *err)
{
	const struct gt_format *best = NULL, *format;
	const struct magic *magic = magic_of(head);
	const char *shown = GT_TEXT("%.*s", GT_STR_ARGS(name));
	int likely = magic ? magic->likely : SURE_ENOUGH - 1;

	if (head.n == 0) {
		gt_fail(err, GT_E_DISCOVER_EMPTY, shown);
		return NULL;
	}
	for (size_t i = 0; (format = gt_registry_format_at(i)) != NULL; i++) {
		int says = format->sniff ? format->sniff(head, name) : 0;

		if (says > likely) {
			likely = says;
			best = format;
		}
	}
	if (!best && magic)
		gt_fail(err, magic->code, shown, magic->what);
	else if (!best)
		gt_fail(err, GT_E_DISCOVER_UNKNOWN, shown);
	return best;
}
