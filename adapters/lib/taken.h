/* taken.h: the cursor of adapters that take whole files, as one line of ASCII:
 *	1 <number> <r|d|f> <size> <offset> <row> <digest> <encoded name>[ <mtime>]
 * "All files up to the number-th are taken; this one is being read (up to offset and row), is done,
 * or has failed." The offset is a position of the format: bytes, unless it has GT_FORMAT_SEEK. */
#ifndef ADAPTERS_LIB_TAKEN_H
#define ADAPTERS_LIB_TAKEN_H

#include "digest.h"
#include "name.h"

enum gt_taken_state {
	GT_TAKEN_NOTHING = 0,
	GT_TAKEN_READING = 'r',
	GT_TAKEN_DONE = 'd',
	GT_TAKEN_FAILED = 'f'
};

struct gt_taken {
	enum gt_taken_state state;
	uint64_t number; /* files finished by this flow so far, this one included when it is
			    finished */
	uint64_t size, offset, row;
	uint64_t mtime; /* seconds, as a server says it; 0 = not known, or a file of this machine */
	char digest[GT_DIGEST_HEX];
	char name[GT_NAME_MAX + 1];
};

#define GT_TAKEN_TEXT (128u + GT_DIGEST_HEX + GT_NAME_ENCODED)

struct gt_str gt_taken_write(const struct gt_taken *taken, char out[GT_TAKEN_TEXT]);
/* An empty text is GT_TAKEN_NOTHING. False: not of this form. */
bool gt_taken_read(struct gt_str text, struct gt_taken *taken) GT_MUST_CHECK;

/* The entry that remembers a taken file: "sha256:<digest>" → "<unix seconds> <encoded name>". */
#define GT_TAKEN_KEY 80u
#define GT_TAKEN_VALUE (GT_NAME_ENCODED + 24u)
struct gt_str gt_taken_entry_key(const struct gt_taken *taken, char out[GT_TAKEN_KEY]);
struct gt_str gt_taken_entry(
	const struct gt_taken *taken, int64_t seconds, char out[GT_TAKEN_VALUE]);
/* False: not of this form. */
bool gt_taken_entry_read(
	struct gt_str value, uint64_t *seconds, char name[GT_NAME_MAX + 1]) GT_MUST_CHECK;

/* The entry that saves fetching a file again to recognise it: "seen:<SHA-256 of name, size and the
 * time that a list tells>" → "<size> <mtime> <digest>". False: no memory. */
bool gt_taken_seen_key(
	const char *name, uint64_t size, int64_t listed, char out[GT_TAKEN_KEY]) GT_MUST_CHECK;
struct gt_str gt_taken_seen(const struct gt_taken *taken, char out[GT_TAKEN_VALUE]);
/* Fills size, mtime and digest. False: not of this form. */
bool gt_taken_seen_read(struct gt_str value, struct gt_taken *taken) GT_MUST_CHECK;

#endif
