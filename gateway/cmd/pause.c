/* pause.c: `guantong pause`: flows stop polling until they are resumed. */
#include "order.h"

int gt_cmd_pause(const struct gt_verb *verb, int argc, char **argv)
{
	const char *reason = "";

	return gt_order_flows(verb, argc, argv, &reason);
}
