/* rate.c: a small table searched from end to end; it is asked once per message, never per record.
 */
#include "rate.h"
#include "hash.h"

static uint64_t key_of(int tag, struct gt_str label)
{
	const uint64_t seed[2] = {(uint64_t)tag, 0};
	uint64_t key = gt_siphash13(seed, label);

	return key ? key : 1;
}

static struct gt_rate_slot *slot_for(struct gt_rate *rate, uint64_t key)
{
	struct gt_rate_slot *oldest = &rate->slots[0];

	for (size_t i = 0; i < GT_RATE_SLOTS; i++) {
		struct gt_rate_slot *slot = &rate->slots[i];

		if (slot->key == key)
			return slot;
		if (oldest->key != 0 && (slot->key == 0 || slot->since_us < oldest->since_us))
			oldest = slot;
	}
	return oldest;
}

bool gt_rate_admit(struct gt_rate *rate, int tag, struct gt_str label, int64_t now_us)
{
	uint64_t key = key_of(tag, label);
	struct gt_rate_slot *slot = slot_for(rate, key);

	if (slot->key != key || now_us - slot->since_us >= rate->window_us) {
		*slot = (struct gt_rate_slot){.key = key, .since_us = now_us, .tag = tag};
		if (label.n > 0)
			memcpy(slot->label, label.p,
				label.n < GT_RATE_LABEL_MAX ? label.n : GT_RATE_LABEL_MAX - 1);
	}
	if (slot->shown < rate->most) {
		slot->shown++;
		return true;
	}
	slot->suppressed++;
	return false;
}

bool gt_rate_overdue(struct gt_rate *rate, int64_t now_us, struct gt_rate_slot *slot)
{
	for (size_t i = 0; i < GT_RATE_SLOTS; i++) {
		struct gt_rate_slot *s = &rate->slots[i];

		if (s->suppressed > 0 && now_us - s->since_us >= rate->window_us) {
			*slot = *s;
			*s = (struct gt_rate_slot){0};
			return true;
		}
	}
	return false;
}
