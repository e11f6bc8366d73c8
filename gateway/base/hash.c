/* hash.c: SipHash-1-3 (Aumasson, Bernstein), MurmurHash2 as in Kafka's Java client, and a map with
 * linear probing whose removals shift back, so that it never fills with tombstones. */
#include "hash.h"
#include "gt_assert.h"
#include "io.h"
#include <pthread.h>
#include <stdlib.h>

static uint64_t rotl(uint64_t v, unsigned by)
{
	return v << by | v >> (64 - by);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] = rotl(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[2] = rotl(v[2], 32);
}

static uint64_t little_endian(const unsigned char *p, size_t bytes)
{
	uint64_t v = 0;

	for (size_t i = bytes; i > 0; i--)
		v = v << 8 | p[i - 1];
	return v;
}

uint64_t gt_siphash13(const uint64_t key[2], struct gt_str s)
{
	uint64_t v[4] = {key[0] ^ 0x736f6d6570736575u, key[1] ^ 0x646f72616e646f6du,
		key[0] ^ 0x6c7967656e657261u, key[1] ^ 0x7465646279746573u};
	const unsigned char *p = (const unsigned char *)s.p;
	size_t rest = s.n;

	for (; rest >= 8; rest -= 8, p += 8) {
		uint64_t m = little_endian(p, 8);

		v[3] ^= m;
		sip_round(v);
		v[0] ^= m;
	}

	uint64_t tail = little_endian(p, rest) | (uint64_t)s.n << 56;

	v[3] ^= tail;
	sip_round(v);
	v[0] ^= tail;
	v[2] ^= 0xff;
	sip_round(v);
	sip_round(v);
	sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static uint64_t seed[2];
static pthread_once_t seeded = PTHREAD_ONCE_INIT;

static void make_seed(void)
{
	gt_random(seed, sizeof seed);
}

uint64_t gt_hash(struct gt_str s)
{
	pthread_once(&seeded, make_seed);
	return gt_siphash13(seed, s);
}

uint32_t gt_murmur2(struct gt_str s)
{
	const uint32_t m = 0x5bd1e995;
	const unsigned char *p = (const unsigned char *)s.p;
	uint32_t h = 0x9747b28c ^ (uint32_t)s.n;
	size_t rest = s.n;

	for (; rest >= 4; rest -= 4, p += 4) {
		uint32_t k = (uint32_t)little_endian(p, 4) * m;

		h = h * m ^ (k ^ k >> 24) * m;
	}
	if (rest > 0)
		h = (h ^ (uint32_t)little_endian(p, rest)) * m;
	h = (h ^ h >> 13) * m;
	return (h ^ h >> 15) & 0x7fffffff;
}

void gt_map_fini(struct gt_map *map)
{
	free(map->slots);
	*map = (struct gt_map){0};
}

/* The slot of this key, or the free one where it belongs. cap > 0. */
static struct gt_map_slot *find(const struct gt_map *map, struct gt_str key, uint64_t hash)
{
	size_t mask = map->cap - 1;

	for (size_t i = hash & mask;; i = (i + 1) & mask) {
		struct gt_map_slot *slot = &map->slots[i];

		if (!slot->key.p || (slot->hash == hash && gt_str_eq(slot->key, key)))
			return slot;
	}
}

static struct gt_str never_none(struct gt_str key)
{
	return key.p ? key : gt_str("", 0);
}

void *gt_map_get(const struct gt_map *map, struct gt_str key)
{
	key = never_none(key);
	return map->cap ? find(map, key, gt_hash(key))->value : NULL;
}

static void grow(struct gt_map *map)
{
	struct gt_map old = *map;

	map->cap = old.cap ? old.cap * 2 : 16;
	map->slots = gt_alloc(map->cap * sizeof *map->slots);
	for (size_t i = 0; i < old.cap; i++)
		if (old.slots[i].key.p)
			*find(map, old.slots[i].key, old.slots[i].hash) = old.slots[i];
	free(old.slots);
}

void *gt_map_set(struct gt_map *map, struct gt_str key, void *value)
{
	GT_ASSERT(value != NULL);
	key = never_none(key);
	if ((map->n + 1) * 4 > map->cap * 3)
		grow(map);

	uint64_t hash = gt_hash(key);
	struct gt_map_slot *slot = find(map, key, hash);
	void *before = slot->value;

	if (!slot->key.p)
		map->n++;
	*slot = (struct gt_map_slot){key, hash, value};
	return before;
}

void *gt_map_remove(struct gt_map *map, struct gt_str key)
{
	key = never_none(key);

	struct gt_map_slot *slot = map->cap ? find(map, key, gt_hash(key)) : NULL;

	if (!slot || !slot->key.p)
		return NULL;

	void *before = slot->value;
	size_t mask = map->cap - 1, hole = (size_t)(slot - map->slots);

	for (size_t i = (hole + 1) & mask; map->slots[i].key.p; i = (i + 1) & mask) {
		size_t home = map->slots[i].hash & mask;

		if (((i - home) & mask) >= ((i - hole) & mask)) {
			map->slots[hole] = map->slots[i];
			hole = i;
		}
	}
	map->slots[hole] = (struct gt_map_slot){0};
	map->n--;
	return before;
}

struct gt_map_slot *gt_map_next(const struct gt_map *map, size_t *at)
{
	while (*at < map->cap) {
		struct gt_map_slot *slot = &map->slots[(*at)++];

		if (slot->key.p)
			return slot;
	}
	return NULL;
}
