/* odbc_rows.c: rows of a result. A row is made once: its JSON text, which is what a reject keeps
 * and what its digest is of, and beside it where each value lies in that text. */
#include "odbc.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define JSON_MAX                                                                                   \
	(8u * GT_RECORD_MAX) /* a row's values with every byte escaped, before it is cut           \
			      */

/* --- the columns ------------------------------------------------------------------------------ */

static enum odbc_shape shape_of(SQLSMALLINT type)
{
	switch (type) {
	case SQL_BIT:
		return ODBC_BOOL;
	case SQL_TINYINT:
	case SQL_SMALLINT:
	case SQL_INTEGER:
	case SQL_BIGINT:
	case SQL_DECIMAL:
	case SQL_NUMERIC:
	case SQL_REAL:
	case SQL_FLOAT:
	case SQL_DOUBLE:
		return ODBC_NUMBER;
	case SQL_BINARY:
	case SQL_VARBINARY:
	case SQL_LONGVARBINARY:
		return ODBC_BINARY;
	default:
		return ODBC_TEXT;
	}
}

/* The name in UTF-8; where its bytes are in no charset that we know: "column_7". */
static void name_column(struct odbc *o, struct odbc_column *c, size_t i, const char *given)
{
	struct gt_str s = gt_cstr(given);
	size_t written = 0, bad = 0;

	if (gt_utf8_bad(s) == SIZE_MAX) {
		memcpy(c->name, s.p, s.n + 1);
	} else if (o->converter && gt_converter_run(o->converter, s, c->name, sizeof(c->name) - 1,
					   &written, &bad)) {
		c->name[written] = '\0';
	} else {
		(void)snprintf(c->name, sizeof(c->name), "column_%zu", i + 1);
	}
	/* Names that come twice (of a join): the later ones are numbered. */
	for (size_t k = 0, n = 1; k < i; k++) {
		char base[ODBC_NAME_MAX];

		if (strcmp(o->column[k].name, c->name) != 0)
			continue;
		(void)snprintf(base, sizeof(base), "%.*s", (int)sizeof(base) - 24, given);
		(void)snprintf(c->name, sizeof(c->name), "%.480s_%zu", base, ++n);
		k = (size_t)-1; /* look again from the first */
	}
}

static void charset_of(struct odbc *o, struct odbc_column *c)
{
	const struct gt_pairs *declared = &o->conf.charsets;

	c->charset = o->charset;
	if (c->shape == ODBC_BINARY && o->dialect->raw_binary && o->raw)
		c->shape = ODBC_TEXT;
	for (size_t i = 0; i < declared->n; i++) {
		if (!gt_str_eq(declared->v[i].key, gt_cstr(c->name)))
			continue;
		if (gt_str_eq(declared->v[i].value, GT_LIT("binary"))) {
			c->shape = ODBC_BINARY;
			continue;
		}
		c->charset = gt_charset_by_name(declared->v[i].value);
		c->shape = ODBC_TEXT;
	}
}

static bool describe_column(struct odbc *o, size_t i, struct gt_err *err)
{
	struct odbc_column *c = &o->column[i];
	char name[128 + 1] = "";
	SQLSMALLINT n = 0, digits = 0, nullable = 0;
	SQLULEN size = 0;

	*c = (struct odbc_column){.field = -1, .key = -1};
	if (!SQL_SUCCEEDED(SQLDescribeCol(o->stmt, (SQLUSMALLINT)(i + 1), (SQLCHAR *)name,
		    sizeof(name), &n, &c->type, &size, &digits, &nullable)))
		return odbc_fail(o, SQL_HANDLE_STMT, o->stmt, err);
	if (i >= o->own) {
		c->key = (int)(i - o->own);
		(void)snprintf(c->name, sizeof(c->name), "gt_k%d", c->key);
		return true;
	}
	c->shape = shape_of(c->type);
	c->guid = c->type == SQL_GUID;
	name_column(o, c, i, name);
	charset_of(o, c);
	return true;
}

/* Which column fills which field of the mapping. */
static bool assign_fields(struct odbc *o, struct gt_err *err)
{
	size_t count = 0;
	const struct gt_str *fields = gt_host_fields(o->host, &count);

	for (size_t f = 0; f < count; f++) {
		size_t i = 0;

		while (i < o->own && !gt_str_eq(fields[f], gt_cstr(o->column[i].name)))
			i++;
		if (i == o->own)
			return gt_fail(err, GT_E_ODBC_FIELD_GONE, o->label,
				GT_TEXT("%.*s", GT_STR_ARGS(fields[f])));
		o->column[i].field = (int)f;
	}
	return true;
}

