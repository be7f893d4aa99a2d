/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far the counters of this machine's CPUs may be apart, which is the error of a one-way delay between two of them.
 *
 * Two threads, each on a CPU of its own, play ping-pong through shared memory. What the second one's counter reads was
 * read between two readings of the first one's; so the offset lies between their differences, and within what all
 * rounds agree on. The first CPU that we may use is compared with each other one. Prints one JSON object:
 *
 *     {"v":1,"type":"clock-error","cpus":2,"round_trip_ns":…,"offset_ns":[lower,upper],"error_ns":…}
 *
 * error_ns is the largest absolute offset possible, of all CPUs; null where the counter is not fit to be a clock, or
 * where the CPUs are so busy that there was no round.
 */
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "load/clock.h"
#include "load/counters.h"

#define ROUNDS 2000
/* A thread that is not scheduled is not waited for longer. */
#define PATIENCE_NS (50 * NS_PER_MS)

/* The ball: each side writes to a cache line of its own. */
struct game {
    _Alignas(CACHE_LINE) uint64_t ping; /* number of the round; atomic */
    _Alignas(CACHE_LINE) uint64_t pong; /* of the last round answered; atomic */
    uint64_t read;                      /* the second one's counter in that round */
    _Alignas(CACHE_LINE) bool over;     /* atomic */
    int cpu;                            /* of the second one */
};

/* What is known of the offset of the second one's counter to the first one's, in ticks. */
struct bounds {
    int64_t lower, upper;
    uint64_t round_trip, rounds;
};

/* The counter, read neither before what stands before it nor after what stands behind it. */
static uint64_t read_in_order(void)
{
#if defined(__x86_64__)
    _mm_lfence();
    uint64_t ticks = clock_counter();
    _mm_lfence();
    return ticks;
#elif defined(__aarch64__)
    __asm__ volatile("isb" ::: "memory");
    uint64_t ticks = clock_counter();
    __asm__ volatile("isb" ::: "memory");
    return ticks;
#else
    return clock_counter();
#endif
}

static bool pin(int cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET((size_t)cpu, &set);
    return sched_setaffinity(0, sizeof(set), &set) == 0;
}

static void *answer(void *arg)
{
    struct game *g = arg;
    uint64_t round = 0;

    if (!pin(g->cpu))
        return NULL;
    while (!__atomic_load_n(&g->over, __ATOMIC_RELAXED)) {
        uint64_t ping = __atomic_load_n(&g->ping, __ATOMIC_ACQUIRE);
        if (ping == round)
            continue;
        round = ping;
        g->read = read_in_order();
        __atomic_store_n(&g->pong, round, __ATOMIC_RELEASE);
    }
    return NULL;
}

/* Plays one round. Whether it came to an end in time. */
static bool play_round(struct game *g, uint64_t round, uint64_t give_up, struct bounds *b)
{
    uint64_t before = read_in_order();
    __atomic_store_n(&g->ping, round, __ATOMIC_RELEASE);
    while (__atomic_load_n(&g->pong, __ATOMIC_ACQUIRE) != round) {
        if (clock_counter() > give_up)
            return false;
    }
    uint64_t after = read_in_order();

    int64_t lower = (int64_t)(g->read - after), upper = (int64_t)(g->read - before);
    if (lower > b->lower)
        b->lower = lower;
    if (upper < b->upper)
        b->upper = upper;
    if (after - before < b->round_trip)
        b->round_trip = after - before;
    b->rounds++;
    return true;
}

static struct bounds compare_with(int cpu)
{
    static struct game game;
    struct bounds b = {INT64_MIN, INT64_MAX, UINT64_MAX, 0};
    pthread_t thread;

    memset(&game, 0, sizeof(game));
    game.cpu = cpu;
    if (pthread_create(&thread, NULL, answer, &game) != 0)
        return b;
    uint64_t give_up = clock_counter() + clock_ns_to_ticks(PATIENCE_NS);
    for (uint64_t round = 1; round <= ROUNDS && play_round(&game, round, give_up, &b); round++)
        ;
    __atomic_store_n(&game.over, true, __ATOMIC_RELAXED);
    pthread_join(thread, NULL);
    return b;
}

static int64_t ticks_to_ns(int64_t ticks)
{
    return ticks < 0 ? -(int64_t)clock_ticks_to_ns((uint64_t)-ticks) : (int64_t)clock_ticks_to_ns((uint64_t)ticks);
}

static int64_t magnitude(const struct bounds *b)
{
    return -b->lower > b->upper ? -b->lower : b->upper;
}

int main(void)
{
    struct bounds worst = {0, 0, 0, 0};
    cpu_set_t allowed;
    int first = -1, cpus = 0;
    bool known = true;

    clock_calibrate();
    if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
        CPU_ZERO(&allowed);
    for (int cpu = 0; cpu < CPU_SETSIZE && clock_rate.counter && known; cpu++) {
        if (!CPU_ISSET((size_t)cpu, &allowed))
            continue;
        cpus++;
        if (first < 0) {
            first = cpu;
            known = pin(cpu);
            continue;
        }
        struct bounds b = compare_with(cpu);
        known = b.rounds > 0;
        if (known && magnitude(&b) > magnitude(&worst))
            worst = b;
    }
    printf("{\"v\":1,\"type\":\"clock-error\",\"cpus\":%d,", cpus);
    if (known && clock_rate.counter)
        printf("\"round_trip_ns\":%" PRIu64 ",\"offset_ns\":[%" PRId64 ",%" PRId64 "],\"error_ns\":%" PRId64 "}\n",
               clock_ticks_to_ns(worst.round_trip), ticks_to_ns(worst.lower), ticks_to_ns(worst.upper),
               ticks_to_ns(magnitude(&worst)));
    else
        printf("\"round_trip_ns\":null,\"offset_ns\":null,\"error_ns\":null}\n");
    return 0;
}
