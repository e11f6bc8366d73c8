/* sftp_list.c: lines of a listing, as servers write them: "ls -l" (SFTP servers, and FTP servers on
 * UNIX), DIR (FTP servers on Windows), MLSD (RFC 3659). Names are bytes of any charset. */
#include "sftp.h"

#include <strings.h>
#include <time.h>

#define WORDS_MAX 16u

struct words {
	struct gt_str v[WORDS_MAX];
	size_t n;
};

/* The first words of a line, separated by spaces. */
static void split(struct gt_str line, struct words *words)
{
	size_t at = 0;
	words->n = 0;
	while (words->n < WORDS_MAX) {
		while (at < line.n && line.p[at] == ' ')
			at++;
		size_t from = at;
		while (at < line.n && line.p[at] != ' ')
			at++;
		if (at == from)
			return;
		words->v[words->n++] = gt_str(line.p + from, at - from);
	}
}

/* Digits at *at, at most `most` of them. */
static bool digits(struct gt_str s, size_t *at, size_t most, int64_t *value)
{
	size_t from = *at;
	int64_t v = 0;
	while (*at < s.n && *at - from < most && s.p[*at] >= '0' && s.p[*at] <= '9')
		v = v * 10 + (s.p[(*at)++] - '0');
	*value = v;
	return *at > from;
}

static bool number(struct gt_str s, int64_t *value)
{
	size_t at = 0;
	return digits(s, &at, 18, value) && at == s.n;
}

/* A number, perhaps with a character behind it that is not ASCII: 26, 26日. */
static bool counted(struct gt_str s, int64_t least, int64_t most, int64_t *value)
{
	size_t at = 0;
	if (!digits(s, &at, 2, value) || *value < least || *value > most)
		return false;
	for (; at < s.n; at++)
		if ((unsigned char)s.p[at] < 0x80)
			return false;
	return true;
}

static bool month(struct gt_str s, int64_t *value)
{
	static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
	for (size_t i = 0; s.n == 3 && i < 12; i++)
		if (strncasecmp(s.p, names + 3 * i, 3) == 0) {
			*value = (int64_t)i + 1;
			return true;
		}
	return s.n > 2 && (unsigned char)s.p[s.n - 1] >= 0x80 && counted(s, 1, 12, value);
}

struct when {
	int64_t year, month, day, hour, minute, second;
};

/* 16:10, 16:10:59, 04:10PM */
static bool clock_time(struct gt_str s, struct when *when)
{
	size_t at = 0;
	when->second = 0;
	if (!digits(s, &at, 2, &when->hour) || at >= s.n || s.p[at++] != ':' ||
		!digits(s, &at, 2, &when->minute) || when->hour > 23 || when->minute > 59)
		return false;
	if (at < s.n && s.p[at] == ':') {
		at++;
		if (!digits(s, &at, 2, &when->second) || when->second > 60)
			return false;
	}
	if (at + 2 == s.n && strncasecmp(s.p + at, "pm", 2) == 0 && when->hour < 12)
		when->hour += 12;
	else if (at + 2 == s.n && strncasecmp(s.p + at, "am", 2) == 0 && when->hour == 12)
		when->hour = 0;
	else if (at != s.n && !(at + 2 == s.n && (s.p[at + 1] == 'M' || s.p[at + 1] == 'm')))
		return false;
	return true;
}

/* 2026-11-26, 11-26-2026, 11-26-26 */
static bool date(struct gt_str s, struct when *when)
{
	int64_t v[3];
	size_t at = 0;
	for (size_t i = 0; i < 3; i++) {
		if ((i && (at >= s.n || s.p[at++] != '-')) || !digits(s, &at, 4, &v[i]))
			return false;
	}
	bool year_first = v[0] > 31;
	when->year = year_first ? v[0] : v[2] < 70 ? v[2] + 2000 : v[2] < 100 ? v[2] + 1900 : v[2];
	when->month = year_first ? v[1] : v[0];
	when->day = year_first ? v[2] : v[1];
	return at == s.n && when->month >= 1 && when->month <= 12 && when->day >= 1 &&
	       when->day <= 31;
}

static int64_t seconds(const struct when *when)
{
	struct tm tm = {.tm_year = (int)when->year - 1900,
		.tm_mon = (int)when->month - 1,
		.tm_mday = (int)when->day,
		.tm_hour = (int)when->hour,
		.tm_min = (int)when->minute,
		.tm_sec = (int)when->second};
	return (int64_t)timegm(&tm);
}

/* The year in which a date without one lies: the last time it was that day. */
static void guess_year(struct when *when, int64_t now_s)
{
	struct tm tm = {0};
	time_t now = (time_t)now_s;
	(void)gmtime_r(&now, &tm);
	when->year = tm.tm_year + 1900;
	if (seconds(when) > now_s + 86400)
		when->year--;
}

/* Date and time of words v[0] …: *used of them. */
static bool timestamp(
	const struct words *words, size_t at, int64_t now_s, struct when *when, size_t *used)
{
	int64_t year = 0;
	*when = (struct when){0};
	if (at + 1 < words->n && date(words->v[at], when) && clock_time(words->v[at + 1], when)) {
		*used = 2;
		return true;
	}
	*used = 3;
	if (at + 2 >= words->n || !month(words->v[at], &when->month) ||
		!counted(words->v[at + 1], 1, 31, &when->day))
		return false;
	if (number(words->v[at + 2], &year) && year >= 1970 && year <= 9999) {
		when->year = year;
		return true;
	}
	if (!clock_time(words->v[at + 2], when))
		return false;
	guess_year(when, now_s);
	return true;
}

