/* look.c: asks adapters what there is, and reads some of it. */
#include "look.h"

#include "cmd.h"
#include "gt_assert.h"
#include "options.h"
#include "runner.h"
#include <guantong/charset.h>

#include <poll.h>
#include <stdlib.h>

#define POLL_US INT64_C(30000000)
#define THINGS_MAX 1000u

void gt_things_init(struct gt_things *things)
{
	*things = (struct gt_things){0};
	gt_arena_init(&things->memory, 0);
}

void gt_things_fini(struct gt_things *things)
{
	for (size_t i = 0; i < things->n; i++)
		free(things->v[i].profiles);
	free(things->v);
	gt_arena_fini(&things->memory);
}

static struct gt_thing *append(struct gt_things *things)
{
	if (things->n == things->cap) {
		things->cap = things->cap ? 2 * things->cap : 16;
		things->v = gt_realloc(things->v, things->cap * sizeof(*things->v));
	}
	things->v[things->n] = (struct gt_thing){0};
	return &things->v[things->n++];
}

struct gt_thing *gt_look_add(
	struct gt_things *things, const struct gt_flow_conf *flow, struct gt_str kind)
{
	struct gt_thing *thing = append(things);

	thing->kind = kind;
	thing->name = flow->name;
	thing->flow = flow;
	return thing;
}

static void *copy_of(struct gt_things *things, const void *from, size_t size)
{
	void *copy = gt_arena_zalloc(&things->memory, size ? size : 1);

	if (from)
		memcpy(copy, from, size);
	return copy;
}

static struct gt_str *texts_of(struct gt_things *things, const struct gt_str *v, size_t n)
{
	struct gt_str *copy = gt_arena_zalloc(&things->memory, (n + 1) * sizeof(*copy));

	for (size_t i = 0; i < n; i++)
		copy[i] = gt_arena_copy(&things->memory, v[i]);
	return copy;
}

/* The flow with the options that select one thing. False: err. */
static bool select_it(struct gt_things *things, struct gt_thing *thing, struct gt_err *err)
{
	struct gt_flow_conf *flow = copy_of(things, thing->flow, sizeof(*flow));
	void *own = copy_of(things, flow->adapter_options, flow->adapter->self_size), *of_format;

	of_format = flow->format ? copy_of(things, flow->format_options, flow->format->self_size)
				 : NULL;
	flow->adapter_options = own;
	flow->format_options = of_format;
	thing->flow = flow;
	for (size_t i = 0; i < thing->select_count; i++) {
		const struct gt_pair *pair = &thing->select[i];
		const struct gt_option *row = gt_option_find(flow->adapter->options, pair->key);
		void *into = own;

		if (!row && flow->format) {
			row = gt_option_find(flow->format->options, pair->key);
			into = of_format;
		}
		if (!row)
			return gt_fail(
				err, GT_E_OPTION_UNKNOWN, GT_TEXT("%.*s", GT_STR_ARGS(pair->key)));
		if (!gt_option_store(row, into, pair->value, NULL, &things->memory, err))
			return false;
	}
	return true;
}

struct finding {
	struct gt_things *things;
	const struct gt_flow_conf *flow;
};

static bool known(const struct gt_things *things, const struct gt_found *found)
{
	for (size_t i = 0; i < things->n; i++) {
		const struct gt_thing *thing = &things->v[i];
		bool same = gt_str_eq(thing->kind, found->kind) &&
			    gt_str_eq(thing->name, found->name) &&
			    thing->select_count == found->select_count;

		for (size_t s = 0; same && s < found->select_count; s++)
			same = gt_str_eq(thing->select[s].value, found->select[s].value);
		if (same)
			return true;
	}
	return false;
}

static bool take_found(void *arg, const struct gt_found *found)
{
	struct finding *finding = arg;
	struct gt_things *things = finding->things;
	struct gt_thing *thing;

	if (things->n == THINGS_MAX)
		return false;
	if (known(things, found))
		return true;
	thing = append(things);
	thing->kind = gt_arena_copy(&things->memory, found->kind);
	thing->name = gt_arena_copy(&things->memory, found->name);
	thing->flow = finding->flow;
	thing->field_count =
		found->field_count < GT_FIELDS_MAX ? found->field_count : GT_FIELDS_MAX;
	thing->fields = texts_of(things, found->fields, thing->field_count);
	if (found->types)
		thing->types = texts_of(things, found->types, thing->field_count);
	thing->select = copy_of(things, NULL, found->select_count * sizeof(struct gt_pair));
	for (size_t i = 0; i < found->select_count; i++) {
		thing->select[i].key = gt_arena_copy(&things->memory, found->select[i].key);
		thing->select[i].value = gt_arena_copy(&things->memory, found->select[i].value);
	}
	thing->select_count = found->select_count;
	thing->failed = !select_it(things, thing, &thing->why);
	return true;
}

static bool no_entry(void *arg, struct gt_str key, struct gt_str *value)
{
	(void)arg;
	(void)key;
	(void)value;
	return false;
}

/* The same sentence comes with every instance; people need it once. */
static void note(void *arg, const struct gt_err *err)
{
	static struct gt_err last;

	(void)arg;
	if (last.code == err->code && last.used == err->used &&
		memcmp(last.text, err->text, err->used) == 0)
		return;
	last = *err;
	gt_report(err);
}

