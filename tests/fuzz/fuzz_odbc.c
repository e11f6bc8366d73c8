/* What an operator, a state topic and a database give the odbc adapter as text: first byte 0 = a
 * saved position, 1 = a statement, 2 = a connection string, 3 = a name, else a value of the cursor
 * field in layout (byte - 4). */
#include "batch.h"
#include "gt_assert.h"
#include "odbc.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool no_entry(void *arg, struct gt_str key, struct gt_str *value)
{
	(void)arg, (void)key, (void)value;
	return false;
}

static void no_note(void *arg, const struct gt_err *note)
{
	(void)arg, (void)note;
}

/* A position that is understood is written and understood again, as the same. */
static void position(struct gt_str text)
{
	struct gt_host host = {.entry = no_entry, .note = no_note};
	struct odbc *o = calloc(1, sizeof *o), *again = calloc(1, sizeof *o);
	struct gt_batch *batch = gt_batch_new(GT_BATCH_ARENA_MAX);
	struct gt_err err;

	GT_ASSERT(o && again);
	o->host = again->host = &host;
	o->md = again->md = EVP_MD_CTX_new();
	gt_batch_reset(batch, 1, 1, 1);
	if (odbc_cursor_read(o, text, &err)) {
		odbc_cursor_write(o, batch);
		GT_ASSERT(gt_batch_ok(batch) &&
			  odbc_cursor_read(again, gt_batch_cursor_get(batch), &err));
		GT_ASSERT(again->pass.rows == o->pass.rows && again->high.n == o->high.n);
		for (size_t i = 0; i < ODBC_KEYS_MAX && o->phase != ODBC_BETWEEN; i++)
			GT_ASSERT(again->pass.at[i].n == o->pass.at[i].n &&
				  memcmp(again->pass.at[i].text, o->pass.at[i].text,
					  o->pass.at[i].n) == 0);
	}
	gt_seen_free(&o->seen);
	gt_seen_free(&again->seen);
	EVP_MD_CTX_free(o->md);
	gt_batch_free(batch);
	free(o);
	free(again);
}

/* What is taken for one statement holds no semicolon outside of quotes and comments: checked in the
 * plain case that it holds none of those. */
static void statement(struct gt_str text)
{
	struct gt_err err;
	struct gt_str checked = text;
	bool plain = true;

	for (size_t i = 0; i < text.n; i++)
		plain = plain && text.p[i] && !strchr("'\"`-/", text.p[i]);
	if (odbc_sql_check(&checked, true, "where:", &err)) {
		GT_ASSERT(checked.n <= text.n);
		GT_ASSERT(!plain || !checked.n || !memchr(checked.p, ';', checked.n));
	}
	if (!odbc_sql_check(&text, false, "query:", &err))
		GT_ASSERT(err.code == GT_E_ODBC_NOT_ONE);
}

static void name(struct gt_str text)
{
	char out[512];
	struct gt_line line = {out, 0, sizeof out, false};

	odbc_sql_name(&line, text, "\"");
	GT_ASSERT(line.n < sizeof out && out[line.n] == '\0');
}

static void moment(struct gt_str text, enum gt_layout layout)
{
	int64_t order = 0, again = 0;
	char out[GT_MOMENT_TEXT];

	if (!gt_moment_parse(text, layout, 480, &order))
		return;
	gt_moment_write(order, layout, 480, out);
	GT_ASSERT(gt_moment_parse(gt_cstr(out), layout, 480, &again) && again <= order);
	GT_ASSERT(layout == GT_LAYOUT_DATE || order - again < 1000000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gt_str text = {(const char *)data + 1, size - 1}, value = {NULL, 0};

	if (size == 0)
		return 0;
	if (data[0] == 0)
		position(text);
	else if (data[0] == 1)
		statement(text);
	else if (data[0] == 2)
		(void)odbc_keyword(text, "PWD", &value);
	else if (data[0] == 3)
		name(text);
	else if (data[0] - 4u <= GT_LAYOUT_NUMBER)
		moment(text, (enum gt_layout)(data[0] - 4));
	return 0;
}
