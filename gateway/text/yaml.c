/* yaml.c: libyaml's events into a tree. libyaml counts lines and characters for us; what it reports
 * as a syntax error becomes one of our sentences, at the place where a person has to look. */
#include "yaml.h"

#include <stdlib.h>

#include "gt_assert.h"
#include "hash.h"
#include "io.h"
#include "libyaml.h"
#include <guantong/charset.h>

#define DEPTH_MAX 32u
#define FILE_MAX (4u << 20)
#define SCALAR_MAX 65536u

struct parse {
	yaml_parser_t yaml;
	yaml_event_t event; /* the current one */
	struct gt_str text;
	const char *file;
	struct gt_arena *memory;
	struct gt_diags *diags;
	bool stopped; /* a syntax error was reported: nothing more can be read */
};

static struct gt_pos position(const struct parse *p, const yaml_mark_t *mark)
{
	return (struct gt_pos){p->file, (uint32_t)mark->line + 1, (uint32_t)mark->column + 1};
}

/* Position of a byte: counts what stands before it. */
static struct gt_pos position_of_byte(const struct parse *p, size_t offset)
{
	struct gt_pos pos = {p->file, 1, 1};
	for (size_t i = 0; i < offset && i < p->text.n; i++) {
		if (p->text.p[i] == '\n') {
			pos.line++;
			pos.column = 1;
		} else {
			pos.column += ((unsigned char)p->text.p[i] & 0xC0) != 0x80;
		}
	}
	return pos;
}

static bool tab_at(const struct parse *p, struct gt_pos pos)
{
	const char *at = p->text.p, *end = at + p->text.n;
	for (uint32_t line = 1; at && line < pos.line; line++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		at = newline ? newline + 1 : NULL;
	}
	for (uint32_t column = 1; at && at < end && column < pos.column; at++)
		column += at + 1 < end && ((unsigned char)at[1] & 0xC0) != 0x80;
	return at && at < end && *at == '\t';
}

/* libyaml's words for what went wrong, and ours. at_context: the place to look is where the
 * construct began, not where the parser gave up. */
static const struct {
	const char *problem;
	enum gt_code code;
	bool at_context;
} problems[] = {
	{"mapping values are not allowed in this context", GT_E_YAML_COLON, false},
	{"could not find expected ':'", GT_E_YAML_NO_COLON, true},
	{"found unexpected end of stream", GT_E_YAML_UNCLOSED, true},
	{"found unexpected document indicator", GT_E_YAML_UNCLOSED, true},
	{"did not find expected ',' or '}'", GT_E_YAML_UNCLOSED, true},
	{"did not find expected ',' or ']'", GT_E_YAML_UNCLOSED, true},
	{"did not find expected key", GT_E_YAML_INDENT, false},
	{"did not find expected '-' indicator", GT_E_YAML_INDENT, false},
	{"did not find expected <document start>", GT_E_YAML_INDENT, false},
	{"block sequence entries are not allowed in this context", GT_E_YAML_INDENT, false},
	{"found a tab character that violates indentation", GT_E_YAML_TAB, false},
	{"found a tab character where an indentation space is expected", GT_E_YAML_TAB, false},
	{"control characters are not allowed", GT_E_YAML_CONTROL, false},
};

static void syntax_error(struct parse *p)
{
	const yaml_parser_t *yaml = &p->yaml;
	const char *problem = yaml->problem ? yaml->problem : "";
	struct gt_pos pos = position(p, &yaml->problem_mark);
	enum gt_code code = GT_E_YAML_SYNTAX;
	p->stopped = true;
	if (yaml->error == YAML_READER_ERROR)
		pos = position_of_byte(p, yaml->problem_offset);
	for (size_t i = 0; i < sizeof(problems) / sizeof(problems[0]); i++) {
		if (strcmp(problem, problems[i].problem) != 0)
			continue;
		code = problems[i].code;
		if (problems[i].at_context && yaml->context)
			pos = position(p, &yaml->context_mark);
	}
	if (strstr(problem, "cannot start any token") && tab_at(p, pos))
		code = GT_E_YAML_TAB;
	if (code == GT_E_YAML_SYNTAX)
		gt_diags_add(p->diags, pos, code, problem);
	else
		gt_diags_add(p->diags, pos, code);
}

/* Moves on to the next event. False: there is none. */
static bool next(struct parse *p)
{
	yaml_event_delete(&p->event);
	if (p->stopped)
		return false;
	if (yaml_parser_parse(&p->yaml, &p->event))
		return true;
	memset(&p->event, 0, sizeof(p->event));
	syntax_error(p);
	return false;
}

