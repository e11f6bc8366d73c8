/* message.h: one message as it will be produced, byte for byte. Everything it points to lives in
 * the batch's arena or in the flow's constant parts, until the outcome of its transaction is
 * resolved. */
#ifndef GT_RECORD_MESSAGE_H
#define GT_RECORD_MESSAGE_H

#include <guantong/str.h>

#define GT_HEADERS_MAX 32u

struct gt_header {
	struct gt_str name, value;
};

struct gt_headers {
	size_t n;
	const struct gt_header *v;
};

enum gt_message_kind { GT_MSG_OPEN, GT_MSG_RESTRICTED, GT_MSG_REJECT, GT_MSG_DELETED };

struct gt_message {
	struct gt_str topic;      /* full name; equal names of one flow share one pointer */
	struct gt_str key, value; /* value.p NULL = tombstone */
	const struct gt_headers *headers;
	uint64_t seq; /* dense per origin and numbering epoch */
	enum gt_message_kind kind;
	unsigned char leaf[32]; /* evidence/leaf.h */
};

#endif
