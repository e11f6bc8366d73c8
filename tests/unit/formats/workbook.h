/* workbook.h: OOXML workbooks for tests, part by part. */
#ifndef GT_UNIT_WORKBOOK_H
#define GT_UNIT_WORKBOOK_H

#include "buf.h"
#include "gt_assert.h"

#include <stdio.h>

#include <minizip/zip.h>

struct workbook {
	struct gt_buf bytes;
	uint64_t at; /* where the archive is being written */
	zipFile zip;
	int level;
};

static inline voidpf workbook_open(voidpf opaque, const void *name, int mode)
{
	(void)name;
	(void)mode;
	return opaque;
}

static inline uLong workbook_read(voidpf opaque, voidpf stream, void *to, uLong n)
{
	(void)opaque;
	(void)stream;
	(void)to;
	return n * 0;
}

static inline uLong workbook_write(voidpf opaque, voidpf stream, const void *from, uLong n)
{
	struct workbook *w = opaque;
	(void)stream;
	if (w->bytes.n < w->at + n) {
		size_t more = (size_t)(w->at + n - w->bytes.n);
		GT_ASSERT(gt_buf_room(&w->bytes, more) != NULL);
		w->bytes.n += more;
	}
	memcpy(w->bytes.p + w->at, from, n);
	w->at += n;
	return n;
}

static inline ZPOS64_T workbook_tell(voidpf opaque, voidpf stream)
{
	(void)stream;
	return ((struct workbook *)opaque)->at;
}

static inline long workbook_seek(voidpf opaque, voidpf stream, ZPOS64_T offset, int origin)
{
	struct workbook *w = opaque;
	(void)stream;
	w->at = offset + (origin == ZLIB_FILEFUNC_SEEK_END          ? w->bytes.n
				 : origin == ZLIB_FILEFUNC_SEEK_CUR ? w->at
								    : 0);
	return 0;
}

static inline int workbook_close(voidpf opaque, voidpf stream)
{
	(void)opaque;
	(void)stream;
	return 0;
}

static inline void workbook_start(struct workbook *w)
{
	zlib_filefunc64_def functions = {workbook_open, workbook_read, workbook_write,
		workbook_tell, workbook_seek, workbook_close, workbook_close, w};
	memset(w, 0, sizeof *w);
	gt_buf_init(&w->bytes, 256u << 20);
	w->level = Z_DEFAULT_COMPRESSION;
	w->zip = zipOpen2_64("", APPEND_STATUS_CREATE, NULL, &functions);
	GT_ASSERT(w->zip != NULL);
}

static inline void workbook_bytes(struct workbook *w, const char *name, const void *p, size_t n)
{
	zip_fileinfo info = {0};
	GT_ASSERT(zipOpenNewFileInZip64(w->zip, name, &info, NULL, 0, NULL, 0, NULL,
			  w->level ? Z_DEFLATED : 0, w->level, 0) == ZIP_OK);
	GT_ASSERT(zipWriteInFileInZip(w->zip, p, (unsigned)n) == ZIP_OK);
	GT_ASSERT(zipCloseFileInZip(w->zip) == ZIP_OK);
}

static inline void workbook_part(struct workbook *w, const char *name, const char *text)
{
	workbook_bytes(w, name, text, strlen(text));
}

/* Whole; freed by workbook_free(). */
static inline struct gt_str workbook_done(struct workbook *w)
{
	GT_ASSERT(zipClose(w->zip, NULL) == ZIP_OK);
	GT_ASSERT(!w->bytes.full);
	return gt_buf_str(&w->bytes);
}

static inline void workbook_free(struct workbook *w)
{
	gt_buf_fini(&w->bytes);
}

#define BOOK_MAIN "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
#define BOOK_REL "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define BOOK_RELS                                                                                  \
	"<Relationships "                                                                          \
	"xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">"
#define BOOK_RELATION(id, type, target)                                                            \
	"<Relationship Id=\"" id "\" Type=\"" BOOK_REL "/" type "\" Target=\"" target "\"/>"
#define BOOK(attributes, sheets)                                                                   \
	"<?xml version=\"1.0\"?><workbook xmlns=\"" BOOK_MAIN "\" xmlns:r=\"" BOOK_REL             \
	"\"><workbookPr" attributes "/><sheets>" sheets "</sheets></workbook>"
#define BOOK_SHEET(name, id, more)                                                                 \
	"<sheet name=\"" name "\" sheetId=\"" id "\" r:id=\"rId" id "\" " more "/>"
#define SHEET(rows) SHEET_AND(rows, "")
#define SHEET_AND(rows, behind)                                                                    \
	"<?xml version=\"1.0\"?><worksheet xmlns=\"" BOOK_MAIN "\"><sheetData>" rows               \
	"</sheetData>" behind "</worksheet>"

/* The parts of a workbook with one sheet called 表, which is `sheet`; strings and styles may be
 * NULL. */
static inline struct gt_str workbook_one(struct workbook *w, const char *attributes,
	const char *strings, const char *styles, const char *sheet)
{
	char book[1024];
	snprintf(book, sizeof book, BOOK("%s", BOOK_SHEET("表", "1", "")), attributes);
	workbook_part(w, "_rels/.rels",
		BOOK_RELS BOOK_RELATION(
			"rId1", "officeDocument", "xl/workbook.xml") "</Relationships>");
	workbook_part(w, "xl/workbook.xml", book);
	workbook_part(w, "xl/_rels/workbook.xml.rels",
		BOOK_RELS BOOK_RELATION("rId1", "worksheet", "worksheets/sheet1.xml")
			BOOK_RELATION("rId8", "styles", "styles.xml") BOOK_RELATION("rId9",
				"sharedStrings", "/xl/sharedStrings.xml") "</Relationships>");
	if (strings)
		workbook_part(w, "xl/sharedStrings.xml", strings);
	if (styles)
		workbook_part(w, "xl/styles.xml", styles);
	workbook_part(w, "xl/worksheets/sheet1.xml", sheet);
	return workbook_done(w);
}

#endif
