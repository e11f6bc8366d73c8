/* Dates: total; what was read is a real moment whose canonical text reads as the same. */
#include "date.h"
#include "fuzz_words.h"
#include "gt_assert.h"

static void one(struct gt_str in, bool time, int zone)
{
	struct gt_when when, again;
	uint64_t flags = 0;
	char text[GT_TIME_TEXT_MAX];
	size_t n;

	if (gt_date_parse(&fuzz_words, in, time, zone, &when, &flags) != GT_DATED)
		return;
	n = when.precision == GT_MONTHS ? gt_months_write(text, when.value, when.months)
	    : time                      ? gt_time_write(text, when.value, zone, when.precision)
					: gt_date_write(text, when.value, when.precision);
	GT_ASSERT(n <= sizeof text);
	/* A placeholder that came as an epoch number is a placeholder only once it is written. */
	enum gt_dated dated =
		gt_date_parse(&fuzz_words, gt_str(text, n), time, zone, &again, &flags);
	GT_ASSERT(dated == GT_DATED || dated == GT_DATED_EMPTY || when.precision == GT_YEAR);
	GT_ASSERT(dated != GT_DATED || again.value == when.value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gt_str in = {(const char *)data, size};

	for (int zone = -720; zone <= 840; zone += 390) {
		one(in, false, zone);
		one(in, true, zone);
	}
	return 0;
}
