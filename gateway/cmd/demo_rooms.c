/* demo_rooms.c: see demo_rooms.h. Statements go as UTF-16, which needs no locale. */
#include "demo_rooms.h"
#include "demo_words.h"

#include "buf.h"

#include <errno.h>
#include <iconv.h>
#include <sql.h>
#include <sqlext.h>
#include <sqlucode.h>
#include <stdlib.h>

#define SQL_MAX (256u << 10)
#define ROWS_A_STATEMENT 100u
#define ROWS_A_CHANGE 3u
#define ROWS_A_MINUTE 10u /* that share their time, as an import leaves them */
#define CONNECT_S 30

struct gt_demo_rooms {
	SQLHENV env;
	SQLHDBC dbc;
	bool connected, made;
	uint64_t seed, versions;
	size_t rows;  /* in the table */
	size_t turns; /* changes so far */
	struct gt_buf sql;
};

static bool convert(
	const char *to, const char *from, const void *in, size_t in_n, void *out, size_t *out_n)
{
	iconv_t cd = iconv_open(to, from);
	char *source = (char *)(uintptr_t)in, *target = out;
	size_t room = *out_n;
	bool ok = cd != (iconv_t)-1 && iconv(cd, &source, &in_n, &target, &room) != (size_t)-1;

	if (cd != (iconv_t)-1)
		(void)iconv_close(cd);
	*out_n -= room;
	return ok;
}

/* On the heap. */
static SQLWCHAR *to_wide(struct gt_str text, SQLINTEGER *n)
{
	size_t bytes = text.n * sizeof(SQLWCHAR);
	SQLWCHAR *wide = malloc(bytes + sizeof(SQLWCHAR));

	if (!wide || !convert("UTF-16LE", "UTF-8", text.p, text.n, wide, &bytes)) {
		free(wide);
		return NULL;
	}
	*n = (SQLINTEGER)(bytes / sizeof(SQLWCHAR));
	wide[*n] = 0;
	return wide;
}

static bool fail(SQLSMALLINT type, SQLHANDLE handle, struct gt_err *err)
{
	SQLWCHAR state[6], wide[512];
	char text[sizeof(wide) * 2];
	SQLSMALLINT n = 0;
	size_t bytes = sizeof(text) - 1;

	if (!SQL_SUCCEEDED(SQLGetDiagRecW(
		    type, handle, 1, state, NULL, wide, sizeof(wide) / sizeof(*wide), &n)))
		return gt_fail(err, GT_E_DEMO_ROOMS, "ODBC");
	n = n < (SQLSMALLINT)(sizeof(wide) / sizeof(*wide)) ? n : 511;
	(void)convert("UTF-8", "UTF-16LE", wide, (size_t)n * sizeof(*wide), text, &bytes);
	while (bytes > 0 && (text[bytes - 1] == '\n' || text[bytes - 1] == ' '))
		bytes--;
	text[bytes] = '\0';
	return gt_fail(err, GT_E_DEMO_ROOMS, text);
}

/* Runs what stands in rooms->sql, and empties it. *touched: rows; may be NULL. */
static bool run(struct gt_demo_rooms *rooms, uint64_t *touched, struct gt_err *err)
{
	SQLINTEGER n = 0;
	SQLWCHAR *wide = rooms->sql.full ? NULL : to_wide(gt_buf_str(&rooms->sql), &n);
	SQLHSTMT stmt = NULL;
	SQLLEN count = 0;
	bool ok = wide && SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_STMT, rooms->dbc, &stmt));

	gt_buf_clear(&rooms->sql);
	if (!ok) {
		free(wide);
		return gt_fail(err, GT_E_DEMO_ROOMS, "ODBC");
	}
	ok = SQL_SUCCEEDED(SQLExecDirectW(stmt, wide, n)) &&
	     SQL_SUCCEEDED(SQLRowCount(stmt, &count));
	free(wide);
	if (!ok)
		(void)fail(SQL_HANDLE_STMT, stmt, err);
	else if (touched)
		*touched += (uint64_t)count;
	(void)SQLFreeHandle(SQL_HANDLE_STMT, stmt);
	return ok;
}

