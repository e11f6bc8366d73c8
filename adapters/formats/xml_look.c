/* xml_look.c: a tree of the names in a document's head, each with how often it comes. */
#include "xml_look.h"

#include "recode.h"
#include "xml_head.h"
#include "xml_row.h"

#include <expat.h>

#include <stdlib.h>

#define NODES_MAX 512u
#define NAMES_MAX 16384u /* bytes of all names */
#define PATH_MAX 256u    /* bytes: the option takes no more */
#define FIELD_MAX 256u
#define NONE UINT32_MAX

struct node {
	struct gt_str name; /* local; "@id" for an attribute */
	uint32_t parent, child, last, next;
	uint32_t count, inside; /* how often; the last element that it was seen in */
	bool repeated;          /* … within one element */
	bool text, plain;       /* has text of its own; has no elements, somewhere */
};

struct look {
	XML_Parser parser;
	struct node nodes[NODES_MAX]; /* 0 = the document */
	uint32_t count;
	char names[NAMES_MAX];
	size_t used;
	struct {
		uint32_t node, serial; /* NONE = not counted */
		bool text, children;
	} open[GT_XML_DEPTH_MAX + 1];
	uint32_t depth, serial;
	bool doctype;
	struct gt_str columns[GT_FIELDS_MAX];
	size_t column_count;
	char text[NAMES_MAX]; /* of the columns */
	size_t text_used;
};

static bool is_at(const struct look *look, uint32_t node, uint32_t parent, const char *name)
{
	return look->nodes[node].parent == parent &&
	       gt_str_eq(look->nodes[node].name, gt_cstr(name));
}

/* The parent's child of this name, made where there is none yet; NONE: no room. */
static uint32_t child_of(struct look *look, uint32_t parent, const char *mark, const char *name)
{
	size_t n = strlen(mark) + strlen(name);
	struct gt_str rest = gt_str(look->names + look->used, n);
	struct node *above = &look->nodes[parent];
	uint32_t i = above->child;
	if (n >= XML_NAME_MAX || n >= NAMES_MAX - look->used)
		return NONE;
	gt_text(look->names + look->used, n + 1, "%s%s", mark, name);
	while (i != NONE && !gt_str_eq(look->nodes[i].name, rest))
		i = look->nodes[i].next;
	if (i != NONE || look->count == NODES_MAX)
		return i;
	i = look->count++;
	look->used += n;
	look->nodes[i] = (struct node){
		.name = rest, .parent = parent, .child = NONE, .last = NONE, .next = NONE};
	if (above->last == NONE)
		above->child = i;
	else
		look->nodes[above->last].next = i;
	return above->last = i;
}

static void XMLCALL on_start(void *data, const char *name, const char **attributes)
{
	struct look *look = data;
	uint32_t above = look->open[look->depth].node, in = look->open[look->depth].serial, i;
	if (look->depth == GT_XML_DEPTH_MAX) {
		XML_StopParser(look->parser, XML_FALSE);
		return;
	}
	look->open[look->depth++].children = true;
	i = above == NONE ? NONE : child_of(look, above, "", xml_local(name));
	look->open[look->depth].node = i;
	look->open[look->depth].serial = ++look->serial;
	look->open[look->depth].text = look->open[look->depth].children = false;
	if (i == NONE)
		return;
	look->nodes[i].count++;
	look->nodes[i].repeated |= look->nodes[i].inside == in && in;
	look->nodes[i].inside = in;
	for (; *attributes; attributes += 2) {
		if (strncmp(attributes[0], "xmlns", 5) == 0)
			continue;
		uint32_t attribute = child_of(look, i, "@", xml_local(attributes[0]));
		if (attribute != NONE)
			look->nodes[attribute].text = true;
	}
}

static void XMLCALL on_end(void *data, const char *name)
{
	struct look *look = data;
	uint32_t i = look->open[look->depth].node;
	(void)name;
	if (i != NONE) {
		look->nodes[i].text |= look->open[look->depth].text;
		look->nodes[i].plain |= !look->open[look->depth].children;
	}
	look->depth--;
}

static void XMLCALL on_text(void *data, const char *text, int size)
{
	struct look *look = data;
	for (int i = 0; i < size; i++)
		look->open[look->depth].text |= (unsigned char)text[i] > ' ';
}

