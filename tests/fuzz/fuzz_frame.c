/* Any bytes as what an isolated adapter's child says: errors and batches. What is accepted is
 * within its limits and is written back to be read the same. */
#include "catalogue.h"
#include "gt_assert.h"
#include "isolate.h"

#include <guantong/charset.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FIELDS 3u
#define ROWS 50u
#define ARENA (1u << 20)

static void error(struct gt_str bytes)
{
	struct gt_wire in = {bytes, false};
	struct gt_err err = {0};
	char text[4096];

	if (!gt_frame_get_error(&in, &err))
		return;
	GT_ASSERT(err.class >= GT_RETRY && err.class <= GT_NOTE);
	GT_ASSERT(gt_utf8_bad(gt_cstr(gt_err_text(&err, text, sizeof(text)))) == SIZE_MAX);
}

static void look(const struct gt_batch *batch)
{
	GT_ASSERT(batch->row_count <= ROWS && batch->arena.used <= ARENA);
	for (size_t i = 0; i < batch->row_count; i++) {
		const struct gt_row *row = &batch->rows[i];

		GT_ASSERT(row->document < batch->document_count && row->raw.n <= GT_RECORD_MAX);
		GT_ASSERT((row->values == NULL) == (row->bad != NULL));
		for (size_t k = 0; row->values && k < FIELDS; k++)
			if (row->values[k].kind == GT_TEXT)
				GT_ASSERT(gt_utf8_bad(gt_value_str(&row->values[k])) == SIZE_MAX);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gt_str bytes = gt_str((const char *)data, size);
	struct gt_wire in = {bytes, false};
	struct gt_batch *batch = gt_batch_new(ARENA), *again = gt_batch_new(ARENA);
	struct gt_buf out, twice;

	error(bytes);
	gt_batch_reset(batch, FIELDS, ROWS, GT_BATCH_RAW_MAX);
	gt_buf_init(&out, GT_FRAME_MAX);
	gt_buf_init(&twice, GT_FRAME_MAX);
	if (gt_frame_get_batch(&in, batch)) {
		look(batch);
		gt_frame_put_batch(&out, batch);
		in = (struct gt_wire){gt_buf_str(&out), false};
		gt_batch_reset(again, FIELDS, ROWS, GT_BATCH_RAW_MAX);
		if (gt_frame_get_batch(&in, again)) { /* no room: documents are now told apart */
			gt_frame_put_batch(&twice, again);
			GT_ASSERT(gt_str_eq(gt_buf_str(&out), gt_buf_str(&twice)));
		}
	}
	gt_buf_fini(&out);
	gt_buf_fini(&twice);
	gt_batch_free(batch);
	gt_batch_free(again);
	return 0;
}
