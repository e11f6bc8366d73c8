/* arena.h: memory that is freed at once. Blocks are kept over a reset, so a warm arena allocates
 * nothing. Not thread-safe; one owner at a time. */
#ifndef GT_BASE_ARENA_H
#define GT_BASE_ARENA_H

#include <guantong/str.h>

struct gt_arena_block;
struct gt_arena {
	size_t max;  /* bytes that may be handed out in all; 0 = no limit (control path only) */
	size_t used; /* bytes handed out since the last reset */
	size_t held; /* bytes held from the system */
	struct gt_arena_block *first, *current;
	char *at, *end;
};

void gt_arena_init(struct gt_arena *arena, size_t max_bytes);
void gt_arena_fini(struct gt_arena *arena); /* accepts a zeroed one */
/* Empties it; keeps at most `keep` bytes of blocks for the next use. */
void gt_arena_reset(struct gt_arena *arena, size_t keep);
/* 8-aligned, not zeroed; NULL when max would be exceeded (never NULL with max = 0). */
void *gt_arena_alloc(struct gt_arena *arena, size_t bytes);
void *gt_arena_zalloc(struct gt_arena *arena, size_t bytes);
struct gt_str gt_arena_copy(
	struct gt_arena *arena, struct gt_str s); /* with a NUL behind; none if full */
struct gt_str gt_arena_printf(struct gt_arena *arena, const char *format, ...) GT_PRINTF(2, 3);

/* Reserve-then-release for output of unknown length: *room bytes are writable at the returned place
 * until gt_arena_release(arena, bytes written) or the next call on the arena. NULL when full. */
char *gt_arena_reserve(struct gt_arena *arena, size_t at_least, size_t *room);
void gt_arena_release(struct gt_arena *arena, size_t used);

/* Going back to an earlier point (everything after it is given up). */
struct gt_arena_mark {
	struct gt_arena_block *block;
	char *at;
	size_t used;
};
struct gt_arena_mark gt_arena_mark(const struct gt_arena *arena);
void gt_arena_rollback(struct gt_arena *arena, struct gt_arena_mark mark);

#endif
