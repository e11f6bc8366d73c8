/* options_wire.c: the values of a table as bytes and back, for isolated children. Both sides run
 * the same binary, so the table itself does not travel. */
#include "buf.h"
#include "gt_assert.h"
#include "options.h"

static void encode_texts(const void *at, struct gt_buf *out)
{
	const struct gt_texts *texts = at;

	gt_buf_u32(out, (uint32_t)texts->n);
	for (size_t i = 0; i < texts->n; i++)
		gt_buf_blob(out, texts->v[i]);
}

static void encode_pairs(const void *at, struct gt_buf *out)
{
	const struct gt_pairs *pairs = at;

	gt_buf_u32(out, (uint32_t)pairs->n);
	for (size_t i = 0; i < pairs->n; i++) {
		gt_buf_blob(out, pairs->v[i].key);
		gt_buf_blob(out, pairs->v[i].value);
	}
}

static void encode_row(const struct gt_option *row, const char *at, struct gt_buf *out)
{
	switch (row->type) {
	case GT_OPT_TEXT:
	case GT_OPT_PATH:
	case GT_OPT_SECRET:
		gt_buf_blob(out, *(const struct gt_str *)(const void *)at);
		break;
	case GT_OPT_BOOL:
		gt_buf_u8(out, *(const bool *)at);
		break;
	case GT_OPT_INT:
	case GT_OPT_DURATION:
	case GT_OPT_BYTES:
		gt_buf_u64(out, (uint64_t) * (const int64_t *)(const void *)at);
		break;
	case GT_OPT_CHOICE:
	case GT_OPT_ZONE:
		gt_buf_u32(out, (uint32_t) * (const int *)(const void *)at);
		break;
	case GT_OPT_TEXTS:
		encode_texts(at, out);
		break;
	case GT_OPT_PAIRS:
		encode_pairs(at, out);
		break;
	case GT_OPT_GROUP:
		gt_options_encode(row->group, at, out);
		break;
	}
}

void gt_options_encode(const struct gt_option *table, const void *from, struct gt_buf *out)
{
	for (; table->name; table++)
		encode_row(table, (const char *)from + table->offset, out);
}

/* Where decoded values go; at NULL = only look whether the bytes are right. */
struct target {
	char *at;
	struct gt_arena *memory;
};

static void set(struct target target, const void *value, size_t size)
{
	if (target.at)
		memcpy(target.at, value, size);
}

static struct gt_str decode_text(struct gt_wire *wire, struct gt_arena *memory)
{
	struct gt_str s = gt_wire_blob(wire), copy;

	if (!memory || !s.p)
		return s;
	copy = gt_arena_copy(memory, s);
	GT_ASSERT(copy.p != NULL);
	return copy;
}

/* Texts and pairs: n × each blobs. A count that the rest cannot hold is broken at once. */
static void decode_list(struct gt_wire *wire, struct target target, size_t each)
{
	size_t n = gt_wire_u32(wire);

	wire->broken = wire->broken || n > wire->rest.n / (4 * each);
	if (wire->broken)
		return;

	struct gt_str *v = target.at ? gt_arena_alloc(target.memory, n * each * sizeof *v) : NULL;

	for (size_t i = 0; i < n * each; i++) {
		struct gt_str s = decode_text(wire, v ? target.memory : NULL);

		if (v)
			v[i] = s;
	}
	if (each == 1)
		set(target, &(struct gt_texts){v, n}, sizeof(struct gt_texts));
	else
		set(target, &(struct gt_pairs){(void *)v, n}, sizeof(struct gt_pairs));
}

_Static_assert(sizeof(struct gt_pair) == 2 * sizeof(struct gt_str), "a pair is two texts");

static bool in_choices(const struct gt_option *row, int v)
{
	for (int i = 0; row->choices[i]; i++)
		if (i == v)
			return true;
	return false;
}

static void decode_table(const struct gt_option *table, struct gt_wire *wire, struct target to);

static void decode_row(const struct gt_option *row, struct gt_wire *wire, struct target to)
{
	struct gt_str text;
	int64_t number;
	bool flag;
	int small;

	switch (row->type) {
	case GT_OPT_TEXT:
	case GT_OPT_PATH:
	case GT_OPT_SECRET:
		text = decode_text(wire, to.at ? to.memory : NULL);
		set(to, &text, sizeof text);
		break;
	case GT_OPT_BOOL:
		small = gt_wire_u8(wire);
		wire->broken = wire->broken || small > 1;
		flag = small == 1;
		set(to, &flag, sizeof flag);
		break;
	case GT_OPT_INT:
	case GT_OPT_DURATION:
	case GT_OPT_BYTES:
		number = (int64_t)gt_wire_u64(wire);
		set(to, &number, sizeof number);
		break;
	case GT_OPT_CHOICE:
	case GT_OPT_ZONE:
		small = (int)gt_wire_u32(wire);
		wire->broken =
			wire->broken || (row->type == GT_OPT_CHOICE && !in_choices(row, small));
		set(to, &small, sizeof small);
		break;
	case GT_OPT_TEXTS:
	case GT_OPT_PAIRS:
		decode_list(wire, to, row->type == GT_OPT_TEXTS ? 1 : 2);
		break;
	case GT_OPT_GROUP:
		decode_table(row->group, wire, to);
		break;
	}
}

static void decode_table(const struct gt_option *table, struct gt_wire *wire, struct target to)
{
	for (; table->name && !wire->broken; table++)
		decode_row(table, wire,
			(struct target){to.at ? to.at + table->offset : NULL, to.memory});
}

bool gt_options_decode(
	const struct gt_option *table, void *into, struct gt_str bytes, struct gt_arena *memory)
{
	struct gt_wire look = {bytes, false}, take = look;

	decode_table(table, &look, (struct target){NULL, NULL});
	if (look.broken || look.rest.n > 0)
		return false;
	decode_table(table, &take, (struct target){into, memory});
	return true;
}