static void XMLCALL on_doctype(
	void *data, const char *name, const char *system, const char *public, int internal)
{
	struct look *look = data;
	(void)name;
	(void)system;
	(void)public;
	(void)internal;
	look->doctype = true;
	XML_StopParser(look->parser, XML_FALSE);
}

/* A document that is broken, or goes on, is known as far as it was read. */
static bool parse(struct look *look, struct gt_str text, struct gt_err *err)
{
	XML_Parser parser = XML_ParserCreate("UTF-8");
	enum XML_Error code = XML_ERROR_NONE;
	if (!parser)
		return gt_fail(err, GT_E_MEMORY_BUDGET, GT_TEXT("%zu", text.n));
	look->parser = parser;
	look->count = 1;
	look->nodes[0] = (struct node){.parent = NONE, .child = NONE, .last = NONE, .next = NONE};
	XML_SetUserData(parser, look);
	XML_SetElementHandler(parser, on_start, on_end);
	XML_SetCharacterDataHandler(parser, on_text);
	XML_SetStartDoctypeDeclHandler(parser, on_doctype);
	if (XML_Parse(parser, text.p, (int)text.n, 0) != XML_STATUS_OK)
		code = XML_GetErrorCode(parser);
	XML_ParserFree(parser);
	if (look->doctype)
		return gt_fail(err, GT_E_XML_DOCTYPE);
	return look->count > 1 || gt_fail(err, GT_E_XML_BROKEN, "0",
					  XML_ErrorString(code ? code : XML_ERROR_NO_ELEMENTS));
}

/* ---- which elements ---- */

static bool is_attribute(const struct node *node)
{
	return node->name.n > 0 && node->name.p[0] == '@';
}

/* "/a/b"; false: longer than the option may be. */
static bool path_of(const struct look *look, uint32_t node, char path[PATH_MAX + 1])
{
	uint32_t way[XML_LEVELS_MAX], levels = 0;
	size_t n = 0;
	for (; node != 0; node = look->nodes[node].parent) {
		if (levels == XML_LEVELS_MAX || look->nodes[node].name.n == 0)
			return false;
		way[levels++] = node;
	}
	while (levels-- > 0) {
		struct gt_str name = look->nodes[way[levels]].name;
		if (name.n + 1 > PATH_MAX - n)
			return false;
		n += strlen(gt_text(path + n, PATH_MAX + 1 - n, "/%.*s", GT_STR_ARGS(name)));
	}
	return true;
}

static uint32_t level_of(const struct look *look, uint32_t node)
{
	uint32_t level = 0;
	for (; node != 0; node = look->nodes[node].parent)
		level++;
	return level;
}

/* Is it, or lies it in, the header of a SOAP envelope? */
static bool in_header(const struct look *look, uint32_t node)
{
	uint32_t root = look->nodes[0].child;
	for (; node != 0; node = look->nodes[node].parent)
		if (is_at(look, node, root, "Header"))
			return is_at(look, root, 0, "Envelope");
	return false;
}

/* Elements with something in them before plain ones, then outer before inner, then the most. */
static bool is_better(const struct look *look, uint32_t a, uint32_t b)
{
	bool filled = look->nodes[a].child != NONE;
	uint32_t level = level_of(look, a), other = level_of(look, b);
	if (filled != (look->nodes[b].child != NONE))
		return filled;
	return level != other ? level < other : look->nodes[a].count > look->nodes[b].count;
}

/* Those that come several times in one element; NONE: there are none. */
static uint32_t most_repeated(const struct look *look, char path[PATH_MAX + 1])
{
	uint32_t best = NONE;
	for (uint32_t i = 1; i < look->count; i++)
		if (look->nodes[i].repeated && !is_attribute(&look->nodes[i]) &&
			!in_header(look, i) && path_of(look, i, path) &&
			(best == NONE || is_better(look, i, best)))
			best = i;
	return best != NONE && path_of(look, best, path) ? best : NONE;
}

/* The default: children of the root, or of the Body of a SOAP envelope. */
static const char *usual_path(const struct look *look)
{
	uint32_t root = look->nodes[0].child;
	if (is_at(look, root, 0, "Envelope"))
		for (uint32_t i = look->nodes[root].child; i != NONE; i = look->nodes[i].next)
			if (is_at(look, i, root, "Body"))
				return "/Envelope/Body/*";
	return XML_ANY_RECORDS;
}

/* ---- their fields ---- */