bool gt_look_around(struct gt_things *things, const struct gt_flow_conf *flow, struct gt_err *err)
{
	struct gt_host host = {.entry = no_entry, .note = note};
	struct finding finding = {things, flow};
	struct gt_runner *runner;
	bool ok;

	if (!flow->adapter->discover) {
		(void)gt_look_add(things, flow, GT_LIT("rows"));
		return true;
	}
	runner = gt_runner_new(flow, &host, err);
	if (!runner)
		return false;
	ok = gt_runner_open(runner, (struct gt_str){0}, err) &&
	     gt_runner_discover(runner, take_found, &finding, err);
	gt_runner_free(runner);
	return ok;
}

/* ---- rows ---- */

struct reading {
	struct gt_thing *thing;
	struct gt_field_names *names; /* gather names of fields; NULL = profile the known ones */
	uint64_t most;                /* rows */
	uint64_t rows;
};

static void take_row(struct reading *r, const struct gt_batch *batch, const struct gt_row *row)
{
	const struct gt_document *document = &batch->documents[row->document];
	struct gt_thing *thing = r->thing;

	r->rows++;
	if (r->names) {
		gt_field_names_take(r->names, document, row->raw);
		return;
	}
	if (row->bad && thing->bad++ == 0)
		thing->first_bad = *row->bad;
	if (row->bad || thing->profiled >= r->most)
		return;
	thing->profiled++;
	for (size_t i = 0; i < thing->field_count; i++)
		gt_profile_add(&thing->profiles[i], &row->values[i]);
}

static void take_document(struct reading *r, const struct gt_batch *batch)
{
	for (size_t i = 0; i < batch->document_count; i++) {
		const struct gt_document *document = &batch->documents[i];

		if (!document->format.n)
			continue;
		if (r->names)
			gt_field_names_take(r->names, document, (struct gt_str){0});
		if (r->thing->format.n)
			continue;
		r->thing->format =
			gt_cstr(r->thing->flow->format ? r->thing->flow->format->name : "");
		r->thing->charset = gt_cstr(gt_charset_name(gt_charset_by_name(document->charset)));
	}
}

static bool wait_for(const struct gt_batch *batch, int64_t until_us)
{
	int64_t now = gt_host_monotonic_us();
	int64_t deadline = batch->wait_deadline_us < until_us ? batch->wait_deadline_us : until_us;
	struct pollfd fd = {.fd = batch->wait_fd, .events = batch->wait_events};

	if (now >= until_us)
		return false;
	if (deadline > now)
		(void)poll(&fd, batch->wait_fd >= 0 ? 1 : 0, (int)((deadline - now) / 1000) + 1);
	return true;
}

/* Polls until the source is through, or enough rows were counted. */
static bool read_rows(struct reading *r, struct gt_runner *runner, struct gt_batch *batch,
	const struct gt_look_limits *limits, size_t fields, struct gt_err *err)
{
	uint64_t enough = r->names ? limits->rows : limits->count;

	while (r->rows < enough) {
		uint64_t left = enough - r->rows;
		struct gt_limits most = {left < 2000 ? (size_t)left : 2000, GT_BATCH_RAW_MAX,
			gt_host_monotonic_us() + POLL_US};
		enum gt_poll result;

		gt_batch_reset(batch, fields, most.max_records, most.max_bytes);
		result = gt_runner_poll(runner, batch, &most, err);
		if (result == GT_POLL_ERROR)
			return false;
		take_document(r, batch);
		for (size_t i = 0; i < batch->row_count; i++)
			take_row(r, batch, &batch->rows[i]);
		if (result == GT_POLL_IDLE || result == GT_POLL_END)
			return true;
		if (result == GT_POLL_WAIT && !wait_for(batch, limits->wait_until))
			return true;
	}
	r->thing->more = true;
	return true;
}

static bool read_thing(struct reading *r, const struct gt_look_limits *limits, struct gt_err *err)
{
	struct gt_thing *thing = r->thing;
	struct gt_host host = {.entry = no_entry, .note = note};
	struct gt_runner *runner;
	struct gt_batch *batch;
	bool ok;

	if (!r->names) {
		host.fields = thing->fields;
		host.field_count = thing->field_count;
	}
	runner = gt_runner_new(thing->flow, &host, err);
	if (!runner)
		return false;
	batch = gt_batch_new(GT_BATCH_ARENA_MAX);
	ok = gt_runner_open(runner, (struct gt_str){0}, err) &&
	     read_rows(r, runner, batch, limits, host.field_count, err);
	gt_runner_free(runner);
	gt_batch_free(batch);
	return ok;
}

/* Names are known where the source declares types, or a table's head names its columns. */
static bool fields_known(const struct gt_thing *thing)
{
	return thing->field_count > 0 && (thing->types || thing->flow->format);
}

void gt_look_into(struct gt_things *things, struct gt_thing *thing, const struct gt_words *words,
	const struct gt_look_limits *limits)
{
	struct reading reading = {.thing = thing, .most = limits->rows};
	struct gt_field_names names;

	if (thing->failed)
		return;
	if (!fields_known(thing)) {
		gt_field_names_init(&names, &things->memory);
		reading.names = &names;
		thing->failed = !read_thing(&reading, limits, &thing->why);
		if (names.n > 0) {
			thing->fields = names.v;
			thing->field_count = names.n;
		}
		if (thing->failed)
			return;
	}
	thing->profiles = gt_alloc((thing->field_count + 1) * sizeof(*thing->profiles));
	for (size_t i = 0; i < thing->field_count; i++)
		gt_profile_init(&thing->profiles[i], words, thing->flow->zone_minutes);
	thing->more = false;
	reading = (struct reading){.thing = thing, .most = limits->rows};
	thing->failed = !read_thing(&reading, limits, &thing->why);
	thing->rows = reading.rows;
}
