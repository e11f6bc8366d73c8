#include "harness.h"

#include "conf_read.h"
#include "gt_assert.h"
#include <check.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

const struct gt_limits harness_limits = {GT_BATCH_ROWS_MAX, GT_BATCH_RAW_MAX, 0};

void world_free(struct world *world)
{
	for (size_t i = 0; i < world->row_count; i++)
		free(world->rows[i]);
	for (size_t i = 0; i < world->entry_count; i++) {
		free(world->entries[i].key);
		free((char *)(uintptr_t)world->entries[i].value.p);
	}
	free(world->rows);
	free(world->entries);
	free(world->notes);
	*world = (struct world){0};
}

size_t world_notes(const struct world *world, enum gt_code code)
{
	size_t n = 0;
	for (size_t i = 0; i < world->note_count; i++)
		n += world->notes[i].code == code;
	return n;
}

void world_entry(struct world *world, struct gt_str key, struct gt_str value)
{
	world->entries =
		gt_realloc(world->entries, (world->entry_count + 1) * sizeof *world->entries);
	world->entries[world->entry_count].key = gt_strdup(key);
	if (value.p)
		value.p = memcpy(gt_alloc(value.n + 1), value.p, value.n);
	world->entries[world->entry_count++].value = value;
}

static bool find_entry(void *arg, struct gt_str key, struct gt_str *value)
{
	const struct world *world = ((struct harness *)arg)->world;
	for (size_t i = world->visible; i-- > 0;)
		if (gt_str_eq(gt_cstr(world->entries[i].key), key)) {
			*value = world->entries[i].value;
			return value->p != NULL;
		}
	return false;
}

static bool grant(void *arg, size_t bytes)
{
	struct harness *h = arg;
	if (h->declared_max && bytes > h->declared_max)
		return false;
	h->declared = bytes;
	return true;
}

static void take_note(void *arg, const struct gt_err *note)
{
	struct world *world = ((struct harness *)arg)->world;
	world->notes = gt_realloc(world->notes, (world->note_count + 1) * sizeof *world->notes);
	world->notes[world->note_count++] = *note;
}

bool harness_options(const struct gt_option *table, void *into, const char *yaml,
	struct gt_arena *memory, struct gt_diags *diags)
{
	struct gt_conf_ctx ctx = {.memory = memory, .diags = diags, .base_dir = "/"};
	gt_options_defaults(table, into, memory);
	struct gt_yaml *map = gt_yaml_parse("options.yaml", gt_cstr(yaml), memory, diags);
	return map && gt_conf_read(&ctx, table, into, map, NULL);
}

static void *configured(
	struct harness *h, const struct gt_option *table, size_t size, const char *yaml)
{
	struct gt_diags diags = {0};
	char text[2048] = "";
	void *self = gt_alloc(size ? size : 1);
	bool ok = harness_options(table, self, yaml ? yaml : "", &h->memory, &diags);
	ck_assert_msg(
		ok, "%s", diags.n ? gt_err_text(&diags.v[0].err, text, sizeof text) : "options");
	gt_diags_fini(&diags);
	return self;
}

void harness_init(struct harness *h, struct world *world, const struct gt_adapter *adapter,
	const struct gt_format *format, const char *options, const char *format_options,
	const char *const *fields)
{
	*h = (struct harness){.adapter = adapter, .world = world};
	gt_arena_init(&h->memory, 0);
	h->self = configured(h, adapter->options, adapter->self_size, options);
	h->reader.format = format;
	if (format)
		h->reader.self = configured(h, format->options, format->self_size, format_options);
	size_t n = 0;
	for (; fields[n]; n++)
		h->fields[n] = gt_cstr(fields[n]);
	h->host = (struct gt_host){.flow = GT_LIT("test/flow"),
		.fields = h->fields,
		.field_count = n,
		.zone_minutes = 480,
		.reader = format ? &h->reader : NULL,
		.arg = h,
		.entry = find_entry,
		.memory = grant,
		.note = take_note};
	h->batch = gt_batch_new(GT_BATCH_ARENA_MAX);
}

void harness_close(struct harness *h)
{
	if (h->opened)
		h->adapter->close(h->self);
	if (h->reader.format)
		h->reader.format->end(h->reader.self);
	free(h->reader.self);
	free(h->self);
	gt_batch_free(h->batch);
	gt_arena_fini(&h->memory);
	*h = (struct harness){0};
}

