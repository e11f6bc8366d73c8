/* parcel.c: batches and parcels: where their memory comes from and goes to. */
#include "flow_internal.h"

#include <stdlib.h>

#define KEEP_BYTES (4u << 20) /* arena blocks that a spare batch keeps warm */

void gt_parcels_init(struct gt_parcels *list)
{
	list->first = NULL;
	list->end = &list->first;
	list->n = 0;
}

void gt_parcels_push(struct gt_parcels *list, struct gt_parcel *parcel)
{
	parcel->next = NULL;
	*list->end = parcel;
	list->end = &parcel->next;
	list->n++;
}

struct gt_parcel *gt_parcels_pop(struct gt_parcels *list)
{
	struct gt_parcel *parcel = list->first;

	if (!parcel)
		return NULL;
	list->first = parcel->next;
	if (!list->first)
		list->end = &list->first;
	list->n--;
	return parcel;
}

struct gt_batch *gt_batch_take(struct gt_runtime *runtime, size_t *reserved)
{
	struct gt_batch *batch = NULL;

	if (!gt_budget_take(&runtime->budget, GT_BATCH_ARENA_MAX))
		return NULL;
	*reserved = GT_BATCH_ARENA_MAX;
	pthread_mutex_lock(&runtime->lock);
	if (runtime->spare_n > 0)
		batch = runtime->spare[--runtime->spare_n];
	pthread_mutex_unlock(&runtime->lock);
	return batch ? batch : gt_batch_new(GT_BATCH_ARENA_MAX);
}

void gt_batch_give(struct gt_runtime *runtime, struct gt_batch *batch, size_t reserved)
{
	gt_arena_reset(&batch->arena, KEEP_BYTES);
	gt_budget_give(&runtime->budget, reserved);
	pthread_mutex_lock(&runtime->lock);
	if (runtime->spare_n < sizeof(runtime->spare) / sizeof(runtime->spare[0])) {
		runtime->spare[runtime->spare_n++] = batch;
		batch = NULL;
	}
	pthread_mutex_unlock(&runtime->lock);
	gt_batch_free(batch);
}

void gt_parcel_free(struct gt_parcel *parcel)
{
	gt_batch_give(parcel->flow->runtime, parcel->batch, parcel->reserved);
	gt_stamp_unref(parcel->stamp);
	free(parcel);
}
