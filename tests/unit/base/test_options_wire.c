#include "buf.h"
#include "options_fixture.h"
#include "unit.h"

static uint64_t state;

static uint64_t next(void)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return state >> 33;
}

/* None, empty, or some bytes, zeros among them. */
static struct gt_str any_text(struct gt_arena *memory)
{
	uint64_t n = next() % 20;
	char *p = gt_arena_alloc(memory, 20);

	if (n == 0)
		return gt_cstr(NULL);
	for (uint64_t i = 1; i < n; i++)
		p[i - 1] = (char)next();
	return gt_str(p, n - 1);
}

static void fill(struct all *all, struct gt_arena *memory)
{
	struct gt_str *words = gt_arena_alloc(memory, 10 * sizeof *words);
	struct gt_pair *pairs = gt_arena_alloc(memory, 10 * sizeof *pairs);

	*all = (struct all){any_text(memory), any_text(memory), any_text(memory), any_text(memory),
		any_text(memory), next() % 2, (int64_t)next(), -(int64_t)next(), INT64_MIN,
		INT64_MAX, (int)(next() % 3), -(int)(next() % 840), {words, next() % 10},
		{pairs, next() % 10}, {any_text(memory), any_text(memory)}};
	for (size_t i = 0; i < 10; i++) {
		words[i] = any_text(memory);
		pairs[i] = (struct gt_pair){any_text(memory), any_text(memory)};
	}
}

static void same(struct gt_str a, struct gt_str b)
{
	ck_assert(gt_str_eq(a, b) && !a.p == !b.p);
}

static void compare(const struct all *a, const struct all *b)
{
	same(a->text, b->text);
	same(a->bounded, b->bounded);
	same(a->path, b->path);
	same(a->folder, b->folder);
	same(a->secret, b->secret);
	ck_assert(a->flag == b->flag && a->count == b->count && a->least == b->least);
	ck_assert(a->wait == b->wait && a->memory == b->memory);
	ck_assert(a->colour == b->colour && a->zone == b->zone);
	ck_assert_uint_eq(a->words.n, b->words.n);
	for (size_t i = 0; i < a->words.n; i++)
		same(a->words.v[i], b->words.v[i]);
	ck_assert_uint_eq(a->headers.n, b->headers.n);
	for (size_t i = 0; i < a->headers.n; i++) {
		same(a->headers.v[i].key, b->headers.v[i].key);
		same(a->headers.v[i].value, b->headers.v[i].value);
	}
	same(a->login.user, b->login.user);
	same(a->login.password, b->login.password);
}

/* Property: decode(encode(x)) = x; nothing shorter, longer or (mostly) changed is taken for it, and
 * what is refused writes nothing. */
START_TEST(round_trip)
{
	struct gt_arena memory;
	struct gt_buf bytes;

	gt_arena_init(&memory, 0);
	gt_buf_init(&bytes, 1 << 20);
	for (state = 1; state < 400;) {
		uint64_t seed = state;
		struct all in, out = {0}, untouched = {0};

		gt_arena_reset(&memory, SIZE_MAX);
		gt_buf_clear(&bytes);
		fill(&in, &memory);
		gt_options_encode(all_table, &in, &bytes);
		ck_assert(gt_options_decode(all_table, &out, gt_buf_str(&bytes), &memory));
		compare(&in, &out);
		memset(&out, 0, sizeof out);
		for (size_t n = 0; n < bytes.n; n++) {
			ck_assert(!gt_options_decode(all_table, &out, gt_str(bytes.p, n), &memory));
			ck_assert_mem_eq(&out, &untouched, sizeof out);
		}
		for (size_t n = 0; n < bytes.n; n++) { /* hostile bytes: any answer, no harm */
			bytes.p[n] = (char)(bytes.p[n] ^ 0x80);
			if (gt_options_decode(all_table, &out, gt_buf_str(&bytes), &memory))
				ck_assert(out.colour >= 0 && out.colour < 3);
			bytes.p[n] = (char)(bytes.p[n] ^ 0x80);
		}
		gt_buf_u8(&bytes, 0);
		ck_assert(!gt_options_decode(all_table, &out, gt_buf_str(&bytes), &memory));
		state = seed + 1;
	}
	gt_buf_fini(&bytes);
	gt_arena_fini(&memory);
}
END_TEST

UNIT_MAIN("options_wire", UNIT_TEST(round_trip))
