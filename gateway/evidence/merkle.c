/* merkle.c: RFC 6962 trees from a frontier of complete subtrees. */
#include "merkle.h"
#include "buf.h"
#include "gt_assert.h"
#include "io.h"

static void combine(struct gt_hasher *hasher, const unsigned char left[32],
	const unsigned char right[32], unsigned char out[32])
{
	unsigned char both[65] = {0x01};

	memcpy(both + 1, left, 32);
	memcpy(both + 33, right, 32);
	gt_sha256(hasher, gt_str((const char *)both, sizeof both), out);
}

void gt_merkle_add(struct gt_hasher *hasher, struct gt_merkle *tree, const unsigned char leaf[32])
{
	unsigned char node[32];
	unsigned level = 0;

	GT_ASSERT(tree->n < UINT64_MAX);
	memcpy(node, leaf, sizeof node);
	for (; tree->n >> level & 1u; level++)
		combine(hasher, tree->node[level], node, node);
	memcpy(tree->node[level], node, sizeof node);
	tree->n++;
}

void gt_merkle_root(struct gt_hasher *hasher, const struct gt_merkle *tree, unsigned char root[32])
{
	bool any = false;

	if (tree->n == 0) {
		gt_sha256(hasher, GT_LIT(""), root);
		return;
	}
	for (unsigned level = 0; level < 64; level++) {
		if ((tree->n >> level & 1u) == 0)
			continue;
		if (any)
			combine(hasher, tree->node[level], root, root);
		else
			memcpy(root, tree->node[level], 32);
		any = true;
	}
}

size_t gt_merkle_write(const struct gt_merkle *tree, char out[GT_FRONTIER_TEXT_MAX])
{
	char digits[21];
	size_t n = 0, at = sizeof digits;
	uint64_t rest = tree->n;

	do {
		digits[--at] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	memcpy(out, digits + at, sizeof digits - at);
	n = sizeof digits - at;
	out[n++] = ':';
	for (unsigned level = 64; level-- > 0;) {
		if ((tree->n >> level & 1u) == 0)
			continue;
		if (out[n - 1] != ':')
			out[n++] = ',';
		gt_hex(out + n, tree->node[level], 32);
		n += 64;
	}
	out[n] = '\0';
	return n;
}

static bool parse_count(struct gt_str text, uint64_t *count, size_t *used)
{
	uint64_t value = 0;
	size_t i = 0;

	for (; i < text.n && text.p[i] >= '0' && text.p[i] <= '9'; i++) {
		uint64_t digit = (uint64_t)(text.p[i] - '0');

		if (value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	if (i == 0 || i == text.n || text.p[i] != ':' || (text.p[0] == '0' && i > 1))
		return false;
	*count = value;
	*used = i + 1;
	return true;
}

bool gt_merkle_parse(struct gt_merkle *tree, struct gt_str text)
{
	struct gt_merkle read = {0};
	size_t at;
	bool first = true;

	if (!parse_count(text, &read.n, &at))
		return false;
	for (unsigned level = 64; level-- > 0;) {
		if ((read.n >> level & 1u) == 0)
			continue;
		if (!first && (at >= text.n || text.p[at++] != ','))
			return false;
		first = false;
		if (text.n - at < 64 || !gt_unhex(read.node[level], 32, gt_str(text.p + at, 64)))
			return false;
		at += 64;
	}
	if (at != text.n)
		return false;
	*tree = read;
	return true;
}
