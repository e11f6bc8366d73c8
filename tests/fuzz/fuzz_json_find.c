/* Any bytes as a document for gt_json_find, against jansson: whoever accepts more or finds
 * something else is wrong. */
#include "gt_assert.h"
#include "json_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What jansson cannot judge: numbers beyond double or int64, U+0000 in keys, depth, duplicates. */
static bool comparable(struct gt_str doc, enum gt_code code)
{
	static const char escaped_nul[] = "\\u0000";
	bool digits = false;
	for (size_t i = 0, run = 0; i < doc.n; i++) {
		run = doc.p[i] >= '0' && doc.p[i] <= '9' ? run + 1 : 0;
		digits |= run > 15 || doc.p[i] == 'e' || doc.p[i] == 'E';
	}
	return !digits && code != GT_E_JSON_TWICE && code != GT_E_JSON_DEPTH &&
	       !memmem(doc.p, doc.n, escaped_nul, sizeof escaped_nul - 1) &&
	       !memchr(doc.p, 0, doc.n) && !(doc.n >= 3 && memcmp(doc.p, "\xEF\xBB\xBF", 3) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct gt_str paths[] = {
		{"code", 4}, {"data.total", 10}, {"data", 4}, {"msg", 3}};
	struct gt_str doc = gt_str((const char *)data, size), found[4];
	struct gt_err err = {.code = GT_E_NONE};
	char buf[64];
	bool ok = gt_json_find(doc, paths, 4, found, &err);
	for (size_t i = 0; ok && i < 4; i++) {
		GT_ASSERT(!found[i].p ||
			  (found[i].p >= doc.p && found[i].p + found[i].n <= doc.p + doc.n));
		GT_ASSERT(gt_json_scalar(found[i], buf, sizeof buf).n <= sizeof buf);
	}
	if (!comparable(doc, err.code))
		return 0;
	json_t *theirs = json_loadb(doc.n ? doc.p : "", doc.n, JSON_DECODE_ANY, NULL);
	GT_ASSERT(ok == (theirs != NULL));
	if (ok && found[0].p && found[0].p[0] == '"') {
		const json_t *code = json_object_get(theirs, "code");
		struct gt_str text = gt_json_scalar(found[0], buf, sizeof buf);
		GT_ASSERT(json_is_string(code) && text.n <= json_string_length(code) &&
			  memcmp(text.p, json_string_value(code), text.n) == 0);
	}
	json_decref(theirs);
	return 0;
}
