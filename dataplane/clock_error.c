/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far the counters of this machine's CPUs may be apart, which is the error of a one-way delay between two of them.
 *
 *     clock-error [CPUS]
 *
 * Two threads, each on a CPU of its own, play ping-pong through shared memory. What the second one's counter reads was
 * read between two readings of the first one's; so the offset lies between their differences, and within what all
 * rounds agree on. The first of the CPUs ("0-3,8"; all that we may use) is compared with each other one, from which
 * follows what may lie between any two. Prints one JSON object:
 *
 *     {"v":1,"type":"clock-error","cpus":2,"round_trip_ns":…,"offset_ns":[lower,upper],"error_ns":…}
 *
 * offset_ns is that between the two CPUs that may be furthest apart, error_ns the largest absolute value that it may
 * have; round_trip_ns is the shortest round of the CPU with which it took longest. All are null where the counter is
 * not fit to be a clock, or where the CPUs are so busy that there was no round. Exits 2 where CPUS is no list of CPUs
 * that we may use.
 */
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "load/clock.h"
#include "load/counters.h"
#include "load/cpu_list.h"
#include "load/offsets.h"

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

/* What two CPUs have found out, in ticks. */
struct comparison {
    struct offset_bounds offset; /* of the second one's counter to the first one's */
    uint64_t round_trip, rounds;
};

enum exit_code { EXIT_DONE = 0, EXIT_USAGE = 2 };

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
static bool play_round(struct game *g, uint64_t round, uint64_t give_up, struct comparison *c)
{
    uint64_t before = read_in_order();
    __atomic_store_n(&g->ping, round, __ATOMIC_RELEASE);
    while (__atomic_load_n(&g->pong, __ATOMIC_ACQUIRE) != round) {
        if (clock_counter() > give_up)
            return false;
    }
    uint64_t after = read_in_order();

    int64_t lower = (int64_t)(g->read - after), upper = (int64_t)(g->read - before);
    if (lower > c->offset.lower)
        c->offset.lower = lower;
    if (upper < c->offset.upper)
        c->offset.upper = upper;
    if (after - before < c->round_trip)
        c->round_trip = after - before;
    c->rounds++;
    return true;
}

static struct comparison compare_with(int cpu)
{
    static struct game game;
    struct comparison c = {{INT64_MIN, INT64_MAX}, UINT64_MAX, 0};
    pthread_t thread;

    memset(&game, 0, sizeof(game));
    game.cpu = cpu;
    if (pthread_create(&thread, NULL, answer, &game) != 0)
        return c;
    uint64_t give_up = clock_counter() + clock_ns_to_ticks(PATIENCE_NS);
    for (uint64_t round = 1; round <= ROUNDS && play_round(&game, round, give_up, &c); round++)
        ;
    __atomic_store_n(&game.over, true, __ATOMIC_RELAXED);
    pthread_join(thread, NULL);
    return c;
}

static int64_t ticks_to_ns(int64_t ticks)
{
    return ticks < 0 ? -(int64_t)clock_ticks_to_ns((uint64_t)-ticks) : (int64_t)clock_ticks_to_ns((uint64_t)ticks);
}

/* What is known of several CPUs, in ticks. */
struct survey {
    unsigned cpus;
    struct offset_bounds to_first[CPU_SETSIZE];
    uint64_t round_trip;
    bool known;
};

/* Compares the first CPU with each other one. */
static void look_at(const cpu_set_t *cpus, struct survey *s)
{
    s->known = clock_rate.counter;
    for (int cpu = 0; cpu < CPU_SETSIZE && s->known; cpu++) {
        if (!CPU_ISSET((size_t)cpu, cpus))
            continue;
        if (s->cpus++ == 0) {
            s->known = pin(cpu);
            continue;
        }
        struct comparison c = compare_with(cpu);
        s->known = c.rounds > 0;
        s->to_first[s->cpus - 1] = c.offset;
        if (c.round_trip > s->round_trip)
            s->round_trip = c.round_trip;
    }
}

static void print(const struct survey *s)
{
    printf("{\"v\":1,\"type\":\"clock-error\",\"cpus\":%u,", s->cpus);
    if (!s->known) {
        printf("\"round_trip_ns\":null,\"offset_ns\":null,\"error_ns\":null}\n");
        return;
    }
    struct offset_bounds worst = offsets_worst_pair(s->to_first, s->cpus);
    printf("\"round_trip_ns\":%" PRIu64 ",\"offset_ns\":[%" PRId64 ",%" PRId64 "],\"error_ns\":%" PRId64 "}\n",
           clock_ticks_to_ns(s->round_trip), ticks_to_ns(worst.lower), ticks_to_ns(worst.upper),
           ticks_to_ns(offset_magnitude(&worst)));
}

/* Those that were asked for, or all that we may use. False where we may not use them. */
static bool choose_cpus(int argc, char *const *argv, cpu_set_t *cpus)
{
    cpu_set_t allowed, both;

    if (argc > 2 || sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
        return false;
    if (argc < 2) {
        *cpus = allowed;
        return true;
    }
    if (!cpu_list_parse(argv[1], cpus))
        return false;
    CPU_AND(&both, cpus, &allowed);
    return CPU_EQUAL(&both, cpus);
}

int main(int argc, char **argv)
{
    static struct survey survey;
    cpu_set_t cpus;

    if (!choose_cpus(argc, argv, &cpus)) {
        fprintf(stderr, "usage: clock-error [CPUS]\nCPUS: a list, such as 0-3,8, of CPUs that this process may use\n");
        return EXIT_USAGE;
    }
    clock_calibrate();
    look_at(&cpus, &survey);
    print(&survey);
    return EXIT_DONE;
}
