/* odbc_value.c: one value, as the driver hands it over: text or bytes in pieces. Drivers split
 * characters between pieces, do not know lengths, or give wrong ones: all of a value is put
 * together before anybody looks at its characters. */
#include "odbc.h"

#include <stdlib.h>

#define TAIL                                                                                       \
	8u /* a driver that splits no characters leaves at most so many bytes of a piece unused */

bool odbc_bytes_room(struct odbc_bytes *b, size_t more, size_t max)
{
	size_t cap = b->cap ? b->cap : 4096;

	if (more > max || b->n > max - more)
		return false;
	while (cap < b->n + more)
		cap *= 2;
	if (cap == b->cap)
		return true;
	char *p = realloc(b->p, cap);
	if (!p)
		return false;
	b->p = p;
	b->cap = cap;
	return true;
}

/* How many bytes of a full piece are the value's: a text ends with a NUL, perhaps a little before
 * the piece's end. 0xFF stands in no text of ours. */
static size_t piece_end(const char *piece, size_t room)
{
	size_t n = room;

	while (n > room - TAIL && (unsigned char)piece[n - 1] == 0xFF)
		n--;
	return piece[n - 1] == '\0' ? n - 1 : 0;
}

/* A length that a driver may give for a piece of `room` bytes. */
static bool likely(SQLLEN n, size_t room, bool binary)
{
	return n == SQL_NO_TOTAL || n > (SQLLEN)room ||
	       (n >= 0 && n <= (SQLLEN)(binary ? room : room - 1)) || n == (SQLLEN)room;
}

static enum odbc_got lies(struct odbc *o, SQLUSMALLINT column, SQLLEN n, struct gt_err *err)
{
	(void)gt_fail(err, GT_E_ODBC_LENGTH, o->label, o->column[column - 1].name,
		GT_TEXT("%lld", (long long)n));
	return ODBC_GOT_FAILED;
}

/* Keeps a piece, or what of it still fits; the rest goes into the row's digest. */
static bool keep(struct odbc *o, const char *piece, size_t n, uint64_t *more)
{
	size_t room = GT_RECORD_MAX - o->value.n, kept = n < room ? n : room;

	if (!odbc_bytes_room(&o->value, kept, GT_RECORD_MAX))
		return false;
	memcpy(o->value.p + o->value.n, piece, kept);
	o->value.n += kept;
	if (kept < n && !o->hashing)
		o->hashing = EVP_DigestInit_ex(o->md, EVP_sha256(), NULL) == 1;
	if (kept < n)
		(void)EVP_DigestUpdate(o->md, piece + kept, n - kept);
	*more += n - kept;
	return true;
}

static enum odbc_got failed(struct odbc *o, SQLUSMALLINT column, struct gt_err *err)
{
	struct gt_err why;
	char text[512];

	(void)odbc_fail(o, SQL_HANDLE_STMT, o->stmt, &why);
	/* A value that cannot be converted is a matter of that row; a connection is not. */
	if (why.code != GT_E_ODBC_STATEMENT && why.code != GT_E_ODBC_FAILED) {
		*err = why;
		return ODBC_GOT_FAILED;
	}
	(void)gt_fail(err, GT_E_ODBC_VALUE, o->column[column - 1].name,
		gt_host_sentence(&why, text, sizeof(text)));
	return ODBC_GOT_BAD;
}

enum odbc_got odbc_value_get(
	struct odbc *o, SQLUSMALLINT column, bool binary, uint64_t *more, struct gt_err *err)
{
	char piece[ODBC_CHUNK];

	o->value.n = 0;
	for (;;) {
		SQLLEN n = 0;
		size_t got;

		memset(piece + sizeof(piece) - TAIL, 0xFF, TAIL);
		SQLRETURN r = SQLGetData(o->stmt, column, binary ? SQL_C_BINARY : SQL_C_CHAR, piece,
			sizeof(piece), &n);
		if (r == SQL_NO_DATA)
			return ODBC_GOT;
		if (!SQL_SUCCEEDED(r))
			return failed(o, column, err);
		if (n == SQL_NULL_DATA)
			return ODBC_GOT_NULL;
		if (!likely(n, sizeof(piece), binary))
			return lies(o, column, n, err);
		bool full = n == SQL_NO_TOTAL ||
			    n > (SQLLEN)(binary ? sizeof(piece) : sizeof(piece) - 1);
		got = !full ? (size_t)n : binary ? sizeof(piece) : piece_end(piece, sizeof(piece));
		if (full && (!got || r == SQL_SUCCESS))
			return lies(o, column, n, err);
		if (!keep(o, piece, got, more)) {
			(void)gt_fail(err, GT_E_MEMORY_BUDGET, GT_TEXT("%zu", got));
			return ODBC_GOT_FAILED;
		}
		if (!full)
			return ODBC_GOT;
		if (o->interrupted || gt_host_monotonic_us() > o->deadline_us) {
			(void)gt_fail(err,
				o->interrupted ? GT_E_ODBC_INTERRUPTED : GT_E_ODBC_TIMEOUT,
				o->label, o->column[column - 1].name);
			return ODBC_GOT_FAILED;
		}
	}
}
