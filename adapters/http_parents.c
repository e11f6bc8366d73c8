/* http_parents.c: a list of lists. The parents are read whole first, then each one's own list; a
 * restart reads the parents again and goes on with the one that the cursor names. */
#include "http.h"

#include <stdlib.h>

#define PARENTS_TEXT_MAX (32u << 20)

bool http_parents_given(const struct http *h)
{
	return h->conf.parent.each.n || h->conf.parent.path.n;
}

bool http_parents_open(struct http *h, struct gt_err *err)
{
	struct http_parent *p = &h->conf.parent;
	h->own = (struct http_list){h->conf.path, h->conf.body, h->conf.records, h->conf.total,
		h->conf.query, &h->conf.paging, h->conf.method};
	h->parent_list = (struct http_list){
		p->path, gt_str(NULL, 0), p->records, p->total, p->query, &p->paging, HTTP_GET};
	h->list = &h->own;
	h->walk = &h->pass.walk;
	if (!http_parents_given(h))
		return true;
	bool both = p->each.n && p->path.n, page = p->paging.style == HTTP_PAGE;
	if (both || !p->fields.n || p->fields.n > HTTP_PARENT_FIELDS || h->document.reader)
		return gt_fail(err, GT_E_HTTP_PARENT, h->label);
	return !(page && !p->paging.page.n && !p->each.n) || gt_fail(err, GT_E_HTTP_PAGING);
}

void http_parents_empty(struct http_parents *parents)
{
	parents->n = parents->count = 0;
}

void http_parents_free(struct http_parents *parents)
{
	free(parents->text);
	free(parents->at);
	parents->text = NULL;
	parents->at = NULL;
	parents->cap = parents->room = 0;
	http_parents_empty(parents);
}

size_t http_parents_bytes(const struct http_parents *parents)
{
	return parents->cap + parents->room * sizeof(*parents->at);
}

/* Room for n more bytes of text and one more parent. */
static bool room(struct http *h, size_t n, struct gt_err *err)
{
	struct http_parents *p = &h->parents;
	size_t cap = p->cap ? p->cap : 4096, count = p->room ? p->room : 64;
	while (cap < p->n + n)
		cap *= 2;
	if (p->count == count)
		count *= 2;
	if (cap == p->cap && count == p->room)
		return true;
	size_t more = cap - p->cap + (count - p->room) * sizeof(*p->at);
	if (cap > PARENTS_TEXT_MAX)
		return gt_fail(err, GT_E_HTTP_PARENTS_MANY, h->label);
	if (!http_memory(h, more, err))
		return false;
	char *text = realloc(p->text, cap);
	if (text)
		p->text = text;
	size_t *at = realloc(p->at, count * sizeof(*at));
	if (at)
		p->at = at;
	if (!text || !at)
		return gt_fail(err, GT_E_MEMORY_BUDGET);
	p->cap = cap;
	p->room = count;
	return true;
}

/* The first field tells parents apart, in the cursor and in addresses. */
static bool good_key(struct gt_str lexeme)
{
	char key[HTTP_VALUE_MAX + 1];
	struct gt_str s = gt_json_scalar(lexeme, key, sizeof(key));
	if (!s.n || s.n >= HTTP_VALUE_MAX || gt_str_eq(s, GT_LIT(".")) ||
		gt_str_eq(s, GT_LIT("..")))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return false;
	return true;
}

/* Adds a parent of as many lexemes as there are fields; one that is no scalar counts as null. */
static bool add(struct http *h, const struct gt_str *lexemes, struct gt_err *err)
{
	struct http_parents *p = &h->parents;
	const struct gt_texts *fields = &h->conf.parent.fields;
	size_t whole = 0;
	struct gt_str v[HTTP_PARENT_FIELDS];
	for (size_t i = 0; i < fields->n; i++) {
		bool scalar = lexemes[i].p && lexemes[i].n && lexemes[i].p[0] != '{' &&
			      lexemes[i].p[0] != '[';
		v[i] = scalar ? lexemes[i] : GT_LIT("null");
		whole += v[i].n + 1;
	}
	if (!good_key(v[0]) || whole > HTTP_INJECT_MAX / 2) {
		struct gt_err note;
		(void)gt_fail(&note, GT_E_HTTP_PARENT_BAD, h->place,
			GT_TEXT("%.*s", GT_STR_ARGS(fields->v[0])));
		gt_host_note(h->host, &note);
		return true;
	}
	if (!room(h, whole, err))
		return false;
	p->at[p->count++] = p->n;
	for (size_t i = 0; i < fields->n; i++) {
		memcpy(p->text + p->n, v[i].p, v[i].n);
		p->n += v[i].n;
		p->text[p->n++] = '\0';
	}
	return true;
}

/* each: as JSON strings. */
static void add_each(struct http *h)
{
	const struct gt_texts *each = &h->conf.parent.each;
	struct gt_err err;
	for (size_t i = 0; i < each->n; i++) {
		char text[2 * HTTP_VALUE_MAX + 4];
		struct http_text t = {text, 0, sizeof(text), false};
		struct gt_str lexemes[HTTP_PARENT_FIELDS] = {{NULL, 0}};
		http_text_add(&t, GT_LIT("\""));
		http_text_json(&t, each->v[i]);
		http_text_add(&t, GT_LIT("\""));
		lexemes[0] = t.cut ? GT_LIT("null") : gt_str(text, t.n);
		if (!add(h, lexemes, &err))
			gt_host_note(h->host, &err);
	}
}

