/* xlsx_book.c: what stands around the sheets: which parts they are, number formats, shared texts.
 */
#include "xlsx.h"

#include <stdlib.h>

#define PATH_MAX_BYTES 1024u
#define FORMATS_MAX 65536u /* ids of number formats */

/* ---- relations between parts ---- */

/* The target of a relation, seen from the part `from`: "/xl/a.xml", "../a.xml", "a.xml". */
static bool resolve(const char *from, const char *target, char out[PATH_MAX_BYTES])
{
	const char *slash = strrchr(from, '/');
	size_t n = slash ? (size_t)(slash - from) : 0;
	if (*target == '/') {
		target++;
		n = 0;
	}
	if (n + strlen(target) + 2 > PATH_MAX_BYTES)
		return false;
	memcpy(out, from, n);
	while (*target) {
		size_t step = strcspn(target, "/\\");
		bool up = step == 2 && memcmp(target, "..", 2) == 0;
		bool here = step == 0 || (step == 1 && *target == '.');
		if (up) {
			while (n > 0 && out[--n] != '/')
				;
		} else if (!here) {
			if (n > 0)
				out[n++] = '/';
			memcpy(out + n, target, step);
			n += step;
		}
		target += step + (target[step] != '\0');
	}
	out[n] = '\0';
	return true;
}

struct relations {
	struct xlsx *x;
	const char *from; /* the part that they are of */
	/* what was found */
	const struct xlsx_part *book, *strings, *styles;
};

static bool ends_with(const char *s, const char *tail)
{
	size_t n = s ? strlen(s) : 0, m = strlen(tail);
	return n >= m && strcmp(s + n - m, tail) == 0;
}

/* Types are compared by their ends: strict and transitional namespaces differ only before. */
static void relation(void *arg, const char *name, const char **attributes)
{
	struct relations *r = arg;
	const char *id = xlsx_attribute(attributes, "Id"),
		   *type = xlsx_attribute(attributes, "Type"),
		   *target = xlsx_attribute(attributes, "Target");
	char path[PATH_MAX_BYTES];
	if (strcmp(name, "Relationship") != 0 || !type || !target ||
		!resolve(r->from, target, path))
		return;
	const struct xlsx_part *part = xlsx_zip_find(&r->x->zip, gt_cstr(path));
	if (ends_with(type, "/officeDocument"))
		r->book = part;
	else if (ends_with(type, "/sharedStrings"))
		r->strings = part;
	else if (ends_with(type, "/styles"))
		r->styles = part;
	for (size_t i = 0; ends_with(type, "/worksheet") && id && i < r->x->sheet_count; i++)
		if (strcmp(r->x->sheets[i].id, id) == 0)
			r->x->sheets[i].part = part;
}

static void no_end(void *arg, const char *name)
{
	(void)arg;
	(void)name;
}

static bool read_part(struct xlsx *x, const struct xlsx_part *part, void *arg,
	void (*start)(void *, const char *, const char **), void (*end)(void *, const char *),
	void (*text)(void *, const char *, int), struct gt_err *err)
{
	struct xlsx_xml xml = {
		.zip = &x->zip, .part = part, .arg = arg, .start = start, .end = end, .text = text};
	return xlsx_xml_whole(&xml, err);
}

/* xl/workbook.xml → xl/_rels/workbook.xml.rels; a part without relations has none. */
static bool read_relations(
	struct xlsx *x, const char *from, struct relations *r, struct gt_err *err)
{
	char path[PATH_MAX_BYTES];
	const char *slash = strrchr(from, '/'), *base = slash ? slash + 1 : from;
	*r = (struct relations){.x = x, .from = from};
	gt_text(path, sizeof(path), "%.*s_rels/%s.rels", (int)(base - from), from, base);
	const struct xlsx_part *part = xlsx_zip_find(&x->zip, gt_cstr(path));
	return !part || read_part(x, part, r, relation, no_end, NULL, err);
}

/* ---- the workbook ---- */

static void book_element(void *arg, const char *name, const char **attributes)
{
	struct xlsx *x = arg;
	if (strcmp(name, "workbookPr") == 0)
		x->from_1904 = xlsx_true(xlsx_attribute(attributes, "date1904"));
	if (strcmp(name, "sheet") != 0 || x->sheet_count == SHEET_COUNT_MAX)
		return;
	const char *title = xlsx_attribute(attributes, "name"),
		   *state = xlsx_attribute(attributes, "state"), *id = NULL;
	for (const char **a = attributes; *a; a += 2) /* r:id; not sheetId */
		if (ends_with(*a, ":id"))
			id = a[1];
	struct xlsx_sheet_entry *sheet = &x->sheets[x->sheet_count];
	if (!title || !id || strlen(id) >= sizeof(sheet->id))
		return;
	sheet->name = strdup(title);
	strcpy(sheet->id, id);
	sheet->hidden = state && strcmp(state, "visible") != 0;
	x->sheet_count += sheet->name != NULL;
}

