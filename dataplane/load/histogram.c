/* SPDX-License-Identifier: Apache-2.0 */
#include "histogram.h"

#include <string.h>

void histogram_reset(struct histogram *h)
{
    memset(h, 0, sizeof(*h));
    h->min = UINT64_MAX;
}

/* The middle of a bucket's whole numbers, but never outside what was recorded. */
static uint64_t representative(const struct histogram *h, unsigned bucket)
{
    uint64_t middle = (histogram_lower_ns(bucket) + histogram_lower_ns(bucket + 1) - 1) / 2;

    if (middle < h->min)
        return h->min;
    return middle > h->max ? h->max : middle;
}

uint64_t histogram_quantile(const struct histogram *h, unsigned per_10000)
{
    uint64_t packets = h->count + h->censored;
    uint64_t rank = (uint64_t)(((unsigned __int128)packets * per_10000 + 9999) / 10000);
    unsigned end = h->censored > 0 ? histogram_bucket(h->censored_at_least) : HISTOGRAM_BUCKETS;
    uint64_t below = 0;

    for (unsigned bucket = 0; bucket < end; bucket++) {
        below += h->buckets[bucket];
        if (below >= rank)
            return representative(h, bucket);
    }
    return HISTOGRAM_UNKNOWN;
}
