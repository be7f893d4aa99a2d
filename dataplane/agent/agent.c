/* SPDX-License-Identifier: Apache-2.0 */
/* The far end of a host; PROTOCOL.md is the specification. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "process.h"
#include "workers.h"

#define VERSION 2
/* The asking side asks for something every second; it is gone if it has not for so long. */
#define SILENCE_MS 30000
/* Of answers that wait to be read: processes are not read any further then. */
#define QUEUED_MAX (1u << 20)

enum exit_code { EXIT_DONE = 0, EXIT_FAULT = 1 };

struct agent {
    struct connection connection;
    struct processes processes;
    struct workers workers;
};

static void tell_clock(struct agent *a, const struct frame *request)
{
    char text[32];
    int n = snprintf(text, sizeof(text), "%" PRIu64, clock_ns());

    connection_send(&a->connection, request->id, "done", text, (size_t)n);
}

/* False where the request is not of the protocol. */
static bool obey(struct agent *a, const struct frame *request)
{
    const char *word = request->word;

    if (strcmp(word, "exec") == 0)
        processes_exec(&a->processes, request);
    else if (strcmp(word, "input") == 0)
        processes_input(&a->processes, request);
    else if (strcmp(word, "close") == 0)
        processes_close(&a->processes, request);
    else if (strcmp(word, "signal") == 0)
        processes_signal(&a->processes, request);
    else if (files_know(word))
        workers_ask(&a->workers, request);
    else if (strcmp(word, "abandon") == 0)
        workers_abandon(&a->workers, request->id);
    else if (strcmp(word, "clock") == 0)
        tell_clock(a, request);
    else
        return false;
    return true;
}

static bool obey_all(struct agent *a)
{
    struct frame request;
    int found;

    while ((found = connection_next(&a->connection, &request)) > 0)
        if (!obey(a, &request))
            return false;
    return found == 0;
}

/* Empties the queue of signals; the number of one that wants us to end, or 0. */
static int told_to_end(int signal_fd)
{
    struct signalfd_siginfo info;
    int number = 0;

    while (read(signal_fd, &info, sizeof(info)) == sizeof(info))
        if (info.ssi_signo != SIGCHLD)
            number = (int)info.ssi_signo;
    return number;
}

enum { FD_IN, FD_SIGNALS, FD_OUT, FDS_OWN };

/* Waits until there is something to do. */
static struct pollfd *wait_for_work(struct agent *a, struct pollfd *fds, int signal_fd)
{
    size_t count = FDS_OWN + a->workers.count + 3 * a->processes.count;
    bool waiting = buffer_length(&a->connection.out) > 0;
    bool full = buffer_length(&a->connection.out) > QUEUED_MAX;

    fds = realloc(fds, count * sizeof(*fds));
    if (fds == NULL)
        abort();
    fds[FD_IN] = (struct pollfd){.fd = a->connection.in_fd, .events = POLLIN};
    fds[FD_SIGNALS] = (struct pollfd){.fd = signal_fd, .events = POLLIN};
    fds[FD_OUT] = (struct pollfd){.fd = waiting ? a->connection.out_fd : -1, .events = POLLOUT};
    workers_poll(&a->workers, fds + FDS_OWN);
    processes_poll(&a->processes, fds + FDS_OWN + a->workers.count, full);
    int wait_ms = workers_wait_ms(&a->workers);
    if (poll(fds, (nfds_t)count, wait_ms < 0 ? SILENCE_MS : wait_ms) < 0)
        for (size_t i = 0; i < count; i++)
            fds[i].revents = 0;
    return fds;
}

/* Serves until the other side is gone; returns why, or null where it has just closed the connection. */
static const char *serve(struct agent *a, int signal_fd)
{
    struct pollfd *fds = NULL;
    uint64_t asked_ms = clock_ms();

    for (;;) {
        fds = wait_for_work(a, fds, signal_fd);
        if (fds[FD_IN].revents != 0)
            asked_ms = clock_ms();
        else if (clock_ms() - asked_ms >= SILENCE_MS)
            return "nothing was asked for 30 s";
        if (told_to_end(signal_fd) != 0)
            return "a signal has ended it";
        processes_serve(&a->processes, fds + FDS_OWN + a->workers.count);
        workers_serve(&a->workers, fds + FDS_OWN);
        processes_reap(&a->processes);
        if (fds[FD_IN].revents != 0 && !connection_fill(&a->connection))
            return NULL;
        if (!obey_all(a))
            return "a request is not of the protocol";
        if (!connection_flush(&a->connection))
            return NULL;
    }
}

static int watch_signals(void)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Answers of commands are parsed, and must not be translated; tools such as `ip` live where a user does not look. */
static void set_environment(bool stays)
{
    const char *path = getenv("PATH");
    char search[4096];

    snprintf(search, sizeof(search), "%s:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin",
             path ? path : "");
    setenv("PATH", search, 1);
    setenv("LC_ALL", "C", 1);
    if (stays)
        return;
    umask(022);
    if (chdir("/") < 0)
        abort();
}

int main(int argc, char **argv)
{
    static struct agent agent;
    int signal_fd = watch_signals();
    char hello[32];

    if (argc == 3) {
        unlink(argv[1]);
        rmdir(argv[2]);
    }
    /* A connection that is cut shows where it is written to. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    set_environment(argc == 2 && strcmp(argv[1], "here") == 0);
    fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
    fcntl(STDOUT_FILENO, F_SETFL, O_NONBLOCK);
    /* What has left its group and lost its parent becomes ours, and is found at the end. */
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    agent.connection.in_fd = STDIN_FILENO;
    agent.connection.out_fd = STDOUT_FILENO;
    agent.processes.connection = &agent.connection;
    agent.workers.connection = &agent.connection;
    connection_send(&agent.connection, 0, "hello", hello,
                    (size_t)snprintf(hello, sizeof(hello), "%d %d", VERSION, getpid()));
    const char *fault = connection_flush(&agent.connection) ? serve(&agent, signal_fd) : NULL;
    processes_kill_all(&agent.processes);
    if (fault != NULL)
        fprintf(stderr, "hostagent: %s\n", fault);
    return fault == NULL ? EXIT_DONE : EXIT_FAULT;
}
