/* json_record.c: one JSON object into the values of a row. yyjson checks and indexes the slice in a
 * scratch that is used again for every record; texts become views of the slice, not of the scratch.
 *
 * Members are resolved by prediction: rows of one source have their keys in one order, so the key
 * of the n-th member is compared with the n-th key of earlier rows before it is hashed. */
#include <stdlib.h>
#include <yyjson.h>

#include "gt_assert.h"
#include "hash.h"
#include "json_lex.h"

#define SCRATCH_KEEP (1u << 20) /* bytes of scratch that survive an unusually large record */
#define SCRATCH_MIN 4096u
#define GUESSES_MAX 256u /* members per level whose key is predicted */
#define GUESS_KEY_MAX 44u

#define NOT_WANTED (-1)

/* What a key means at one level: a wanted field, the way to nested ones, both or neither. */
struct target {
	int32_t field;    /* NOT_WANTED, or the field's id */
	struct level *in; /* NULL, or the members of the object at this key */
};

struct guess {
	uint16_t size; /* 0 = none yet */
	char key[GUESS_KEY_MAX];
	const struct target *target; /* NULL = not wanted */
};

struct level {
	struct gt_map targets; /* key → struct target */
	struct guess *guesses;
	uint64_t seen; /* number of the record in which the object of this level came last */
	bool top;
};

struct gt_json_reader {
	struct level top;
	struct level **levels; /* the nested ones, to be freed */
	size_t level_count;
	struct target *all; /* as many as there are path components */
	size_t target_count;
	char *names; /* copies of the field names; keys of the maps are views of it */
	char *scratch;
	size_t scratch_size;
	uint64_t number; /* of the record being read */
};

static struct target *target_of(
	struct gt_json_reader *reader, struct level *level, struct gt_str key)
{
	struct target *target = gt_map_get(&level->targets, key);
	if (!target) {
		target = &reader->all[reader->target_count++];
		*target = (struct target){.field = NOT_WANTED};
		gt_map_set(&level->targets, key, target);
	}
	return target;
}

static struct level *level_below(struct gt_json_reader *reader, struct target *target)
{
	if (!target->in) {
		target->in = gt_alloc(sizeof(*target->in));
		reader->levels[reader->level_count++] = target->in;
	}
	return target->in;
}

/* Registers a field under its whole name and, where it has dots, under its path. */
static void want(struct gt_json_reader *reader, struct gt_str name, int32_t field)
{
	struct level *level = &reader->top;
	target_of(reader, level, name)->field = field;
	for (const char *dot; name.n && (dot = memchr(name.p, '.', name.n)) != NULL;) {
		size_t n = (size_t)(dot - name.p);
		level = level_below(reader, target_of(reader, level, gt_str(name.p, n)));
		name = gt_str(dot + 1, name.n - n - 1);
	}
	if (level != &reader->top)
		target_of(reader, level, name)->field = field;
}

struct gt_json_reader *gt_json_reader_new(const struct gt_str *fields, size_t count)
{
	struct gt_json_reader *reader = gt_alloc(sizeof(*reader));
	size_t bytes = 1, parts = 1;
	for (size_t i = 0; i < count; i++) {
		bytes += fields[i].n;
		parts += 2;
		for (size_t k = 0; k < fields[i].n; k++)
			parts += fields[i].p[k] == '.';
	}
	reader->top.top = true;
	reader->names = gt_alloc(bytes);
	reader->all = gt_alloc(parts * sizeof(*reader->all));
	reader->levels = gt_alloc(parts * sizeof(struct level *));
	char *at = reader->names;
	for (size_t i = 0; i < count; i++) {
		if (fields[i].n)
			memcpy(at, fields[i].p, fields[i].n);
		want(reader, gt_str(at, fields[i].n), (int32_t)i);
		at += fields[i].n;
	}
	return reader;
}

static void level_fini(struct level *level)
{
	gt_map_fini(&level->targets);
	free(level->guesses);
}

void gt_json_reader_free(struct gt_json_reader *reader)
{
	if (!reader)
		return;
	for (size_t i = 0; i < reader->level_count; i++) {
		level_fini(reader->levels[i]);
		free(reader->levels[i]);
	}
	level_fini(&reader->top);
	free(reader->levels);
	free(reader->all);
	free(reader->names);
	free(reader->scratch);
	free(reader);
}

