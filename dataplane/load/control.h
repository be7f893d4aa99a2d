/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a run as the outside commands it: waiting, started at an instant, stopped, ended.
 *
 * One thread reads standard input and the signals. The polling thread waits for it before the run, and reads no more
 * than one flag during the run. The sampling thread follows along.
 */
#ifndef VSW_CONTROL_H
#define VSW_CONTROL_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "counters.h"

enum stop_cause { STOP_NONE, STOP_COMMAND, STOP_SIGNAL, STOP_EOF };

enum control_state { CONTROL_WAITING, CONTROL_RUNNING, CONTROL_ENDED };

/* A line of standard input with its end. */
#define COMMAND_MAX 160

struct control {
    /* Atomic; alone on their line, which is read once a burst. A source looks at nothing else until there is news. */
    _Alignas(CACHE_LINE) bool news;
    enum stop_cause stop;
    bool in_event; /* atomic: something happens around, and what arrives meanwhile is counted apart */
    _Alignas(CACHE_LINE) pthread_mutex_t lock; /* guards all that follows */
    pthread_cond_t changed;
    enum control_state state;
    bool announce;     /* it was commanded to announce the MAC address once more */
    bool announce_all; /* all of them, where there are several */
    bool armed;        /* a start was commanded, for start_ns of CLOCK_MONOTONIC */
    bool ran;          /* and happened */
    bool released;     /* nobody needs the port any more */
    bool next;         /* another run was commanded, with these options, and is not taken yet */
    char next_options[COMMAND_MAX];
    uint64_t start_ns, ended_ns; /* CLOCK_MONOTONIC, as all times here */
    uint64_t epoch_ns;           /* what instants are told from */
    bool measure;                /* it was commanded to measure from measure_ns on, and that is not taken yet */
    uint64_t measure_ns;
    bool told_to_send; /* a peer, once */
    bool send;         /* and that is not taken yet */
    uint64_t send_ns;
    int signal_fd;
    int stop_fd; /* becomes readable when the run is stopped, for a polling thread that sleeps */
};

/* Takes over SIGTERM, SIGINT and SIGPIPE and starts the thread. Threads started later inherit that. 0 or a negative
 * errno. */
int control_open(struct control *c, uint64_t epoch_ns);

/* Waits for the start, and returns 1 when there is less than a millisecond left until c->start_ns; 0 if the run is
 * stopped before. Meanwhile announces when commanded to; a negative errno of that ends the waiting. */
int control_wait_start(struct control *c, int (*announce)(void *arg, bool all), void *arg);

static inline enum stop_cause control_stopped_by(const struct control *c)
{
    return __atomic_load_n(&c->stop, __ATOMIC_RELAXED);
}

/* Whether the run was stopped, or is to measure from an instant on. */
static inline bool control_has_news(const struct control *c)
{
    return __atomic_load_n(&c->news, __ATOMIC_RELAXED);
}

/* Whether it was commanded to measure, and since this was asked last; from when on, which may be past. */
bool control_take_measure(struct control *c, uint64_t *measure_ns);

/* As control_take_measure, of the command to send; the first counts. */
bool control_take_send(struct control *c, uint64_t *send_ns);

/* Stops the run, unless it was stopped already. */
void control_stop(struct control *c, enum stop_cause cause);

/* By the polling thread, when all of its results are in place: they are visible to whoever sees the end. */
void control_end(struct control *c);

/* After the end: waits until another run is commanded, and returns true with its options, or until "stop" is (once
 * more), or the input has ended or a signal has come. */
bool control_wait_next(struct control *c, char options[COMMAND_MAX]);

/* For the sampling thread: waits until the run has begun, or ended without. Returns false in the latter case. */
bool control_follow_start(struct control *c);

/* Waits until an instant of CLOCK_MONOTONIC, or for the end. Returns the time, or 0 if the run has ended: an instant
 * that is returned lies before the run's end. */
uint64_t control_follow_until(struct control *c, uint64_t instant_ns);

#endif
