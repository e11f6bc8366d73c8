/* hash.h: a seeded hash and an open-addressing map from text to pointer. */
#ifndef GT_BASE_HASH_H
#define GT_BASE_HASH_H

#include <guantong/str.h>

/* Seeded once per process from the kernel, so that outside keys cannot be made to collide. */
uint64_t gt_hash(struct gt_str s);
uint64_t gt_siphash13(const uint64_t key[2], struct gt_str s); /* what gt_hash() is made of */

/* The hash that Java's Kafka clients use for keys and that DESIGN's slot rule uses. */
uint32_t gt_murmur2(struct gt_str s); /* already masked to 31 bits ("positive") */

/* Keys are views: their memory is the caller's and must outlive the entry. Not thread-safe. */
struct gt_map {
	struct gt_map_slot *slots;
	size_t n, cap;
};
struct gt_map_slot {
	struct gt_str key; /* p NULL = free */
	uint64_t hash;
	void *value;
};
void gt_map_fini(struct gt_map *map);
void *gt_map_get(const struct gt_map *map, struct gt_str key);
/* Sets or replaces; returns the value that stood there before, or NULL. value must not be NULL. */
void *gt_map_set(struct gt_map *map, struct gt_str key, void *value);
void *gt_map_remove(struct gt_map *map, struct gt_str key); /* the value that was there */
/* Iterate: for (size_t i = 0; (slot = gt_map_next(map, &i)) != NULL;) */
struct gt_map_slot *gt_map_next(const struct gt_map *map, size_t *at);

#endif
