/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A histogram of delays with log-linear buckets: one for each nanosecond from 100 to 127, then 128 for each power of
 * two, so that a bucket is at most 1 % as wide as its lower end. The bounds are whole nanoseconds and the same on every
 * machine; histograms of many trials add up bucket by bucket.
 */
#ifndef VSW_HISTOGRAM_H
#define VSW_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_LOWEST_NS UINT64_C(100)
#define HISTOGRAM_HIGHEST_NS UINT64_C(10000000000)
#define HISTOGRAM_SUB_BITS 7
/* HISTOGRAM_HIGHEST_NS lies in [2^33, 2^34). */
#define HISTOGRAM_BUCKETS ((34 - HISTOGRAM_SUB_BITS + 1) << HISTOGRAM_SUB_BITS)

struct histogram {
    uint64_t count, min, max; /* min and max are exact, even out of range */
    /* Packets whose delay is not known, but that it is so long at the least. They are in nothing else here. */
    uint64_t censored, censored_at_least;
    uint64_t sum;
    double sum_squares;
    uint64_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_reset(struct histogram *h);

/* The bucket that holds a delay; those out of range go to the end buckets. */
static inline unsigned histogram_bucket(uint64_t ns)
{
    if (ns < HISTOGRAM_LOWEST_NS)
        ns = HISTOGRAM_LOWEST_NS;
    if (ns > HISTOGRAM_HIGHEST_NS)
        ns = HISTOGRAM_HIGHEST_NS;
    if (ns < 1u << HISTOGRAM_SUB_BITS)
        return (unsigned)ns;
    /* The leading bit and the HISTOGRAM_SUB_BITS below it; the leading bit carries into the octave's number. */
    unsigned octave = 63 - (unsigned)__builtin_clzll(ns) - HISTOGRAM_SUB_BITS;
    return (octave << HISTOGRAM_SUB_BITS) + (unsigned)(ns >> octave);
}

/* The lowest delay of a bucket; that of the bucket behind it is its upper bound. */
static inline uint64_t histogram_lower_ns(unsigned bucket)
{
    if (bucket < 1u << HISTOGRAM_SUB_BITS)
        return bucket;
    unsigned octave = (bucket >> HISTOGRAM_SUB_BITS) - 1;
    return (uint64_t)(bucket - (octave << HISTOGRAM_SUB_BITS)) << octave;
}

/* Counts a delay as often as packets had it. */
static inline void histogram_record(struct histogram *h, uint64_t ns, uint64_t packets)
{
    h->buckets[histogram_bucket(ns)] += packets;
    h->count += packets;
    h->sum += ns * packets;
    /* Signed numbers convert at once, and no delay needs the 64th bit. */
    double delay = (double)(int64_t)ns;
    h->sum_squares += delay * delay * (double)(int64_t)packets;
    if (ns < h->min)
        h->min = ns;
    if (ns > h->max)
        h->max = ns;
}

/* Says of packets that were never sent that they had at least this delay. */
static inline void histogram_censor(struct histogram *h, uint64_t packets, uint64_t at_least_ns)
{
    h->censored = packets;
    h->censored_at_least = at_least_ns;
}

/* No delay: the quantile is not known. */
#define HISTOGRAM_UNKNOWN UINT64_MAX

/* The delay that this many of 10 000 packets did not exceed (nearest rank, 1 to 10 000), as the middle of its bucket
 * and so within 1/256 of exact. The packets are those counted and those censored; HISTOGRAM_UNKNOWN where the rank
 * falls among delays that a censored packet may have had as well. The histogram must hold something. */
uint64_t histogram_quantile(const struct histogram *h, unsigned per_10000);

#endif
