/* Numbers: total; the rest is a part of the input; what fits fits again as its own lexeme. */
#include "fuzz_words.h"
#include "gt_assert.h"
#include "json_write.h"
#include "number.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gt_str in = {(const char *)data, size};
	struct gt_number number, again;
	int64_t value, same;
	bool rounded;
	char text[32];

	if (!gt_number_parse(&fuzz_words, in, &number))
		return 0;
	GT_ASSERT(number.rest.n < size || size == 0);
	GT_ASSERT(number.rest.p >= in.p && number.rest.p + number.rest.n <= in.p + in.n);
	for (unsigned scale = 0; scale <= 12; scale += 3) {
		if (!gt_number_scale(&number, 1, 1, scale, &value, &rounded))
			continue;
		struct gt_str lexeme = {
			text, (size_t)(gt_json_put_decimal(text, value, scale) - text)};
		GT_ASSERT(gt_number_parse(&fuzz_words, lexeme, &again) && again.rest.n == 0);
		GT_ASSERT(gt_number_scale(&again, 1, 1, scale, &same, &rounded) && same == value &&
			  !rounded);
	}
	static const int64_t ratios[][2] = {{INT64_MAX, 3}, {1, INT64_MAX}};
	for (size_t i = 0; i < 2; i++)
		if (gt_number_scale(&number, ratios[i][0], ratios[i][1], 6, &value, &rounded))
			GT_ASSERT(value > INT64_MIN);
	for (int i = 0; i < 3 && gt_number_multiplier(&fuzz_words, &number);)
		i++;
	return 0;
}
