/* SPDX-License-Identifier: Apache-2.0 */
/* A driver that delivers whole vectors, and a role that wants fewer packets: each comes once, in order, with the time
 * at which it was delivered, and is given back once. */
#include "../io/rx_batch.h"

#include <string.h>

#include "test.h"

#define PACKETS 20000
#define VECTOR 32

struct rte_mbuf {
    uint64_t delivered_at; /* number of the call that delivered it */
    unsigned freed;
};

static struct rte_mbuf mbufs[PACKETS];
static unsigned delivered;
static uint64_t now;

/* As rte_eth_rx_burst of such a driver: nothing for fewer than a vector, and only whole ones. */
static unsigned deliver(struct rte_mbuf **packets, unsigned n, unsigned waiting)
{
    unsigned count = (n < waiting ? n : waiting) / VECTOR * VECTOR;

    for (unsigned i = 0; i < count; i++) {
        mbufs[delivered].delivered_at = now;
        packets[i] = &mbufs[delivered++];
    }
    return count;
}

static void take_back(struct rx_batch *b)
{
    unsigned n = rx_batch_take_back(b);

    for (unsigned i = 0; i < n; i++)
        b->packets[b->begin - n + i]->freed++;
}

/* The steps of a port's rx. */
static unsigned receive(struct rx_batch *b, unsigned n, unsigned waiting)
{
    take_back(b);
    if (rx_batch_is_empty(b)) {
        unsigned got = deliver(b->packets, rx_batch_ask(n), waiting);
        if (got == 0)
            return 0;
        rx_batch_fill(b, got, now);
    }
    return rx_batch_lend(b, n);
}

static void test_role(unsigned burst, bool releases)
{
    static struct rx_batch b;
    uint64_t random = burst;
    unsigned lent = 0;

    memset(&b, 0, sizeof(b));
    memset(mbufs, 0, sizeof(mbufs));
    delivered = 0;
    for (now = 1; delivered + IO_BURST_MAX <= PACKETS; now++) {
        unsigned n = receive(&b, burst, (unsigned)(test_random(&random) % (2 * IO_BURST_MAX)));
        CHECK(n <= burst);
        for (unsigned i = 0; i < n; i++, lent++) {
            CHECK(b.packets[b.begin + i] == &mbufs[lent]);
            CHECK_EQUAL(b.seen_ticks, mbufs[lent].delivered_at);
            CHECK_EQUAL(mbufs[lent].freed, 0);
        }
        if (releases)
            take_back(&b);
    }
    CHECK(lent > 0);
    take_back(&b);
    for (unsigned i = 0; i < delivered; i++)
        CHECK_EQUAL(mbufs[i].freed, i < lent);
    /* What is left for the port to free when it closes. */
    CHECK_EQUAL(b.end - b.begin, delivered - lent);
}

int main(void)
{
    static const unsigned bursts[] = {1, 2, 3, 31, 32, 33, 100, IO_BURST_MAX};

    for (size_t i = 0; i < sizeof(bursts) / sizeof(bursts[0]); i++) {
        test_role(bursts[i], true);
        test_role(bursts[i], false);
    }
    return test_end("rx_batch_test");
}