static void report(struct parse *p, const yaml_mark_t *mark, enum gt_code code)
{
	gt_diags_add(p->diags, position(p, mark), code);
}

static void refuse_decoration(struct parse *p, const yaml_char_t *anchor, const yaml_char_t *tag)
{
	if (anchor)
		report(p, &p->event.start_mark, GT_E_YAML_ANCHOR);
	if (tag)
		report(p, &p->event.start_mark, GT_E_YAML_TAG);
}

static struct gt_yaml *new_node(struct parse *p, enum gt_yaml_kind kind)
{
	struct gt_yaml *node = gt_arena_zalloc(p->memory, sizeof(*node));
	node->kind = kind;
	node->pos = position(p, &p->event.start_mark);
	return node;
}

static struct gt_yaml *scalar(struct parse *p)
{
	struct gt_yaml *node = new_node(p, GT_YAML_SCALAR);
	const char *value = (const char *)p->event.data.scalar.value;
	refuse_decoration(p, p->event.data.scalar.anchor, p->event.data.scalar.tag);
	if (p->event.data.scalar.length > SCALAR_MAX) {
		gt_diags_add(p->diags, node->pos, GT_E_YAML_SCALAR, GT_TEXT("%u", SCALAR_MAX));
		node->text = GT_LIT("…"); /* in its place, so that no other mistake is told of it */
		return node;
	}
	node->quoted = p->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	node->text = gt_arena_copy(p->memory, gt_str(value, p->event.data.scalar.length));
	return node;
}

/* Children are gathered on the heap, then copied as one array. */
struct children {
	struct gt_yaml **v;
	size_t n, cap;
};

static void append(struct children *list, struct gt_yaml *node)
{
	if (list->n == list->cap) {
		list->cap = list->cap ? 2 * list->cap : 16;
		list->v = gt_realloc(list->v, list->cap * sizeof(struct gt_yaml *));
	}
	list->v[list->n++] = node;
}

static struct gt_yaml **settle(struct parse *p, struct children *list)
{
	struct gt_yaml **v = gt_arena_alloc(p->memory, (list->n + 1) * sizeof(struct gt_yaml *));
	if (list->n)
		memcpy(v, list->v, list->n * sizeof(struct gt_yaml *));
	free(list->v);
	return v;
}

static struct gt_yaml *node_at_event(struct parse *p, unsigned depth);

static struct gt_yaml *sequence(struct parse *p, unsigned depth)
{
	struct gt_yaml *node = new_node(p, GT_YAML_SEQ);
	struct children items = {0};
	refuse_decoration(p, p->event.data.sequence_start.anchor, p->event.data.sequence_start.tag);
	while (next(p) && p->event.type != YAML_SEQUENCE_END_EVENT) {
		struct gt_yaml *item = node_at_event(p, depth + 1);
		if (item)
			append(&items, item);
	}
	node->n = items.n;
	node->v = settle(p, &items);
	return node;
}

/* Is this key a word, and the first of its name? */
static bool key_is_new(struct parse *p, struct gt_map *names, struct gt_yaml *key)
{
	if (key->kind != GT_YAML_SCALAR) {
		gt_diags_add(p->diags, key->pos, GT_E_YAML_KEY);
		return false;
	}
	const struct gt_yaml *first = gt_map_get(names, key->text);
	if (first) {
		gt_diags_add(p->diags, key->pos, GT_E_OPTION_DUPLICATE,
			GT_TEXT("%.*s", GT_STR_ARGS(key->text)),
			GT_TEXT("%lu", (unsigned long)first->pos.line));
		return false;
	}
	gt_map_set(names, key->text, key);
	return true;
}

static struct gt_yaml *mapping(struct parse *p, unsigned depth)
{
	struct gt_yaml *node = new_node(p, GT_YAML_MAP);
	struct children keys = {0}, values = {0};
	struct gt_map names = {0};
	refuse_decoration(p, p->event.data.mapping_start.anchor, p->event.data.mapping_start.tag);
	while (next(p) && p->event.type != YAML_MAPPING_END_EVENT) {
		struct gt_yaml *key = node_at_event(p, depth + 1);
		struct gt_yaml *value = next(p) ? node_at_event(p, depth + 1) : NULL;
		if (key && value && key_is_new(p, &names, key)) {
			append(&keys, key);
			append(&values, value);
		}
	}
	gt_map_fini(&names);
	node->n = keys.n;
	node->keys = settle(p, &keys);
	node->v = settle(p, &values);
	return node;
}

