/* module.c: an adapter that is only loaded, in one right and several wrong forms (-DMODULE_…). */
#include <guantong/adapter.h>

struct state {
	int64_t unused;
};

__attribute__((unused)) static bool open_(
	void *self, struct gt_host *host, struct gt_str cursor, struct gt_err *err)
{
	(void)self;
	(void)host;
	(void)cursor;
	(void)err;
	return true;
}

static enum gt_poll poll_(
	void *self, struct gt_batch *batch, const struct gt_limits *limits, struct gt_err *err)
{
	(void)self;
	(void)batch;
	(void)limits;
	(void)err;
	return GT_POLL_END;
}

static void close_(void *self)
{
	(void)self;
}

static const struct gt_option options[] = {{0}};

#ifndef MODULE_ABI
#define MODULE_ABI GT_ADAPTER_ABI
#endif
#ifndef MODULE_SIZE
#define MODULE_SIZE sizeof(struct gt_adapter)
#endif
#ifndef MODULE_SYMBOL
#define MODULE_SYMBOL MODULE_ID
#endif
#ifndef MODULE_OPEN
#define MODULE_OPEN open_
#endif
#define STRING(x) #x
#define TEXT(x) STRING(x)
#define JOIN(a, b) a##b
#define NAME(id) JOIN(guantong_adapter_, id)

__attribute__((visibility("default"))) extern const struct gt_adapter NAME(MODULE_SYMBOL);
const struct gt_adapter NAME(MODULE_SYMBOL) = {.abi = MODULE_ABI,
	.struct_size = MODULE_SIZE,
	.name = TEXT(MODULE_ID),
	.summary = "a module for tests",
	.summary_zh = "测试用模块",
	.self_size = sizeof(struct state),
	.options = options,
	.open = MODULE_OPEN,
	.poll = poll_,
	.close = close_};
