#include "xml_row.h"

#include <stdlib.h>

#define NONE UINT32_MAX

/* A name on the way to a wanted field. */
struct node {
	struct gt_str name;
	uint32_t field; /* wanted under this path; NONE = only what lies below */
	uint32_t child, next;
};

struct piece { /* of a value: text that other elements did not interrupt */
	uint32_t at, size, next;
};

struct value {
	uint32_t field; /* NONE: it turned out to be none */
	uint32_t first, last;
	bool nil;
};

struct open {
	uint32_t node, value; /* NONE = not wanted */
	bool children;
};

/* Grows by doubling. */
struct list {
	void *v;
	uint32_t n, room;
};

struct xml_row {
	struct node *nodes; /* 0 = the record */
	uint32_t node_count;
	char *names;
	size_t field_count;
	uint32_t *times; /* how often each field has come */
	struct open stack[GT_XML_DEPTH_MAX + 1];
	uint32_t depth;
	struct list text, pieces, values;
	bool failed;
};

/* ---- the tree of wanted names ---- */

static uint32_t find_child(const struct xml_row *row, uint32_t parent, struct gt_str name)
{
	uint32_t i = row->nodes[parent].child;
	while (i != NONE && !gt_str_eq(row->nodes[i].name, name))
		i = row->nodes[i].next;
	return i;
}

static uint32_t child_of(struct xml_row *row, uint32_t parent, struct gt_str name)
{
	uint32_t i = find_child(row, parent, name);
	if (i != NONE)
		return i;
	i = row->node_count++;
	row->nodes[i] = (struct node){name, NONE, NONE, row->nodes[parent].child};
	row->nodes[parent].child = i;
	return i;
}

static void want(struct xml_row *row, struct gt_str name, uint32_t field)
{
	uint32_t node = 0;
	while (name.n) {
		const char *dot = memchr(name.p, '.', name.n);
		size_t n = dot ? (size_t)(dot - name.p) : name.n;
		struct gt_str part = gt_str(name.p, n);
		if (dot || !gt_str_eq(part, GT_LIT("#text")))
			node = child_of(row, node, part);
		name = dot ? gt_str(dot + 1, name.n - n - 1) : gt_str("", 0);
	}
	row->nodes[node].field = field;
}

struct xml_row *xml_row_new(const struct gt_str *fields, size_t count)
{
	struct xml_row *row = calloc(1, sizeof(*row));
	size_t bytes = 1, parts = 1;
	for (size_t i = 0; i < count; i++) {
		bytes += fields[i].n;
		parts++;
		for (size_t k = 0; k < fields[i].n; k++)
			parts += fields[i].p[k] == '.';
	}
	if (!row)
		return NULL;
	row->names = malloc(bytes);
	row->nodes = calloc(parts, sizeof(*row->nodes));
	row->times = calloc(count + 1, sizeof(*row->times));
	if (!row->names || !row->nodes || !row->times) {
		xml_row_free(row);
		return NULL;
	}
	row->nodes[0] = (struct node){gt_str("", 0), NONE, NONE, NONE};
	row->node_count = 1;
	row->field_count = count;
	char *at = row->names;
	for (size_t i = 0; i < count; i++) {
		if (fields[i].n)
			memcpy(at, fields[i].p, fields[i].n);
		want(row, gt_str(at, fields[i].n), (uint32_t)i);
		at += fields[i].n;
	}
	return row;
}

void xml_row_free(struct xml_row *row)
{
	if (!row)
		return;
	free(row->nodes);
	free(row->names);
	free(row->times);
	free(row->text.v);
	free(row->pieces.v);
	free(row->values.v);
	free(row);
}

/* ---- reading ---- */

