/* envelope.c: accepted records as CloudEvents, written straight into the batch's arena. Member
 * order is part of the contract: EXAMPLES and the golden tests compare bytes. */
#include "civil.h"
#include "gt_assert.h"
#include "json_write.h"
#include "stamp.h"
#include <stdlib.h>

#define SEQ_MAX 20u
#define TIGHT 65536u /* above this, room is counted, not estimated */

static const struct gt_header event_header[] = {
	{{"content-type", 12}, {"application/cloudevents+json; charset=UTF-8", 43}}};
static const struct gt_headers event_headers = {1, event_header};

char *gt_put_str(char *out, struct gt_str s)
{
	if (s.n > 0)
		memcpy(out, s.p, s.n);
	return out + s.n;
}

#define PUT(out, literal) gt_put_str((out), GT_LIT(literal))

char *gt_put_utc(char *out, int64_t us)
{
	enum gt_precision precision = us % 1000000 == 0 ? GT_SECOND
				      : us % 1000 == 0  ? GT_MILLI
							: GT_MICRO;

	return out + gt_time_write(out, us, 0, precision);
}

struct gt_str gt_stamp_id(const struct gt_stamp *stamp, struct gt_arena *arena, uint64_t seq)
{
	char *start = gt_arena_alloc(arena, stamp->id_start.n + SEQ_MAX), *end;

	if (start == NULL)
		return gt_str(NULL, 0);
	end = gt_json_put_int(gt_put_str(start, stamp->id_start), (int64_t)seq);
	return gt_str(start, (size_t)(end - start));
}

/* ---- constant parts ---- */

static struct gt_str render_head(struct gt_arena *memory, const struct gt_stamp_conf *conf,
	const struct gt_entity *entity, struct gt_str origin, const char *what)
{
	return gt_arena_printf(memory,
		"{\"specversion\":\"1.0\",\"type\":\"%.*s.%.*s.%.*s.%s\",\"source\":\"%.*s\","
		"\"id\":\"%llu.",
		GT_STR_ARGS(conf->prefix), GT_STR_ARGS(entity->domain), GT_STR_ARGS(entity->entity),
		what, GT_STR_ARGS(origin), (unsigned long long)conf->epoch);
}

/* Equal names of one flow share one pointer. */
static struct gt_str add_topic(struct gt_stamp *stamp, struct gt_str name)
{
	for (size_t i = 0; i < stamp->topic_count; i++)
		if (gt_str_eq(stamp->topics[i], name))
			return stamp->topics[i];
	return stamp->topics[stamp->topic_count++] = name;
}

static void render_part(struct gt_stamp *stamp, const struct gt_stamp_conf *conf,
	const struct gt_entity *entity, struct gt_stamp_part *part)
{
	struct gt_arena *memory = &stamp->memory;

	part->open_head = render_head(memory, conf, entity, stamp->origin, "upserted");
	part->restricted_head = render_head(memory, conf, entity, stamp->origin, "restricted");
	part->open_topic = add_topic(
		stamp, gt_arena_printf(memory, "%.*s.%.*s.%.*s.%.*s.v%u", GT_STR_ARGS(conf->prefix),
			       GT_STR_ARGS(conf->site), GT_STR_ARGS(entity->domain),
			       GT_STR_ARGS(entity->entity), entity->major));
	if (entity->restricted)
		part->restricted_topic = add_topic(stamp,
			gt_arena_printf(memory, "%.*s.restricted", GT_STR_ARGS(part->open_topic)));
	stamp->entity = gt_arena_printf(memory, "%.*s%s%.*s@%u", GT_STR_ARGS(stamp->entity),
		stamp->entity.n ? "," : "", GT_STR_ARGS(entity->name), entity->major);
}

static void render_parts(struct gt_stamp *stamp, const struct gt_stamp_conf *conf)
{
	size_t n = gt_plan_parts(conf->plan);

	stamp->parts = gt_arena_zalloc(&stamp->memory, n * sizeof *stamp->parts);
	stamp->rejected_topic =
		add_topic(stamp, gt_arena_printf(&stamp->memory, "%.*s.%.*s.rejected",
					 GT_STR_ARGS(conf->prefix), GT_STR_ARGS(conf->site)));
	for (size_t i = 0; i < n; i++)
		render_part(
			stamp, conf, gt_plan_entity(gt_plan_part(conf->plan, i)), &stamp->parts[i]);
}

