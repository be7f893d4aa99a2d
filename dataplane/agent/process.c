/* SPDX-License-Identifier: Apache-2.0 */
#include "process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"

#define CHUNK 65536
/* So long what was killed is waited for; what the kernel keeps for longer is left to it. */
#define DEATH_MS 2000

static struct process *find(const struct processes *p, uint64_t id)
{
    for (struct process *one = p->first; one != NULL; one = one->next)
        if (one->id == id)
            return one;
    return NULL;
}

static void fail(struct processes *p, uint64_t id, int error)
{
    connection_send(p->connection, id, "failed", strerror(error), strlen(strerror(error)));
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* Only what is safe between fork and exec in a process of one thread. */
static void run(char *const *arguments, const int ends[3], int report, pid_t agent)
{
    sigset_t none;

    /* Our end is its end, also where nobody can tell it; we may have ended before that was said. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != agent)
        _exit(126);
    setsid();
    /* What we ignore, or were started with, is no business of the program's. */
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int fd = 0; fd < 3; fd++)
        dup2(ends[fd], fd);
    execvp(arguments[0], arguments);
    int error = errno;
    if (write(report, &error, sizeof(error)) < 0)
        _exit(126);
    _exit(127);
}

/* Our end does not block and is no business of the process's. */
static int make_pipe(int *ours, int *theirs, bool we_write)
{
    int fds[2];

    if (pipe2(fds, O_CLOEXEC) < 0)
        return -errno;
    *ours = fds[we_write ? 1 : 0];
    *theirs = fds[we_write ? 0 : 1];
    fcntl(*ours, F_SETFL, O_NONBLOCK);
    return 0;
}

/* 0, or what kept it from being started: the pipe `report` closes without a word when exec succeeds. */
static int spawn(struct process *one, char *const *arguments)
{
    int ends[3] = {-1, -1, -1}, report[2] = {-1, -1}, error = 0;
    pid_t agent = getpid();

    if (make_pipe(&one->in, &ends[0], true) < 0 || make_pipe(&one->out, &ends[1], false) < 0 ||
        make_pipe(&one->err, &ends[2], false) < 0 || pipe2(report, O_CLOEXEC) < 0)
        error = errno;
    if (error == 0) {
        one->pid = fork();
        if (one->pid == 0)
            run(arguments, ends, report[1], agent);
        if (one->pid < 0)
            error = errno;
    }
    close_fd(&report[1]);
    for (int fd = 0; fd < 3; fd++)
        close_fd(&ends[fd]);
    if (error == 0 && read(report[0], &error, sizeof(error)) == sizeof(error))
        waitpid(one->pid, NULL, 0);
    close_fd(&report[0]);
    return error;
}

static void forget(struct process *one)
{
    close_fd(&one->in);
    close_fd(&one->out);
    close_fd(&one->err);
    buffer_free(&one->input);
    free(one);
}

/* The arguments of a request, all of them, with a null behind; how many are too many is the kernel's to say. */
static char **arguments_of(const struct frame *request)
{
    const char *end = request->bytes + request->length;
    size_t count = 0;

    for (const char *at = request->bytes; at < end; at += strlen(at) + 1)
        count++;
    char **arguments = calloc(count + 1, sizeof(*arguments));
    if (arguments == NULL)
        abort();
    count = 0;
    for (const char *at = request->bytes; at < end; at += strlen(at) + 1)
        arguments[count++] = (char *)(uintptr_t)at;
    return arguments;
}

void processes_exec(struct processes *p, const struct frame *request)
{
    if (request->length == 0 || find(p, request->id) != NULL) {
        fail(p, request->id, EINVAL);
        return;
    }
    struct process *one = calloc(1, sizeof(*one));
    if (one == NULL)
        abort();
    *one = (struct process){.id = request->id, .in = -1, .out = -1, .err = -1};
    char **arguments = arguments_of(request);
    int error = spawn(one, arguments);
    free(arguments);
    if (error != 0) {
        forget(one);
        fail(p, request->id, error);
        return;
    }
    one->next = p->first;
    p->first = one;
    p->count++;
    char pid[24];
    connection_send(p->connection, one->id, "started", pid, (size_t)snprintf(pid, sizeof(pid), "%d", one->pid));
}

static void write_input(struct process *one)
{
    while (one->in >= 0 && buffer_length(&one->input) > 0) {
        ssize_t n = write(one->in, buffer_first(&one->input), buffer_length(&one->input));
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (n < 0)
            close_fd(&one->in);
        else
            buffer_drop(&one->input, (size_t)n);
    }
    if (one->close_input)
        close_fd(&one->in);
}

void processes_input(struct processes *p, const struct frame *request)
{
    struct process *one = find(p, request->id);

    /* One that has ended meanwhile needs no input. */
    if (one == NULL || one->in < 0)
        return;
    buffer_add(&one->input, request->bytes, request->length);
    write_input(one);
}