static void *add(struct xml_row *row, struct list *list, uint32_t count, size_t size)
{
	if (list->room - list->n < count) {
		uint32_t room = list->room ? list->room : 64;
		while (room - list->n < count)
			room *= 2;
		void *grown = realloc(list->v, room * size);
		if (!grown) {
			row->failed = true;
			return NULL;
		}
		list->v = grown;
		list->room = room;
	}
	void *first = (char *)list->v + list->n * size;
	list->n += count;
	return first;
}

static uint32_t new_value(struct xml_row *row, uint32_t field)
{
	struct value *value = add(row, &row->values, 1, sizeof(*value));
	if (!value)
		return NONE;
	*value = (struct value){field, NONE, NONE, false};
	return row->values.n - 1;
}

static void append(struct xml_row *row, uint32_t index, const char *text, size_t n)
{
	uint32_t at = row->text.n;
	struct value *value = (struct value *)row->values.v + index;
	char *to = add(row, &row->text, (uint32_t)n, 1);
	if (!to)
		return;
	memcpy(to, text, n);
	struct piece *pieces = row->pieces.v;
	if (value->last != NONE && pieces[value->last].at + pieces[value->last].size == at) {
		pieces[value->last].size += (uint32_t)n;
		return;
	}
	struct piece *piece = add(row, &row->pieces, 1, sizeof(*piece));
	if (!piece)
		return;
	*piece = (struct piece){at, (uint32_t)n, NONE};
	pieces = row->pieces.v;
	if (value->last == NONE)
		value->first = row->pieces.n - 1;
	else
		pieces[value->last].next = row->pieces.n - 1;
	value->last = row->pieces.n - 1;
}

const char *xml_local(const char *name)
{
	const char *colon = strchr(name, ':');
	return colon ? colon + 1 : name;
}

static void read_attributes(struct xml_row *row, struct open *open, const char *const *attributes)
{
	for (; *attributes; attributes += 2) {
		struct gt_str name = gt_cstr(xml_local(attributes[0]));
		bool nil = name.p != attributes[0] && gt_str_eq(name, GT_LIT("nil"));
		if (nil && open->value != NONE)
			((struct value *)row->values.v)[open->value].nil =
				strcmp(attributes[1], "true") == 0 ||
				strcmp(attributes[1], "1") == 0;
		uint32_t i = row->nodes[open->node].child;
		for (; i != NONE; i = row->nodes[i].next) {
			struct gt_str wanted = row->nodes[i].name;
			if (wanted.n && wanted.p[0] == '@' && row->nodes[i].field != NONE &&
				gt_str_eq(gt_str(wanted.p + 1, wanted.n - 1), name))
				break;
		}
		uint32_t value = i == NONE ? NONE : new_value(row, row->nodes[i].field);
		if (value != NONE)
			append(row, value, attributes[1], strlen(attributes[1]));
	}
}

static void open_node(struct xml_row *row, uint32_t node, const char *const *attributes)
{
	struct open *open = &row->stack[row->depth++];
	*open = (struct open){node, NONE, false};
	if (node == NONE)
		return;
	if (row->nodes[node].field != NONE)
		open->value = new_value(row, row->nodes[node].field);
	read_attributes(row, open, attributes);
}

void xml_row_start(struct xml_row *row, const char *const *attributes)
{
	row->depth = 0;
	row->text.n = row->pieces.n = row->values.n = 0;
	row->failed = false;
	open_node(row, 0, attributes);
}

void xml_row_open(struct xml_row *row, const char *name, const char *const *attributes)
{
	struct open *above = &row->stack[row->depth - 1];
	above->children = true;
	uint32_t node = above->node;
	if (node != NONE)
		node = find_child(row, node, gt_cstr(xml_local(name)));
	open_node(row, node, attributes);
}

void xml_row_text(struct xml_row *row, const char *text, size_t n)
{
	uint32_t value = row->stack[row->depth - 1].value;
	if (value != NONE && n)
		append(row, value, text, n);
}

