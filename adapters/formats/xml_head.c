#include "xml_head.h"

#include "xml_row.h"

bool xml_is_named(const char *name, struct gt_str wanted)
{
	return gt_str_eq(wanted, GT_LIT("*")) || gt_str_eq(wanted, gt_cstr(xml_local(name)));
}

bool xml_read_path(struct gt_str records, struct gt_str *path, unsigned *levels, struct gt_err *err)
{
	struct gt_str rest = records;
	*levels = 0;
	if (rest.n && rest.p[0] == '/')
		rest = gt_str(rest.p + 1, rest.n - 1);
	while (rest.n) {
		const char *slash = memchr(rest.p, '/', rest.n);
		struct gt_str part = gt_str(rest.p, slash ? (size_t)(slash - rest.p) : rest.n);
		const char *colon = memchr(part.p, ':', part.n);
		if (colon)
			part = gt_str(colon + 1, part.n - (size_t)(colon + 1 - part.p));
		if (part.n == 0 || part.n >= XML_NAME_MAX || *levels == XML_LEVELS_MAX)
			break;
		path[(*levels)++] = part;
		rest = slash ? gt_str(slash + 1, rest.n - (size_t)(slash + 1 - rest.p))
			     : gt_str("", 0);
	}
	if (rest.n || *levels == 0)
		return gt_fail(err, GT_E_XML_PATH, GT_TEXT("%.*s", GT_STR_ARGS(records)));
	return true;
}

/* What the prolog says, for example "GB2312"; none. */
static struct gt_str declared(struct gt_str head)
{
	const char *end = head.n > 5 && memcmp(head.p, "<?xml", 5) == 0
				  ? memmem(head.p, head.n < 512 ? head.n : 512, "?>", 2)
				  : NULL;
	const char *at = end ? memmem(head.p, (size_t)(end - head.p), "encoding", 8) : NULL;
	while (at && at < end && *at != '"' && *at != '\'')
		at++;
	const char *close = at && at < end ? memchr(at + 1, *at, (size_t)(end - at - 1)) : NULL;
	return close ? gt_str(at + 1, (size_t)(close - at - 1)) : (struct gt_str){0};
}

bool xml_find_charset(
	struct gt_str head, bool whole, enum gt_charset *charset, size_t *bom, struct gt_err *err)
{
	*charset = gt_charset_detect(head, whole, bom);
	if (*bom == 0 && head.n >= 4 && memcmp(head.p, "<\0?\0", 4) == 0)
		*charset = GT_CHARSET_UTF16LE;
	else if (*bom == 0 && head.n >= 4 && memcmp(head.p, "\0<\0?", 4) == 0)
		*charset = GT_CHARSET_UTF16BE;
	/* What a document of ASCII so far says about itself, or a broken one, is believed. */
	struct gt_str name = declared(head);
	bool ascii = *charset == GT_CHARSET_UTF8 && *bom == 0 && gt_is_ascii(head);
	if (name.n && (ascii || *charset == GT_CHARSET_NONE)) {
		*charset = gt_charset_by_name(name);
		if (gt_str_eq(name, GT_LIT("US-ASCII")) || gt_str_eq(name, GT_LIT("us-ascii")))
			*charset = GT_CHARSET_UTF8;
		if (*charset == GT_CHARSET_NONE)
			return gt_fail(err, GT_E_XML_CHARSET, GT_TEXT("%.*s", GT_STR_ARGS(name)));
	}
	if (*charset == GT_CHARSET_NONE)
		*charset = GT_CHARSET_UTF8; /* its broken rows are told one by one */
	return true;
}
