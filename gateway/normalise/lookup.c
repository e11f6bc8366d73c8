/* lookup.c: see lookup.h. */
#include "lookup.h"

#include "clean.h"
#include "gt_assert.h"
#include "io.h"
#include <guantong/charset.h>

#include <openssl/evp.h>
#include <stdlib.h>

#define COLUMNS_MAX 512u

struct gt_lookup {
	struct gt_arena memory;
	struct gt_map by_key; /* cleaned key → struct gt_str */
	const char *name;
	unsigned char digest[32];
};

struct reading {
	const struct gt_map_lookup *line;
	struct gt_diags *diags;
	struct gt_lookup *lookup;
	struct gt_str rest; /* of the text, UTF-8 */
	size_t row;         /* 1 = the header */
	size_t key, value;  /* columns */
	bool ok;
};

#define wrong(r, ...) ((r)->ok = false, gt_diags_add((r)->diags, (r)->line->pos, __VA_ARGS__))

static const char *word(struct reading *r, struct gt_str s)
{
	return gt_arena_copy(&r->lookup->memory, s).p;
}

/* One cell off the rest; *last: its row ends with it. A cell in quotes is copied without them. */
static struct gt_str next_cell(struct reading *r, bool *last)
{
	struct gt_str *rest = &r->rest;
	size_t i = 0, n = 0;
	struct gt_str cell;

	if (rest->n && rest->p[0] == '"') {
		char *out = gt_arena_alloc(&r->lookup->memory, rest->n);
		for (i = 1; i < rest->n; i++) {
			if (rest->p[i] == '"' && (i + 1 == rest->n || rest->p[i + 1] != '"'))
				break;
			i += rest->p[i] == '"';
			out[n++] = rest->p[i];
		}
		i += i < rest->n;
		cell = gt_str(out, n);
	}
	size_t from = i;
	while (i < rest->n && rest->p[i] != ',' && rest->p[i] != '\n')
		i++;
	if (from == 0)
		cell = gt_str(rest->p, i - (i > 0 && rest->p[i - 1] == '\r' &&
						   (i == rest->n || rest->p[i] == '\n')));
	*last = i == rest->n || rest->p[i] == '\n';
	i += i < rest->n;
	*rest = gt_str(rest->p + i, rest->n - i);
	return cell;
}

static struct gt_str cleaned(struct reading *r, struct gt_str cell)
{
	uint64_t flags = 0;
	struct gt_str trimmed = gt_clean_trim(cell, &flags);
	char *out = gt_arena_alloc(&r->lookup->memory, trimmed.n + 1);
	size_t n = gt_clean(trimmed, GT_CLEAN_WORD, out, &flags);

	return n == SIZE_MAX ? trimmed : gt_str(out, n);
}

static void header(struct reading *r)
{
	struct gt_buf names;
	bool last = false;

	gt_buf_init(&names, 400);
	r->key = r->value = SIZE_MAX;
	for (size_t i = 0; !last && i < COLUMNS_MAX; i++) {
		uint64_t flags = 0;
		struct gt_str cell = gt_clean_trim(next_cell(r, &last), &flags);
		if (names.n + cell.n < 300)
			gt_buf_addf(&names, "%s%.*s", i ? " " : "", GT_STR_ARGS(cell));
		if (gt_str_eq(cell, r->line->key))
			r->key = i;
		if (gt_str_eq(cell, r->line->value))
			r->value = i;
	}
	if (r->key == SIZE_MAX)
		wrong(r, GT_E_LOOKUP_COLUMN, r->lookup->name, word(r, r->line->key),
			gt_buf_cstr(&names));
	if (r->value == SIZE_MAX)
		wrong(r, GT_E_LOOKUP_COLUMN, r->lookup->name, word(r, r->line->value),
			gt_buf_cstr(&names));
	gt_buf_fini(&names);
}

