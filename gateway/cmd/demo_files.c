/* demo_files.c: see demo_files.h. A file is what one day's reading of all meters exports. */
#include "demo_files.h"
#include "demo_words.h"

#include <errno.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ROW_MAX 512u
#define FIRST_DAY_S INT64_C(1711497600) /* 2024-03-27 */
#define DAY_S 86400

enum dirt {
	CLEAN,
	DOTTED_DATE,
	UNIT_IN_VALUE,
	FULL_WIDTH,
	THOUSANDS,
	MULTI_LINE,
	NO_READING,
	DASH,
	BAD_TIME
};

static enum dirt dirt_of(uint64_t seed, size_t key)
{
	static const struct {
		unsigned below; /* of 1000 */
		enum dirt dirt;
	} shares[] = {{20, DOTTED_DATE}, {35, UNIT_IN_VALUE}, {45, FULL_WIDTH}, {60, THOUSANDS},
		{70, MULTI_LINE}, {80, NO_READING}, {86, DASH}, {90, BAD_TIME}};
	unsigned at = (unsigned)(gt_demo_pick(seed, key, 0) % 1000);
	for (size_t k = 0; k < sizeof(shares) / sizeof(*shares); k++)
		if (at < shares[k].below)
			return shares[k].dirt;
	return CLEAN;
}

/* A counter in 万kWh, in ten-thousandths: grows day by day, never falls. */
static uint64_t reading_of(uint64_t seed, size_t meter, size_t day)
{
	uint64_t start = gt_demo_pick(seed, meter, 1) % 30000000,
		 daily = 20 + gt_demo_pick(seed, meter, 2) % 4000;
	return start + daily * day + gt_demo_pick(seed, meter * 100003 + day, 3) % daily;
}

static void write_reading(char *out, size_t size, uint64_t value, enum dirt dirt)
{
	char plain[32];
	unsigned long long whole = value / 10000, part = value % 10000;
	(void)snprintf(plain, sizeof(plain), "%llu.%04llu", whole, part);
	switch (dirt) {
	case NO_READING:
		out[0] = '\0';
		break;
	case DASH:
		(void)snprintf(out, size, "—");
		break;
	case UNIT_IN_VALUE:
		(void)snprintf(out, size, "%s万kWh", plain);
		break;
	case THOUSANDS:
		if (whole >= 1000)
			(void)snprintf(out, size, "\"%llu,%03llu.%04llu\"", whole / 1000,
				whole % 1000, part);
		else
			(void)snprintf(out, size, "%s", plain);
		break;
	case FULL_WIDTH:
		(void)gt_demo_full_width(plain, out, size);
		break;
	default:
		(void)snprintf(out, size, "%s", plain);
	}
}

static size_t write_row(char *out, uint64_t seed, size_t meter, size_t day)
{
	enum dirt dirt = dirt_of(seed, meter * 100003 + day);
	char reading[128], at[96];
	/* Meters report within the quarter of an hour behind midnight. */
	time_t t = (time_t)(FIRST_DAY_S + (int64_t)day * DAY_S +
			    (int64_t)(gt_demo_pick(seed, meter, 4) % 900));
	struct tm tm;
	(void)gmtime_r(&t, &tm);
	int year = tm.tm_year + 1900, month = dirt == BAD_TIME ? 13 : tm.tm_mon + 1;
	if (dirt == DOTTED_DATE)
		(void)snprintf(at, sizeof(at), "%d.%d.%d %d:%02d", year, month, tm.tm_mday,
			tm.tm_hour, tm.tm_min);
	else
		(void)snprintf(at, sizeof(at), "%04d-%02d-%02d %02d:%02d:%02d", year, month,
			tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
	write_reading(reading, sizeof(reading), reading_of(seed, meter, day), dirt);
	int n = snprintf(out, ROW_MAX, "4201060%05zu,%s,%s,%s,%s\r\n", meter + 1, at, reading,
		gt_demo_units[gt_demo_pick(seed, meter, 5) % GT_DEMO_UNITS],
		dirt == MULTI_LINE ? "\"换表\n旧表已拆\"" : "");
	return n > 0 ? (size_t)n : 0;
}

/* The file's text, UTF-8, on the heap. */
static char *make_text(uint64_t seed, size_t day, size_t rows, size_t *length)
{
	static const char header[] = "表号,抄表时间,读数(万kWh),用能单位,备注\r\n";
	char *text = malloc(sizeof(header) + rows * ROW_MAX);
	if (!text)
		return NULL;
	size_t n = sizeof(header) - 1;
	memcpy(text, header, n);
	for (size_t i = 0; i < rows; i++)
		n += write_row(text + n, seed, i, day);
	*length = n;
	return text;
}

static char *to_gb18030(char *text, size_t n, size_t *length)
{
	size_t room = n * 2 + 4;
	char *out = malloc(room), *at = out;
	iconv_t cd = iconv_open("GB18030", "UTF-8");
	bool ok = out && cd != (iconv_t)-1 && iconv(cd, &text, &n, &at, &room) != (size_t)-1;
	if (cd != (iconv_t)-1)
		(void)iconv_close(cd);
	if (!ok) {
		free(out);
		return NULL;
	}
	*length = (size_t)(at - out);
	return out;
}

static bool write_all(const char *path, const char *bytes, size_t n)
{
	FILE *f = fopen(path, "wbe");
	if (!f)
		return false;
	bool ok = fwrite(bytes, 1, n, f) == n;
	return fclose(f) == 0 && ok;
}

bool gt_demo_file_write(
	const char *folder, uint64_t seed, size_t index, size_t rows, struct gt_err *err)
{
	char path[4096], part[4200];
	time_t t = (time_t)(FIRST_DAY_S + (int64_t)index * DAY_S);
	struct tm tm;
	size_t n = 0, length = 0;
	(void)gmtime_r(&t, &tm);
	int m = snprintf(path, sizeof(path), "%s/电表读数_%04d%02d%02d.csv", folder,
		tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
	if (m < 0 || (size_t)m >= sizeof(path))
		return gt_fail(err, GT_E_FILE_WRITE, folder, strerror(ENAMETOOLONG));
	(void)snprintf(part, sizeof(part), "%s.part", path);
	char *text = make_text(seed, index, rows, &n);
	char *bytes = text ? to_gb18030(text, n, &length) : NULL;
	free(text);
	errno = bytes ? 0 : ENOMEM;
	bool ok = bytes && write_all(part, bytes, length) && rename(part, path) == 0;
	const char *why = strerror(errno);
	free(bytes);
	return ok || gt_fail(err, GT_E_FILE_WRITE, path, why);
}