static bool good_name(struct gt_str name)
{
	for (size_t i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] < ' ' || name.p[i] == '/' || name.p[i] == 127)
			return false;
	return name.n > 0 && name.n <= GT_NAME_MAX;
}

static enum sftp_line named(struct gt_str name, bool file, struct sftp_entry *entry)
{
	if (gt_str_eq(name, GT_LIT(".")) || gt_str_eq(name, GT_LIT("..")))
		return SFTP_LINE_OTHER;
	if (!good_name(name))
		return file ? SFTP_LINE_STRANGE : SFTP_LINE_OTHER;
	entry->name = name;
	return file ? SFTP_LINE_FILE : SFTP_LINE_OTHER;
}

/* What stands behind a word of the line, and the blanks that separate it. */
static struct gt_str behind(struct gt_str line, struct gt_str word, size_t blanks)
{
	size_t at = (size_t)(word.p + word.n - line.p);
	for (size_t i = 0; i < blanks && at < line.n && line.p[at] == ' '; i++)
		at++;
	return gt_str(line.p + at, line.n - at);
}

/* -rw-r--r--    1 user     group        4 Nov 26 16:10 name; owners may have spaces in them */
static enum sftp_line unix_line(struct gt_str line, int64_t now_s, struct sftp_entry *entry)
{
	struct words words;
	struct when when;
	int64_t size = 0;
	split(line, &words);
	for (size_t i = 2; i < words.n; i++) {
		size_t used = 0;
		if (!number(words.v[i], &size) || !timestamp(&words, i + 1, now_s, &when, &used))
			continue;
		entry->size = (uint64_t)size;
		entry->mtime = seconds(&when);
		entry->coarse = true;
		return named(behind(line, words.v[i + used], 1), line.p[0] == '-', entry);
	}
	return line.p[0] == '-' ? SFTP_LINE_STRANGE : SFTP_LINE_OTHER;
}

/* 11-26-26  04:10PM       <DIR>          name, or a size */
static enum sftp_line dos_line(struct gt_str line, int64_t now_s, struct sftp_entry *entry)
{
	struct words words;
	struct when when;
	int64_t size = 0;
	size_t used = 0;
	split(line, &words);
	if (words.n < 4 || !timestamp(&words, 0, now_s, &when, &used) || used != 2)
		return SFTP_LINE_STRANGE;
	bool file = number(words.v[2], &size);
	entry->size = (uint64_t)size;
	entry->mtime = seconds(&when);
	entry->coarse = true;
	return named(behind(line, words.v[2], line.n), file, entry);
}

/* 20261126161059.123 */
static bool fact_time(struct gt_str s, int64_t *mtime)
{
	struct when when;
	int64_t *parts[] = {
		&when.year, &when.month, &when.day, &when.hour, &when.minute, &when.second};
	size_t at = 0;
	for (size_t i = 0; i < 6; i++) {
		size_t from = at, width = i ? 2 : 4;
		if (!digits(s, &at, width, parts[i]) || at - from != width)
			return false;
	}
	*mtime = seconds(&when);
	return when.month >= 1 && when.month <= 12;
}

/* type=file;size=4;modify=20261126161059; name */
static enum sftp_line fact_line(struct gt_str line, struct sftp_entry *entry)
{
	bool file = false, typed = false, timed = false, sized = false;
	size_t at = 0;
	while (at < line.n && line.p[at] != ' ') {
		const char *end = memchr(line.p + at, ';', line.n - at);
		const char *is = memchr(line.p + at, '=', line.n - at);
		if (!end || !is || is > end)
			return SFTP_LINE_STRANGE;
		size_t n = (size_t)(is - line.p) - at;
		struct gt_str key = gt_str(line.p + at, n);
		struct gt_str value = gt_str(is + 1, (size_t)(end - is - 1));
		int64_t size = 0;
		if (n == 4 && strncasecmp(key.p, "type", 4) == 0) {
			typed = true;
			file = value.n == 4 && strncasecmp(value.p, "file", 4) == 0;
		} else if (n == 4 && strncasecmp(key.p, "size", 4) == 0) {
			sized = number(value, &size);
			entry->size = (uint64_t)size;
		} else if (n == 6 && strncasecmp(key.p, "modify", 6) == 0) {
			timed = fact_time(value, &entry->mtime);
		}
		at = (size_t)(end + 1 - line.p);
	}
	if (!typed || at >= line.n || (file && (!sized || !timed)))
		return SFTP_LINE_STRANGE;
	entry->coarse = false;
	return named(gt_str(line.p + at + 1, line.n - at - 1), file, entry);
}

enum sftp_line sftp_list_line(
	struct gt_str line, bool facts, int64_t now_s, struct sftp_entry *entry)
{
	while (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	if (line.n == 0 || (line.n > 6 && strncasecmp(line.p, "total ", 6) == 0))
		return SFTP_LINE_OTHER;
	if (facts)
		return fact_line(line, entry);
	if (strchr("-dlbcpsD", line.p[0]) && line.p[0])
		return unix_line(line, now_s, entry);
	return dos_line(line, now_s, entry);
}