static bool is_blank(const struct xml_row *row, const struct value *value)
{
	const struct piece *pieces = row->pieces.v;
	const char *text = row->text.v;
	for (uint32_t i = value->first; i != NONE; i = pieces[i].next)
		for (uint32_t k = 0; k < pieces[i].size; k++)
			if ((unsigned char)text[pieces[i].at + k] > ' ')
				return false;
	return true;
}

void xml_row_close(struct xml_row *row)
{
	struct open *open = &row->stack[--row->depth];
	if (open->value == NONE)
		return;
	/* What only lays out the elements inside is no text. */
	struct value *value = (struct value *)row->values.v + open->value;
	if (open->children && is_blank(row, value))
		value->field = NONE;
}

bool xml_row_ok(const struct xml_row *row)
{
	return !row->failed;
}

/* ---- into the batch ---- */

static size_t size_of(const struct xml_row *row, const struct value *value)
{
	const struct piece *pieces = row->pieces.v;
	size_t n = 0;
	for (uint32_t i = value->first; i != NONE; i = pieces[i].next)
		n += pieces[i].size;
	return n;
}

static char *escaped(char *out, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	if (c < 0x20) {
		memcpy(out, "\\u00", 4);
		out[4] = hex[c >> 4];
		out[5] = hex[c & 15];
		return out + 6;
	}
	if (c == '"' || c == '\\')
		*out++ = '\\';
	*out++ = (char)c;
	return out;
}

/* All values of the field as a JSON array. */
static struct gt_value array_of(const struct xml_row *row, uint32_t field, struct gt_batch *batch)
{
	const struct value *values = row->values.v;
	const struct piece *pieces = row->pieces.v;
	size_t room = 2;
	for (uint32_t i = 0; i < row->values.n; i++)
		room += values[i].field == field ? 6 * size_of(row, &values[i]) + 5 : 0;
	char *start = gt_batch_alloc(batch, room), *out = start;
	if (!out)
		return (struct gt_value){0};
	for (uint32_t i = 0; i < row->values.n; i++) {
		if (values[i].field != field)
			continue;
		*out = out == start ? '[' : ',';
		out++;
		if (values[i].nil) {
			memcpy(out, "null", 4);
			out += 4;
			continue;
		}
		*out++ = '"';
		for (uint32_t p = values[i].first; p != NONE; p = pieces[p].next)
			for (uint32_t k = 0; k < pieces[p].size; k++)
				out = escaped(
					out, ((unsigned char *)row->text.v)[pieces[p].at + k]);
		*out++ = '"';
	}
	*out++ = ']';
	return (struct gt_value){.kind = GT_JSON, .size = (uint32_t)(out - start), .text = start};
}

static struct gt_value text_of(
	const struct xml_row *row, const struct value *value, struct gt_batch *batch)
{
	const struct piece *pieces = row->pieces.v;
	size_t n = size_of(row, value), at = 0;
	char *out = gt_batch_alloc(batch, n ? n : 1);
	if (!out)
		return (struct gt_value){0};
	for (uint32_t i = value->first; i != NONE; i = pieces[i].next) {
		memcpy(out + at, (char *)row->text.v + pieces[i].at, pieces[i].size);
		at += pieces[i].size;
	}
	return gt_value_text(gt_str(out, n));
}

bool xml_row_put(const struct xml_row *row, struct gt_batch *batch, struct gt_value *values)
{
	const struct value *of = row->values.v;
	memset(row->times, 0, row->field_count * sizeof(*row->times));
	for (uint32_t i = 0; i < row->values.n; i++)
		if (of[i].field != NONE)
			row->times[of[i].field]++;
	for (uint32_t i = 0; i < row->values.n; i++) {
		uint32_t field = of[i].field;
		if (field == NONE || values[field].kind != GT_ABSENT)
			continue;
		if (row->times[field] > 1)
			values[field] = array_of(row, field, batch);
		else if (of[i].nil)
			values[field].kind = GT_NULL;
		else
			values[field] = text_of(row, &of[i], batch);
	}
	return gt_batch_ok(batch);
}
