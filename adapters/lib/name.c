#include "name.h"

#include <fnmatch.h>
#include <stdio.h>
#include <strings.h>

static void show_bytes(const char *name, char *out)
{
	size_t at = 0;
	for (const char *p = name; *p && at + 5 < GT_NAME_SHOWN; p++) {
		if (*p >= ' ' && *p <= '~')
			out[at++] = *p;
		else
			at += (size_t)snprintf(out + at, 5, "\\x%02X", (unsigned char)*p);
	}
	out[at] = '\0';
}

const char *gt_name_show(const char *name, char *out)
{
	struct gt_str s = gt_cstr(name);
	if (s.n > GT_NAME_MAX)
		s.n = GT_NAME_MAX;
	if (gt_utf8_bad(s) == SIZE_MAX) {
		memcpy(out, name, s.n);
		out[s.n] = '\0';
		return out;
	}
	size_t bom = 0, written = 0, bad = 0;
	struct gt_converter *converter = NULL;
	if (gt_charset_detect(s, true, &bom) == GT_CHARSET_GB18030)
		converter = gt_converter_new(GT_CHARSET_GB18030);
	if (converter && gt_converter_run(converter, s, out, GT_NAME_SHOWN - 1, &written, &bad))
		out[written] = '\0';
	else
		show_bytes(name, out);
	gt_converter_free(converter);
	return out;
}

bool gt_name_word(const char **words, char word[GT_NAME_MAX + 1])
{
	const char *p = *words + strspn(*words, " ");
	size_t n = strcspn(p, " ");
	*words = p + n;
	if (n == 0 || n > GT_NAME_MAX)
		return false;
	memcpy(word, p, n);
	word[n] = '\0';
	return true;
}

static bool matches(const char *name, const char *patterns)
{
	char word[GT_NAME_MAX + 1];
	while (gt_name_word(&patterns, word))
		if (fnmatch(word, name, FNM_PERIOD | FNM_CASEFOLD) == 0)
			return true;
	return false;
}

bool gt_name_matches(const char *name, const char *patterns)
{
	char shown[GT_NAME_SHOWN];
	return matches(name, patterns) || (gt_utf8_bad(gt_cstr(name)) != SIZE_MAX &&
						  matches(gt_name_show(name, shown), patterns));
}

bool gt_name_ends(const char *name, const char *suffixes)
{
	char word[GT_NAME_MAX + 1];
	size_t n = strlen(name);
	while (gt_name_word(&suffixes, word)) {
		size_t w = strlen(word);
		if (n > w && strcasecmp(name + n - w, word) == 0)
			return true;
	}
	return false;
}

static bool plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '_' || c == '-';
}

void gt_name_encode(const char *name, char out[GT_NAME_ENCODED])
{
	size_t at = 0;
	for (const char *p = name; *p && at + 4 <= GT_NAME_ENCODED; p++) {
		if (plain(*p))
			out[at++] = *p;
		else
			at += (size_t)snprintf(out + at, 4, "%%%02X", (unsigned char)*p);
	}
	out[at] = '\0';
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool gt_name_decode(struct gt_str encoded, char name[GT_NAME_MAX + 1])
{
	char out[GT_NAME_MAX + 1];
	size_t n = 0;
	for (size_t i = 0; i < encoded.n; i++) {
		char c = encoded.p[i];
		if (c == '%' && i + 2 < encoded.n) {
			int high = nibble(encoded.p[i + 1]), low = nibble(encoded.p[i + 2]);
			if (high < 0 || low < 0)
				return false;
			c = (char)(high * 16 + low);
			i += 2;
		} else if (!plain(c)) {
			return false;
		}
		if (c == '\0' || c == '/' || n == GT_NAME_MAX)
			return false;
		out[n++] = c;
	}
	out[n] = '\0';
	if (n == 0 || strcmp(out, ".") == 0 || strcmp(out, "..") == 0)
		return false;
	memcpy(name, out, n + 1);
	return true;
}
