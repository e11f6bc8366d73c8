/* format.h: a format turns bytes into rows, for every adapter that carries bytes.
 *
 * A format sees one document at a time: begin() with the document's first bytes, then feed() with
 * consecutive bytes until DONE. It copies each row's original bytes into the batch and builds
 * values over that copy, so the caller's buffer is free after feed() returns. Resuming: `resume` of
 * the last feed is a byte offset behind a whole row. begin() with the same head, then feed() from
 * that offset, continues there: a format keeps nothing else that matters.
 *
 * A format that needs random access (GT_FORMAT_SEEK: archives, workbooks) has open() and rows()
 * instead. It reads through the given functions only, holds no whole document, and declares what
 * it holds beyond 256 KiB by gt_host_memory(), whose figure then stands for adapter and format
 * together. The adapter ends a document that it opened, read to its end or not (gt_reader_end). */
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
	/* Exactly n bytes from `offset` on, also beyond size (then false); false: they cannot be
	 * read (errno says why; ENODATA = the document ends before). The format then answers false
	 * or ERROR with any error of its own: the adapter tells what the read said. Polling thread
	 * only. */
	bool (*read)(void *arg, uint64_t offset, void *to, size_t n);
};

enum {
	GT_FORMAT_SEEK = 1u << 0, /* needs random access: open and rows in place of begin, feed */
	GT_FORMAT_ISOLATE = 1u << 1, /* its library may crash: flows that use it run in a child */
	GT_FORMAT_SHEETS = 1u << 2   /* its documents have sheets: see sheets. With SEEK */
};

/* One of the tables that a document has, of which a flow reads one: a sheet of a workbook. */
struct gt_sheet {
	struct gt_str name;           /* UTF-8: "电" */
	const struct gt_str *columns; /* names in order, UTF-8, as the mapping would write them */
	size_t column_count;          /* ≤ GT_FIELDS_MAX */
	struct gt_str sample;         /* first rows as text, ≤ 4 KiB; whole lines */
	/* The format's options that select just this sheet: "sheet" = "电". */
	const struct gt_pair *select;
	size_t select_count; /* ≤ 4 */
};
/* False: that is enough. Texts live during the call. */
typedef bool gt_sheet_fn(void *arg, const struct gt_sheet *sheet);
/* The name of a field as the mapping would write it, UTF-8; given again it counts once. */
typedef void gt_field_fn(void *arg, struct gt_str name);

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
	/* Frees; accepts a zeroed self; may come at any time; begin or open may follow. */
	void (*end)(void *self);
	uint32_t caps; /* GT_FORMAT_… */
	/* GT_FORMAT_SEEK: a new document, as begin() does it. */
	bool (*open)(void *self, struct gt_host *host, const struct gt_seekable *bytes,
		struct gt_document *document, struct gt_err *err);
	/* GT_FORMAT_SEEK: rows from `position` on (0 = the first; else `resume` of an earlier call,
	 * also of an earlier instance with the same document; below 10^18, and growing with the
	 * rows). Answers FULL, DONE or ERROR; `used` is not set, `rows` counts from open() on. The
	 * offsets of its rows are positions of this kind. */
	enum gt_feed (*rows)(void *self, struct gt_batch *batch, uint64_t position,
		struct gt_fed *fed, struct gt_err *err);
	/* GT_FORMAT_SHEETS: gives the sink each sheet of the document in order, whatever the
	 * options select, until it has seen enough; reads as little as possible. Called instead of
	 * open(), before end(); open() may follow. False: no document of this format (err). A sheet
	 * that cannot be read is given with its name alone. */
	bool (*sheets)(void *self, struct gt_host *host, const struct gt_seekable *bytes,
		gt_sheet_fn *sink, void *arg, struct gt_err *err);
	/* Optional, for formats with begin() whose rows name their fields (no columns): gives the
	 * sink the fields of the rows that are whole within `bytes`, the document from *start on.
	 * Called behind begin(), before end(); begin() may follow. Broken rows give nothing. */
	void (*fields)(void *self, struct gt_str bytes, gt_field_fn *sink, void *arg);
	/* Optional: how likely a document is of this format, by its first bytes (at most
	 * GT_FORMAT_HEAD) and its file's name, either of which may be none: 0 = certainly not,
	 * 100 = nothing else. What the bytes say counts more than what the name says. Pure. */
	int (*sniff)(struct gt_str head, struct gt_str name);
};

#define GT_FORMAT(id, ...)                                                                         \
	__attribute__((visibility("default"))) extern const struct gt_format guantong_format_##id; \
	const struct gt_format guantong_format_##id = {.abi = GT_FORMAT_ABI,                       \
		.struct_size = sizeof(struct gt_format),                                           \
		.name = #id,                                                                       \
		__VA_ARGS__}

/* A configured instance of a format, made by the host (gt_host_reader). Same contracts; `limits` of
 * rows and bytes are the batch's own: gt_batch_add() refuses, feed answers FULL. An adapter asks
 * gt_reader_caps() first; one that only knows gt_reader_begin() is told so for a format with
 * GT_FORMAT_SEEK (class CONFIG). */
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
/* The document is done with: nothing of it is held or read any more. */
void gt_reader_end(struct gt_reader *reader);
/* Only with GT_FORMAT_SHEETS. */
bool gt_reader_sheets(struct gt_reader *reader, struct gt_host *host,
	const struct gt_seekable *bytes, gt_sheet_fn *sink, void *arg,
	struct gt_err *err) GT_MUST_CHECK;
/* Nothing where the format has no such callback. */
void gt_reader_fields(struct gt_reader *reader, struct gt_str bytes, gt_field_fn *sink, void *arg);

#endif