/* Names and types were others on the page before: the flow's reader wants to know. */
static void compare_shape(struct odbc *o)
{
	unsigned char sum[EVP_MAX_MD_SIZE] = {0};
	struct gt_err note;
	bool ok = EVP_DigestInit_ex(o->md, EVP_sha256(), NULL) == 1;

	for (size_t i = 0; i < o->columns; i++) {
		const struct odbc_column *c = &o->column[i];

		ok = ok && EVP_DigestUpdate(o->md, c->name, strlen(c->name) + 1) == 1 &&
		     EVP_DigestUpdate(o->md, &c->type, sizeof(c->type)) == 1;
	}
	if (!ok || EVP_DigestFinal_ex(o->md, sum, NULL) != 1)
		return;
	if (o->shape_known && memcmp(o->shape, sum, sizeof(o->shape)) != 0) {
		(void)gt_fail(&note, GT_E_ODBC_CHANGED, o->label);
		gt_host_note(o->host, &note);
	}
	memcpy(o->shape, sum, sizeof(o->shape));
	o->shape_known = true;
}

/* The columns' names as a JSON array, for rejects. */
static bool list_names(struct odbc *o)
{
	struct gt_line line;

	o->names.n = 0;
	if (!odbc_bytes_room(&o->names, 65536, 65536))
		return false;
	line = (struct gt_line){o->names.p, 0, 65536, false};
	gt_line_put(&line, "[");
	for (size_t i = 0; i < o->own; i++) {
		gt_line_put(&line, i ? ",\"" : "\"");
		gt_line_json(&line, gt_cstr(o->column[i].name));
		gt_line_put(&line, "\"");
	}
	gt_line_put(&line, "]");
	o->names.n = line.cut ? 0 : line.n;
	return true;
}

bool odbc_describe(struct odbc *o, struct gt_err *err)
{
	SQLSMALLINT n = 0;

	if (!SQL_SUCCEEDED(SQLNumResultCols(o->stmt, &n)))
		return odbc_fail(o, SQL_HANDLE_STMT, o->stmt, err);
	if (n <= 0 || n > (SQLSMALLINT)ODBC_COLUMNS_MAX)
		return gt_fail(err, GT_E_ODBC_LARGE, o->label, GT_TEXT("%u", ODBC_COLUMNS_MAX));
	void *column = realloc(o->column, (size_t)n * sizeof(*o->column));
	if (!column)
		return gt_fail(err, GT_E_MEMORY_BUDGET, GT_TEXT("%zu", sizeof(*o->column)));
	o->column = column;
	o->columns = (size_t)n;
	/* A wrapped statement of some databases gives the keys as ordinary columns, too. */
	o->own = o->columns > o->keys ? o->columns - o->keys : o->columns;
	for (size_t i = 0; i < o->columns; i++)
		if (!describe_column(o, i, err))
			return false;
	if (!list_names(o))
		return gt_fail(err, GT_E_MEMORY_BUDGET, GT_TEXT("%u", 65536u));
	return true;
}

bool odbc_columns_ready(struct odbc *o, struct gt_err *err)
{
	if (!odbc_describe(o, err) || !assign_fields(o, err))
		return false;
	compare_shape(o);
	return true;
}

void odbc_type_text(struct odbc *o, SQLUSMALLINT column, char *out, size_t size)
{
	char type[64] = "";
	SQLSMALLINT n = 0;
	SQLLEN length = 0, digits = 0, kind = 0;

	(void)SQLColAttribute(
		o->stmt, column, SQL_DESC_TYPE_NAME, type, sizeof(type) - 1, &n, NULL);
	(void)SQLColAttribute(o->stmt, column, SQL_DESC_CONCISE_TYPE, NULL, 0, NULL, &kind);
	(void)SQLColAttribute(o->stmt, column, SQL_DESC_LENGTH, NULL, 0, NULL, &length);
	(void)SQLColAttribute(o->stmt, column, SQL_DESC_SCALE, NULL, 0, NULL, &digits);
	if (gt_utf8_bad(gt_cstr(type)) != SIZE_MAX)
		type[0] = '\0';
	bool sized = kind == SQL_CHAR || kind == SQL_VARCHAR || kind == SQL_WCHAR ||
		     kind == SQL_WVARCHAR || kind == SQL_BINARY || kind == SQL_VARBINARY;
	if (kind == SQL_DECIMAL || kind == SQL_NUMERIC) {
		(void)SQLColAttribute(o->stmt, column, SQL_DESC_PRECISION, NULL, 0, NULL, &length);
		(void)snprintf(
			out, size, "%s(%lld,%lld)", type, (long long)length, (long long)digits);
	} else if (sized && length > 0 && !strchr(type, '(')) {
		(void)snprintf(out, size, "%s(%lld)", type, (long long)length);
	} else {
		(void)snprintf(out, size, "%s", type);
	}
}

