/* endpoint.h: whom a URL connects to, for `doctor`. */
#ifndef ADAPTERS_ENDPOINT_H
#define ADAPTERS_ENDPOINT_H

#include <guantong/adapter.h>

#define GT_ENDPOINT_URL_MAX 8192u

/* Host, port (the scheme's where the URL has none) and whether TLS begins with the first byte, of
 * an http, https, sftp, ftp or ftps URL. ca: see struct gt_endpoint. False: it is none, *endpoint
 * is unspecified. Pure. */
bool gt_endpoint_of(
	struct gt_str url, struct gt_str ca, struct gt_endpoint *endpoint) GT_MUST_CHECK;

#endif
