/* format.h: a format turns bytes into rows, for every adapter that carries bytes.
 *
 * A format sees one document at a time: begin() with the document's first bytes, then feed() with
 * consecutive bytes until DONE. It copies each row's original bytes into the batch and builds
 * values over that copy, so the caller's buffer is free after feed() returns. Resuming: `resume` of
 * the last feed is a byte offset behind a whole row. begin() with the same head, then feed() from
 * that offset, continues there: a format keeps nothing else that matters. */
#ifndef GUANTONG_FORMAT_H
#define GUANTONG_FORMAT_H

#include <guantong/host.h>
#include <guantong/option.h>

#define GT_FORMAT_ABI 1u
#define GT_FORMAT_HEAD                                                                             \
	65536u /* begin() gets this much of the document, or all of it if shorter                  \
		*/

enum gt_feed {
	GT_FEED_MORE, /* all complete rows of `bytes` were taken; give what was not used again with
			 more */
	GT_FEED_FULL, /* the batch is full; give what was not used again to the next batch */
	GT_FEED_DONE, /* the document is complete; what follows has no rows */
	GT_FEED_ERROR /* this is not a document of this format (class DATA), or cut off; err says
			 where */
};

struct gt_fed {
	size_t used;     /* bytes of the input that need not be given again */
	uint64_t resume; /* document offset behind the last row that is in a batch */
	uint64_t rows;   /* rows of this document so far (resumed ones not counted) */
};

/* Random access to the bytes of one document, from open() to end(). */
struct gt_seekable {
	void *arg;
	uint64_t size;
	/* Exactly n bytes from `offset` on; false: they cannot be read (errno says why; ENODATA =
	 * the document became shorter). Polling thread only. */
	bool (*read)(void *arg, uint64_t offset, void *to, size_t n);
};

enum {
	GT_FORMAT_SEEK = 1u << 0,   /* needs random access: open and rows in place of begin, feed */
	GT_FORMAT_ISOLATE = 1u << 1 /* its library may crash: flows that use it run in a child */
};

struct gt_format {
	uint32_t abi, struct_size;
	const char *name, *summary, *summary_zh;
	size_t self_size;
	const struct gt_option *options;
	/* A new document. head: its first bytes, whole = that is all of it. document: what the
	 * adapter knows (name, digest); the format completes format, charset, columns, which then
	 * live in self. *start = offset of the first byte to feed (behind BOM, header row …). First
	 * row number = 1. */
	bool (*begin)(void *self, struct gt_host *host, struct gt_str head, bool whole,
		struct gt_document *document, uint64_t *start, struct gt_err *err);
	/* bytes: the document from `offset` on; last: nothing follows them. The caller must be able
	 * to offer at least GT_RECORD_MAX + 64 KiB at once; a row longer than GT_RECORD_MAX is
	 * skipped by the format itself and added as a bad one. */
	enum gt_feed (*feed)(void *self, struct gt_batch *batch, struct gt_str bytes,
		uint64_t offset, bool last, struct gt_fed *fed, struct gt_err *err);
	void (*end)(void *self); /* frees; accepts a zeroed self; may come at any time */
	uint32_t caps;           /* GT_FORMAT_… */
	/* GT_FORMAT_SEEK: a new document, as begin() does it. */
	bool (*open)(void *self, struct gt_host *host, const struct gt_seekable *bytes,
		struct gt_document *document, struct gt_err *err);
	/* GT_FORMAT_SEEK: rows from `position` on (0 = the first; else `resume` of an earlier call,
	 * also of an earlier instance with the same document). Answers FULL, DONE or ERROR; `used`
	 * is not set. The offsets of its rows are positions of this kind. */
	enum gt_feed (*rows)(void *self, struct gt_batch *batch, uint64_t position,
		struct gt_fed *fed, struct gt_err *err);
};

#define GT_FORMAT(id, ...)                                                                         \
	__attribute__((visibility("default"))) extern const struct gt_format guantong_format_##id; \
	const struct gt_format guantong_format_##id = {.abi = GT_FORMAT_ABI,                       \
		.struct_size = sizeof(struct gt_format),                                           \
		.name = #id,                                                                       \
		__VA_ARGS__}

/* A configured instance of a format, made by the host (gt_host_reader). Same contracts; `limits` of
 * rows and bytes are the batch's own: gt_batch_add() refuses, feed answers FULL. */
struct gt_reader;
bool gt_reader_begin(struct gt_reader *reader, struct gt_host *host, struct gt_str head, bool whole,
	struct gt_document *document, uint64_t *start, struct gt_err *err) GT_MUST_CHECK;
enum gt_feed gt_reader_feed(struct gt_reader *reader, struct gt_batch *batch, struct gt_str bytes,
	uint64_t offset, bool last, struct gt_fed *fed, struct gt_err *err) GT_MUST_CHECK;
const char *gt_reader_format(const struct gt_reader *reader); /* its name */
uint32_t gt_reader_caps(const struct gt_reader *reader);      /* GT_FORMAT_… */
bool gt_reader_open(struct gt_reader *reader, struct gt_host *host, const struct gt_seekable *bytes,
	struct gt_document *document, struct gt_err *err) GT_MUST_CHECK;
enum gt_feed gt_reader_rows(struct gt_reader *reader, struct gt_batch *batch, uint64_t position,
	struct gt_fed *fed, struct gt_err *err) GT_MUST_CHECK;

#endif