/* --- one row ---------------------------------------------------------------------------------- */

static bool json_add(struct odbc *o, const char *p, size_t n)
{
	if (!odbc_bytes_room(&o->json, n, JSON_MAX))
		return false;
	memcpy(o->json.p + o->json.n, p, n);
	o->json.n += n;
	return true;
}

/* The inside of a JSON string. *escaped: it is not the text itself. */
static bool json_text(struct odbc *o, struct gt_str s, bool *escaped)
{
	static const char hex[] = "0123456789abcdef";
	size_t from = 0;

	*escaped = false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		char coded[6] = {'\\', (char)c, '0', '0', hex[c >> 4], hex[c & 15]};

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		*escaped = true;
		if (!json_add(o, s.p + from, i - from))
			return false;
		if (c < 0x20)
			coded[1] = 'u';
		if (!json_add(o, coded, c < 0x20 ? 6 : 2))
			return false;
		from = i + 1;
	}
	return json_add(o, s.p + from, s.n - from);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A number as JSON writes it. */
static bool json_number(struct gt_str s)
{
	size_t i = s.n && s.p[0] == '-', start = i;

	while (i < s.n && is_digit(s.p[i]))
		i++;
	if (i == start || (s.p[start] == '0' && i > start + 1))
		return false;
	if (i < s.n && s.p[i] == '.') {
		start = ++i;
		while (i < s.n && is_digit(s.p[i]))
			i++;
		if (i == start)
			return false;
	}
	if (i < s.n && (s.p[i] == 'e' || s.p[i] == 'E')) {
		i++;
		i += i < s.n && (s.p[i] == '+' || s.p[i] == '-');
		start = i;
		while (i < s.n && is_digit(s.p[i]))
			i++;
		if (i == start)
			return false;
	}
	return i == s.n;
}

/* A number in any spelling: ".5", "00042", "1.". */
static bool number_like(struct gt_str s)
{
	bool digit = false;

	for (size_t i = 0; i < s.n; i++) {
		if (!strchr("0123456789+-.eE", s.p[i]) || !s.p[i])
			return false;
		digit = digit || is_digit(s.p[i]);
	}
	return digit;
}

/* "0", "1", or the byte itself: drivers do not agree. */
static bool truth_of(struct gt_str s, bool *truth)
{
	if (s.n != 1 || !(s.p[0] == '0' || s.p[0] == '1' || s.p[0] == 0 || s.p[0] == 1))
		return false;
	*truth = s.p[0] == '1' || s.p[0] == 1;
	return true;
}

static bool put_quoted(struct odbc *o, struct odbc_column *c, struct gt_str s)
{
	bool ok = json_add(o, "\"", 1);

	c->kind = c->kind ? c->kind : GT_TEXT;
	c->json_at = o->json.n;
	ok = ok && json_text(o, s, &c->escaped);
	c->json_n = o->json.n - c->json_at;
	if (ok && c->escaped) {
		/* What was converted lies there already. */
		bool there = o->text.p && s.p == o->text.p + o->text.n;

		c->text_at = o->text.n;
		c->text_n = s.n;
		ok = there || odbc_bytes_room(&o->text, s.n, JSON_MAX);
		if (ok && !there && s.n)
			memcpy(o->text.p + o->text.n, s.p, s.n);
		o->text.n += ok ? s.n : 0;
	}
	return ok && json_add(o, "\"", 1);
}

static bool put_bare(struct odbc *o, struct odbc_column *c, uint8_t kind, struct gt_str s)
{
	c->kind = kind;
	c->json_at = o->json.n;
	c->json_n = s.n;
	return json_add(o, s.p, s.n);
}

static bool put_hex(struct odbc *o, struct odbc_column *c, struct gt_str s)
{
	static const char hex[] = "0123456789abcdef";
	bool ok = json_add(o, "\"", 1);

	c->kind = GT_TEXT;
	c->json_at = o->json.n;
	ok = ok && odbc_bytes_room(&o->json, 2 * s.n + 2, JSON_MAX);
	for (size_t i = 0; ok && i < s.n; i++) {
		unsigned char b = (unsigned char)s.p[i];

		o->json.p[o->json.n++] = hex[b >> 4];
		o->json.p[o->json.n++] = hex[b & 15];
	}
	c->json_n = o->json.n - c->json_at;
	return ok && json_add(o, "\"", 1);
}

