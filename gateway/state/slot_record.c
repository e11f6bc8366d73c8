/* slot_record.c: the slot's own record as JSON. */
#include "flow_record.h"

#include "io.h"
#include "json_read.h"

#include <inttypes.h>

#define SLOT_RECORD_VERSION 1

void gt_slot_record_write(const struct gt_slot_record *record, struct gt_buf *out)
{
	char hash[65];

	gt_hex(hash, record->manifest_hash, 32);
	gt_buf_addf(out,
		"{\"slot_record\":%d,\"owner\":\"%s\",\"generation\":%" PRIu64
		",\"number\":%" PRIu64 ",\"manifest\":\"%s\",\"frontier\":\"%s\","
		"\"partitions\":%u}",
		SLOT_RECORD_VERSION, record->owner, record->generation, record->number, hash,
		record->frontier, record->partitions);
}

static bool fill(const json_t *root, struct gt_slot_record *r)
{
	struct gt_str owner = gt_json_member(root, "owner");
	struct gt_str frontier = gt_json_member(root, "frontier");
	int64_t generation = gt_json_int(root, "generation", -1);
	int64_t number = gt_json_int(root, "number", -1);
	int64_t partitions = gt_json_int(root, "partitions", 0);

	if (gt_json_int(root, "slot_record", 0) != SLOT_RECORD_VERSION ||
		owner.n >= sizeof(r->owner) || frontier.n >= sizeof(r->frontier) ||
		generation < 0 || number < 0 || partitions < 1 ||
		!gt_unhex(r->manifest_hash, 32, gt_json_member(root, "manifest")))
		return false;
	memcpy(r->owner, owner.p, owner.n);
	memcpy(r->frontier, frontier.p, frontier.n);
	r->generation = (uint64_t)generation;
	r->number = (uint64_t)number;
	r->partitions = (unsigned)partitions;
	return true;
}

bool gt_slot_record_parse(struct gt_str value, struct gt_slot_record *record, struct gt_err *err)
{
	struct gt_slot_record r = {.owner = ""};
	json_t *root = gt_json_load(value, err);
	bool ok;

	if (!root)
		return false;
	ok = fill(root, &r);
	json_decref(root);
	if (!ok)
		return gt_fail(err, GT_E_STATE_UNREADABLE, "slot record");
	*record = r;
	return true;
}