struct gt_stamp *gt_stamp_new(const struct gt_stamp_conf *conf)
{
	struct gt_stamp *stamp = gt_alloc(sizeof *stamp);
	struct gt_arena *memory = &stamp->memory;

	atomic_init(&stamp->references, 1);
	gt_arena_init(memory, 0);
	stamp->plan = gt_plan_ref((struct gt_plan *)(uintptr_t)conf->plan);
	stamp->epoch = conf->epoch;
	stamp->origin = gt_arena_printf(memory, "/%.*s/%.*s/%.*s", GT_STR_ARGS(conf->site),
		GT_STR_ARGS(conf->source), GT_STR_ARGS(conf->flow));
	stamp->flow = gt_arena_printf(
		memory, "%.*s/%.*s", GT_STR_ARGS(conf->source), GT_STR_ARGS(conf->flow));
	stamp->basis = gt_arena_copy(memory, conf->basis);
	stamp->standard = gt_arena_copy(memory, conf->standard);
	stamp->key_start = gt_arena_printf(
		memory, "%.*s/%.*s/", GT_STR_ARGS(conf->site), GT_STR_ARGS(conf->source));
	stamp->reject_key = gt_arena_printf(
		memory, "%.*s%.*s", GT_STR_ARGS(stamp->key_start), GT_STR_ARGS(conf->flow));
	stamp->id_start = gt_arena_printf(memory, "%llu.", (unsigned long long)conf->epoch);
	if (conf->basis.n > 0)
		stamp->basis_member =
			gt_arena_printf(memory, ",\"basis\":\"%.*s\"", GT_STR_ARGS(conf->basis));
	render_parts(stamp, conf);
	return stamp;
}

struct gt_stamp *gt_stamp_ref(struct gt_stamp *stamp)
{
	atomic_fetch_add_explicit(&stamp->references, 1, memory_order_relaxed);
	return stamp;
}

void gt_stamp_unref(struct gt_stamp *stamp)
{
	if (stamp == NULL ||
		atomic_fetch_sub_explicit(&stamp->references, 1, memory_order_acq_rel) != 1)
		return;
	gt_plan_unref(stamp->plan);
	gt_arena_fini(&stamp->memory);
	free(stamp);
}

struct gt_str gt_stamp_origin(const struct gt_stamp *stamp)
{
	return stamp->origin;
}

uint64_t gt_stamp_epoch(const struct gt_stamp *stamp)
{
	return stamp->epoch;
}

size_t gt_stamp_topics(const struct gt_stamp *stamp, const struct gt_str **names)
{
	*names = stamp->topics;
	return stamp->topic_count;
}

/* ---- room ---- */

/* Bytes of a text as JSON, quotes included, exactly. */
static size_t text_room(struct gt_str s)
{
	size_t room = s.n + 2;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		room += c < 0x20 ? 5 : c == '"' || c == '\\' ? 1 : 0;
	}
	return room;
}

static size_t value_room(const struct gt_value *value, bool tight)
{
	return tight && value->kind == GT_TEXT ? text_room(gt_value_str(value))
					       : GT_JSON_VALUE_ROOM(value);
}

/* Upper bound of an event with these values. */
static size_t event_room(const struct gt_stamp *stamp, const struct gt_norm *norm,
	const struct gt_value *values, bool tight)
{
	const struct gt_entity *entity = norm->entity;
	const struct gt_stamp_part *part = &stamp->parts[norm->part];
	size_t room = part->restricted_head.n + part->open_head.n + stamp->basis_member.n +
		      entity->schema.n + 3 * SEQ_MAX + 2 * GT_TIME_TEXT_MAX + 256 +
		      (tight ? text_room(norm->subject) : GT_JSON_TEXT_ROOM(norm->subject.n)) +
		      GT_JSON_TEXT_ROOM(norm->division.n);

	for (size_t i = 0; i < entity->n; i++) {
		if (values[i].kind == GT_ABSENT && norm->flags[i] == 0)
			continue;
		/* Name, quotes, colon, comma; `value` and `salt` of a restricted one. */
		room += entity->elements[i].name.n + 32 + value_room(&values[i], tight);
		if (values == norm->clear)
			room += GT_JSON_TEXT_ROOM(norm->salt[i].n);
		room += (size_t)__builtin_popcountll(norm->flags[i] & gt_flags_published) *
			(entity->elements[i].name.n + 32);
	}
	for (size_t i = 0; i < entity->rule_count; i++)
		if (norm->rule_flags >> i & 1u)
			room += entity->rules[i].name.n + 8;
	return room;
}

