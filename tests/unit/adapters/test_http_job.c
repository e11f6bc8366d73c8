#include "http.h"

#include "http_pull.h"
#include "unit.h"

int main(void)
{
	return 0;
}