static void spoil(struct odbc *o, const struct gt_err *why)
{
	if (!o->bad)
		o->why = *why;
	o->bad = true;
}

/* UTF-8 of s in *text, or how far it is good. The text lives until the next one. */
static bool to_utf8(struct odbc *o, const struct odbc_column *c, struct gt_str s,
	struct gt_str *text, size_t *bad)
{
	struct odbc_bytes *t = &o->text;
	size_t written = 0;

	*text = s;
	if (c->charset != GT_CHARSET_GB18030 || gt_is_ascii(s)) {
		*bad = gt_utf8_bad(s);
		return *bad == SIZE_MAX;
	}
	*bad = 0;
	if (!odbc_bytes_room(t, 3 * s.n + 4, JSON_MAX) ||
		!gt_converter_run(o->converter, s, t->p + t->n, 3 * s.n + 4, &written, bad))
		return false;
	*text = gt_str(t->p + t->n, written);
	return true;
}

/* Text in the column's charset. Bytes that are none stand in the row as {"hex":"…"}; those behind
 * the end of a value that was cut are not there to be judged. */
static bool put_text(struct odbc *o, struct odbc_column *c, struct gt_str s, bool whole)
{
	struct gt_str text;
	size_t bad = 0;
	struct gt_err why;

	if (to_utf8(o, c, s, &text, &bad))
		return put_quoted(o, c, text);
	if (!whole) {
		o->whole_bytes += s.n - bad;
		return to_utf8(o, c, gt_str(s.p, bad), &text, &bad) && put_quoted(o, c, text);
	}
	(void)gt_fail(&why, GT_E_ODBC_BYTES, c->name, gt_charset_name(c->charset),
		GT_TEXT("%zu", bad + 1));
	spoil(o, &why);
	return json_add(o, "{\"hex\":", 7) && put_hex(o, c, s) && json_add(o, "}", 1);
}

static bool put_value(struct odbc *o, struct odbc_column *c, bool whole)
{
	struct gt_str s = gt_str(o->value.p ? o->value.p : "", o->value.n);

	switch (c->shape) {
	case ODBC_BINARY:
		return put_hex(o, c, s);
	case ODBC_BOOL:
		if (!truth_of(s, &c->truth))
			break;
		return put_bare(o, c, GT_BOOL, c->truth ? GT_LIT("true") : GT_LIT("false"));
	case ODBC_NUMBER:
		if (json_number(s))
			return put_bare(o, c, GT_NUMBER, s);
		c->kind = number_like(s) ? GT_NUMBER : GT_TEXT;
		break;
	case ODBC_TEXT:
		for (size_t i = 0; c->guid && o->dialect->lower_guid && i < s.n; i++)
			o->value.p[i] = (char)tolower((unsigned char)s.p[i]);
	}
	return put_text(o, c, s, whole);
}

static bool take_key(struct odbc *o, const struct odbc_column *c, bool null, struct gt_err *err)
{
	struct odbc_value *key = &o->row_key[c->key];

	key->given = !null;
	key->n = 0;
	if (null)
		return true;
	if (o->value.n >= sizeof(key->text))
		return gt_fail(err, GT_E_ODBC_KEY_LONG, o->key[c->key].sql,
			GT_TEXT("%u", ODBC_VALUE_MAX - 1));
	memcpy(key->text, o->value.p, o->value.n);
	key->text[o->value.n] = '\0';
	key->n = o->value.n;
	return true;
}

/* A column of the row under the cursor, into the row's JSON. */
static enum odbc_got take_column(struct odbc *o, size_t i, struct gt_err *err)
{
	struct odbc_column *c = &o->column[i];
	bool binary = shape_of(c->type) == ODBC_BINARY;
	uint64_t more = 0;
	struct gt_err why;
	enum odbc_got got = odbc_value_get(o, (SQLUSMALLINT)(i + 1), binary, &more, &why);

	if (got == ODBC_GOT_FAILED || (got == ODBC_GOT_BAD && c->key >= 0)) {
		*err = why;
		err->class = why.class == GT_DATA ? GT_CONFIG : why.class;
		return ODBC_GOT_FAILED;
	}
	if (c->key >= 0)
		return take_key(o, c, got == ODBC_GOT_NULL, err) ? ODBC_GOT : ODBC_GOT_FAILED;
	c->null = got != ODBC_GOT;
	c->escaped = false;
	c->kind = GT_ABSENT;
	if (got == ODBC_GOT_BAD)
		spoil(o, &why);
	bool ok = json_add(o, i ? ",\"" : "{\"", 2) &&
		  json_text(o, gt_cstr(c->name), &c->escaped) && json_add(o, "\":", 2);
	c->escaped = false;
	ok = ok && (c->null ? json_add(o, "null", 4) : put_value(o, c, more == 0));
	o->whole_bytes += more;
	if (ok)
		return ODBC_GOT;
	o->large = true; /* more than eight times what a row may have */
	return ODBC_GOT;
}

