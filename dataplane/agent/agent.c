/* SPDX-License-Identifier: Apache-2.0 */
/* The far end of a host; PROTOCOL.md is the specification. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "process.h"

#define VERSION 1
/* The asking side asks for something every second; it is gone if it has not for so long. */
#define SILENCE_MS 30000
/* Of answers that wait to be read: processes are not read any further then. */
#define QUEUED_MAX (1u << 20)
#define READ_MAX 65536

enum exit_code { EXIT_DONE = 0, EXIT_FAULT = 1 };

struct agent {
    struct connection connection;
    struct processes processes;
};

static void done(struct agent *a, const struct frame *request, const void *bytes, size_t length)
{
    connection_send(&a->connection, request->id, "done", bytes, length);
}

static void failed(struct agent *a, const struct frame *request, int error)
{
    connection_send(&a->connection, request->id, "failed", strerror(error), strlen(strerror(error)));
}

static void read_file(struct agent *a, const struct frame *request)
{
    struct buffer file = {0};
    int fd = open(request->bytes, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : 1;

    /* Files of /proc do not tell their size. */
    while (n > 0) {
        n = read(fd, buffer_room(&file, READ_MAX), READ_MAX);
        if (n > 0)
            file.end += (size_t)n;
    }
    if (n < 0)
        failed(a, request, errno);
    else
        done(a, request, file.bytes, buffer_length(&file));
    if (fd >= 0)
        close(fd);
    buffer_free(&file);
}

static int write_all(int fd, const char *bytes, size_t length)
{
    /* At least once: a kernel knob may be given nothing. */
    do {
        ssize_t n = write(fd, bytes, length);
        if (n < 0 && errno != EINTR)
            return errno;
        if (n > 0) {
            bytes += n;
            length -= (size_t)n;
        }
    } while (length > 0);
    return 0;
}

static void write_file(struct agent *a, const struct frame *request, int flags)
{
    const char *path = request->bytes;
    size_t head = strlen(path) + 1;

    if (head > request->length) {
        failed(a, request, EINVAL);
        return;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0644);
    int error = fd < 0 ? errno : write_all(fd, path + head, request->length - head);
    /* Some file systems say only now that there was no room. */
    if (fd >= 0 && close(fd) < 0 && error == 0)
        error = errno;
    if (error != 0)
        failed(a, request, error);
    else
        done(a, request, NULL, 0);
}

static void list_folder(struct agent *a, const struct frame *request)
{
    DIR *folder = opendir(request->bytes);
    struct buffer names = {0};

    if (folder == NULL) {
        failed(a, request, errno);
        return;
    }
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            buffer_add(&names, entry->d_name, strlen(entry->d_name) + 1);
    closedir(folder);
    done(a, request, names.bytes, buffer_length(&names));
    buffer_free(&names);
}

static uint64_t clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t clock_ms(void)
{
    return clock_ns() / 1000000u;
}

static void tell_clock(struct agent *a, const struct frame *request)
{
    char text[32];
    int n = snprintf(text, sizeof(text), "%" PRIu64, clock_ns());

    done(a, request, text, (size_t)n);
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
    else if (strcmp(word, "read") == 0)
        read_file(a, request);
    else if (strcmp(word, "write") == 0)
        write_file(a, request, O_TRUNC);
    else if (strcmp(word, "append") == 0)
        write_file(a, request, O_APPEND);
    else if (strcmp(word, "list") == 0)
        list_folder(a, request);
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

/* Serves until the other side is gone; returns why, or null where it has just closed the connection. */
static const char *serve(struct agent *a, int child_fd)
{
    struct pollfd *fds = NULL;
    uint64_t asked_ms = clock_ms();

    for (;;) {
        size_t count = a->processes.count;
        fds = realloc(fds, (3 + 3 * count) * sizeof(*fds));
        if (fds == NULL)
            abort();
        bool full = buffer_length(&a->connection.out) > QUEUED_MAX;
        fds[0] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
        fds[1] = (struct pollfd){.fd = child_fd, .events = POLLIN};
        fds[2] = (struct pollfd){.fd = buffer_length(&a->connection.out) > 0 ? STDOUT_FILENO : -1, .events = POLLOUT};
        processes_poll(&a->processes, fds + 3, full);
        if (poll(fds, (nfds_t)(3 + 3 * count), SILENCE_MS) < 0)
            continue;
        if (fds[0].revents != 0)
            asked_ms = clock_ms();
        else if (clock_ms() - asked_ms >= SILENCE_MS)
            return "nothing was asked for 30 s";
        processes_serve(&a->processes, fds + 3);
        struct signalfd_siginfo info;
        while (read(child_fd, &info, sizeof(info)) == sizeof(info))
            ;
        processes_reap(&a->processes);
        if (fds[0].revents != 0 && !connection_fill(&a->connection))
            return NULL;
        if (!obey_all(a))
            return "a request is not of the protocol";
        if (!connection_flush(&a->connection))
            return NULL;
    }
}

static int watch_children(void)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Answers of commands are parsed, and must not be translated; tools such as `ip` live where a user does not look. */
static void set_environment(void)
{
    const char *path = getenv("PATH");
    char search[4096];

    snprintf(search, sizeof(search), "%s:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin",
             path ? path : "");
    setenv("PATH", search, 1);
    setenv("LC_ALL", "C", 1);
    umask(022);
    if (chdir("/") < 0)
        abort();
}

int main(int argc, char **argv)
{
    static struct agent agent;
    int child_fd = watch_children();
    char hello[32];

    if (argc == 3) {
        unlink(argv[1]);
        rmdir(argv[2]);
    }
    /* A connection that is cut shows where it is written to. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    set_environment();
    fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
    fcntl(STDOUT_FILENO, F_SETFL, O_NONBLOCK);
    agent.processes.connection = &agent.connection;
    connection_send(&agent.connection, 0, "hello", hello,
                    (size_t)snprintf(hello, sizeof(hello), "%d %d", VERSION, getpid()));
    const char *fault = connection_flush(&agent.connection) ? serve(&agent, child_fd) : NULL;
    processes_kill_all(&agent.processes);
    if (fault != NULL)
        fprintf(stderr, "hostagent: %s\n", fault);
    return fault == NULL ? EXIT_DONE : EXIT_FAULT;
}
