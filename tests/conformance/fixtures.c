#include "fixture.h"

extern const struct fixture fixture_counter, fixture_file_lines, fixture_http_pages, fixture_http_links;

const struct fixture *const fixtures[] = {
	&fixture_counter, &fixture_file_lines, &fixture_http_pages, &fixture_http_links};
const size_t fixture_count = sizeof fixtures / sizeof *fixtures;