/* Room in the arena for the event. NULL: full, or *too_large. */
static char *reserve(const struct gt_stamp *stamp, struct gt_batch *batch,
	const struct gt_norm *norm, const struct gt_value *values, bool *too_large)
{
	size_t need = event_room(stamp, norm, values, false), room;

	if (need > TIGHT)
		need = event_room(stamp, norm, values, true);
	/* The bound is off by some hundred bytes only: what exceeds twice the limit surely is. */
	*too_large = need > 2u * GT_MESSAGE_MAX;
	return *too_large ? NULL : gt_arena_reserve(&batch->arena, need, &room);
}

/* ---- parts of an event ---- */

static char *put_head(char *out, struct gt_str head, uint64_t seq, const struct gt_norm *norm)
{
	out = gt_json_put_int(gt_put_str(out, head), (int64_t)seq);
	out = gt_put_utc(PUT(out, "\",\"time\":\""), norm->event_us);
	out = gt_json_put_text(PUT(out, "\",\"subject\":"), norm->subject);
	out = gt_put_str(PUT(out, ",\"dataschema\":\""), norm->entity->schema);
	*out++ = '"';
	if (norm->division.n > 0)
		out = gt_json_put_text(PUT(out, ",\"division\":"), norm->division);
	return out;
}

static char *put_quality(char *out, const struct gt_norm *norm)
{
	const struct gt_entity *entity = norm->entity;
	char *start = PUT(out, ",\"quality\":\""), *at = start;

	for (size_t i = 0; i < entity->n; i++) {
		for (uint64_t left = norm->flags[i] & gt_flags_published; left; left &= left - 1) {
			if (at != start)
				*at++ = ',';
			at = gt_put_str(at, entity->elements[i].name);
			*at++ = '.';
			at = gt_put_str(at, gt_cstr(gt_flags[__builtin_ctzll(left)].name));
		}
	}
	for (size_t i = 0; norm->rule_flags != 0 && i < entity->rule_count; i++) {
		if ((norm->rule_flags >> i & 1u) == 0)
			continue;
		if (at != start)
			*at++ = ',';
		at = gt_put_str(PUT(at, "rule."), entity->rules[i].name);
	}
	return at == start ? out : PUT(at, "\"");
}

/* A value as published: decimals without trailing zeros, so that equal amounts are equal bytes. */
static char *put_value(char *out, const struct gt_value *value)
{
	struct gt_value shown = *value;

	if (shown.kind == GT_DECIMAL) {
		while (shown.scale > 0 && shown.number % 10 == 0) {
			shown.number /= 10;
			shown.scale--;
		}
	}
	return gt_json_put_value(out, &shown);
}

static bool is_set(const struct gt_value *value)
{
	return value->kind != GT_ABSENT && value->kind != GT_NULL;
}

static char *put_member(char *out, bool first, struct gt_str name)
{
	if (!first)
		*out++ = ',';
	*out++ = '"';
	return PUT(gt_put_str(out, name), "\":");
}

static char *put_data(char *out, const struct gt_norm *norm)
{
	const struct gt_entity *entity = norm->entity;
	bool first = true;

	out = PUT(out, ",\"data\":{");
	for (size_t i = 0; i < entity->n; i++) {
		if (!is_set(&norm->values[i]))
			continue;
		out = put_member(out, first, entity->elements[i].name);
		out = put_value(out, &norm->values[i]);
		first = false;
	}
	return PUT(out, "}}");
}

