#include "fixture.h"

extern const struct fixture fixture_counter, fixture_file_lines, fixture_file_blocks,
	fixture_file_csv, fixture_file_csv_gb, fixture_file_json, fixture_file_jsonl,
	fixture_file_xml, fixture_http_pages, fixture_http_links, fixture_http_windows,
	fixture_http_rooms, fixture_http_export, fixture_sftp;

const struct fixture *const fixtures[] = {&fixture_counter, &fixture_file_lines,
	&fixture_file_blocks, &fixture_file_csv, &fixture_file_csv_gb, &fixture_file_json,
	&fixture_file_jsonl, &fixture_file_xml, &fixture_http_pages, &fixture_http_links,
	&fixture_http_windows, &fixture_http_rooms, &fixture_http_export, &fixture_sftp};
const size_t fixture_count = sizeof fixtures / sizeof *fixtures;