static const struct target *resolve(struct level *level, size_t position, struct gt_str key)
{
	if (position >= GUESSES_MAX || key.n > GUESS_KEY_MAX || key.n == 0)
		return gt_map_get(&level->targets, key);
	if (!level->guesses)
		level->guesses = gt_alloc(GUESSES_MAX * sizeof(*level->guesses));
	struct guess *guess = &level->guesses[position];
	if (guess->size != key.n || memcmp(guess->key, key.p, key.n) != 0) {
		guess->target = gt_map_get(&level->targets, key);
		guess->size = (uint16_t)key.n;
		memcpy(guess->key, key.p, key.n);
	}
	return guess->target;
}

struct reading {
	struct gt_json_reader *reader;
	struct gt_str record;
	const char *copy; /* yyjson's copy of the record: same offsets */
	bool escapes;     /* there is a backslash somewhere in the record */
	struct gt_batch *batch;
	struct gt_value *values;
	struct gt_err *err;
};

/* Where the value of a member begins in the record. */
static const char *value_start(const struct reading *r, yyjson_val *key)
{
	const char *end = r->record.p + r->record.n;
	const char *quote = r->record.p + (unsafe_yyjson_get_str(key) - r->copy) - 1;
	struct gt_lex lex = {r->record.p, quote, end, NULL, false};
	gt_lex_string(&lex);
	bool colon = gt_lex_take(&lex, ':');
	GT_ASSERT(colon);
	gt_lex_space(&lex);
	return lex.at;
}

static struct gt_value text_value(const struct reading *r, yyjson_val *val)
{
	struct gt_str text = {unsafe_yyjson_get_str(val), unsafe_yyjson_get_len(val)};
	const char *original = r->record.p + (text.p - r->copy);
	if (!r->escapes || !text.n || !memchr(original, '\\', text.n))
		text.p = original;
	else
		text = gt_batch_copy(r->batch, text); /* none: the batch is full, which is sticky */
	return gt_value_text(text);
}

static struct gt_value nested_value(const struct reading *r, yyjson_val *key)
{
	const char *start = value_start(r, key);
	struct gt_lex lex = {r->record.p, start, r->record.p + r->record.n, NULL, false};
	struct gt_str lexeme = gt_lex_value(&lex, GT_JSON_DEPTH_MAX);
	GT_ASSERT(lexeme.p);
	return (struct gt_value){.kind = GT_JSON, .size = (uint32_t)lexeme.n, .text = lexeme.p};
}

static bool twice(const struct reading *r, yyjson_val *key)
{
	const char *name = unsafe_yyjson_get_str(key);
	return gt_fail(
		r->err, GT_E_JSON_TWICE, GT_TEXT("%.*s", (int)unsafe_yyjson_get_len(key), name));
}

/* By which name a value was found, kept in `spare` while a record is read: a member that has the
 * field's whole name wins over a path. */
enum { BY_NAME = 0, BY_PATH = 1 };

static bool store(const struct reading *r, const struct level *level, yyjson_val *key,
	yyjson_val *val, int32_t field)
{
	struct gt_value *out = &r->values[field];
	uint8_t by = level->top ? BY_NAME : BY_PATH;
	if (out->kind != GT_ABSENT) {
		if (out->spare == by)
			return twice(r, key);
		if (by == BY_PATH)
			return true;
	}
	switch (unsafe_yyjson_get_type(val)) {
	case YYJSON_TYPE_STR:
		*out = text_value(r, val);
		break;
	case YYJSON_TYPE_RAW:
		*out = (struct gt_value){.kind = GT_NUMBER,
			.size = (uint32_t)unsafe_yyjson_get_len(val),
			.text = r->record.p + (val->uni.str - r->copy)};
		break;
	case YYJSON_TYPE_BOOL:
		*out = (struct gt_value){.kind = GT_BOOL, .number = unsafe_yyjson_get_bool(val)};
		break;
	case YYJSON_TYPE_NULL:
		*out = (struct gt_value){.kind = GT_NULL};
		break;
	default:
		*out = nested_value(r, key);
		break;
	}
	out->spare = by;
	return true;
}

static bool members(const struct reading *r, struct level *level, yyjson_val *object);

static bool member(const struct reading *r, const struct level *level, yyjson_val *key,
	yyjson_val *val, const struct target *target)
{
	if (target->field != NOT_WANTED && !store(r, level, key, val, target->field))
		return false;
	if (!target->in || !unsafe_yyjson_is_obj(val))
		return true;
	if (target->in->seen == r->reader->number)
		return twice(r, key);
	target->in->seen = r->reader->number;
	return members(r, target->in, val);
}

