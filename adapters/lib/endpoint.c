/* endpoint.c: see endpoint.h. */
#include "endpoint.h"

#include <curl/curl.h>
#include <stdlib.h>

static bool copy(char *out, size_t size, struct gt_str s)
{
	(void)gt_text(out, size, "%.*s", GT_STR_ARGS(s));
	return s.n < size;
}

static bool take(CURLU *parts, struct gt_endpoint *endpoint)
{
	char *host = NULL, *port = NULL, *scheme = NULL;
	bool ok = curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
		  curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK &&
		  curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK;
	if (ok) {
		struct gt_str name = gt_cstr(host);
		if (name.n > 2 && name.p[0] == '[') /* [::1] */
			name = gt_str(name.p + 1, name.n - 2);
		endpoint->port = (uint16_t)strtoul(port, NULL, 10);
		endpoint->tls = strcmp(scheme, "https") == 0 || strcmp(scheme, "ftps") == 0;
		ok = copy(endpoint->host, sizeof endpoint->host, name);
	}
	curl_free(host);
	curl_free(port);
	curl_free(scheme);
	return ok;
}

bool gt_endpoint_of(struct gt_str url, struct gt_str ca, struct gt_endpoint *endpoint)
{
	char text[GT_ENDPOINT_URL_MAX];
	CURLU *parts = curl_url();
	*endpoint = (struct gt_endpoint){0};
	bool ok = parts && copy(text, sizeof text, url) &&
		  curl_url_set(parts, CURLUPART_URL, text, 0) == CURLUE_OK &&
		  take(parts, endpoint) && copy(endpoint->ca, sizeof endpoint->ca, ca);
	curl_url_cleanup(parts);
	return ok;
}
