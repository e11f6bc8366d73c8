/* resume.c: `guantong resume`: paused, stopped or waiting flows are tried now. */
#include "order.h"

int gt_cmd_resume(const struct gt_verb *verb, int argc, char **argv)
{
	return gt_order_flows(verb, argc, argv, NULL);
}