bool harness_open(struct harness *h, struct gt_str cursor, struct gt_err *err)
{
	/* A copy of exactly that size: reading beyond it is caught. */
	char *copy = malloc(cursor.n ? cursor.n : 1);
	ck_assert_ptr_nonnull(copy);
	if (cursor.n)
		memcpy(copy, cursor.p, cursor.n);
	h->opened = true;
	bool ok = h->adapter->open(h->self, &h->host, gt_str(copy, cursor.n), err);
	free(copy);
	return ok;
}

bool harness_commit(struct harness *h, struct gt_str cursor, struct gt_err *err)
{
	return !h->adapter->commit || h->adapter->commit(h->self, cursor, err);
}

static void keep_row(struct world *world, const struct gt_batch *batch, const struct gt_row *row)
{
	struct gt_buf text;
	gt_buf_init(&text, 8u << 20);
	gt_buf_add(&text, batch->documents[row->document].name);
	gt_buf_addf(&text, "|%llu|%llu|", (unsigned long long)row->row,
		(unsigned long long)row->offset);
	gt_buf_add(&text, row->raw);
	for (size_t i = 0; row->values && i < batch->fields; i++) {
		const struct gt_value *v = &row->values[i];
		gt_buf_adds(&text, "|");
		if (v->kind == GT_TEXT || v->kind == GT_NUMBER || v->kind == GT_JSON)
			gt_buf_add(&text, gt_value_str(v));
		else
			gt_buf_addf(&text, "<%d>", v->kind);
	}
	if (row->bad)
		gt_buf_addf(&text, "|GT%d", (int)row->bad->code);
	if (world->row_count % 1024 == 0)
		world->rows =
			gt_realloc(world->rows, (world->row_count + 1024) * sizeof *world->rows);
	world->rows[world->row_count++] = gt_strdup(gt_buf_str(&text));
	gt_buf_fini(&text);
}

static void keep_batch(struct world *world, const struct gt_batch *batch)
{
	for (size_t i = 0; i < batch->row_count; i++)
		keep_row(world, batch, &batch->rows[i]);
	for (size_t i = 0; i < batch->entry_count; i++) {
		const struct gt_entry *e = &batch->entries[i];
		world_entry(world, e->key, e->value);
	}
	world->visible = world->entry_count;
	for (size_t i = 0; i < batch->total_count; i++) {
		if (strcmp(batch->totals[i].name, "files") == 0)
			world->files += batch->totals[i].value;
		else if (strcmp(batch->totals[i].name, "bytes") == 0)
			world->bytes += batch->totals[i].value;
	}
}

struct step harness_poll(struct harness *h, struct gt_limits limits, struct gt_err *err)
{
	struct step step = {0};
	if (limits.deadline_us == 0)
		limits.deadline_us = gt_host_monotonic_us() + 60000000;
	gt_batch_reset(h->batch, h->host.field_count, limits.max_records, limits.max_bytes);
	struct gt_err before = *err;
	step.result = h->adapter->poll(h->self, h->batch, &limits, err);
	if (step.result == GT_POLL_ERROR) {
		ck_assert_msg(
			err->code != GT_E_NONE && err->class != GT_OK, "an error without a code");
		return step;
	}
	ck_assert_msg(memcmp(&before, err, sizeof before) == 0,
		"err was touched although poll did not fail");
	struct gt_str cursor = gt_batch_cursor_get(h->batch);
	step.cursor_set = h->batch->cursor_set;
	step.cursor_len = cursor.n;
	if (cursor.n)
		memcpy(step.cursor, cursor.p, cursor.n);
	step.rows = gt_batch_rows(h->batch);
	step.bytes = gt_batch_bytes(h->batch);
	for (size_t i = 0; i < h->batch->row_count; i++)
		step.bad += h->batch->rows[i].bad != NULL;
	step.wait_deadline_us = h->batch->wait_deadline_us;
	keep_batch(h->world, h->batch);
	step.rows_after = h->world->row_count;
	step.entries_after = h->world->entry_count;
	return step;
}

void harness_wait(const struct harness *h)
{
	int64_t left = h->batch->wait_deadline_us - gt_host_monotonic_us();
	int ms = left < 0 ? 0 : (int)(left / 1000) + 1;
	struct pollfd fd = {h->batch->wait_fd, h->batch->wait_events, 0};
	(void)poll(&fd, h->batch->wait_fd >= 0, ms);
}

struct gt_str step_cursor(const struct step *step)
{
	return gt_str(step->cursor, step->cursor_len);
}
