/* json.h: reading JSON on the record path and in answers of HTTP back ends. Numbers stay lexemes.
 * Limits: depth 64, one record GT_RECORD_MAX, documents of any size. BOM stripped; NaN, infinity,
 * comments, trailing commas refused. */
#ifndef GUANTONG_JSON_H
#define GUANTONG_JSON_H

#include <guantong/host.h>

#define GT_JSON_DEPTH_MAX 64u

/* Splits a document into record slices without parsing them: the elements of the array at `path`
 * ("" = the document itself: an array, or one object = one record; "data.rows" = nested).
 * Resumable: bytes may arrive in any pieces; the state holds no bytes. */
struct gt_json_scan {
	struct gt_str path; /* lives as long as the scan */
	uint64_t opaque[40];
};
enum gt_json_step {
	GT_JSON_RECORD,  /* *record is a whole element (a view of the input) */
	GT_JSON_MORE,    /* give the input from *used on again, with more behind it */
	GT_JSON_LARGE,   /* an element longer than GT_RECORD_MAX begins here: *record = its first
			    GT_RECORD_MAX bytes, *used is behind them; the rest is skipped */
	GT_JSON_SKIPPED, /* the end of that element is at *used */
	GT_JSON_END,     /* the array (or the document) is complete */
	GT_JSON_BROKEN   /* err: what was expected at which document offset */
};
void gt_json_scan_start(struct gt_json_scan *scan, struct gt_str path);
/* Right behind start or resume: what stands at the path, if it is no list. */
enum gt_json_shape {
	GT_JSON_LIST,
	GT_JSON_ONE,    /* an object, which is the only record; resuming behind it is the caller's
			   matter */
	GT_JSON_MEMBERS /* an object whose members are the records: *record = "key": value */
};
void gt_json_scan_shape(struct gt_json_scan *scan, enum gt_json_shape shape);
/* Continue in the array's middle: `offset` is behind one of its elements. */
void gt_json_scan_resume(struct gt_json_scan *scan, struct gt_str path, uint64_t offset);
enum gt_json_step gt_json_scan_next(struct gt_json_scan *scan, struct gt_str input, bool last,
	size_t *used, struct gt_str *record, struct gt_err *err);
/* Takes back the last step, which was RECORD or SKIPPED (not taken, because a batch was full): the
 * element that began at document offset `start` is given again. */
void gt_json_scan_again(struct gt_json_scan *scan, uint64_t start);
uint64_t gt_json_scan_offset(const struct gt_json_scan *scan); /* document offset of input[*used] */

/* Parses one record (an object) into the wanted fields. One instance per flow; not thread-safe.
 * Texts without escapes become views of `record`, others are unescaped into the batch arena. A
 * wanted key twice, a lone surrogate, bad UTF-8, depth: false with class DATA, offset within the
 * record. True with gt_batch_ok() false: the batch had no room for a text; give the row up
 * (gt_batch_rollback). */
struct gt_json_reader;
struct gt_json_reader *gt_json_reader_new(const struct gt_str *fields, size_t count);
void gt_json_reader_free(struct gt_json_reader *reader);
bool gt_json_reader_read(struct gt_json_reader *reader, struct gt_str record,
	struct gt_batch *batch, struct gt_value *values, struct gt_err *err) GT_MUST_CHECK;

/* Finds the lexemes at paths ("code", "data.total") of a whole document in memory, in one pass. A
 * path that is not there gives none. False: not JSON (err says where). Not for the record path. */
bool gt_json_find(struct gt_str document, const struct gt_str *paths, size_t count,
	struct gt_str *lexemes, struct gt_err *err) GT_MUST_CHECK;
/* The text of a scalar lexeme (strings unescaped, numbers and words as they are, null = none) into
 * buf; cut at size. */
struct gt_str gt_json_scalar(struct gt_str lexeme, char *buf, size_t size);

#endif