void http_parents_start(struct http *h)
{
	struct http_parents *p = &h->parents;
	http_parents_empty(p);
	p->gone = 0;
	p->index = 0;
	h->list = &h->own;
	h->walk = &h->pass.walk;
	if (h->conf.parent.each.n) {
		add_each(h);
		(void)http_parents_ready(h); /* what is wrong with all of them was noted */
	} else if (h->conf.parent.path.n) {
		h->list = &h->parent_list;
		h->walk = &p->walk;
		http_walk_start(&p->walk, &h->conf.parent.paging);
	}
}

bool http_parents_take(struct http *h, struct gt_err *err)
{
	struct gt_json_scan scan;
	const struct gt_texts *fields = &h->conf.parent.fields;
	size_t at = 0;
	gt_json_scan_start(&scan, h->scan_path);
	for (;;) {
		struct gt_str record = {NULL, 0}, lexemes[HTTP_PARENT_FIELDS] = {{NULL, 0}};
		size_t used = 0;
		enum gt_json_step step =
			gt_json_scan_next(&scan, http_rows_text(h, at), true, &used, &record, err);
		at += used;
		if (step == GT_JSON_BROKEN)
			return false;
		if (step == GT_JSON_END)
			return true;
		if (step != GT_JSON_RECORD)
			continue;
		/* One that is no JSON has no id, and is told like that. */
		if (!gt_json_find(record, fields->v, fields->n, lexemes, NULL))
			memset(lexemes, 0, sizeof(lexemes));
		if (!add(h, lexemes, err))
			return false;
	}
}

static struct gt_str lexeme_of(const struct http *h, size_t parent, size_t field)
{
	const char *p = h->parents.text + h->parents.at[parent];
	while (field--)
		p += strlen(p) + 1;
	return gt_cstr(p);
}

static void key_of(const struct http *h, size_t parent, char out[HTTP_VALUE_MAX])
{
	struct gt_str s = gt_json_scalar(lexeme_of(h, parent, 0), out, HTTP_VALUE_MAX - 1);
	out[s.n] = '\0';
}

bool http_parents_ready(struct http *h)
{
	struct http_parents *p = &h->parents;
	bool found = false;
	h->list = &h->own;
	h->walk = &h->pass.walk;
	h->pass.repeats = p->wanted[0] ? h->pass.repeats : 0;
	p->index = 0;
	for (size_t i = 0; i < p->count && p->wanted[0] && !found; i++) {
		char key[HTTP_VALUE_MAX];
		key_of(h, i, key);
		found = strcmp(key, p->wanted) == 0;
		p->index = found ? i : 0;
	}
	if (p->wanted[0] && !found)
		http_walk_start(&h->pass.walk, &h->conf.paging);
	p->wanted[0] = '\0';
	return p->count > 0;
}

bool http_parents_next(struct http *h)
{
	if (!http_parents_given(h) || h->parents.index + 1 >= h->parents.count)
		return false;
	h->parents.index++;
	return true;
}

void http_parents_first(struct http *h)
{
	h->parents.index = 0;
}

void http_parents_gone(struct http *h)
{
	if (h->parents.gone++ == 0)
		http_parents_key(h, h->parents.first_gone, sizeof(h->parents.first_gone));
}

void http_parents_told(struct http *h)
{
	struct gt_err note;
	if (!h->parents.gone)
		return;
	(void)gt_fail(&note, GT_E_HTTP_CHILD_GONE, h->label,
		GT_TEXT("%llu", (unsigned long long)h->parents.gone), h->parents.first_gone);
	gt_host_note(h->host, &note);
	h->parents.gone = 0;
}

bool http_parents_field(
	struct http *h, struct gt_str name, char *buf, size_t size, struct gt_str *value)
{
	const struct gt_texts *fields = &h->conf.parent.fields;
	size_t i = 0;
	while (i < fields->n && !gt_str_eq(fields->v[i], name))
		i++;
	if (!http_parents_given(h) || i == fields->n)
		return false;
	*value = gt_str(NULL, 0);
	if (h->parents.index < h->parents.count)
		*value = gt_json_scalar(lexeme_of(h, h->parents.index, i), buf, size);
	return true;
}

void http_parents_key(struct http *h, char *out, size_t size)
{
	char key[HTTP_VALUE_MAX] = "";
	if (h->parents.index < h->parents.count)
		key_of(h, h->parents.index, key);
	http_copy(out, size, gt_cstr(h->list == &h->own ? key : h->parents.wanted));
}

void http_parents_inject(struct http *h, struct http_text *out)
{
	const struct gt_texts *fields = &h->conf.parent.fields;
	if (h->parents.index >= h->parents.count)
		return;
	for (size_t i = 0; i < fields->n; i++) {
		http_text_add(out, GT_LIT("\"parent."));
		http_text_json(out, fields->v[i]);
		http_text_add(out, GT_LIT("\":"));
		http_text_add(out, lexeme_of(h, h->parents.index, i));
		http_text_add(out, GT_LIT(","));
	}
}
