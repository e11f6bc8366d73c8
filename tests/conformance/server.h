/* server.h: an HTTP server for tests that says whatever it is told to, right or wrong, byte for
 * byte. One thread; one connection at a time, kept alive; loopback, a free port. */
#ifndef TESTS_SERVER_H
#define TESTS_SERVER_H

#include <guantong/str.h>

struct server;

struct request {
	struct server *server;
	int fd;
	unsigned number;              /* 1 = the first that this server gets */
	char method[8], target[4096]; /* path and query, as sent */
	char headers[8192];           /* all lines */
	char body[8192];
	bool hang_up; /* set: close the connection behind the answer */
};

/* Called for every request, on the server's thread; answers by the functions below. */
typedef void answer_fn(void *arg, struct request *request);

/* port 0 = a free one. */
struct server *server_start(answer_fn *answer, void *arg, unsigned port);
void server_stop(struct server *server); /* also ends what is being sent */
unsigned server_port(const struct server *server);
unsigned server_requests(const struct server *server);
/* From here on nothing is answered; connections stay open. */
void server_stall(struct server *server);
bool server_stopping(const struct server *server);

void send_raw(struct request *request, const char *bytes, size_t n);
/* extra: further header lines, each with \r\n; "" = none. A Date is sent unless extra has one. */
void send_answer(struct request *request, int status, const char *type, const char *extra,
	struct gt_str body);
void send_json(struct request *request, const char *json); /* 200 application/json */

/* The value of a query parameter as sent, or none. Names are compared as sent. */
struct gt_str query_text(const struct request *request, const char *name, char *out, size_t size);
long query_number(const struct request *request, const char *name, long none);

#endif