static void add_column(struct look *look, const char *name)
{
	struct gt_str text = gt_cstr(name);
	for (size_t i = 0; i < look->column_count; i++)
		if (gt_str_eq(look->columns[i], text))
			return;
	if (look->column_count == GT_FIELDS_MAX || text.n >= NAMES_MAX - look->text_used)
		return;
	char *to = look->text + look->text_used;
	look->columns[look->column_count++] = gt_cstr(gt_text(to, text.n + 1, "%s", name));
	look->text_used += text.n + 1;
}

/* Of everything below the node, named from it. Depth: GT_XML_DEPTH_MAX. */
static void add_columns(struct look *look, uint32_t node, const char *prefix)
{
	for (uint32_t i = look->nodes[node].child; i != NONE; i = look->nodes[i].next) {
		char name[FIELD_MAX];
		if (strlen(prefix) + 1 + look->nodes[i].name.n >= sizeof(name))
			continue;
		gt_text(name, sizeof(name), "%s%s%.*s", prefix, prefix[0] ? "." : "",
			GT_STR_ARGS(look->nodes[i].name));
		if (look->nodes[i].text || look->nodes[i].plain)
			add_column(look, name);
		add_columns(look, i, name);
	}
}

/* Of all elements at the path. */
static void take_path(struct look *look, const struct gt_str *path, unsigned levels)
{
	for (uint32_t i = 1; i < look->count; i++) {
		uint32_t at = i;
		unsigned left =
			level_of(look, i) == levels && !is_attribute(&look->nodes[i]) ? levels : 0;
		char name[XML_NAME_MAX];
		bool fits = left > 0;
		for (; fits && left > 0; at = look->nodes[at].parent) {
			gt_text(name, sizeof(name), "%.*s", GT_STR_ARGS(look->nodes[at].name));
			fits = xml_is_named(name, path[--left]);
		}
		if (fits && look->nodes[i].text)
			add_column(look, "#text");
		if (fits)
			add_columns(look, i, "");
	}
}

static bool tell(
	struct look *look, struct gt_str records, gt_sheet_fn *sink, void *arg, struct gt_err *err)
{
	struct gt_str path[XML_LEVELS_MAX];
	char found[PATH_MAX + 1];
	unsigned levels;
	if (gt_str_eq(records, GT_LIT(XML_ANY_RECORDS)))
		records = gt_cstr(most_repeated(look, found) != NONE ? found : usual_path(look));
	if (!xml_read_path(records, path, &levels, err))
		return false;
	take_path(look, path, levels);
	struct gt_pair select = {GT_LIT("records"), records};
	struct gt_sheet sheet = {.name = records,
		.columns = look->columns,
		.column_count = look->column_count,
		.sample = gt_str("", 0),
		.select = &select,
		.select_count = 1};
	(void)sink(arg, &sheet);
	return true;
}

static bool look_at(struct look *look, struct gt_str records, struct gt_str head, bool whole,
	gt_sheet_fn *sink, void *arg, struct gt_err *err)
{
	struct recode recode = {0};
	enum gt_charset charset;
	size_t bom;
	bool ok = xml_find_charset(head, whole, &charset, &bom, err) &&
		  recode_start(&recode, charset, err);
	if (ok && !recode_run(&recode, gt_str(head.p + bom, head.n - bom), whole))
		ok = gt_fail(err, GT_E_MEMORY_BUDGET, GT_TEXT("%zu", 3 * head.n));
	ok = ok && parse(look, recode.text, err) && tell(look, records, sink, arg, err);
	recode_end(&recode);
	return ok;
}

bool xml_look(struct gt_str records, const struct gt_seekable *bytes, gt_sheet_fn *sink, void *arg,
	struct gt_err *err)
{
	size_t n = bytes->size < GT_FORMAT_HEAD ? (size_t)bytes->size : GT_FORMAT_HEAD;
	struct look *look = calloc(1, sizeof(*look));
	char *head = malloc(GT_FORMAT_HEAD);
	bool ok = false;
	if (!look || !head)
		gt_fail(err, GT_E_MEMORY_BUDGET, GT_TEXT("%zu", sizeof(*look)));
	else if (bytes->read(bytes->arg, 0, head, n))
		ok = look_at(look, records, gt_str(head, n), n == bytes->size, sink, arg, err);
	else
		gt_fail(err, GT_E_XML_BROKEN, "0", XML_ErrorString(XML_ERROR_NO_ELEMENTS));
	free(head);
	free(look);
	return ok;
}