static bool connect_to(struct gt_demo_rooms *rooms, const char *connection, struct gt_err *err)
{
	SQLINTEGER n = 0;
	SQLWCHAR *wide;

	if (!SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &rooms->env)) ||
		!SQL_SUCCEEDED(SQLSetEnvAttr(
			rooms->env, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC3, 0)) ||
		!SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_DBC, rooms->env, &rooms->dbc)))
		return gt_fail(err, GT_E_DEMO_ROOMS, "ODBC");
	(void)SQLSetConnectAttr(
		rooms->dbc, SQL_ATTR_LOGIN_TIMEOUT, (SQLPOINTER)(SQLULEN)CONNECT_S, 0);
	wide = to_wide(gt_cstr(connection), &n);
	if (!wide)
		return gt_fail(err, GT_E_DEMO_ROOMS, connection);
	rooms->connected = SQL_SUCCEEDED(SQLDriverConnectW(
		rooms->dbc, NULL, wide, (SQLSMALLINT)n, NULL, 0, NULL, SQL_DRIVER_NOPROMPT));
	free(wide);
	return rooms->connected || fail(SQL_HANDLE_DBC, rooms->dbc, err);
}

static bool make_table(struct gt_demo_rooms *rooms, struct gt_err *err)
{
	/* Nobody waits for ever, not even for a lock. */
	gt_buf_adds(&rooms->sql, "SET lock_timeout = '10s'; SET statement_timeout = '60s'");
	if (!run(rooms, NULL, err))
		return false;
	gt_buf_adds(&rooms->sql,
		"CREATE TABLE " GT_DEMO_ROOMS_TABLE
		"(房间编号 varchar(20) PRIMARY KEY, 楼栋编号 varchar(20), 楼栋名称 varchar(60), "
		"楼层 integer, 房间号 varchar(20), 用房类型 varchar(20), 使用状态 varchar(20), "
		"使用面积 varchar(30), 建筑面积 varchar(30), 使用人数 integer, 职级 varchar(20), "
		"使用人 varchar(60), 使用单位 varchar(100), update_time timestamptz NOT NULL)");
	rooms->made = run(rooms, NULL, err);
	if (!rooms->made)
		return false;
	gt_buf_adds(&rooms->sql, "CREATE INDEX ON " GT_DEMO_ROOMS_TABLE "(update_time, 房间编号)");
	return run(rooms, NULL, err);
}

enum dirt { CLEAN, UNIT_IN_VALUE, FULL_WIDTH, USABLE_ABOVE_GROSS, UNKNOWN_KIND, NO_AREA, NO_FLOOR };

static enum dirt dirt_of(uint64_t seed, size_t i)
{
	static const struct {
		unsigned below; /* of 1000 */
		enum dirt dirt;
	} shares[] = {{30, UNIT_IN_VALUE}, {40, FULL_WIDTH}, {60, USABLE_ABOVE_GROSS},
		{70, UNKNOWN_KIND}, {80, NO_AREA}, {95, NO_FLOOR}};
	unsigned at = (unsigned)(gt_demo_pick(seed, i, 0) % 1000);

	for (size_t k = 0; k < sizeof(shares) / sizeof(*shares); k++)
		if (at < shares[k].below)
			return shares[k].dirt;
	return CLEAN;
}

static void put_areas(struct gt_buf *sql, uint64_t seed, size_t i, enum dirt dirt)
{
	unsigned tenths = (unsigned)(90 + gt_demo_pick(seed, i, 1) % 400);
	unsigned gross = dirt == USABLE_ABOVE_GROSS ? tenths * 8 / 10 : tenths * 13 / 10;
	char plain[16], full[64];

	gt_text(plain, sizeof(plain), "%u.%u", tenths / 10, tenths % 10);
	if (dirt == NO_AREA)
		gt_buf_adds(sql, "NULL");
	else
		gt_buf_addf(sql, "'%s%s'",
			dirt == FULL_WIDTH ? gt_demo_full_width(plain, full, sizeof(full)) : plain,
			dirt == UNIT_IN_VALUE ? "平方米" : "");
	gt_buf_addf(sql, ",'%u.%u',", gross / 10, gross % 10);
}

#define PICK(words, which) words[gt_demo_pick(seed, i, which) % (sizeof(words) / sizeof(*(words)))]

