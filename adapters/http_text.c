/* http_text.c: text of bounded size, for addresses, bodies and the cursor. */
#include "http.h"

#include <stdio.h>

void http_copy(char *out, size_t size, struct gt_str s)
{
	size_t n = s.n < size ? s.n : size - 1;
	if (n)
		memcpy(out, s.p, n);
	out[n] = '\0';
}

void http_text_add(struct http_text *t, struct gt_str s)
{
	if (t->cut || s.n >= t->size - t->n) {
		t->cut = true;
		return;
	}
	if (s.n)
		memcpy(t->p + t->n, s.p, s.n);
	t->n += s.n;
	t->p[t->n] = '\0';
}

void http_text_percent(struct http_text *t, struct gt_str s)
{
	static const char hex[] = "0123456789ABCDEF";
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		char coded[3] = {'%', hex[c >> 4], hex[c & 15]};
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			     (c >= '0' && c <= '9') || (c && strchr("-._~", c));
		http_text_add(t, plain ? gt_str(s.p + i, 1) : gt_str(coded, 3));
	}
}

static int hex_value(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c) : NULL;
	return at ? (int)(at - digits) : -1;
}

void http_unpercent(struct gt_str s, struct http_text *out)
{
	for (size_t i = 0; i < s.n; i++) {
		int high = i + 2 < s.n && s.p[i] == '%' ? hex_value(s.p[i + 1]) : -1;
		int low = high >= 0 ? hex_value(s.p[i + 2]) : -1;
		char c = s.p[i] == '+' ? ' ' : s.p[i];
		if (low >= 0) {
			c = (char)(high * 16 + low);
			i += 2;
		}
		http_text_add(out, gt_str(&c, 1));
	}
}

void http_text_json(struct http_text *t, struct gt_str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c == '"' || c == '\\') {
			char coded[2] = {'\\', (char)c};
			http_text_add(t, gt_str(coded, 2));
		} else if (c < 0x20) {
			char coded[8];
			int n = snprintf(coded, sizeof(coded), "\\u%04x", c);
			http_text_add(t, gt_str(coded, (size_t)n));
		} else {
			http_text_add(t, gt_str(s.p + i, 1));
		}
	}
}
