/* memory.h: a publisher in this process's memory with real transactions: records of aborted or open
 * transactions are hidden from committed readers, a newer gt_tx fences the older. For preview and
 * for tests of everything above, with faults to order. Any thread. */
#ifndef GT_PUBLISH_MEMORY_H
#define GT_PUBLISH_MEMORY_H

#include "publisher.h"

struct gt_publisher *gt_publisher_memory(int state_partitions);

enum gt_memory_fault {
	GT_FAULT_NONE,
	GT_FAULT_BEFORE_BEGIN, /* commit fails, nothing written */
	GT_FAULT_LOST, /* everything produced, EndTxn never arrived: aborted, result not ok */
	GT_FAULT_UNKNOWN_DONE, /* EndTxn done on the broker, but the caller hears an error */
	GT_FAULT_REPORT, /* a delivery report fails: result blames the part of `nth` message */
	GT_FAULT_SLOW,   /* done, but it took long */
	GT_FAULT_DOWN    /* open, read and commit fail with RETRY until it is cleared */
};
/* The next commit meets the fault (DOWN: everything until NONE is set). nth: see REPORT. */
void gt_memory_fault(struct gt_publisher *publisher, enum gt_memory_fault fault, size_t nth);
/* Refuses, without a name, every commit that holds a message whose value contains `text`; NULL = no
 * more. Lives until then. */
void gt_memory_refuse(struct gt_publisher *publisher, const char *text);
/* All records are gone, as if Kafka had lost its disks. */
void gt_memory_forget(struct gt_publisher *publisher);
/* Committed records of a topic, by partition and offset; views valid until the publisher is freed.
 */
size_t gt_memory_records(
	struct gt_publisher *publisher, struct gt_str topic_name, const struct gt_seen **records);

#endif