/* NULL: reported, and left out of the tree. */
static struct gt_yaml *node_at_event(struct parse *p, unsigned depth)
{
	bool container = p->event.type == YAML_SEQUENCE_START_EVENT ||
			 p->event.type == YAML_MAPPING_START_EVENT;
	if (container && depth > DEPTH_MAX) {
		gt_diags_add(p->diags, position(p, &p->event.start_mark), GT_E_YAML_DEPTH,
			GT_TEXT("%u", DEPTH_MAX));
		p->stopped = true;
		return NULL;
	}
	switch (p->event.type) {
	case YAML_SCALAR_EVENT:
		return scalar(p);
	case YAML_SEQUENCE_START_EVENT:
		return sequence(p, depth);
	case YAML_MAPPING_START_EVENT:
		return mapping(p, depth);
	default:
		GT_ASSERT(p->event.type == YAML_ALIAS_EVENT);
		report(p, &p->event.start_mark, GT_E_YAML_ANCHOR);
		return NULL;
	}
}

static struct gt_yaml *document(struct parse *p)
{
	struct gt_yaml *root = NULL;
	while (next(p) && p->event.type != YAML_STREAM_END_EVENT) {
		if (p->event.type == YAML_STREAM_START_EVENT ||
			p->event.type == YAML_DOCUMENT_END_EVENT)
			continue;
		if (p->event.type != YAML_DOCUMENT_START_EVENT) {
			root = node_at_event(p, 1);
			if (!root)
				break;
		} else if (root) {
			report(p, &p->event.start_mark, GT_E_YAML_DOCUMENTS);
			p->stopped = true;
		}
	}
	if ((!root || gt_yaml_is_null(root)) && !p->stopped) {
		root = gt_arena_zalloc(p->memory, sizeof(*root));
		root->kind = GT_YAML_MAP;
		root->pos = (struct gt_pos){p->file, 1, 1};
	}
	return p->stopped ? NULL : root;
}

struct gt_yaml *gt_yaml_parse(
	const char *name, struct gt_str text, struct gt_arena *memory, struct gt_diags *diags)
{
	struct parse p = {.text = text,
		.memory = memory,
		.diags = diags,
		.file = gt_arena_copy(memory, gt_cstr(name)).p};
	if (text.n > FILE_MAX) {
		gt_diags_add(diags, position_of_byte(&p, 0), GT_E_FILE_TOO_LARGE, name,
			GT_TEXT("%u", FILE_MAX));
		return NULL;
	}
	size_t bad = gt_utf8_bad(text);
	if (bad != SIZE_MAX) {
		gt_diags_add(diags, position_of_byte(&p, bad), GT_E_YAML_BYTES);
		return NULL;
	}
	int ready = yaml_parser_initialize(&p.yaml);
	GT_ASSERT(ready);
	yaml_parser_set_encoding(&p.yaml, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(
		&p.yaml, (const unsigned char *)(text.n ? text.p : ""), text.n);
	struct gt_yaml *root = document(&p);
	yaml_event_delete(&p.event);
	yaml_parser_delete(&p.yaml);
	return root;
}

struct gt_yaml *gt_yaml_load(const char *path, struct gt_arena *memory, struct gt_diags *diags)
{
	struct gt_buf text;
	struct gt_err err;
	struct gt_yaml *root = NULL;
	gt_buf_init(&text, FILE_MAX);
	if (gt_file_read(path, &text, &err))
		root = gt_yaml_parse(path, gt_buf_str(&text), memory, diags);
	else
		gt_diags_add_err(
			diags, (struct gt_pos){gt_arena_copy(memory, gt_cstr(path)).p, 1, 1}, &err);
	gt_buf_fini(&text);
	return root;
}

struct gt_yaml *gt_yaml_get(const struct gt_yaml *map, const char *key)
{
	for (size_t i = 0; map->kind == GT_YAML_MAP && i < map->n; i++)
		if (gt_str_eq(map->keys[i]->text, gt_cstr(key)))
			return map->v[i];
	return NULL;
}

bool gt_yaml_is_null(const struct gt_yaml *node)
{
	return node->kind == GT_YAML_SCALAR && !node->quoted &&
	       (node->text.n == 0 || gt_str_eq(node->text, GT_LIT("~")) ||
		       gt_str_eq(node->text, GT_LIT("null")));
}
