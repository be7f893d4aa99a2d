/* SPDX-License-Identifier: Apache-2.0 */
#include "control.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "clock.h"

/* A sleeping thread wakes up tens of microseconds late: the rest is spent polling. */
#define START_SPIN_NS NS_PER_MS
#define COMMANDS                                                                                                       \
    "announce, announce all, start, start T, send, send T, measure, measure T, event begin, event end, next OPTIONS "  \
    "or stop"

static struct timespec to_timespec(uint64_t ns)
{
    return (struct timespec){.tv_sec = (time_t)(ns / NS_PER_SECOND), .tv_nsec = (long)(ns % NS_PER_SECOND)};
}

void control_stop(struct control *c, enum stop_cause cause)
{
    enum stop_cause none = STOP_NONE;

    pthread_mutex_lock(&c->lock);
    __atomic_compare_exchange_n(&c->stop, &none, cause, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
    __atomic_store_n(&c->news, true, __ATOMIC_RELAXED);
    /* It cannot fail: the counter holds more stops than anybody will command. */
    eventfd_write(c->stop_fd, 1);
    /* A command to stop is about the traffic as long as there is some; whoever is gone wants neither. */
    if (cause != STOP_COMMAND || c->state == CONTROL_ENDED)
        c->released = true;
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
}

static void arm(struct control *c, uint64_t start_ns)
{
    pthread_mutex_lock(&c->lock);
    /* An instant that is past would make the run begin with a debt. */
    uint64_t now = clock_ns(CLOCK_MONOTONIC);
    if (!c->armed) {
        c->armed = true;
        c->start_ns = start_ns > now ? start_ns : now;
        pthread_cond_broadcast(&c->changed);
    }
    pthread_mutex_unlock(&c->lock);
}

static void request_measure(struct control *c, uint64_t measure_ns)
{
    pthread_mutex_lock(&c->lock);
    c->measure = true;
    c->measure_ns = measure_ns;
    __atomic_store_n(&c->news, true, __ATOMIC_RELAXED);
    pthread_mutex_unlock(&c->lock);
}

static void request_send(struct control *c, uint64_t send_ns)
{
    pthread_mutex_lock(&c->lock);
    if (!c->told_to_send) {
        c->told_to_send = c->send = true;
        c->send_ns = send_ns;
        __atomic_store_n(&c->news, true, __ATOMIC_RELAXED);
    }
    pthread_mutex_unlock(&c->lock);
}

/* What is not taken yet stays news. With the lock held. */
static void tell_news(struct control *c)
{
    __atomic_store_n(&c->news, c->measure || c->send || control_stopped_by(c) != STOP_NONE, __ATOMIC_RELAXED);
}

bool control_take_send(struct control *c, uint64_t *send_ns)
{
    pthread_mutex_lock(&c->lock);
    bool send = c->send;
    c->send = false;
    *send_ns = c->send_ns;
    tell_news(c);
    pthread_mutex_unlock(&c->lock);
    return send;
}

bool control_take_measure(struct control *c, uint64_t *measure_ns)
{
    pthread_mutex_lock(&c->lock);
    bool measure = c->measure;
    c->measure = false;
    *measure_ns = c->measure_ns;
    tell_news(c);
    pthread_mutex_unlock(&c->lock);
    return measure;
}

/* Whether this is the word alone, or with an instant behind it, in nanoseconds since the epoch; 0 where there is none.
 */
static bool is_command(const char *line, const char *word, uint64_t *at_ns)
{
    char *end;
    size_t length = strlen(word);

    *at_ns = 0;
    if (strncmp(line, word, length) != 0)
        return false;
    line += length;
    if (*line == '\0')
        return true;
    if (line[0] != ' ' || line[1] < '0' || line[1] > '9')
        return false;
    errno = 0;
    *at_ns = strtoull(line + 1, &end, 10);
    return errno == 0 && *end == '\0' && *at_ns <= INT64_MAX;
}

static void request_announcement(struct control *c, bool *which)
{
    pthread_mutex_lock(&c->lock);
    *which = true;
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
}

/* What was commanded before belongs to the run that has ended. */
static void request_next(struct control *c, const char *options)
{
    eventfd_t ignored;

    pthread_mutex_lock(&c->lock);
    bool ended = c->state == CONTROL_ENDED && !c->released;
    if (ended) {
        c->state = CONTROL_WAITING;
        c->announce = c->announce_all = c->armed = c->ran = c->measure = c->told_to_send = c->send = false;
        __atomic_store_n(&c->stop, STOP_NONE, __ATOMIC_RELAXED);
        __atomic_store_n(&c->news, false, __ATOMIC_RELAXED);
        __atomic_store_n(&c->in_event, false, __ATOMIC_RELAXED);
        /* Empty where the run came to its own end. */
        eventfd_read(c->stop_fd, &ignored);
        snprintf(c->next_options, sizeof(c->next_options), "%s", options);
        c->next = true;
        pthread_cond_broadcast(&c->changed);
    }
    pthread_mutex_unlock(&c->lock);
    if (!ended)
        fprintf(stderr, "vswload: \"next\" is for after the end of a run: wait for its line \"final\"\n");
}

static void obey(struct control *c, const char *line)
{
    uint64_t at_ns;

    if (strcmp(line, "stop") == 0)
        control_stop(c, STOP_COMMAND);
    else if (strncmp(line, "next ", 5) == 0)
        request_next(c, line + 5);
    else if (strcmp(line, "event begin") == 0)
        __atomic_store_n(&c->in_event, true, __ATOMIC_RELAXED);
    else if (strcmp(line, "event end") == 0)
        __atomic_store_n(&c->in_event, false, __ATOMIC_RELAXED);
    else if (strcmp(line, "announce") == 0)
        request_announcement(c, &c->announce);
    else if (strcmp(line, "announce all") == 0)
        request_announcement(c, &c->announce_all);
    else if (is_command(line, "start", &at_ns))
        arm(c, c->epoch_ns + at_ns);
    else if (is_command(line, "send", &at_ns))
        request_send(c, c->epoch_ns + at_ns);
    else if (is_command(line, "measure", &at_ns))
        request_measure(c, c->epoch_ns + at_ns);
    else
        fprintf(stderr, "vswload: unknown command \"%s\": give " COMMANDS "\n", line);
}

/* The part of a line that has been read so far. */
struct line {
    char text[COMMAND_MAX];
    size_t len;
    bool too_long;
};

static void add_character(struct control *c, struct line *line, char character)
{
    if (character != '\n') {
        if (line->len < COMMAND_MAX - 1)
            line->text[line->len++] = character;
        else
            line->too_long = true;
        return;
    }
    line->text[line->len] = '\0';
    if (line->too_long)
        fprintf(stderr, "vswload: command too long: give " COMMANDS "\n");
    else if (line->len > 0)
        obey(c, line->text);
    line->len = 0;
    line->too_long = false;
}

/* Reads what there is; false at the end of the input. A last line may lack its end. */
static bool read_commands(struct control *c, struct line *line)
{
    char buffer[256];
    ssize_t n = read(STDIN_FILENO, buffer, sizeof(buffer));

    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return true;
    for (ssize_t i = 0; i < n; i++)
        add_character(c, line, buffer[i]);
    if (n > 0)
        return true;
    add_character(c, line, '\n');
    return false;
}

static void *listen_to_commands(void *arg)
{
    struct control *c = arg;
    struct line line = {.len = 0};
    struct pollfd fds[2] = {
        {.fd = STDIN_FILENO, .events = POLLIN},
        {.fd = c->signal_fd, .events = POLLIN},
    };

    for (;;) {
        if (poll(fds, 2, -1) < 0)
            continue;
        if (fds[1].revents & POLLIN) {
            struct signalfd_siginfo info;
            if (read(c->signal_fd, &info, sizeof(info)) == sizeof(info))
                control_stop(c, STOP_SIGNAL);
        }
        if (fds[0].revents != 0 && !read_commands(c, &line)) {
            control_stop(c, STOP_EOF);
            fds[0].fd = -1;
        }
    }
    return NULL;
}

static int init_waiting(struct control *c)
{
    pthread_condattr_t attributes;
    int error = pthread_condattr_init(&attributes);

    if (error == 0)
        error = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    if (error == 0)
        error = pthread_cond_init(&c->changed, &attributes);
    if (error == 0)
        error = pthread_mutex_init(&c->lock, NULL);
    pthread_condattr_destroy(&attributes);
    return -error;
}

int control_open(struct control *c, uint64_t epoch_ns)
{
    pthread_t thread;
    sigset_t signals;

    memset(c, 0, sizeof(*c));
    c->epoch_ns = epoch_ns;
    int error = init_waiting(c);
    if (error < 0)
        return error;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    error = pthread_sigmask(SIG_BLOCK, &signals, NULL);
    if (error != 0)
        return -error;
    /* A reader that has gone shows as EPIPE where it is written to. */
    signal(SIGPIPE, SIG_IGN);
    c->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    c->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (c->signal_fd < 0 || c->stop_fd < 0)
        return -errno;

    error = pthread_create(&thread, NULL, listen_to_commands, c);
    if (error != 0)
        return -error;
    /* It waits for commands until the program exits. */
    pthread_detach(thread);
    return 0;
}

/* With the lock held, which is given up for as long as the announcement takes. */
static int wait_armed(struct control *c, int (*announce)(void *arg, bool all), void *arg)
{
    int error = 0;

    while (error >= 0 && !c->armed && control_stopped_by(c) == STOP_NONE) {
        if (!c->announce && !c->announce_all) {
            pthread_cond_wait(&c->changed, &c->lock);
            continue;
        }
        bool all = c->announce_all;
        c->announce = c->announce_all = false;
        pthread_mutex_unlock(&c->lock);
        error = announce(arg, all);
        pthread_mutex_lock(&c->lock);
    }
    return error;
}

int control_wait_start(struct control *c, int (*announce)(void *arg, bool all), void *arg)
{
    pthread_mutex_lock(&c->lock);
    int error = wait_armed(c, announce, arg);
    if (error < 0) {
        pthread_mutex_unlock(&c->lock);
        return error;
    }
    while (c->armed && clock_ns(CLOCK_MONOTONIC) + START_SPIN_NS < c->start_ns && control_stopped_by(c) == STOP_NONE) {
        struct timespec wake = to_timespec(c->start_ns - START_SPIN_NS);
        pthread_cond_timedwait(&c->changed, &c->lock, &wake);
    }
    bool start = c->armed && clock_ns(CLOCK_MONOTONIC) + START_SPIN_NS >= c->start_ns;
    if (start) {
        c->state = CONTROL_RUNNING;
        c->ran = true;
    }
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
    return start;
}

void control_end(struct control *c)
{
    pthread_mutex_lock(&c->lock);
    c->ended_ns = clock_ns(CLOCK_MONOTONIC);
    if (!c->ran)
        c->start_ns = c->ended_ns;
    c->state = CONTROL_ENDED;
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
}

bool control_wait_next(struct control *c, char options[COMMAND_MAX])
{
    pthread_mutex_lock(&c->lock);
    while (!c->released && !c->next)
        pthread_cond_wait(&c->changed, &c->lock);
    bool next = c->next;
    c->next = false;
    memcpy(options, c->next_options, COMMAND_MAX);
    pthread_mutex_unlock(&c->lock);
    return next;
}

bool control_follow_start(struct control *c)
{
    pthread_mutex_lock(&c->lock);
    while (c->state == CONTROL_WAITING)
        pthread_cond_wait(&c->changed, &c->lock);
    bool ran = c->ran;
    pthread_mutex_unlock(&c->lock);
    return ran;
}

uint64_t control_follow_until(struct control *c, uint64_t instant_ns)
{
    struct timespec wake = to_timespec(instant_ns);
    uint64_t now = 0;

    pthread_mutex_lock(&c->lock);
    while (c->state != CONTROL_ENDED && (now = clock_ns(CLOCK_MONOTONIC)) < instant_ns)
        pthread_cond_timedwait(&c->changed, &c->lock, &wake);
    if (c->state == CONTROL_ENDED)
        now = 0;
    pthread_mutex_unlock(&c->lock);
    return now;
}
