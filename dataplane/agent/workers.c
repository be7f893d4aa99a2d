/* SPDX-License-Identifier: Apache-2.0 */
#include "workers.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "clock.h"

/* A worker that has been at a request for so long is kept by it; thousands of times what a file takes as a rule. */
#define PATIENCE_MS 20
/* More than as many are not kept at once; what comes then has to wait. */
#define WORKERS_MAX 64

struct request {
    struct request *next;
    struct frame frame; /* its bytes are those below */
    char bytes[];
};

struct worker {
    struct worker *next;
    pid_t pid;
    struct connection connection;
    struct request *request; /* what it is at, or null */
    uint64_t begun_ms;
};

static void fail(struct workers *w, uint64_t id, int error)
{
    connection_send(w->connection, id, "failed", strerror(error), strlen(strerror(error)));
}

/* Nothing of the agent's stays open: a worker that the kernel keeps must not keep a connection or a pipe as well. */
static void keep_only(int fd)
{
    dup2(fd, STDIN_FILENO);
    dup2(fd, STDOUT_FILENO);
    int nowhere = open("/dev/null", O_WRONLY);
    if (nowhere >= 0)
        dup2(nowhere, STDERR_FILENO);
    if (syscall(SYS_close_range, STDERR_FILENO + 1, UINT_MAX, 0) < 0)
        for (int other = STDERR_FILENO + 1; other < sysconf(_SC_OPEN_MAX); other++)
            close(other);
}

static void work(int fd, pid_t agent)
{
    struct connection c = {.in_fd = STDIN_FILENO, .out_fd = STDOUT_FILENO};
    struct frame request;
    sigset_t none;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != agent)
        _exit(0);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    keep_only(fd);
    while (connection_fill(&c)) {
        while (connection_next(&c, &request) > 0)
            files_obey(&c, &request);
        if (!connection_flush(&c))
            break;
    }
    _exit(0);
}

/* Null where the system allows no more processes. */
static struct worker *hire(struct workers *w)
{
    pid_t agent = getpid();
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return NULL;
    pid_t pid = fork();
    if (pid == 0)
        work(ends[1], agent);
    close(ends[1]);
    struct worker *one = pid < 0 ? NULL : calloc(1, sizeof(*one));
    if (one == NULL) {
        close(ends[0]);
        return NULL;
    }
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    *one = (struct worker){.next = w->first, .pid = pid, .connection = {.in_fd = ends[0], .out_fd = ends[0]}};
    w->first = one;
    w->count++;
    return one;
}

/* A worker that is at nothing ends by itself. Whoever looks after our children reaps it. */
static void drop(struct workers *w, struct worker *one)
{
    struct worker **at = &w->first;

    while (*at != one)
        at = &(*at)->next;
    *at = one->next;
    w->count--;
    if (one->request != NULL)
        kill(one->pid, SIGKILL);
    close(one->connection.in_fd);
    connection_free(&one->connection);
    free(one->request);
    free(one);
}

static bool same_path(const struct request *a, const struct request *b)
{
    return strcmp(a->bytes, b->bytes) == 0;
}

/* An earlier request for its path is not done yet. */
static bool has_to_wait(const struct workers *w, const struct request *request)
{
    for (const struct worker *one = w->first; one != NULL; one = one->next)
        if (one->request != NULL && same_path(one->request, request))
            return true;
    for (const struct request *earlier = w->queue; earlier != request; earlier = earlier->next)
        if (same_path(earlier, request))
            return true;
    return false;
}

/* One that is at nothing; a new one where all others are kept by what they are at. */
static struct worker *find_worker(struct workers *w)
{
    uint64_t begun_ms = 0;

    for (struct worker *one = w->first; one != NULL; one = one->next) {
        if (one->request == NULL)
            return one;
        if (one->begun_ms > begun_ms)
            begun_ms = one->begun_ms;
    }
    if (w->count >= WORKERS_MAX)
        return NULL;
    if (w->count > 0 && clock_ms() - begun_ms < PATIENCE_MS) {
        w->again_ms = begun_ms + PATIENCE_MS;
        return NULL;
    }
    return hire(w);
}

static void hand(struct worker *one, struct request *request)
{
    const struct frame *frame = &request->frame;

    one->request = request;
    one->begun_ms = clock_ms();
    connection_send(&one->connection, frame->id, frame->word, request->bytes, frame->length);
    connection_flush(&one->connection);
}

static void dispatch(struct workers *w)
{
    w->again_ms = 0;
    for (struct request **at = &w->queue; *at != NULL;) {
        struct request *request = *at;
        if (has_to_wait(w, request)) {
            at = &request->next;
            continue;
        }
        struct worker *one = find_worker(w);
        if (one == NULL) {
            /* Without any worker nobody's end would call us again. */
            if (w->count == 0)
                w->again_ms = clock_ms() + PATIENCE_MS;
            return;
        }
        *at = request->next;
        hand(one, request);
    }
}

void workers_ask(struct workers *w, const struct frame *frame)
{
    struct request *request = malloc(sizeof(*request) + frame->length + 1);
    struct request **end = &w->queue;

    if (request == NULL)
        abort();
    *request = (struct request){.frame = *frame};
    memcpy(request->bytes, frame->bytes, frame->length + 1);
    while (*end != NULL)
        end = &(*end)->next;
    *end = request;
    dispatch(w);
}

void workers_abandon(struct workers *w, uint64_t id)
{
    for (struct request **at = &w->queue; *at != NULL; at = &(*at)->next) {
        struct request *request = *at;
        if (request->frame.id == id) {
            *at = request->next;
            free(request);
            fail(w, id, ETIMEDOUT);
            return;
        }
    }
    for (struct worker *one = w->first; one != NULL; one = one->next) {
        if (one->request != NULL && one->request->frame.id == id) {
            drop(w, one);
            fail(w, id, ETIMEDOUT);
            dispatch(w);
            return;
        }
    }
}

void workers_poll(const struct workers *w, struct pollfd *fds)
{
    for (const struct worker *one = w->first; one != NULL; one = one->next) {
        short events = buffer_length(&one->connection.out) > 0 ? POLLIN | POLLOUT : POLLIN;
        *fds++ = (struct pollfd){.fd = one->connection.in_fd, .events = events};
    }
}

static bool another_is_free(const struct workers *w, const struct worker *but)
{
    for (const struct worker *one = w->first; one != NULL; one = one->next)
        if (one != but && one->request == NULL)
            return true;
    return false;
}

static void serve(struct workers *w, struct worker *one)
{
    struct frame answer;

    if (!connection_flush(&one->connection) || !connection_fill(&one->connection)) {
        if (one->request != NULL)
            fail(w, one->request->frame.id, EIO);
        drop(w, one);
        return;
    }
    if (connection_next(&one->connection, &answer) <= 0)
        return;
    connection_send(w->connection, answer.id, answer.word, answer.bytes, answer.length);
    free(one->request);
    one->request = NULL;
    if (another_is_free(w, one))
        drop(w, one);
}

void workers_serve(struct workers *w, const struct pollfd *fds)
{
    for (struct worker *one = w->first, *next; one != NULL; one = next) {
        next = one->next;
        if (fds++->revents != 0)
            serve(w, one);
    }
    if (w->queue != NULL)
        dispatch(w);
}

int workers_wait_ms(const struct workers *w)
{
    if (w->again_ms == 0)
        return -1;
    uint64_t now_ms = clock_ms();
    return w->again_ms > now_ms ? (int)(w->again_ms - now_ms) : 0;
}
