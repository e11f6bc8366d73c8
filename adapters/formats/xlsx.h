/* xlsx.h: the parts of an OOXML workbook: a ZIP archive of XML documents, read through random
 * access to its bytes. For the files of this format, and for xls, which meets workbooks under a
 * wrong name.
 *
 * What is held in memory: the directory, the shared strings (up to XLSX_STRINGS_MAX), a style per
 * cell format, the merged ranges of one sheet, one row. Sheets are streamed. */
#ifndef GT_FORMATS_XLSX_H
#define GT_FORMATS_XLSX_H

#include "sheet.h"

#include <expat.h>
#include <minizip/unzip.h>

#define XLSX_PARTS_MAX 10000u
#define XLSX_PART_MAX (UINT64_C(2) << 30)   /* inflated bytes of one part */
#define XLSX_RATIO_MAX 400u                 /* inflated : deflated, of parts above … */
#define XLSX_RATIO_FROM (UINT64_C(8) << 20) /* … this size */
#define XLSX_STRINGS_MAX (UINT32_C(96) << 20)
#define XLSX_STRING_COUNT_MAX (UINT32_C(8) << 20)
#define XLSX_DEPTH_MAX 64u
#define XLSX_TOKEN_MAX (1u << 20) /* bytes of one tag */
#define XLSX_STYLES_MAX 65536u
#define XLSX_CHUNK 65536u

struct xlsx_part {
	char *name; /* "xl/workbook.xml" */
	unz64_file_pos at;
	uint64_t size, packed;
	bool readable; /* stored or deflated, not encrypted */
};

struct xlsx_zip {
	const struct gt_seekable *bytes;
	uint64_t offset;
	unzFile file;
	struct xlsx_part *parts;
	size_t count;
};

/* Reads the directory. Errors: XLSX_DAMAGED, XLSX_PARTS. */
bool xlsx_zip_open(struct xlsx_zip *zip, const struct gt_seekable *bytes, struct gt_err *err);
void xlsx_zip_close(struct xlsx_zip *zip); /* accepts a zeroed one */
/* By name, ASCII case aside; NULL = not there. */
const struct xlsx_part *xlsx_zip_find(const struct xlsx_zip *zip, struct gt_str name);
/* One part at a time: begins to inflate it. Errors: XLSX_LARGE, XLSX_DAMAGED. */
bool xlsx_zip_start(struct xlsx_zip *zip, const struct xlsx_part *part, struct gt_err *err);
/* Up to n of its bytes; 0 = its end, and its checksum is right. −1: err is set. */
int xlsx_zip_read(struct xlsx_zip *zip, const struct xlsx_part *part, void *to, unsigned n,
	struct gt_err *err);

/* One XML document going through expat: limits, and names without prefix. */
struct xlsx_xml {
	XML_Parser parser;
	const struct xlsx_part *part;
	struct xlsx_zip *zip;
	unsigned depth;
	size_t quiet; /* bytes since anything was made of them */
	bool last;    /* the parser has all bytes */
	bool failed;  /* err is set */
	struct gt_err err;
	void (*start)(void *arg, const char *name, const char **attributes);
	void (*end)(void *arg, const char *name);
	void (*text)(void *arg, const char *s, int n); /* may be NULL */
	void *arg;
};

/* xml has its handlers and the part; the rest is set here. */
bool xlsx_xml_begin(struct xlsx_xml *xml, struct gt_err *err);
/* To the end, or to the next xlsx_xml_pause(). */
enum sheet_next xlsx_xml_run(struct xlsx_xml *xml, struct gt_err *err); /* SHEET_ROW = paused */
bool xlsx_xml_whole(struct xlsx_xml *xml, struct gt_err *err);          /* begin, run, end */
void xlsx_xml_pause(struct xlsx_xml *xml);                              /* from a handler */
void xlsx_xml_end(struct xlsx_xml *xml);                                /* accepts a zeroed one */
/* From a handler: stops with this error. */
void xlsx_xml_fail(struct xlsx_xml *xml, struct gt_failure why);
const char *xlsx_attribute(const char **attributes, const char *name); /* NULL = none */
bool xlsx_true(const char *value);

struct xlsx_sheet_entry {
	char *name;
	char id[64]; /* of its relationship */
	const struct xlsx_part *part;
	bool hidden;
};

struct xlsx_strings {
	char *bytes;
	uint32_t *ends;
	uint32_t used, room, count, slots;
};

/* The sheet that is being read. */
struct xlsx_reading {
	struct xlsx_xml xml;
	size_t sheet;
	struct sheet_merge *merges;
	size_t merge_count, merge_room;
	/* the row at hand */
	struct sheet_row row;
	size_t cell_room;
	char *text;
	size_t used, room;
	bool in_data, in_row, unordered;
	uint32_t last_row;
	/* the cell at hand */
	bool in_cell, collect, in_inline, phonetic, formula, has_value;
	size_t value_at; /* where its text begins */
	uint32_t column, style;
	char type;
};

struct xlsx {
	struct sheet_options options;
	struct gt_host *host;
	struct xlsx_zip zip;
	struct xlsx_sheet_entry *sheets;
	size_t sheet_count;
	bool from_1904, told_formula;
	struct xlsx_strings strings;
	uint8_t *styles; /* of cell formats */
	size_t style_count;
	struct xlsx_reading reading;
	struct sheet_source source;
	struct sheet sheet;
};

/* xlsx_book.c: workbook, relations, styles, shared strings. */
bool xlsx_book_open(struct xlsx *x, struct gt_err *err);
void xlsx_book_close(struct xlsx *x);
/* Text as OOXML writes it, in place: _x000D_ and the like. Returns the bytes. */
size_t xlsx_unescape(char *text, size_t n);
/* Declares what is held. False: err says that the budget has no room. */
bool xlsx_memory(struct xlsx *x, size_t more, struct gt_err *err);

/* xlsx_sheet.c: the rows of a sheet, as a source. */
void xlsx_sheet_source(struct xlsx *x);
void xlsx_sheet_end(struct xlsx *x);

/* xlsx.c, for xls: what kind of document begins so? */
enum xlsx_kind { XLSX_ZIP, XLSX_OLE, XLSX_OTHER };
enum xlsx_kind xlsx_kind_of(const struct gt_seekable *bytes, char head[8]);
/* A directory entry of an OLE document (XLS, or a workbook under a password) of this name. */
bool xlsx_ole_has(const struct gt_seekable *bytes, const char *name);
/* The workbook, without a look at its sheets. */
bool xlsx_open_book(
	struct xlsx *x, struct gt_host *host, const struct gt_seekable *bytes, struct gt_err *err);
void xlsx_end(struct xlsx *x);

#endif