/* Chart sheets, and what the archive lacks, are no sheets. */
static void drop_empty_sheets(struct xlsx *x)
{
	size_t n = 0;
	for (size_t i = 0; i < x->sheet_count; i++) {
		if (x->sheets[i].part)
			x->sheets[n++] = x->sheets[i];
		else
			free(x->sheets[i].name);
	}
	x->sheet_count = n;
}

/* ---- number formats ---- */

struct styles {
	struct xlsx *x;
	uint8_t *formats; /* by id: style + 1 of custom formats; 0 = none */
	bool in_cells;
	size_t room;
};

static void style_element(void *arg, const char *name, const char **attributes)
{
	struct styles *s = arg;
	const char *text = xlsx_attribute(attributes, "numFmtId");
	unsigned long id = text ? strtoul(text, NULL, 10) : 0;
	if (strcmp(name, "cellXfs") == 0)
		s->in_cells = true;
	if (strcmp(name, "numFmt") == 0 && id < FORMATS_MAX) {
		const char *code = xlsx_attribute(attributes, "formatCode");
		s->formats[id] = code ? (uint8_t)(sheet_style_of(gt_cstr(code)) + 1) : 0;
	}
	if (strcmp(name, "xf") != 0 || !s->in_cells || s->x->style_count == XLSX_STYLES_MAX)
		return;
	uint8_t custom = id < FORMATS_MAX ? s->formats[id] : 0;
	s->x->styles[s->x->style_count++] =
		custom ? (uint8_t)(custom - 1) : sheet_style_builtin((uint32_t)id);
}

static void style_end(void *arg, const char *name)
{
	struct styles *s = arg;
	if (strcmp(name, "cellXfs") == 0)
		s->in_cells = false;
}

static bool read_styles(struct xlsx *x, const struct xlsx_part *part, struct gt_err *err)
{
	struct styles s = {.x = x, .formats = calloc(FORMATS_MAX, 1)};
	x->styles = malloc(XLSX_STYLES_MAX);
	bool ok = s.formats && x->styles;
	if (!ok)
		gt_fail(err, GT_E_MEMORY_BUDGET, GT_TEXT("%u", FORMATS_MAX + XLSX_STYLES_MAX));
	ok = ok && read_part(x, part, &s, style_element, style_end, NULL, err);
	free(s.formats);
	return ok;
}

/* ---- shared strings ---- */

static int hex_of(const char *p)
{
	int v = 0;
	for (int i = 0; i < 4; i++) {
		char c = p[i];
		int d = c >= '0' && c <= '9'   ? c - '0'
			: c >= 'a' && c <= 'f' ? c - 'a' + 10
			: c >= 'A' && c <= 'F' ? c - 'A' + 10
					       : -1;
		if (d < 0)
			return -1;
		v = v * 16 + d;
	}
	return v;
}

static size_t put_utf8(int c, char *out)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xC0 | c >> 6);
		out[1] = (char)(0x80 | (c & 63));
		return 2;
	}
	out[0] = (char)(0xE0 | c >> 12);
	out[1] = (char)(0x80 | (c >> 6 & 63));
	out[2] = (char)(0x80 | (c & 63));
	return 3;
}

size_t xlsx_unescape(char *text, size_t n)
{
	if (n < 7 || !memmem(text, n, "_x", 2))
		return n;
	size_t out = 0;
	for (size_t i = 0; i < n;) {
		int c = n - i >= 7 && text[i] == '_' && text[i + 1] == 'x' && text[i + 6] == '_'
				? hex_of(text + i + 2)
				: -1;
		bool control = c >= 0 && c < ' ' && c != '\t' && c != '\n' && c != '\r';
		if (c < 0 || control || (c >= 0xD800 && c < 0xE000)) {
			text[out++] = text[i++];
			continue;
		}
		out += put_utf8(c, text + out);
		i += 7;
	}
	return out;
}

bool xlsx_memory(struct xlsx *x, size_t more, struct gt_err *err)
{
	size_t held = XLSX_CHUNK * 8u + XLSX_STYLES_MAX + x->strings.room +
		      x->strings.slots * sizeof(uint32_t) +
		      x->reading.merge_room * sizeof(struct sheet_merge) + more;
	return gt_host_memory(x->host, held) ||
	       gt_fail(err, GT_E_MEMORY_BUDGET, GT_TEXT("%zu", held));
}

struct strings {
	struct xlsx *x;
	struct xlsx_xml *xml;
	bool in_text;
	unsigned phonetic; /* reading aids are no text */
};

static void no_room(struct strings *s)
{
	xlsx_xml_fail(
		s->xml, (struct gt_failure){GT_E_XLSX_STRINGS, GT_TEXT("%u", XLSX_STRINGS_MAX)});
}

static bool declare(struct strings *s, size_t more)
{
	struct gt_err err;
	if (xlsx_memory(s->x, more, &err))
		return true;
	s->xml->err = err;
	s->xml->failed = true;
	XML_StopParser(s->xml->parser, XML_FALSE);
	return false;
}

