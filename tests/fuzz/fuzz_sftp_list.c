/* Lines of listings: whatever a server sends, a name that is taken is a name, and reading it again
 * as part of such a line gives the same. */
#include "gt_assert.h"
#include "sftp.h"

#include <stdio.h>

static void check(struct gt_str line, bool facts)
{
	char again[2 * GT_NAME_MAX + 64];
	struct sftp_entry e = {0}, f = {0};
	if (sftp_list_line(line, facts, 1795711859, &e) != SFTP_LINE_FILE)
		return;
	GT_ASSERT(e.name.n > 0 && e.name.n <= GT_NAME_MAX);
	GT_ASSERT(!memchr(e.name.p, '/', e.name.n) && !memchr(e.name.p, '\0', e.name.n));
	GT_ASSERT(e.name.p >= line.p && e.name.p + e.name.n <= line.p + line.n);
	int n = snprintf(again, sizeof again, "type=file;size=%llu;modify=20240209000000; %.*s",
		(unsigned long long)e.size, GT_STR_ARGS(e.name));
	GT_ASSERT(sftp_list_line(gt_str(again, (size_t)n), true, 0, &f) == SFTP_LINE_FILE);
	GT_ASSERT(gt_str_eq(e.name, f.name) && e.size == f.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gt_str rest = gt_str((const char *)data, size);
	while (rest.n) {
		const char *end = memchr(rest.p, '\n', rest.n);
		size_t n = end ? (size_t)(end - rest.p) : rest.n;
		check(gt_str(rest.p, n), false);
		check(gt_str(rest.p, n), true);
		n += end ? 1 : 0;
		rest = gt_str(rest.p + n, rest.n - n);
	}
	return 0;
}
