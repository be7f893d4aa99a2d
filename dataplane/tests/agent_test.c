/* SPDX-License-Identifier: Apache-2.0 */
/* What a host's agent does about files and processes, without the connection: requests go in, answers are looked at as
 * they are queued. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../agent/process.h"
#include "../agent/workers.h"
#include "test.h"

/* Only what hangs takes it. */
#define PATIENCE_MS 60000
#define REQUESTS 500
#define ARGUMENTS 10000

static struct connection answers;
static struct workers workers = {.connection = &answers};
static struct processes processes = {.connection = &answers};
static char folder[] = "/tmp/vswbench-test-XXXXXX";
/* The answer taken last. */
static struct frame answer;

/* What is queued as answers becomes what is read. */
static bool next_answer(void)
{
    buffer_add(&answers.in, answers.out.bytes ? buffer_first(&answers.out) : "", buffer_length(&answers.out));
    buffer_drop(&answers.out, buffer_length(&answers.out));
    return connection_next(&answers, &answer) > 0;
}

/* Serves workers and processes until there is an answer. */
static bool wait_for_answer(void)
{
    struct pollfd fds[256];

    for (;;) {
        if (next_answer())
            return true;
        size_t count = workers.count + 3 * processes.count;
        int wait_ms = workers_wait_ms(&workers);
        workers_poll(&workers, fds);
        processes_poll(&processes, fds + workers.count, false);
        const struct pollfd *of_processes = fds + workers.count;
        /* Without a signal descriptor the end of a process is looked for. */
        if (processes.count > 0)
            wait_ms = 1;
        if (poll(fds, (nfds_t)count, wait_ms < 0 ? PATIENCE_MS : wait_ms) == 0 && wait_ms < 0)
            return false;
        processes_serve(&processes, of_processes);
        workers_serve(&workers, fds);
        if (processes.count > 0)
            processes_reap(&processes);
    }
}

static void ask(uint64_t id, const char *word, const char *bytes, size_t length)
{
    struct frame request = {.id = id, .length = length, .bytes = bytes};

    strcpy(request.word, word);
    workers_ask(&workers, &request);
}

static bool is_answer(uint64_t id, const char *word, const char *bytes)
{
    return answer.id == id && strcmp(answer.word, word) == 0 && strcmp(answer.bytes, bytes) == 0;
}

static const char *in_folder(const char *name)
{
    static char path[256];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static void test_files(void)
{
    char put[300];
    int head = snprintf(put, sizeof(put), "%s", in_folder("file")) + 1;

    /* Asked at once, for one path: done in their order. */
    for (uint64_t id = 0; id < REQUESTS; id++) {
        put[head] = (char)('a' + id % 26);
        put[head + 1] = '\0';
        ask(id, "append", put, (size_t)head + 1);
    }
    ask(REQUESTS, "read", put, strlen(put));
    for (uint64_t id = 0; id < REQUESTS; id++)
        CHECK(wait_for_answer() && is_answer(id, "done", ""));
    CHECK(wait_for_answer() && answer.id == REQUESTS);
    CHECK_EQUAL(answer.length, REQUESTS);
    for (size_t i = 0; i < answer.length; i++)
        CHECK_EQUAL((unsigned char)answer.bytes[i], 'a' + i % 26);
    CHECK_EQUAL(workers.count, 1);

    ask(1, "list", folder, strlen(folder));
    CHECK(wait_for_answer() && is_answer(1, "done", "file"));
    ask(2, "read", in_folder("none"), strlen(in_folder("none")));
    CHECK(wait_for_answer() && is_answer(2, "failed", strerror(ENOENT)));
    CHECK(mkfifo(in_folder("pipe"), 0600) == 0);
    ask(3, "read", in_folder("pipe"), strlen(in_folder("pipe")));
    CHECK(wait_for_answer() && is_answer(3, "failed", strerror(ENXIO)));
}

static void test_abandoned(void)
{
    size_t length = strlen(in_folder("file"));

    /* Of one path: the second waits for the first. */
    ask(1, "read", in_folder("file"), length);
    ask(2, "read", in_folder("file"), length);
    workers_abandon(&workers, 2);
    CHECK(next_answer() && is_answer(2, "failed", strerror(ETIMEDOUT)));
    workers_abandon(&workers, 1);
    CHECK(next_answer() && is_answer(1, "failed", strerror(ETIMEDOUT)));
    CHECK_EQUAL(workers.count, 0);
    /* Answered, or never asked. */
    workers_abandon(&workers, 1);
    CHECK(!next_answer());
    ask(3, "read", in_folder("file"), length);
    CHECK(wait_for_answer() && answer.id == 3 && strcmp(answer.word, "done") == 0);
}

static void execute(uint64_t id, const char *arguments, size_t length)
{
    struct frame request = {.id = id, .word = "exec", .length = length, .bytes = arguments};

    processes_exec(&processes, &request);
    CHECK(next_answer() && answer.id == id);
}

static void test_arguments(void)
{
    static const char count[] = "sh\0-c\0echo $#\0sh";
    struct buffer all = {0};

    buffer_add(&all, count, sizeof(count));
    for (int i = 0; i < ARGUMENTS; i++)
        buffer_add(&all, "", 1);
    buffer_room(&all, 1)[0] = '\0';
    execute(7, buffer_first(&all), buffer_length(&all));
    CHECK(strcmp(answer.word, "started") == 0);
    CHECK(wait_for_answer() && is_answer(7, "out", "10000\n"));
    CHECK(wait_for_answer() && is_answer(7, "ended", "0"));
    buffer_free(&all);
}

/* One in a session of its own, whose parent ends, is ours then; it goes with the rest. */
static void test_nothing_is_left(void)
{
    static const char orphan[] = "sh\0-c\0setsid sleep 600 >/dev/null 2>&1 & exec sleep 600";

    execute(8, orphan, sizeof(orphan));
    CHECK(strcmp(answer.word, "started") == 0);
    processes_kill_all(&processes);
    CHECK(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
}

int main(void)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    signal(SIGPIPE, SIG_IGN);
    if (mkdtemp(folder) == NULL)
        return 1;
    test_files();
    test_abandoned();
    test_arguments();
    test_nothing_is_left();
    unlink(in_folder("file"));
    unlink(in_folder("pipe"));
    rmdir(folder);
    return test_end("agent_test");
}