/* A row, but for its time. */
static void put_row(struct gt_buf *sql, uint64_t seed, size_t i)
{
	static const char *const kinds[] = {
		"办公室", "会议室", "接待室", "档案室", "值班室", "储藏室", "机房", "设备用房"};
	static const char *const ranks[] = {"正科级", "副科级", "正处级", "副处级", "科员"};
	enum dirt dirt = dirt_of(seed, i);
	bool office = gt_demo_pick(seed, i, 2) % 10 < 6;
	unsigned building = (unsigned)(i / 200 + 1), floor = (unsigned)(i % 200 / 20 + 1);
	char person[GT_DEMO_PERSON];

	gt_buf_addf(sql, "('FJ%06zu','B%02u','%u号楼',", i + 1, building, building);
	if (dirt == NO_FLOOR)
		gt_buf_adds(sql, "NULL,");
	else
		gt_buf_addf(sql, "%u,", floor);
	gt_buf_addf(sql, "'%u%02zu','%s','%s',", floor, i % 20 + 1,
		dirt == UNKNOWN_KIND ? "舞厅"
		: office             ? "办公室"
				     : PICK(kinds, 3),
		gt_demo_pick(seed, i, 4) % 12 == 0 ? "闲置" : "在用");
	put_areas(sql, seed, i, dirt);
	if (office)
		gt_buf_addf(sql, "%u,'%s','%s',", (unsigned)(1 + gt_demo_pick(seed, i, 5) % 4),
			PICK(ranks, 6), gt_demo_person(seed, i, 7, person));
	else
		gt_buf_adds(sql, "NULL,NULL,NULL,");
	gt_buf_addf(sql, "'%s',", PICK(gt_demo_units, 11));
}

static bool fill(struct gt_demo_rooms *rooms, size_t rows, struct gt_err *err)
{
	while (rooms->rows < rows) {
		size_t end = rooms->rows + ROWS_A_STATEMENT < rows ? rooms->rows + ROWS_A_STATEMENT
								   : rows;

		gt_buf_adds(&rooms->sql, "INSERT INTO " GT_DEMO_ROOMS_TABLE " VALUES ");
		for (size_t i = rooms->rows; i < end; i++) {
			put_row(&rooms->sql, rooms->seed, i);
			gt_buf_addf(&rooms->sql,
				"date_trunc('minute', now()) - %zu * interval '1 minute')%s",
				(rows - i) / ROWS_A_MINUTE + 5, i + 1 < end ? "," : "");
		}
		if (!run(rooms, &rooms->versions, err))
			return false;
		rooms->rows = end;
	}
	return true;
}

bool gt_demo_rooms_change(struct gt_demo_rooms *rooms, struct gt_err *err)
{
	char person[GT_DEMO_PERSON];
	size_t before = rooms->rows;

	for (size_t k = 0; k < ROWS_A_CHANGE; k++) {
		size_t which = (rooms->turns * ROWS_A_CHANGE + k) % before;

		gt_buf_addf(&rooms->sql,
			"UPDATE " GT_DEMO_ROOMS_TABLE " SET 使用人 = '%s', 职级 = '副科级', "
			"update_time = now() WHERE 房间编号 = 'FJ%06zu'",
			gt_demo_person(rooms->seed + rooms->turns + 1, which, 7, person),
			which + 1);
		if (!run(rooms, &rooms->versions, err))
			return false;
		gt_buf_adds(&rooms->sql, "INSERT INTO " GT_DEMO_ROOMS_TABLE " VALUES ");
		put_row(&rooms->sql, rooms->seed, rooms->rows);
		gt_buf_adds(&rooms->sql, "now())");
		if (!run(rooms, &rooms->versions, err))
			return false;
		rooms->rows++;
	}
	rooms->turns++;
	return true;
}

uint64_t gt_demo_rooms_versions(const struct gt_demo_rooms *rooms)
{
	return rooms->versions;
}

struct gt_demo_rooms *gt_demo_rooms_open(
	const char *connection, uint64_t seed, size_t rows, struct gt_err *err)
{
	struct gt_demo_rooms *rooms = calloc(1, sizeof(*rooms));

	if (!rooms) {
		(void)gt_fail(err, GT_E_DEMO_ROOMS, strerror(ENOMEM));
		return NULL;
	}
	rooms->seed = seed;
	gt_buf_init(&rooms->sql, SQL_MAX);
	if (connect_to(rooms, connection, err) && make_table(rooms, err) && fill(rooms, rows, err))
		return rooms;
	gt_demo_rooms_close(rooms);
	return NULL;
}

void gt_demo_rooms_close(struct gt_demo_rooms *rooms)
{
	struct gt_err ignored;

	if (!rooms)
		return;
	gt_buf_clear(&rooms->sql);
	gt_buf_adds(&rooms->sql, "DROP TABLE " GT_DEMO_ROOMS_TABLE);
	if (rooms->made)
		(void)run(rooms, NULL, &ignored);
	if (rooms->connected)
		(void)SQLDisconnect(rooms->dbc);
	if (rooms->dbc)
		(void)SQLFreeHandle(SQL_HANDLE_DBC, rooms->dbc);
	if (rooms->env)
		(void)SQLFreeHandle(SQL_HANDLE_ENV, rooms->env);
	gt_buf_fini(&rooms->sql);
	free(rooms);
}
