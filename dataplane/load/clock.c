/* SPDX-License-Identifier: Apache-2.0 */
#include "clock.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#define CALIBRATION_STEP_NS (10 * NS_PER_MS)
#define CALIBRATION_STEPS_MAX 20
/* What two readings may leave unknown of a rate. */
#define RATE_ERROR_PPM 10
/* Enough tries that at least one is not interrupted, even on a busy machine. */
#define READING_TRIES 64

struct clock_rate clock_rate;

static bool counter_is_invariant(void)
{
#if defined(__x86_64__)
    /* Intel SDM 18.17.1, AMD APM 3 E.4.7: CPUID 8000_0007h, EDX bit 8. */
    unsigned a, b, c, d;
    return __get_cpuid(0x80000007, &a, &b, &c, &d) && (d & (1u << 8));
#elif defined(__aarch64__)
    /* Arm ARM D12: the system counter runs at a fixed frequency, in every power state. */
    return true;
#else
    return false;
#endif
}

/* Of several tries the one in which least time passed between the two readings of the counter around that of the
 * clock: its middle is nearest to the instant of the clock. */
static struct clock_reading read_both(clockid_t id, uint64_t (*counter)(void))
{
    struct clock_reading best = {.width = UINT64_MAX};

    for (int i = 0; i < READING_TRIES; i++) {
        uint64_t before = counter();
        uint64_t ns = clock_ns(id);
        uint64_t width = counter() - before;
        if (width < best.width)
            best = (struct clock_reading){.ticks = before + width / 2, .ns = ns, .width = width};
    }
    return best;
}

struct clock_reading clock_read_both(void)
{
    return read_both(CLOCK_MONOTONIC_RAW, clock_counter);
}

/* Whether two readings tell the counter's rate to RATE_ERROR_PPM: each may be off by half its width. */
static bool tell_rate(const struct clock_reading *a, const struct clock_reading *b)
{
    return b->ticks > a->ticks && b->ns > a->ns &&
           (unsigned __int128)(a->width + b->width) * 1000000 <=
               (unsigned __int128)(b->ticks - a->ticks) * 2 * RATE_ERROR_PPM;
}

static void pause_calibration(void)
{
    struct timespec pause = {.tv_nsec = CALIBRATION_STEP_NS};

    while (nanosleep(&pause, &pause) != 0)
        ;
}

void clock_calibrate(void)
{
    clock_rate = (struct clock_rate){.counter = false, .hz = NS_PER_SECOND};

    if (counter_is_invariant()) {
        struct clock_reading a = clock_read_both(), b = a;
        for (int step = 0; step < CALIBRATION_STEPS_MAX && !tell_rate(&a, &b); step++) {
            pause_calibration();
            b = clock_read_both();
        }
        if (b.ticks > a.ticks && b.ns > a.ns) {
            unsigned __int128 ticks = b.ticks - a.ticks;
            clock_rate.counter = true;
            clock_rate.hz = (uint64_t)((ticks * NS_PER_SECOND + (b.ns - a.ns) / 2) / (b.ns - a.ns));
        }
    }
    clock_rate.ns_per_tick = (uint64_t)(((unsigned __int128)NS_PER_SECOND << 32) / clock_rate.hz);
}

bool clock_drift_ppm(const struct clock_reading *begin, const struct clock_reading *end, double *ppm)
{
    if (!clock_rate.counter || !tell_rate(begin, end))
        return false;
    double expected = (double)(end->ns - begin->ns) * (double)clock_rate.hz / (double)NS_PER_SECOND;
    *ppm = ((double)(end->ticks - begin->ticks) / expected - 1) * 1e6;
    return true;
}

uint64_t clock_ticks_at(uint64_t monotonic_ns)
{
    struct clock_reading now = read_both(CLOCK_MONOTONIC, clock_ticks);

    if (monotonic_ns >= now.ns)
        return now.ticks + clock_ns_to_ticks(monotonic_ns - now.ns);
    return now.ticks - clock_ns_to_ticks(now.ns - monotonic_ns);
}
