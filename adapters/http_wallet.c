/* http_wallet.c: what logins gave, shared by all flows of this process that use one account at one
 * system. One login serves them all: systems that allow one session an account would otherwise see
 * the flows throw each other out, and a wrong password would be tried once a flow, until the
 * account is locked. */
#include "http.h"

#include <pthread.h>
#include <stdlib.h>

#define WALLETS_MAX                                                                                \
	256u /* beyond these, those that nobody uses are forgotten, the oldest first               \
	      */

struct http_wallet {
	struct http_wallet *next; /* the latest used comes first */
	unsigned char key[32];
	unsigned users;
	uint64_t generation; /* of the grant; 0 = there was none */
	bool good;           /* the grant's token may be taken */
	struct http_grant grant;
	const void *owner; /* who asks just now */
	int64_t held_until_us;
	unsigned refusals; /* one behind the other */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct http_wallet *wallets;

static void forget(struct http_wallet **at)
{
	struct http_wallet *w = *at;
	*at = w->next;
	OPENSSL_cleanse(w, sizeof(*w));
	free(w);
}

static void prune(void)
{
	size_t n = 0;
	struct http_wallet **at = &wallets;
	while (*at) {
		if (++n > WALLETS_MAX && !(*at)->users)
			forget(at);
		else
			at = &(*at)->next;
	}
}

struct http_wallet *http_wallet_open(const unsigned char key[32])
{
	pthread_mutex_lock(&lock);
	struct http_wallet **at = &wallets;
	while (*at && memcmp((*at)->key, key, sizeof((*at)->key)) != 0)
		at = &(*at)->next;
	struct http_wallet *w = *at;
	if (w)
		*at = w->next;
	else
		w = calloc(1, sizeof(*w));
	if (w) {
		memcpy(w->key, key, sizeof(w->key));
		w->users++;
		w->next = wallets;
		wallets = w;
		prune();
	}
	pthread_mutex_unlock(&lock);
	return w;
}

void http_wallet_close(struct http_wallet *w, const void *owner)
{
	pthread_mutex_lock(&lock);
	if (w->owner == owner)
		w->owner = NULL;
	w->users--;
	pthread_mutex_unlock(&lock);
}

static bool alive(const struct http_wallet *w, int64_t now)
{
	return w->good && (!w->grant.dies_us || now < w->grant.dies_us);
}

enum http_want http_wallet_want(struct http_wallet *w, const void *owner, struct http_grant *grant,
	uint64_t *generation, int64_t *left_s)
{
	int64_t now = gt_host_monotonic_us();
	enum http_want want = HTTP_WANT_YOURS;
	pthread_mutex_lock(&lock);
	if (alive(w, now) && w->generation != *generation) {
		*grant = w->grant;
		*generation = w->generation;
		want = HTTP_WANT_THERE;
	} else if (w->held_until_us > now) {
		*left_s = (w->held_until_us - now) / 1000000 + 1;
		want = HTTP_WANT_HELD;
	} else if (w->owner && w->owner != owner) {
		want = HTTP_WANT_ELSEWHERE;
	} else {
		w->owner = owner;
		/* What another flow renewed last is what renews it now. */
		memcpy(grant->refresh, w->grant.refresh, sizeof(grant->refresh));
	}
	pthread_mutex_unlock(&lock);
	return want;
}

void http_wallet_keep(struct http_wallet *w, const struct http_grant *grant, uint64_t *generation)
{
	pthread_mutex_lock(&lock);
	w->grant = *grant;
	w->good = true;
	w->owner = NULL;
	w->held_until_us = 0;
	*generation = ++w->generation;
	pthread_mutex_unlock(&lock);
}

void http_wallet_accepted(struct http_wallet *w)
{
	pthread_mutex_lock(&lock);
	w->refusals = 0;
	pthread_mutex_unlock(&lock);
}

void http_wallet_drop(struct http_wallet *w, uint64_t generation, bool refresh)
{
	pthread_mutex_lock(&lock);
	if (w->generation == generation) {
		w->good = false;
		if (refresh)
			OPENSSL_cleanse(w->grant.refresh, sizeof(w->grant.refresh));
	}
	pthread_mutex_unlock(&lock);
}

void http_wallet_release(struct http_wallet *w, const void *owner, bool refused)
{
	pthread_mutex_lock(&lock);
	if (w->owner == owner)
		w->owner = NULL;
	if (refused) {
		w->good = false;
		w->held_until_us = gt_host_monotonic_us() + (HTTP_HELD_US << w->refusals);
		w->refusals += w->refusals < HTTP_HELD_DOUBLES;
	}
	pthread_mutex_unlock(&lock);
}