static bool finish_row(struct odbc *o)
{
	unsigned char sum[EVP_MAX_MD_SIZE] = {0};
	bool ok = json_add(o, "}", 1) || o->large;

	o->large = o->large || o->whole_bytes > 0 || o->json.n > GT_RECORD_MAX;
	o->whole_bytes = o->large ? o->whole_bytes + o->json.n : 0;
	if (!o->hashing)
		ok = ok && EVP_DigestInit_ex(o->md, EVP_sha256(), NULL) == 1;
	ok = ok && EVP_DigestUpdate(o->md, o->json.p, o->json.n) == 1 &&
	     EVP_DigestFinal_ex(o->md, sum, NULL) == 1;
	memcpy(o->digest, sum, sizeof(o->digest));
	return ok;
}

enum odbc_got odbc_fetch(struct odbc *o, struct gt_err *err)
{
	SQLRETURN r = SQLFetch(o->stmt);

	if (o->interrupted) {
		(void)gt_fail(err, GT_E_ODBC_INTERRUPTED, o->label);
		return ODBC_GOT_FAILED;
	}
	if (r == SQL_NO_DATA)
		return ODBC_GOT_NULL;
	if (!SQL_SUCCEEDED(r)) {
		(void)odbc_fail(o, SQL_HANDLE_STMT, o->stmt, err);
		return ODBC_GOT_FAILED;
	}
	o->json.n = o->text.n = 0;
	o->bad = o->large = o->hashing = false;
	o->whole_bytes = 0;
	for (size_t i = 0; i < o->columns; i++)
		if (take_column(o, i, err) == ODBC_GOT_FAILED)
			return ODBC_GOT_FAILED;
	if (finish_row(o))
		return ODBC_GOT;
	(void)gt_fail(err, GT_E_MEMORY_BUDGET, GT_TEXT("%zu", o->json.n));
	return ODBC_GOT_FAILED;
}

/* --- into the batch --------------------------------------------------------------------------- */

void odbc_document(struct odbc *o, struct gt_batch *batch)
{
	struct gt_document document = {.name = gt_cstr(o->label),
		.format = GT_LIT("json"),
		.charset = GT_LIT("UTF-8"),
		.columns = gt_str(o->names.p, o->names.n)};

	gt_batch_document(batch, &document);
}

static bool put_values(
	struct odbc *o, struct gt_batch *batch, struct gt_str raw, struct gt_value *values)
{
	for (size_t i = 0; i < o->own; i++) {
		const struct odbc_column *c = &o->column[i];
		struct gt_str s;

		if (c->field < 0)
			continue;
		struct gt_value *v = &values[c->field];
		v->kind = c->null ? GT_NULL : c->kind;
		if (c->null)
			continue;
		if (c->kind == GT_BOOL) {
			v->number = c->truth;
			continue;
		}
		s = c->escaped ? gt_batch_copy(batch, gt_str(o->text.p + c->text_at, c->text_n))
			       : gt_str(raw.p + c->json_at, c->json_n);
		v->text = s.p ? s.p : "";
		v->size = (uint32_t)s.n;
	}
	return gt_batch_ok(batch);
}

bool odbc_put(struct odbc *o, struct gt_batch *batch)
{
	struct gt_place place = {.row = o->pass.rows + 1};
	struct gt_mark mark = gt_batch_mark(batch);
	size_t n = o->large && o->json.n > GT_REJECT_KEEP ? GT_REJECT_KEEP : o->json.n;
	struct gt_str raw = gt_batch_copy(batch, gt_str(o->json.p, n));
	struct gt_err why = o->why;

	if (o->large)
		(void)gt_fail(&why, GT_E_ROW_LARGE, GT_TEXT("%u", GT_RECORD_MAX));
	if (raw.p && (o->bad || o->large)) {
		if (gt_batch_add_bad(batch, raw, place, o->whole_bytes, &why))
			return true;
	} else if (raw.p) {
		struct gt_value *values = gt_batch_add(batch, raw, place);

		if (values && put_values(o, batch, raw, values))
			return true;
	}
	gt_batch_rollback(batch, mark);
	return false;
}
