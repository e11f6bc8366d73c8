/* flow_record.c: flow records as JSON, read and written with jansson (control path: one per flow
 * and commit). The cursor is opaque bytes: base64, because it need not be UTF-8. */
#include "flow_record.h"

#include "base64.h"
#include "json_read.h"
#include "json_write.h"

#include "gt_assert.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>

#define FLOW_RECORD_VERSION 1

static size_t used(const struct gt_flow_record *record)
{
	return offsetof(struct gt_flow_record, cursor) + record->cursor_len;
}

void gt_flow_record_copy(struct gt_flow_record *to, const struct gt_flow_record *kept)
{
	memcpy(to, kept, used(kept));
}

void gt_flow_record_keep(struct gt_flow_record **kept, const struct gt_flow_record *record)
{
	size_t need = used(record);

	if (!*kept || used(*kept) < need)
		*kept = gt_realloc(*kept, need);
	memcpy(*kept, record, need);
}

static void add_pause(const struct gt_pause *pause, struct gt_buf *out)
{
	if (pause->since_us == 0)
		return;
	gt_buf_addf(out, ",\"paused\":{\"since_us\":%" PRId64 ",\"who\":", pause->since_us);
	gt_json_add_text(out, gt_cstr(pause->who));
	gt_buf_adds(out, ",\"why\":");
	gt_json_add_text(out, gt_cstr(pause->why));
	gt_buf_adds(out, "}");
}

void gt_flow_record_write(const struct gt_flow_record *record, struct gt_buf *out)
{
	gt_buf_addf(out, "{\"flow_record\":%d,\"adapter\":", FLOW_RECORD_VERSION);
	gt_json_add_text(out, gt_cstr(record->adapter));
	gt_buf_adds(out, ",\"cursor\":\"");
	gt_base64_add(out, gt_str(record->cursor, record->cursor_len));
	gt_buf_addf(out,
		"\",\"epoch\":%" PRIu64 ",\"next_seq\":%" PRIu64
		",\"plan\":\"%s\",\"state\":\"%s\",\"rows\":{\"read\":%" PRIu64
		",\"accepted\":%" PRIu64 ",\"rejected\":%" PRIu64 ",\"filtered\":%" PRIu64
		",\"unchanged\":%" PRIu64 "},\"messages\":{\"published\":%" PRIu64
		",\"fan_out\":%" PRIu64 "},\"last_record_us\":%" PRId64,
		record->epoch, record->next_seq, record->plan_digest,
		record->retired ? "retired" : "active", record->read, record->accepted,
		record->rejected, record->filtered, record->unchanged, record->published,
		record->fan_out, record->last_record_us);
	add_pause(&record->pause, out);
	gt_buf_adds(out, "}");
}

static bool copy_text(char *to, size_t size, struct gt_str text)
{
	if (text.n >= size)
		return false;
	if (text.n > 0)
		memcpy(to, text.p, text.n);
	to[text.n] = '\0';
	return true;
}

static uint64_t count(const json_t *object, const char *key)
{
	int64_t v = gt_json_int(object, key, 0);

	return v < 0 ? 0 : (uint64_t)v;
}

static bool fill_pause(const json_t *paused, struct gt_pause *p)
{
	if (!paused)
		return true;
	p->since_us = gt_json_int(paused, "since_us", 0);
	return p->since_us > 0 &&
	       copy_text(p->who, sizeof(p->who), gt_json_member(paused, "who")) &&
	       copy_text(p->why, sizeof(p->why), gt_json_member(paused, "why"));
}

static bool fill(const json_t *root, struct gt_flow_record *r)
{
	const json_t *rows = json_object_get(root, "rows");
	const json_t *messages = json_object_get(root, "messages");
	struct gt_str state = gt_json_member(root, "state");

	if (gt_json_int(root, "flow_record", 0) != FLOW_RECORD_VERSION ||
		!copy_text(r->adapter, sizeof(r->adapter), gt_json_member(root, "adapter")) ||
		!copy_text(r->plan_digest, sizeof(r->plan_digest), gt_json_member(root, "plan")) ||
		!gt_base64_decode(gt_json_member(root, "cursor"), r->cursor, sizeof(r->cursor),
			&r->cursor_len))
		return false;
	r->epoch = count(root, "epoch");
	r->next_seq = count(root, "next_seq");
	r->retired = gt_str_eq(state, GT_LIT("retired"));
	r->read = count(rows, "read");
	r->accepted = count(rows, "accepted");
	r->rejected = count(rows, "rejected");
	r->filtered = count(rows, "filtered");
	r->unchanged = count(rows, "unchanged");
	r->published = count(messages, "published");
	r->fan_out = count(messages, "fan_out");
	r->last_record_us = gt_json_int(root, "last_record_us", 0);
	return r->next_seq > 0 && fill_pause(json_object_get(root, "paused"), &r->pause) &&
	       (r->retired || gt_str_eq(state, GT_LIT("active")));
}

bool gt_flow_record_parse(struct gt_str value, struct gt_flow_record *record, struct gt_err *err)
{
	struct gt_flow_record r = {.adapter = ""};
	json_t *root = gt_json_load(value, err);
	bool ok;

	if (!root)
		return false;
	ok = fill(root, &r);
	json_decref(root);
	if (!ok)
		return gt_fail(err, GT_E_STATE_UNREADABLE, "flow record");
	*record = r;
	return true;
}
