/* seek.h: feed.h for formats that need random access: any batches, any resuming. */
#ifndef GT_UNIT_SEEK_H
#define GT_UNIT_SEEK_H

#include "feed.h"

#include "options.h"

#include <errno.h>

struct seeking {
	struct feeding f;
	struct gt_seekable bytes;
	struct gt_str doc;
	struct gt_arena memory;
	struct gt_buf notes; /* what the format told */
	size_t held;         /* as it declared */
};

static inline bool seek_read(void *arg, uint64_t offset, void *to, size_t n)
{
	const struct seeking *s = arg;
	if (offset > s->doc.n || s->doc.n - offset < n) {
		errno = ENODATA;
		return false;
	}
	memcpy(to, s->doc.p + offset, n);
	return true;
}

static inline bool seek_memory(void *arg, size_t bytes)
{
	((struct seeking *)arg)->held = bytes;
	return true;
}

static inline void seek_note(void *arg, const struct gt_err *note)
{
	struct seeking *s = arg;
	gt_buf_addf(&s->notes, "%s(%s,%s)\n", gt_message_find(note->code)->name,
		gt_err_arg(note, 1), gt_err_arg(note, 2));
}

static inline void seek_start(struct seeking *s, const struct gt_format *format,
	const struct gt_str *fields, size_t count)
{
	memset(s, 0, sizeof *s);
	feeding_start(&s->f, format, fields, count);
	gt_arena_init(&s->memory, 0);
	gt_buf_init(&s->notes, 1u << 20);
	gt_options_defaults(format->options, s->f.self, &s->memory);
	s->f.host.arg = s;
	s->f.host.memory = seek_memory;
	s->f.host.note = seek_note;
	s->f.numbers = true;
}

static inline void seek_stop(struct seeking *s)
{
	feeding_stop(&s->f);
	gt_buf_fini(&s->notes);
	gt_arena_fini(&s->memory);
}

static inline void seek_option(struct seeking *s, const char *name, const char *value)
{
	const struct gt_option *row = gt_option_find(s->f.format->options, gt_cstr(name));
	struct gt_err err;
	char text[2048];
	if (!row || !gt_option_store(row, s->f.self, gt_cstr(value), NULL, &s->memory, &err))
		ck_abort_msg("%s: %s", name, row ? gt_err_text(&err, text, sizeof text) : "?");
}

static inline void *seek_place(struct seeking *s, const char *name)
{
	const struct gt_option *row = gt_option_find(s->f.format->options, gt_cstr(name));
	ck_assert_ptr_nonnull(row);
	return (char *)s->f.self + row->offset;
}

static inline bool seek_open(struct seeking *s)
{
	struct gt_document document = {0};
	struct gt_err err;
	gt_buf_clear(&s->f.place);
	s->bytes = (struct gt_seekable){s, s->doc.n, seek_read};
	if (!s->f.format->open(s->f.self, &s->f.host, &s->bytes, &document, &err)) {
		gt_buf_addf(&s->f.out, "open ✗ %s(%s,%s)\n", gt_message_find(err.code)->name,
			gt_err_arg(&err, 1), gt_err_arg(&err, 2));
		return false;
	}
	gt_buf_addf(&s->f.place, "%.*s %.*s %.*s", GT_STR_ARGS(document.format),
		GT_STR_ARGS(document.charset), GT_STR_ARGS(document.columns));
	return true;
}

/* The whole document; what came out is in s->f.out. */
static inline void seek_feed(struct seeking *s, struct gt_str doc)
{
	struct feeding *f = &s->f;
	uint64_t at = 0;
	s->doc = doc;
	if (!seek_open(s))
		return;
	struct gt_batch *batch = gt_batch_new(GT_BATCH_ARENA_MAX);
	for (bool done = false; !done;) {
		struct gt_fed fed;
		struct gt_err err;
		size_t rows = feeding_draw(f, 4);
		gt_batch_reset(
			batch, f->host.field_count, rows < 100 ? rows : 20000, GT_BATCH_RAW_MAX);
		enum gt_feed outcome = f->format->rows(f->self, batch, at, &fed, &err);
		ck_assert_uint_ge(fed.resume, at);
		ck_assert(outcome != GT_FEED_MORE);
		at = fed.resume;
		done = outcome != GT_FEED_FULL;
		feeding_show(f, batch);
		if (outcome == GT_FEED_DONE)
			gt_buf_adds(&f->out, "end\n");
		if (outcome == GT_FEED_ERROR)
			gt_buf_addf(&f->out, "broken %s(%s,%s)\n", gt_message_find(err.code)->name,
				gt_err_arg(&err, 1), gt_err_arg(&err, 2));
		if (!done && f->reopen && rand_r(&f->seed) % 3 == 0)
			ck_assert(seek_open(s));
	}
	gt_batch_free(batch);
}

/* Any batches, and any resuming between them, give the same rows. */
static inline void seek_splits(struct seeking *s, struct gt_str doc, int rounds)
{
	const char *given = getenv("GT_SEED");
	unsigned first = given ? (unsigned)strtoul(given, NULL, 10) : 20240327;
	gt_buf_clear(&s->f.out);
	s->f.seed = 0;
	seek_feed(s, doc);
	char *expected = gt_strdup(gt_buf_str(&s->f.out));
	for (unsigned seed = first; seed < first + (unsigned)rounds; seed++) {
		gt_buf_clear(&s->f.out);
		s->f.seed = seed;
		s->f.reopen = seed % 2;
		seek_feed(s, doc);
		ck_assert_msg(strcmp(gt_buf_cstr(&s->f.out), expected) == 0,
			"GT_SEED=%u gives\n%sinstead of\n%s", seed, gt_buf_cstr(&s->f.out),
			expected);
	}
	s->f.seed = 0;
	free(expected);
}

#endif