static void string_text(void *arg, const char *text, int n)
{
	struct strings *s = arg;
	struct xlsx_strings *all = &s->x->strings;
	if (!s->in_text || s->phonetic > 0)
		return;
	if (all->room - all->used < (uint32_t)n) {
		uint32_t room = all->room ? all->room * 2 : 65536;
		if (all->used + (uint32_t)n > XLSX_STRINGS_MAX) {
			no_room(s);
			return;
		}
		if (room > XLSX_STRINGS_MAX)
			room = XLSX_STRINGS_MAX;
		if (!declare(s, room))
			return;
		char *grown = realloc(all->bytes, room);
		if (!grown) {
			no_room(s);
			return;
		}
		all->bytes = grown;
		all->room = room;
	}
	memcpy(all->bytes + all->used, text, (size_t)n);
	all->used += (uint32_t)n;
}

static void string_start(void *arg, const char *name, const char **attributes)
{
	struct strings *s = arg;
	(void)attributes;
	s->phonetic += strcmp(name, "rPh") == 0;
	s->in_text = strcmp(name, "t") == 0;
}

static void string_end(void *arg, const char *name)
{
	struct strings *s = arg;
	struct xlsx_strings *all = &s->x->strings;
	s->in_text = false;
	s->phonetic -= strcmp(name, "rPh") == 0;
	if (strcmp(name, "si") != 0)
		return;
	if (all->count == all->slots) {
		uint32_t slots = all->slots ? all->slots * 2 : 4096;
		if (slots > XLSX_STRING_COUNT_MAX) {
			no_room(s);
			return;
		}
		if (!declare(s, slots * sizeof(*all->ends)))
			return;
		uint32_t *grown = realloc(all->ends, slots * sizeof(*grown));
		if (!grown) {
			no_room(s);
			return;
		}
		all->ends = grown;
		all->slots = slots;
	}
	uint32_t from = all->count ? all->ends[all->count - 1] : 0;
	all->used = from + (uint32_t)xlsx_unescape(all->bytes + from, all->used - from);
	all->ends[all->count++] = all->used;
}

static bool read_strings(struct xlsx *x, const struct xlsx_part *part, struct gt_err *err)
{
	struct strings s = {.x = x};
	struct xlsx_xml xml = {.zip = &x->zip,
		.part = part,
		.arg = &s,
		.start = string_start,
		.end = string_end,
		.text = string_text};
	s.xml = &xml;
	return xlsx_xml_whole(&xml, err) && xlsx_memory(x, 0, err);
}

/* ---- all of it ---- */

/* What else the archive is, by a part that gives it away. */
static bool something_else(struct xlsx *x, struct gt_err *err)
{
	static const struct {
		const char *part, *kind;
	} kinds[] = {{"xl/workbook.bin", "XLSB"}, {"word/document.xml", "DOCX"},
		{"ppt/presentation.xml", "PPTX"}, {"content.xml", "ODS/ODF"}, {NULL, "ZIP"}};
	size_t i = 0;
	while (kinds[i].part && !xlsx_zip_find(&x->zip, gt_cstr(kinds[i].part)))
		i++;
	return gt_fail(err, GT_E_XLSX_OTHER, kinds[i].kind);
}

static bool is_sheet_book(const struct xlsx_part *part)
{
	return part && !ends_with(part->name, ".bin") && !strstr(part->name, "word/") &&
	       !strstr(part->name, "ppt/");
}

bool xlsx_book_open(struct xlsx *x, struct gt_err *err)
{
	struct relations top, of_book;
	x->sheets = calloc(SHEET_COUNT_MAX, sizeof(*x->sheets));
	if (!x->sheets)
		return gt_fail(err, GT_E_MEMORY_BUDGET,
			GT_TEXT("%zu", SHEET_COUNT_MAX * sizeof(*x->sheets)));
	if (!read_relations(x, "", &top, err))
		return false;
	const struct xlsx_part *book =
		top.book ? top.book : xlsx_zip_find(&x->zip, GT_LIT("xl/workbook.xml"));
	if (!is_sheet_book(book))
		return something_else(x, err);
	if (!read_part(x, book, x, book_element, no_end, NULL, err) ||
		!read_relations(x, book->name, &of_book, err))
		return false;
	drop_empty_sheets(x);
	if (x->sheet_count == 0)
		return gt_fail(err, GT_E_XLSX_PART, "worksheet");
	return (!of_book.styles || read_styles(x, of_book.styles, err)) &&
	       (!of_book.strings || read_strings(x, of_book.strings, err));
}

void xlsx_book_close(struct xlsx *x)
{
	for (size_t i = 0; i < x->sheet_count; i++)
		free(x->sheets[i].name);
	free(x->sheets);
	free(x->styles);
	free(x->strings.bytes);
	free(x->strings.ends);
	x->sheets = NULL;
	x->styles = NULL;
	x->sheet_count = x->style_count = 0;
	x->strings = (struct xlsx_strings){0};
	x->from_1904 = x->told_formula = false;
}