static char *put_clear(char *out, const struct gt_norm *norm)
{
	const struct gt_entity *entity = norm->entity;
	bool first = true;

	out = PUT(out, ",\"data\":{");
	for (size_t i = 0; i < entity->n; i++) {
		if (!is_set(&norm->clear[i]))
			continue;
		out = put_member(out, first, entity->elements[i].name);
		out = put_value(PUT(out, "{\"value\":"), &norm->clear[i]);
		if (norm->salt[i].n > 0)
			out = gt_json_put_text(PUT(out, ",\"salt\":"), norm->salt[i]);
		*out++ = '}';
		first = false;
	}
	return PUT(out, "}}");
}

/* ---- messages ---- */

static bool open_event(const struct gt_stamp *stamp, struct gt_batch *batch,
	const struct gt_norm *norm, uint64_t seq, struct gt_message *message, bool *too_large)
{
	char *start = reserve(stamp, batch, norm, norm->values, too_large), *out, *key;
	size_t key_n = stamp->key_start.n + norm->subject.n;

	if (start == NULL)
		return false;
	out = put_head(start, stamp->parts[norm->part].open_head, seq, norm);
	out = put_quality(gt_put_str(out, stamp->basis_member), norm);
	out = put_data(out, norm);
	gt_arena_release(&batch->arena, (size_t)(out - start));
	*too_large =
		(size_t)(out - start) + key_n + event_header[0].name.n + event_header[0].value.n >
		GT_MESSAGE_MAX;
	key = *too_large ? NULL : gt_arena_alloc(&batch->arena, key_n);
	if (key == NULL)
		return false;
	gt_put_str(gt_put_str(key, stamp->key_start), norm->subject);
	*message = (struct gt_message){.topic = stamp->parts[norm->part].open_topic,
		.key = {key, key_n},
		.value = {start, (size_t)(out - start)},
		.headers = &event_headers,
		.seq = seq,
		.kind = GT_MSG_OPEN};
	return true;
}

/* Key: origin and id of the open message, because an id alone is unique only with its source and
 * one topic can hold the messages of several flows. */
static bool restricted_event(const struct gt_stamp *stamp, struct gt_batch *batch,
	const struct gt_norm *norm, uint64_t open_seq, struct gt_message *message, bool *too_large)
{
	char *start = reserve(stamp, batch, norm, norm->clear, too_large), *out, *key, *end;

	if (start == NULL)
		return false;
	out = put_head(start, stamp->parts[norm->part].restricted_head, open_seq + 1, norm);
	out = gt_put_str(PUT(out, ",\"restricts\":\""), stamp->id_start);
	out = PUT(gt_json_put_int(out, (int64_t)open_seq), "\"");
	out = put_clear(out, norm);
	gt_arena_release(&batch->arena, (size_t)(out - start));
	*too_large = (size_t)(out - start) + 2048 > GT_MESSAGE_MAX;
	key = *too_large ? NULL
			 : gt_arena_alloc(&batch->arena,
				   stamp->origin.n + 1 + stamp->id_start.n + SEQ_MAX);
	if (key == NULL)
		return false;
	end = PUT(gt_put_str(key, stamp->origin), "/");
	end = gt_json_put_int(gt_put_str(end, stamp->id_start), (int64_t)open_seq);
	*message = (struct gt_message){.topic = stamp->parts[norm->part].restricted_topic,
		.key = {key, (size_t)(end - key)},
		.value = {start, (size_t)(out - start)},
		.headers = &event_headers,
		.seq = open_seq + 1,
		.kind = GT_MSG_RESTRICTED};
	return true;
}

size_t gt_stamp_accept(const struct gt_stamp *stamp, struct gt_batch *batch,
	const struct gt_norm *norm, uint64_t seq, struct gt_message messages[GT_FAN_OUT_MAX],
	bool *too_large)
{
	struct gt_arena_mark mark = gt_arena_mark(&batch->arena);
	struct gt_message made[GT_FAN_OUT_MAX];
	bool marked = false;
	size_t n = 1;

	*too_large = false;
	for (size_t i = 0; norm->entity->restricted && i < norm->entity->n && !marked; i++)
		marked = is_set(&norm->clear[i]);
	if (!open_event(stamp, batch, norm, seq, &made[0], too_large) ||
		(marked && !restricted_event(stamp, batch, norm, seq, &made[1], too_large))) {
		gt_arena_rollback(&batch->arena, mark);
		return 0;
	}
	n += marked ? 1 : 0;
	memcpy(messages, made, n * sizeof *made);
	return n;
}
