/* SPDX-License-Identifier: Apache-2.0 */
#include "clock.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#define CALIBRATION_NS (10 * NS_PER_MS)
/* Enough tries that at least one is not interrupted, even on a busy machine. */
#define READING_TRIES 64

struct clock_rate clock_rate;

/* Two clocks read at the same instant. */
struct reading {
    uint64_t ticks, ns;
};

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
static struct reading read_both(clockid_t id, uint64_t (*counter)(void))
{
    struct reading best = {0, 0};
    uint64_t narrowest = UINT64_MAX;

    for (int i = 0; i < READING_TRIES; i++) {
        uint64_t before = counter();
        uint64_t ns = clock_ns(id);
        uint64_t width = counter() - before;
        if (width < narrowest) {
            narrowest = width;
            best = (struct reading){before + width / 2, ns};
        }
    }
    return best;
}

void clock_calibrate(void)
{
    clock_rate = (struct clock_rate){.counter = false, .hz = NS_PER_SECOND};

    if (counter_is_invariant()) {
        struct reading a = read_both(CLOCK_MONOTONIC_RAW, clock_counter);
        struct timespec pause = {.tv_nsec = CALIBRATION_NS};
        while (nanosleep(&pause, &pause) != 0)
            ;
        struct reading b = read_both(CLOCK_MONOTONIC_RAW, clock_counter);
        if (b.ticks > a.ticks && b.ns > a.ns) {
            unsigned __int128 ticks = b.ticks - a.ticks;
            clock_rate.counter = true;
            clock_rate.hz = (uint64_t)((ticks * NS_PER_SECOND + (b.ns - a.ns) / 2) / (b.ns - a.ns));
        }
    }
    clock_rate.ns_per_tick = (uint64_t)(((unsigned __int128)NS_PER_SECOND << 32) / clock_rate.hz);
}

uint64_t clock_ticks_at(uint64_t monotonic_ns)
{
    struct reading now = read_both(CLOCK_MONOTONIC, clock_ticks);

    if (monotonic_ns >= now.ns)
        return now.ticks + clock_ns_to_ticks(monotonic_ns - now.ns);
    return now.ticks - clock_ns_to_ticks(now.ns - monotonic_ns);
}