static void one_row(struct reading *r)
{
	struct gt_str key = {NULL, 0}, value = {NULL, 0};
	bool last = false;

	r->row++;
	for (size_t i = 0; !last; i++) {
		struct gt_str cell = next_cell(r, &last);
		if (i == r->key)
			key = cleaned(r, cell);
		if (i == r->value)
			value = cell;
	}
	if (key.n == 0)
		return;
	if (key.n > GT_LOOKUP_KEY_MAX || r->row > GT_LOOKUP_ROWS_MAX) {
		wrong(r, GT_E_LOOKUP_LARGE, r->lookup->name, GT_TEXT("%u", GT_LOOKUP_ROWS_MAX),
			GT_TEXT("%u", GT_LOOKUP_KEY_MAX));
		return;
	}
	struct gt_str *kept = gt_arena_alloc(&r->lookup->memory, sizeof *kept);
	*kept = value.p ? value : GT_LIT("");
	if (gt_map_set(&r->lookup->by_key, key, kept))
		wrong(r, GT_E_LOOKUP_TWICE, r->lookup->name, word(r, key), GT_TEXT("%zu", r->row));
}

/* The file's text as UTF-8 in the table's memory. */
static void transcode(struct reading *r, struct gt_str bytes)
{
	size_t bom, bad, n;
	enum gt_charset charset = gt_charset_detect(bytes, true, &bom);
	struct gt_converter *converter;
	char *out;

	bytes = gt_str(bytes.p + bom, bytes.n - bom);
	out = gt_arena_alloc(&r->lookup->memory, 3 * bytes.n + 4);
	if (charset == GT_CHARSET_UTF8) {
		memcpy(out, bytes.p, bytes.n);
		r->rest = gt_str(out, bytes.n);
		return;
	}
	converter = charset == GT_CHARSET_NONE ? NULL : gt_converter_new(charset);
	if (converter && gt_converter_run(converter, bytes, out, 3 * bytes.n + 4, &n, &bad))
		r->rest = gt_str(out, n);
	else
		wrong(r, GT_E_LOOKUP_CHARSET, r->lookup->name);
	gt_converter_free(converter);
}

static void read_file(struct reading *r, const char *path)
{
	struct gt_buf bytes;
	struct gt_err err;

	gt_buf_init(&bytes, GT_LOOKUP_BYTES_MAX);
	if (!gt_file_read(path, &bytes, &err)) {
		r->ok = false;
		gt_diags_add_err(r->diags, r->line->pos, &err);
	} else {
		struct gt_str text = gt_buf_str(&bytes);
		GT_ASSERT(EVP_Digest(text.p, text.n, r->lookup->digest, NULL, EVP_sha256(), NULL) ==
			  1);
		transcode(r, text);
	}
	gt_buf_fini(&bytes);
}

struct gt_lookup *gt_lookup_new(const struct gt_map_lookup *line, struct gt_diags *diags)
{
	struct gt_lookup *lookup = gt_alloc(sizeof *lookup);
	struct reading r = {.line = line, .diags = diags, .lookup = lookup, .row = 1, .ok = true};
	const char *slash = line->pos.file ? strrchr(line->pos.file, '/') : NULL;

	gt_arena_init(&lookup->memory, 0);
	lookup->name = word(&r, line->file);
	bool whole = line->file.n && line->file.p[0] == '/';
	read_file(&r, gt_arena_printf(&lookup->memory, "%.*s%s",
			      slash && !whole ? (int)(slash + 1 - line->pos.file) : 0,
			      line->pos.file ? line->pos.file : "", lookup->name)
			      .p);
	if (r.ok)
		header(&r);
	while (r.ok && r.rest.n)
		one_row(&r);
	if (r.ok)
		return lookup;
	gt_lookup_free(lookup);
	return NULL;
}

void gt_lookup_free(struct gt_lookup *lookup)
{
	if (!lookup)
		return;
	gt_map_fini(&lookup->by_key);
	gt_arena_fini(&lookup->memory);
	free(lookup);
}

struct gt_str gt_lookup_digest(const struct gt_lookup *lookup)
{
	return gt_str((const char *)lookup->digest, sizeof lookup->digest);
}

const char *gt_lookup_name(const struct gt_lookup *lookup)
{
	return lookup->name;
}

bool gt_lookup_find(const struct gt_lookup *lookup, struct gt_str key,
	char clean[GT_LOOKUP_KEY_MAX], struct gt_str *value)
{
	const struct gt_str *found;
	uint64_t flags = 0;

	if (key.n > GT_LOOKUP_KEY_MAX)
		return false;
	if (!gt_clean_is(key, GT_CLEAN_WORD)) {
		size_t n = gt_clean(key, GT_CLEAN_WORD, clean, &flags);
		if (n == SIZE_MAX)
			return false;
		key = gt_str(clean, n);
	}
	found = gt_map_get(&lookup->by_key, key);
	if (found)
		*value = *found;
	return found != NULL;
}