void processes_close(struct processes *p, const struct frame *request)
{
    struct process *one = find(p, request->id);

    if (one == NULL)
        return;
    one->close_input = true;
    write_input(one);
}

void processes_signal(struct processes *p, const struct frame *request)
{
    const struct process *one = find(p, request->id);
    int number = atoi(request->bytes);

    /* It is not reaped as long as we know it, so that its id, and its group's, is nobody else's. */
    if (one != NULL && number < 0)
        kill(-one->pid, -number);
    else if (one != NULL && number > 0)
        kill(one->pid, number);
}

static void tell_end(struct processes *p, const struct process *one)
{
    char text[24];

    connection_send(p->connection, one->id, "ended", text, (size_t)snprintf(text, sizeof(text), "%d", one->end));
}

/* Notes whether it has ended, and leaves it unreaped. */
static void look_at(struct process *one)
{
    siginfo_t info = {0};

    if (one->ended || waitid(P_PID, (id_t)one->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid != one->pid)
        return;
    one->ended = true;
    one->end = info.si_code == CLD_EXITED ? info.si_status : -info.si_status;
    close_fd(&one->in);
}

static bool is_known(const struct processes *p, pid_t pid)
{
    for (const struct process *one = p->first; one != NULL; one = one->next)
        if (one->pid == pid)
            return true;
    return false;
}

/* Reaps what became ours when its parent ended, and workers. Those behind one that is kept unreaped wait for that. */
static void reap_others(const struct processes *p)
{
    for (;;) {
        siginfo_t info = {0};
        if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid == 0 || is_known(p, info.si_pid))
            return;
        waitpid(info.si_pid, NULL, WNOHANG);
    }
}

void processes_reap(struct processes *p)
{
    for (struct process **at = &p->first; *at != NULL;) {
        struct process *one = *at;
        look_at(one);
        if (!one->ended || one->out >= 0 || one->err >= 0) {
            at = &one->next;
            continue;
        }
        waitpid(one->pid, NULL, 0);
        tell_end(p, one);
        *at = one->next;
        p->count--;
        forget(one);
    }
    reap_others(p);
}

void processes_poll(const struct processes *p, struct pollfd *fds, bool full)
{
    for (const struct process *one = p->first; one != NULL; one = one->next) {
        bool waiting = buffer_length(&one->input) > 0;
        *fds++ = (struct pollfd){.fd = waiting ? one->in : -1, .events = POLLOUT};
        *fds++ = (struct pollfd){.fd = full ? -1 : one->out, .events = POLLIN};
        *fds++ = (struct pollfd){.fd = full ? -1 : one->err, .events = POLLIN};
    }
}

static void pass_on(struct processes *p, const struct process *one, int *fd, const char *word)
{
    static char chunk[CHUNK];
    ssize_t n = read(*fd, chunk, sizeof(chunk));

    if (n > 0)
        connection_send(p->connection, one->id, word, chunk, (size_t)n);
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        close_fd(fd);
}

void processes_serve(struct processes *p, const struct pollfd *fds)
{
    for (struct process *one = p->first; one != NULL; one = one->next, fds += 3) {
        if (fds[0].revents != 0)
            write_input(one);
        if (fds[1].revents != 0)
            pass_on(p, one, &one->out, "out");
        if (fds[2].revents != 0)
            pass_on(p, one, &one->err, "err");
    }
}

/* Parent of a process, by /proc; 0 where it is gone. */
static pid_t parent_of(const char *pid)
{
    char path[300], text[512];
    int parent = 0;

    snprintf(path, sizeof(path), "/proc/%s/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    close_fd(&fd);
    if (n <= 0)
        return 0;
    text[n] = '\0';
    /* The name before may hold anything, a parenthesis too. */
    const char *name_end = strrchr(text, ')');
    return name_end != NULL && sscanf(name_end, ") %*c %d", &parent) == 1 ? parent : 0;
}

static void kill_children(void)
{
    DIR *folder = opendir("/proc");

    if (folder == NULL)
        return;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
        if (atoi(entry->d_name) > 0 && parent_of(entry->d_name) == getpid())
            kill(atoi(entry->d_name), SIGKILL);
    closedir(folder);
}

void processes_kill_all(const struct processes *p)
{
    uint64_t until_ms = clock_ms() + DEATH_MS;
    const struct timespec pause = {.tv_nsec = 1000000};

    for (const struct process *one = p->first; one != NULL; one = one->next)
        kill(-one->pid, SIGKILL);
    /* Children of what is killed become ours, until there are none. */
    for (;;) {
        pid_t gone;
        while ((gone = waitpid(-1, NULL, WNOHANG)) > 0)
            ;
        if (gone < 0 || clock_ms() >= until_ms)
            return;
        kill_children();
        nanosleep(&pause, NULL);
    }
}
