/* arena.c: a chain of blocks; `current` is the one being filled, those behind it are warm and
 * empty. */
#include "arena.h"
#include "gt_assert.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
#define __SANITIZE_ADDRESS__ 1 /* as gcc says it */
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define POISON(p, n) __asan_poison_memory_region((p), (n))
#define UNPOISON(p, n) __asan_unpoison_memory_region((p), (n))
#else
#define POISON(p, n) ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
#endif

#define BLOCK_MIN ((size_t)4096)
#define BLOCK_MAX ((size_t)1 << 20)

struct gt_arena_block {
	struct gt_arena_block *next;
	size_t size; /* bytes behind this header */
};

static char *block_start(struct gt_arena_block *block)
{
	return (char *)(block + 1);
}

static size_t round_up(size_t bytes)
{
	return (bytes + 7) & ~(size_t)7;
}

static void poison_rest(struct gt_arena *arena)
{
	if (arena->at < arena->end)
		POISON(arena->at, (size_t)(arena->end - arena->at));
	struct gt_arena_block *block = arena->current ? arena->current->next : arena->first;

	for (; block; block = block->next)
		POISON(block_start(block), block->size);
}

void gt_arena_init(struct gt_arena *arena, size_t max_bytes)
{
	*arena = (struct gt_arena){.max = max_bytes & ~(size_t)7};
	GT_ASSERT(max_bytes == 0 || arena->max > 0);
}

static void free_chain(struct gt_arena *arena, struct gt_arena_block *block)
{
	while (block) {
		struct gt_arena_block *next = block->next;

		arena->held -= block->size + sizeof *block;
		UNPOISON(block, block->size + sizeof *block);
		free(block);
		block = next;
	}
}

void gt_arena_fini(struct gt_arena *arena)
{
	free_chain(arena, arena->first);
	*arena = (struct gt_arena){.max = arena->max};
}

void gt_arena_reset(struct gt_arena *arena, size_t keep)
{
	struct gt_arena_block **link = &arena->first;
	size_t kept = 0;

	while (*link && kept + (*link)->size + sizeof **link <= keep) {
		kept += (*link)->size + sizeof **link;
		link = &(*link)->next;
	}
	free_chain(arena, *link);
	*link = NULL;
	arena->current = NULL;
	arena->at = arena->end = NULL;
	arena->used = 0;
	poison_rest(arena);
}

/* Takes the first warm block behind `link` that is large enough out of the chain. */
static struct gt_arena_block *take_warm(struct gt_arena_block **link, size_t bytes)
{
	for (; *link; link = &(*link)->next)
		if ((*link)->size >= bytes) {
			struct gt_arena_block *block = *link;

			*link = block->next;
			return block;
		}
	return NULL;
}

/* Makes a block with at least `bytes` free the current one. */
static void next_block(struct gt_arena *arena, size_t bytes)
{
	struct gt_arena_block **link = arena->current ? &arena->current->next : &arena->first;
	struct gt_arena_block *block = take_warm(link, bytes);

	if (!block) {
		size_t size =
			arena->held < BLOCK_MIN ? BLOCK_MIN - sizeof *block : round_up(arena->held);

		if (size > BLOCK_MAX)
			size = BLOCK_MAX;
		if (size < bytes)
			size = bytes;
		block = malloc(sizeof *block + size);
		GT_ASSERT(block != NULL && "out of memory");
		block->size = size;
		arena->held += size + sizeof *block;
		POISON(block_start(block), size);
	}
	block->next = *link;
	*link = block;
	arena->current = block;
	arena->at = block_start(block);
	arena->end = arena->at + block->size;
}

static bool fits(const struct gt_arena *arena, size_t bytes)
{
	return arena->max == 0 || bytes <= arena->max - arena->used;
}

void *gt_arena_alloc(struct gt_arena *arena, size_t bytes)
{
	GT_ASSERT(bytes <= SIZE_MAX / 4 || arena->max != 0);
	if (bytes > SIZE_MAX / 4)
		return NULL;
	bytes = round_up(bytes ? bytes : 1);
	if (!fits(arena, bytes))
		return NULL;
	if ((size_t)(arena->end - arena->at) < bytes)
		next_block(arena, bytes);

	char *p = arena->at;

	arena->at += bytes;
	arena->used += bytes;
	UNPOISON(p, bytes);
	return p;
}

void *gt_arena_zalloc(struct gt_arena *arena, size_t bytes)
{
	void *p = gt_arena_alloc(arena, bytes);

	if (p)
		memset(p, 0, bytes);
	return p;
}

struct gt_str gt_arena_copy(struct gt_arena *arena, struct gt_str s)
{
	if (!s.p)
		return s;

	char *p = s.n < SIZE_MAX ? gt_arena_alloc(arena, s.n + 1) : NULL;

	if (!p)
		return (struct gt_str){NULL, 0};
	memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return gt_str(p, s.n);
}

struct gt_str gt_arena_printf(struct gt_arena *arena, const char *format, ...)
{
	va_list args, again;

	va_start(args, format);
	va_copy(again, args);

	int n = vsnprintf(NULL, 0, format, args);
	char *p = n < 0 ? NULL : gt_arena_alloc(arena, (size_t)n + 1);

	if (p)
		vsnprintf(p, (size_t)n + 1, format, again);
	va_end(again);
	va_end(args);
	return p ? gt_str(p, (size_t)n) : (struct gt_str){NULL, 0};
}

char *gt_arena_reserve(struct gt_arena *arena, size_t at_least, size_t *room)
{
	GT_ASSERT(at_least <= SIZE_MAX / 4 || arena->max != 0);
	if (at_least > SIZE_MAX / 4)
		return NULL;
	at_least = round_up(at_least ? at_least : 1);
	if (!fits(arena, at_least))
		return NULL;
	if ((size_t)(arena->end - arena->at) < at_least)
		next_block(arena, at_least);

	size_t rest = (size_t)(arena->end - arena->at);

	if (arena->max != 0 && rest > arena->max - arena->used)
		rest = arena->max - arena->used;
	UNPOISON(arena->at, rest);
	*room = rest;
	return arena->at;
}

void gt_arena_release(struct gt_arena *arena, size_t used)
{
	used = round_up(used);
	GT_ASSERT(used <= (size_t)(arena->end - arena->at) && fits(arena, used));
	arena->at += used;
	arena->used += used;
	POISON(arena->at, (size_t)(arena->end - arena->at));
}

struct gt_arena_mark gt_arena_mark(const struct gt_arena *arena)
{
	return (struct gt_arena_mark){arena->current, arena->at, arena->used};
}

void gt_arena_rollback(struct gt_arena *arena, struct gt_arena_mark mark)
{
	GT_ASSERT(mark.used <= arena->used);
	arena->current = mark.block;
	arena->at = mark.at;
	arena->end = mark.block ? block_start(mark.block) + mark.block->size : NULL;
	arena->used = mark.used;
	poison_rest(arena);
}