/* Recursion is bounded by the components of the longest path, and by the depth of the record. */
static bool members(const struct reading *r, struct level *level, yyjson_val *object)
{
	size_t count = unsafe_yyjson_get_len(object);
	yyjson_val *key = object + 1;
	for (size_t i = 0; i < count; i++) {
		yyjson_val *val = key + 1;
		struct gt_str name = {unsafe_yyjson_get_str(key), unsafe_yyjson_get_len(key)};
		const struct target *target = resolve(level, i, name);
		if (target && !member(r, level, key, val, target))
			return false;
		key = unsafe_yyjson_get_next(val);
	}
	return true;
}

/* Deeper than the limit? A record with few values cannot be. Values lie in document order; a
 * container knows where the value behind it lies. */
static bool too_deep(const yyjson_doc *doc)
{
	yyjson_val *ends[GT_JSON_DEPTH_MAX];
	yyjson_val *val = doc->root, *end = val + doc->val_read;
	unsigned depth = 0;
	if (doc->val_read <= GT_JSON_DEPTH_MAX)
		return false;
	for (; val < end; val++) {
		while (depth > 0 && ends[depth - 1] <= val)
			depth--;
		if (!unsafe_yyjson_is_ctn(val))
			continue;
		if (depth == GT_JSON_DEPTH_MAX)
			return true;
		ends[depth++] = unsafe_yyjson_get_next(val);
	}
	return false;
}

static bool syntax(const yyjson_read_err *why, struct gt_err *err)
{
	const struct {
		yyjson_read_code code;
		enum gt_code means;
	} table[] = {
		{YYJSON_READ_ERROR_INVALID_PARAMETER, GT_E_JSON_CUT_OFF}, /* no bytes at all */
		{YYJSON_READ_ERROR_EMPTY_CONTENT, GT_E_JSON_CUT_OFF},
		{YYJSON_READ_ERROR_UNEXPECTED_END, GT_E_JSON_CUT_OFF},
		{YYJSON_READ_ERROR_UNEXPECTED_CONTENT, GT_E_JSON_TRAILING},
		{YYJSON_READ_ERROR_INVALID_STRING, GT_E_JSON_STRING},
	};
	enum gt_code means = GT_E_JSON_UNEXPECTED;
	/* The scratch holds what any valid text needs; more is asked for by endless "[[[[" only. */
	if (why->code == YYJSON_READ_ERROR_MEMORY_ALLOCATION)
		return gt_fail(err, GT_E_JSON_DEPTH, GT_TEXT("%u", GT_JSON_DEPTH_MAX));
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].code == why->code)
			means = table[i].means;
	return gt_fail(err, means, GT_TEXT("%zu", why->pos));
}

static void scratch_for(struct gt_json_reader *reader, size_t need)
{
	size_t size = reader->scratch_size ? reader->scratch_size : SCRATCH_MIN;
	if (size > SCRATCH_KEEP && need <= SCRATCH_KEEP)
		size = SCRATCH_KEEP;
	while (size < need)
		size *= 2;
	if (size == reader->scratch_size)
		return;
	free(reader->scratch);
	reader->scratch = gt_alloc(size);
	reader->scratch_size = size;
}

bool gt_json_reader_read(struct gt_json_reader *reader, struct gt_str record,
	struct gt_batch *batch, struct gt_value *values, struct gt_err *err)
{
	yyjson_alc alc;
	yyjson_read_err why;
	scratch_for(reader, yyjson_read_max_memory_usage(record.n, YYJSON_READ_NUMBER_AS_RAW));
	yyjson_alc_pool_init(&alc, reader->scratch, reader->scratch_size);
	yyjson_doc *doc = yyjson_read_opts(
		(char *)(uintptr_t)record.p, record.n, YYJSON_READ_NUMBER_AS_RAW, &alc, &why);
	if (!doc)
		return syntax(&why, err);
	if (!unsafe_yyjson_is_obj(doc->root))
		return gt_fail(err, GT_E_JSON_NOT_OBJECT);
	if (too_deep(doc))
		return gt_fail(err, GT_E_JSON_DEPTH, GT_TEXT("%u", GT_JSON_DEPTH_MAX));
	reader->number++;
	const struct reading r = {reader, record, doc->str_pool,
		memchr(record.p, '\\', record.n) != NULL, batch, values, err};
	return members(&r, &reader->top, doc->root);
}
