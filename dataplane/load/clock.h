/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The clock of the packet path: the CPU's own counter, read in a few nanoseconds and the same on every CPU of a host.
 *
 * Where that counter does not run at a constant rate, a tick is a nanosecond of CLOCK_MONOTONIC_RAW instead; nothing
 * but the cost of a reading changes.
 */
#ifndef VSW_CLOCK_H
#define VSW_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

#define NS_PER_SECOND UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)

/* Filled in by clock_calibrate(), constant afterwards. */
struct clock_rate {
    bool counter;         /* ticks are those of the CPU's counter */
    uint64_t hz;          /* ticks per second */
    uint64_t ns_per_tick; /* 32.32 fixed point */
};
extern struct clock_rate clock_rate;

/* Measures the counter against CLOCK_MONOTONIC_RAW, to 10 ppm; takes 10 ms, and up to 200 where the machine is so busy,
 * or its clock so slow to read, that it has to. Call it once, before any other thread runs. */
void clock_calibrate(void);

/* Two clocks read at the same instant, or nearly: the counter read `ticks` at an instant of the other that is off by
 * half of `width` ticks at the most. */
struct clock_reading {
    uint64_t ticks, ns, width;
};

/* The counter and CLOCK_MONOTONIC_RAW, in some microseconds. */
struct clock_reading clock_read_both(void);

/* How much faster the counter ran between two readings than its calibrated rate says, in millionths. False where ticks
 * are not the counter's, or the readings are too close to one another to tell to 10 ppm. */
bool clock_drift_ppm(const struct clock_reading *begin, const struct clock_reading *end, double *ppm);

static inline uint64_t clock_ns(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (uint64_t)t.tv_sec * NS_PER_SECOND + (uint64_t)t.tv_nsec;
}

/* The counter itself, whether it is fit to be a clock or not. */
static inline uint64_t clock_counter(void)
{
#if defined(__x86_64__)
    return __rdtsc();
#elif defined(__aarch64__)
    uint64_t ticks;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
#else
    return 0;
#endif
}

/* Ticks now, from an origin that all processes of a host share. */
static inline uint64_t clock_ticks(void)
{
    return __builtin_expect(clock_rate.counter, 1) ? clock_counter() : clock_ns(CLOCK_MONOTONIC_RAW);
}

static inline uint64_t clock_ticks_to_ns(uint64_t ticks)
{
    return (uint64_t)(((unsigned __int128)ticks * clock_rate.ns_per_tick) >> 32);
}

static inline uint64_t clock_ns_to_ticks(uint64_t ns)
{
    return (uint64_t)((unsigned __int128)ns * clock_rate.hz / NS_PER_SECOND);
}

/* The tick at which CLOCK_MONOTONIC reads monotonic_ns; exact to the tens of nanoseconds that two readings take. */
uint64_t clock_ticks_at(uint64_t monotonic_ns);

/* Tells the CPU that this is a busy wait, to the benefit of its sibling thread. */
static inline void clock_relax(void)
{
#if defined(__x86_64__)
    _mm_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

#endif
