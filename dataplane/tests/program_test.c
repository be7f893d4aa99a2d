/* SPDX-License-Identifier: Apache-2.0 */
/* The program as a whole, driven through its pipes: command line, protocol, totals. VSWLOAD names the program. */
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../load/clock.h"
#include "json.h"
#include "test.h"

/* Long enough for any machine: only a program that hangs takes it. */
#define PATIENCE_MS 60000
#define LINE_MAX_BYTES (1 << 20)
#define ARGUMENTS_MAX 32
#define DAY_S UINT64_C(86400)
/* So long a kernel lets a machine have been up (KTIME_SEC_MAX / 2): 146 years, 2^62 ns. */
#define UPTIME_MAX_S ((UINT64_C(1) << 62) / NS_PER_SECOND)

struct program {
    pid_t pid;
    int in, out, err;
    char line[LINE_MAX_BYTES]; /* the line read last */
    size_t len;
    char rest[LINE_MAX_BYTES]; /* what was read behind it */
    size_t rest_len;
};

static struct program program;

/* So much longer than we think has the machine been up, for a program that is run. */
static uint64_t extra_uptime_s;

/* Becomes a child for which the machine has been up for longer, and relays its exit code; that of a namespace that this
 * process may not make is 77. */
static void shift_uptime(void)
{
    int status, fd = -1;

    if (unshare(CLONE_NEWTIME) == 0)
        fd = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
    if (fd < 0 || dprintf(fd, "monotonic %" PRIu64 " 0\n", extra_uptime_s) < 0)
        _exit(77);
    close(fd);
    pid_t child = fork();
    if (child == 0)
        return;
    _exit(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : 126);
}

/* Starts the program with these arguments, separated by blanks. Without an input it finds its descriptor closed. */
static void run_with(const char *arguments, bool has_input)
{
    static char text[512];
    char *argv[ARGUMENTS_MAX + 1] = {getenv("VSWLOAD"), NULL};
    int in[2], out[2], err[2], argc = 1;

    snprintf(text, sizeof(text), "%s", arguments);
    for (char *word = strtok(text, " "); word != NULL && argc < ARGUMENTS_MAX; word = strtok(NULL, " "))
        argv[argc++] = word;
    if (!CHECK(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0 && pipe2(err, O_CLOEXEC) == 0))
        exit(1);
    program.pid = fork();
    if (program.pid == 0) {
        if (has_input)
            dup2(in[0], STDIN_FILENO);
        else
            close(STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        dup2(err[1], STDERR_FILENO);
        if (extra_uptime_s > 0)
            shift_uptime();
        execv(argv[0], argv);
        _exit(126);
    }
    close(in[0]);
    close(out[1]);
    close(err[1]);
    program.in = in[1];
    program.out = out[0];
    program.err = err[0];
    program.rest_len = 0;
}

static void run(const char *arguments)
{
    run_with(arguments, true);
}

static void say(const char *command)
{
    CHECK(write(program.in, command, strlen(command)) == (ssize_t)strlen(command));
}

static void close_input(void)
{
    if (program.in >= 0)
        close(program.in);
    program.in = -1;
}

/* Moves the first line of rest to line. */
static bool take_line(void)
{
    char *end = memchr(program.rest, '\n', program.rest_len);

    if (end == NULL)
        return false;
    program.len = (size_t)(end - program.rest);
    memcpy(program.line, program.rest, program.len);
    program.line[program.len] = '\0';
    program.rest_len -= program.len + 1;
    memmove(program.rest, end + 1, program.rest_len);
    return true;
}

/* Reads the next line; false at the end of the output. */
static bool next_line(int fd)
{
    while (!take_line()) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        if (!CHECK(poll(&ready, 1, PATIENCE_MS) == 1)) {
            kill(program.pid, SIGKILL);
            return false;
        }
        ssize_t n = read(fd, program.rest + program.rest_len, sizeof(program.rest) - program.rest_len);
        if (n <= 0)
            return false;
        program.rest_len += (size_t)n;
    }
    return true;
}

static bool is_type(const char *type)
{
    const char *value = json_at(program.line, "type");
    size_t len = strlen(type);

    return value != NULL && strncmp(value + 1, type, len) == 0 && value[len + 1] == '"';
}

/* Reads a line of JSON, which must be of this type. */
static bool expect(const char *type)
{
    if (!CHECK(next_line(program.out)) || !CHECK(json_is_object(program.line)) ||
        !CHECK(strncmp(program.line, "{\"v\":2,", 7) == 0) || !CHECK(is_type(type))) {
        fprintf(stderr, "  wanted %s, got %.200s\n", type, program.line);
        return false;
    }
    return true;
}

static uint64_t number(const char *path)
{
    const char *value = json_at(program.line, path);

    if (!CHECK(value != NULL && *value >= '0' && *value <= '9')) {
        fprintf(stderr, "  no number %s in %.300s\n", path, program.line);
        return 0;
    }
    return strtoull(value, NULL, 10);
}

static bool is(const char *path, const char *json)
{
    const char *value = json_at(program.line, path);

    return value != NULL && strncmp(value, json, strlen(json)) == 0;
}

/* What the samples of a run said. */
struct samples {
    unsigned count;
    uint64_t first_ns, last_ns, tx_packets, rx_packets, rx_unique_packets, polls, empty_polls, cpu_ns, minor_faults;
};

/* Reads samples up to the final line, which becomes the current one. Nothing may run backwards. */
static struct samples read_to_final(void)
{
    struct samples s = {.count = 0};

    while (CHECK(next_line(program.out)) && CHECK(json_is_object(program.line)) && is_type("sample")) {
        struct samples now = {
            .count = s.count + 1,
            .first_ns = s.first_ns,
            .last_ns = number("t_ns"),
            .tx_packets = number("tx_packets"),
            .rx_packets = number("rx_packets"),
            .rx_unique_packets = number("rx_unique_packets"),
            .polls = number("polls"),
            .empty_polls = number("empty_polls"),
            .cpu_ns = number("cpu_ns"),
            .minor_faults = number("minor_faults"),
        };
        if (s.count == 0)
            now.first_ns = now.last_ns;
        CHECK(now.last_ns > s.last_ns);
        CHECK(now.tx_packets >= s.tx_packets && now.rx_packets >= s.rx_packets && now.cpu_ns >= s.cpu_ns);
        CHECK(now.rx_unique_packets >= s.rx_unique_packets && now.rx_unique_packets <= now.rx_packets);
        CHECK(now.polls >= s.polls && now.empty_polls >= s.empty_polls && now.minor_faults >= s.minor_faults);
        s = now;
    }
    CHECK(is_type("final"));
    return s;
}

/* The program ends by itself, with this code. */
static void ends(int code)
{
    int status = 0;

    close_input();
    while (next_line(program.out))
        CHECK(false); /* nothing comes after the final line */
    close(program.out);
    CHECK(waitpid(program.pid, &status, 0) == program.pid);
    if (!CHECK(WIFEXITED(status)) || !CHECK_EQUAL((uint64_t)WEXITSTATUS(status), (uint64_t)code)) {
        program.rest_len = 0;
        while (next_line(program.err))
            fprintf(stderr, "  %s\n", program.line);
    }
    close(program.err);
}

static void check_tx(bool paced)
{
    uint64_t offered = number("tx.offered_packets");

    CHECK_EQUAL(number("tx.intended_packets"),
                offered + number("tx.refused_packets") + number("tx.missed_packets") + number("tx.error_packets"));
    CHECK(number("tx.steady_offered_packets") <= offered);
    CHECK_EQUAL(number("tx.steady_intended_packets"),
                number("tx.steady_offered_packets") + number("tx.steady_given_up_packets"));
    CHECK(number("tx.steady_begin_ns") <= number("tx.steady_end_ns"));
    CHECK(number("started_ns") <= number("tx.steady_begin_ns") && number("tx.steady_end_ns") <= number("ended_ns"));
    if (!paced)
        CHECK_EQUAL(number("tx.intended_packets"), offered);
}

/* Both or neither, as the machine permits; a run has more instructions than packets. */
static void check_cost(void)
{
    if (is("cycles", "null"))
        CHECK(is("instructions", "null"));
    else
        CHECK(number("cycles") > 0 && number("instructions") > number("tx.offered_packets"));
}

static void check_rx(void)
{
    CHECK_EQUAL(number("rx.packets"), number("rx.unique_packets") + number("rx.duplicated_packets") +
                                          number("rx.corrupted_packets") + number("rx.late_packets"));
}

static void check_histogram(const char *name, uint64_t count)
{
    char path[64];

    snprintf(path, sizeof(path), "latency.%s.count", name);
    CHECK_EQUAL(number(path), count);
    snprintf(path, sizeof(path), "latency.%s.buckets", name);
    const char *at = json_at(program.line, path);
    uint64_t sum = 0, last_upper = 0;
    while (at != NULL && at[1] == '[') {
        char *end;
        uint64_t lower = strtoull(at + 2, &end, 10), upper = strtoull(end + 1, &end, 10);
        sum += strtoull(end + 1, &end, 10);
        CHECK(lower >= last_upper && upper > lower && (upper - lower) * 100 <= lower);
        last_upper = upper;
        at = end + 1;
    }
    CHECK_EQUAL(sum, count);
}

static void test_sender(const char *touch, bool paced)
{
    char arguments[256];
    uint64_t frame = 68;

    snprintf(arguments, sizeof(arguments),
             "sender --io null --size 68 --touch %s --rate %d --burst 8 --warmup-ms 20 --duration-ms 60 "
             "--cooldown-ms 20 --interval-ms 10",
             touch, paced ? 100000 : 0);
    run(arguments);
    CHECK(expect("ready") && is("role", "\"sender\"") && is("io", "\"null\"") && is("cpu", "null"));
    CHECK(is("tx_queue_bytes", "null") && is("rx_queue_bytes", "null") && is("rx_moderation", "false"));
    CHECK_EQUAL(number("pid"), (uint64_t)program.pid);
    CHECK_EQUAL(number("frame_bytes"), frame);
    CHECK_EQUAL(number("payload_bytes"), frame - 42);
    CHECK(number("ticks_hz") > 1000000);
    say("start\n");
    struct samples s = read_to_final();
    CHECK(is("stopped_by", "\"duration\"") && is("rx", "null"));
    check_tx(paced);
    check_cost();
    uint64_t started = number("started_ns"), ended = number("ended_ns");
    CHECK(s.count >= 2);
    CHECK_EQUAL(s.first_ns, started);
    CHECK_EQUAL(s.last_ns, ended);
    CHECK_EQUAL(s.tx_packets, number("tx.offered_packets"));
    CHECK_EQUAL(s.cpu_ns, number("cpu_ns"));
    CHECK_EQUAL(s.minor_faults, number("minor_faults"));
    CHECK_EQUAL(s.polls, number("polls"));
    CHECK_EQUAL(number("tx.offered_bytes"), s.tx_packets * frame);
    CHECK_EQUAL(number("tx.steady_begin_ns"), started + 20 * NS_PER_MS);
    CHECK_EQUAL(number("tx.steady_end_ns"), started + 80 * NS_PER_MS);
    if (paced) {
        CHECK_EQUAL(number("tx.intended_packets"), 10000);
        CHECK_EQUAL(number("tx.steady_intended_packets"), 6000);
        CHECK_EQUAL(number("tx.refused_packets"), 0);
    } else {
        /* None at all where the machine kept the program waiting for the whole window. */
        CHECK(number("tx.steady_offered_packets") <= number("tx.offered_packets"));
    }
    ends(0);
}

/* A hundred addresses, the first at once and the others 1 ms apart: no rate makes them be there sooner. */
static void test_announcements(const char *rate, uint64_t after_ms)
{
    char arguments[128];

    snprintf(arguments, sizeof(arguments), "sender --io null --macs 100 --announce-rate %s --duration-ms 1", rate);
    run(arguments);
    CHECK(expect("ready"));
    say("announce all\n");
    CHECK(expect("announced") && number("after_ns") >= after_ms * NS_PER_MS);
    say("start\n");
    read_to_final();
    ends(0);
}

/* `stop` and a length that never ends by itself. */
static void test_receiver(const char *touch, unsigned size)
{
    char arguments[256];

    snprintf(arguments, sizeof(arguments), "receiver --io null --drain-ms 0 --interval-ms 5 --touch %s --size %u",
             touch, size);
    run(arguments);
    CHECK(expect("ready"));
    say("start\n");
    /* The sample at the start, and one that has seen packets. */
    CHECK(expect("sample"));
    do
        CHECK(expect("sample"));
    while (number("rx_packets") == 0);
    say("stop\n");
    struct samples s = read_to_final();
    CHECK(is("stopped_by", "\"stop\"") && is("tx", "null") && is("latency.rtt_actual", "null"));
    check_rx();
    uint64_t packets = number("rx.packets");
    CHECK_EQUAL(s.rx_packets, packets);
    CHECK_EQUAL(s.rx_unique_packets, packets);
    CHECK_EQUAL(number("rx.unique_packets"), packets);
    CHECK_EQUAL(number("rx.steady_packets"), packets);
    /* What the flow was before the start is let go, up to a limit; from then on nothing is left out. */
    uint64_t before = number("rx.highest_sequence") + 1 - packets;
    CHECK(before >= 16384 && before < 16384 + 64);
    CHECK_EQUAL(number("rx.bytes"), packets * size);
    CHECK_EQUAL(number("rx.corrupted_packets") + number("rx.foreign_packets"), 0);
    CHECK_EQUAL(number("rx.unidentified_packets") + number("rx.steady_corrupted_packets"), 0);
    check_histogram("one_way_intended", packets);
    check_histogram("one_way_actual", packets);
    ends(0);
}

/* What `null` delivers is of run 0. */
static void test_other_run(void)
{
    run("receiver --io null --drain-ms 0 --interval-ms 5 --run 1");
    CHECK(expect("ready"));
    say("start\n");
    CHECK(expect("sample"));
    do
        CHECK(expect("sample"));
    while (number("polls") == 0);
    say("stop\n");
    read_to_final();
    CHECK(number("rx.foreign_packets") > 0 && is("rx.highest_sequence", "null"));
    CHECK_EQUAL(number("rx.packets") + number("rx.late_packets"), 0);
    ends(0);
}

static void test_client(const char *touch, const char *wait, unsigned size, unsigned rate)
{
    char arguments[256];

    snprintf(arguments, sizeof(arguments),
             "client --io loop --touch %s --wait %s --size %u --rate %u --burst 16 --warmup-ms 10 --duration-ms 40 "
             "--cooldown-ms 10 --drain-ms 1 --pair 200 --run 127",
             touch, wait, size, rate);
    run(arguments);
    CHECK(expect("ready") && number("tx_queue_bytes") > 0 && number("rx_queue_bytes") > 0);
    CHECK_EQUAL(number("run"), 127);
    say("start\n");
    struct samples s = read_to_final();
    CHECK(is("stopped_by", "\"duration\""));
    check_tx(rate > 0);
    check_rx();
    uint64_t offered = number("tx.offered_packets");
    CHECK(offered > 0);
    CHECK_EQUAL(s.rx_packets, offered);
    CHECK_EQUAL(number("rx.unique_packets"), offered);
    CHECK_EQUAL(number("rx.packets"), offered);
    CHECK_EQUAL(number("rx.steady_packets"), number("tx.steady_offered_packets"));
    check_histogram("rtt_intended", number("rx.steady_packets"));
    check_histogram("rtt_actual", number("rx.steady_packets"));
    CHECK(number("latency.rtt_intended.max") >= number("latency.rtt_actual.max"));
    CHECK_EQUAL(number("tx.max_debt_ns"), NS_PER_SECOND);
    CHECK_EQUAL(number("latency.rtt_intended.censored"), number("tx.steady_given_up_packets"));
    CHECK(number("latency.rtt_intended.censored") > 0 || is("latency.rtt_intended.censored_at_least", "null"));
    CHECK(is("latency.one_way_actual", "null"));
    if (rate > 0)
        CHECK_EQUAL(number("tx.intended_packets"), (rate * 60 / 1000 + 15) / 16 * 16);
    ends(0);
}

/* Behind a sender on `loop` nobody receives: the port fills up. */
static void test_refusals(bool paced)
{
    char arguments[256];

    snprintf(arguments, sizeof(arguments), "sender --io loop --rate %d --burst 33 --duration-ms 50",
             paced ? 1000000 : 0);
    run(arguments);
    CHECK(expect("ready"));
    say("start\n");
    read_to_final();
    check_tx(paced);
    CHECK_EQUAL(number("tx.offered_packets"), 2048);
    CHECK_EQUAL(number("tx.max_debt_ns"), 10 * NS_PER_MS);
    if (paced)
        CHECK_EQUAL(number("tx.steady_given_up_packets"), number("tx.intended_packets") - 2048);
    if (paced)
        CHECK_EQUAL(number("tx.intended_packets"), (50000 + 32) / 33 * 33);
    ends(0);
}

static void test_server(void)
{
    run("server --io null --drain-ms 0 --interval-ms 5 --wait yield");
    CHECK(expect("ready"));
    say("start\n");
    CHECK(expect("sample"));
    do
        CHECK(expect("sample"));
    while (number("tx_packets") == 0);
    close_input();
    read_to_final();
    CHECK(is("stopped_by", "\"eof\""));
    check_tx(false);
    check_rx();
    CHECK_EQUAL(number("tx.offered_packets"), number("rx.packets"));
    CHECK_EQUAL(number("tx.steady_offered_packets"), number("rx.steady_packets"));
    ends(0);
}

static void test_signal(int signal_number)
{
    run("receiver --io loop --drain-ms 1 --interval-ms 5");
    CHECK(expect("ready"));
    say("start\n");
    CHECK(expect("sample"));
    kill(program.pid, signal_number);
    read_to_final();
    CHECK(is("stopped_by", "\"signal\"") && is("rx.highest_sequence", "null"));
    CHECK(is("latency.one_way_actual", "null"));
    CHECK_EQUAL(number("rx.packets"), 0);
    CHECK_EQUAL(number("empty_polls"), number("polls"));
    ends(0);
}

/* No traffic and no sample, but a final line, however the end comes. */
static void test_stop_before_start(const char *command, const char *cause)
{
    static const char *const roles[] = {"sender", "receiver", "client", "server", "peer"};
    char arguments[64];

    for (int i = 0; i < 4; i++) {
        snprintf(arguments, sizeof(arguments), "%s --io loop", roles[i]);
        run(arguments);
        CHECK(expect("ready"));
        if (command != NULL)
            say(command);
        else
            close_input();
        CHECK(expect("final") && is("stopped_by", cause));
        CHECK_EQUAL(number("started_ns"), number("ended_ns"));
        CHECK_EQUAL(number("polls"), 0);
        if (i != 1) {
            check_tx(false);
            CHECK_EQUAL(number("tx.intended_packets"), 0);
        }
        if (i != 0)
            CHECK_EQUAL(number("rx.packets"), 0);
        ends(0);
    }
}

/* Starts a sender so many milliseconds ahead, amid commands that make no sense. Returns whether the command reached the
 * program before the instant, which a busy machine may fail to manage. */
static bool start_ahead(uint64_t ahead_ms)
{
    char command[64];

    run("sender --io null --duration-ms 20 --rate 1000 --burst 1");
    CHECK(expect("ready"));
    say("go\nstart soon\nstart -5\nstart 99999999999999999999\nstarted\n");
    uint64_t start = clock_ns(CLOCK_MONOTONIC) + ahead_ms * NS_PER_MS;
    snprintf(command, sizeof(command), "start %" PRIu64 "\nstart\n", start);
    say(command);
    CHECK(expect("sample"));
    CHECK(clock_ns(CLOCK_MONOTONIC) >= start);
    uint64_t started = number("t_ns");
    CHECK(started >= start);
    CHECK_EQUAL(number("tx_packets"), 0);
    read_to_final();
    CHECK_EQUAL(number("started_ns"), started);
    CHECK_EQUAL(number("tx.intended_packets"), 20);
    check_tx(true);
    ends(0);
    return started == start;
}

/* A switch may have to be told again where the port is; that changes nothing in what follows. */
static void test_announce(void)
{
    run("client --io loop --rate 1000 --burst 1 --duration-ms 20");
    CHECK(expect("ready"));
    say("announce\nannounce\nstart\n");
    read_to_final();
    CHECK(number("tx.offered_packets") > 0);
    ends(0);
}

/* On the same port, each with a rate, a tag and a length of its own: nothing of one run is left in the next, whether it
 * came to its own end or was stopped. */
static void test_next(void)
{
    static const struct {
        const char *options;
        uint64_t packets, run; /* packets 0: unpaced */
    } runs[] = {
        {NULL, 40, 3},
        {"next --rate 2000 --run 4 --duration-ms 30\n", 60, 4},
        {"next --rate 0 --run 5 --duration-ms 5\n", 0, 5},
        {"next --rate 1000 --run 6 --duration-ms 20\n", 20, 6},
    };

    run("client --io loop --rate 1000 --burst 1 --duration-ms 40 --interval-ms 10 --drain-ms 1 --run 3 --hold "
        "--touch none");
    for (unsigned i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
        if (runs[i].options != NULL)
            say(runs[i].options);
        CHECK(expect("ready"));
        CHECK_EQUAL(number("run"), runs[i].run);
        say("start\n");
        CHECK(read_to_final().count >= 2);
        CHECK(is("stopped_by", "\"duration\""));
        check_tx(runs[i].packets > 0);
        check_rx();
        CHECK_EQUAL(number("rx.packets"), number("tx.offered_packets"));
        CHECK_EQUAL(number("rx.foreign_packets"), 0);
        check_histogram("rtt_intended", number("tx.steady_offered_packets"));
        if (runs[i].packets > 0)
            CHECK_EQUAL(number("tx.intended_packets"), runs[i].packets);
    }
    /* One that is stopped before it starts, and the end. */
    say("next --duration-ms 60000\n");
    CHECK(expect("ready"));
    say("stop\n");
    CHECK(next_line(program.out) && is_type("final") && is("stopped_by", "\"stop\""));
    CHECK_EQUAL(number("tx.offered_packets"), 0);
    say("stop\n");
    ends(0);
}

static void test_next_refused(void)
{
    run("client --io loop --rate 1000 --burst 1 --duration-ms 10 --hold");
    CHECK(expect("ready"));
    say("start\n");
    read_to_final();
    say("next --size 128\n");
    CHECK(expect("error") && is("message", "\"next: --size is of the whole program"));
    ends(2);
}

/* A source whose warm-up would last a minute measures when it is told to: at an instant, or at once where that is past.
 * Once it measures, nothing changes that. */
static void test_measure(const char *role, bool paced, bool past)
{
    char command[96];

    snprintf(command, sizeof(command), "%s --io null --warmup-ms 60000 --duration-ms 200 --interval-ms 10%s", role,
             paced ? " --rate 100000 --burst 8" : "");
    run(command);
    CHECK(next_line(program.out) && is_type("ready"));
    say("start\n");
    CHECK(next_line(program.out) && is_type("sample"));
    uint64_t asked = clock_ns(CLOCK_MONOTONIC), at = past ? 1 : asked + 30 * NS_PER_MS;
    snprintf(command, sizeof(command), "measure soon\nmeasure %" PRIu64 "\n", at);
    say(command);
    read_to_final();
    uint64_t begin = number("tx.steady_begin_ns");
    if (past)
        CHECK(begin > asked);
    else
        CHECK(begin >= at);
    CHECK_EQUAL(number("tx.steady_end_ns"), begin + 200 * NS_PER_MS);
    /* Whoever is kept off its CPU gives up what was due, but it was due. */
    CHECK(number("tx.steady_offered_packets") + number("tx.steady_given_up_packets") > 0);
    CHECK(number("tx.steady_offered_packets") < number("tx.offered_packets"));
    CHECK(is("stopped_by", "\"duration\""));
    check_tx(paced);
    ends(0);
}

/* A peer on a ring has itself for the other one, unless what that sends has another tag. */
static void test_peer(bool paced, const char *wait, bool own_tag)
{
    char arguments[256];

    snprintf(arguments, sizeof(arguments),
             "peer --io loop --rate %d --burst 8 --wait %s --warmup-ms 20 --duration-ms 60 --cooldown-ms 20 "
             "--interval-ms 10 --run 3%s",
             paced ? 100000 : 0, wait, own_tag ? "" : " --peer-run 4");
    run(arguments);
    CHECK(expect("ready") && is("role", "\"peer\""));
    say("start\n");
    CHECK(expect("sample") && number("tx_packets") == 0);
    uint64_t told_ns = clock_ns(CLOCK_MONOTONIC);
    say("send\n");
    do
        CHECK(next_line(program.out));
    while (is_type("sample"));
    CHECK(is_type("sent"));
    say("stop\n");
    read_to_final();
    CHECK(is("stopped_by", "\"stop\""));
    check_tx(paced);
    check_rx();
    uint64_t offered = number("tx.offered_packets"), steady = number("tx.steady_offered_packets");
    CHECK(offered > 0 && number("tx.steady_begin_ns") >= told_ns + 20 * NS_PER_MS);
    if (paced)
        CHECK_EQUAL(number("tx.intended_packets"), 10000);
    CHECK_EQUAL(number("rx.packets"), own_tag ? offered : 0);
    CHECK_EQUAL(number("rx.unique_packets"), own_tag ? offered : 0);
    CHECK_EQUAL(number("rx.steady_packets"), own_tag ? steady : 0);
    CHECK_EQUAL(number("rx.foreign_packets"), own_tag ? 0 : offered);
    CHECK(own_tag ? number("latency.one_way_actual.count") == steady : is("latency.one_way_actual", "null"));
    ends(0);
}

/* What arrives between the two commands is counted apart as well, and of a peer whose packets come back nothing is
 * missing. */
static void test_events(const char *commands, bool in_event)
{
    run("peer --io loop --rate 20000 --burst 8 --duration-ms 60 --interval-ms 5 --gap-packets 20");
    CHECK(expect("ready"));
    say(commands);
    say("start\nsend\n");
    do
        CHECK(next_line(program.out));
    while (is_type("sample"));
    CHECK(is_type("sent"));
    say("stop\n");
    read_to_final();
    check_rx();
    CHECK(is("rx.gaps", "[]"));
    CHECK(is("latency.one_way_event", in_event ? "{" : "null"));
    if (in_event)
        CHECK_EQUAL(number("latency.one_way_event.count"), number("latency.one_way_intended.count"));
    ends(0);
}

/* One that is stopped before it was told to send has asked for nothing. */
static void test_peer_that_never_sends(void)
{
    run("peer --io loop --rate 100000 --interval-ms 10");
    CHECK(expect("ready"));
    say("start\n");
    CHECK(expect("sample"));
    say("measure\nstop\n");
    read_to_final();
    CHECK_EQUAL(number("tx.intended_packets") + number("rx.packets"), 0);
    ends(0);
}

static void test_start_at(void)
{
    bool in_time = false;

    for (uint64_t ahead_ms = 100; !in_time && ahead_ms <= 10000; ahead_ms *= 10)
        in_time = start_ahead(ahead_ms);
    CHECK(in_time);
}

/* An instant far away does not keep `stop` from being heard; one that is past means now. */
static void test_start_far_and_past(void)
{
    run("sender --io null");
    CHECK(expect("ready"));
    say("start 9000000000000000000\nstop\n");
    CHECK(expect("final") && is("stopped_by", "\"stop\""));
    CHECK_EQUAL(number("tx.offered_packets"), 0);
    ends(0);

    uint64_t before = clock_ns(CLOCK_MONOTONIC);
    run("sender --io null --duration-ms 5 --rate 1000");
    CHECK(expect("ready"));
    say("start 1\n");
    read_to_final();
    CHECK(number("started_ns") > before);
    CHECK_EQUAL(number("tx.intended_packets"), 32);
    ends(0);
}

/* Whether a number in a line has more digits than a double holds exactly. */
static bool has_huge_number(void)
{
    for (const char *at = program.line; *at != '\0';) {
        size_t digits = strspn(at, "0123456789");
        if (digits > 15)
            return true;
        at += digits > 0 ? digits : 1;
    }
    return false;
}

/* A machine that has been up for so long. All that is told of times counts from the epoch. */
static void test_uptime(uint64_t seconds)
{
    char arguments[160];
    uint64_t epoch = seconds * NS_PER_SECOND + clock_ns(CLOCK_MONOTONIC);

    extra_uptime_s = seconds;
    snprintf(
        arguments, sizeof(arguments),
        "client --io loop --rate 1000 --burst 1 --duration-ms 40 --interval-ms 10 --drain-ms 1 --epoch-ns %" PRIu64,
        epoch);
    run(arguments);
    extra_uptime_s = 0;
    if (!next_line(
            program.out)) { /* nobody may change the uptime here: not root, or a kernel without time namespaces */
        ends(77);
        return;
    }
    CHECK(is_type("ready") && !has_huge_number());
    say("start 300000000\n");
    CHECK(expect("sample"));
    uint64_t started = number("t_ns");
    CHECK(started >= 300000000);
    while (CHECK(next_line(program.out)) && is_type("sample"))
        CHECK(!has_huge_number() && number("t_ns") > started);
    CHECK(is_type("final"));
    check_tx(true);
    CHECK_EQUAL(number("started_ns"), started);
    CHECK_EQUAL(number("tx.steady_begin_ns"), started);
    CHECK_EQUAL(number("tx.steady_end_ns"), started + 40 * NS_PER_MS);
    CHECK(number("ended_ns") < (uint64_t)PATIENCE_MS * NS_PER_MS);
    CHECK_EQUAL(number("tx.intended_packets"), 40);
    ends(0);
}

/* An epoch that is yet to come would make times negative; with one that is past, a start may be as far away as ever. */
static void test_epoch(void)
{
    char arguments[64];

    run("sender --io null --epoch-ns 9223372036854775807");
    CHECK(expect("error") && is("message", "\"--epoch-ns"));
    ends(2);

    snprintf(arguments, sizeof(arguments), "sender --io null --epoch-ns %" PRIu64, clock_ns(CLOCK_MONOTONIC));
    run(arguments);
    CHECK(expect("ready"));
    say("start 9223372036854775807\nstop\n");
    CHECK(expect("final") && is("stopped_by", "\"stop\"") && !has_huge_number());
    CHECK_EQUAL(number("tx.offered_packets"), 0);
    ends(0);
}

#define INTERVAL_NS (10 * NS_PER_MS)

/* Runs with a start halfway between two sampling instants. Returns how close behind an instant the best sample was. */
static uint64_t sampling_delay(void)
{
    char command[64];
    uint64_t delay = UINT64_MAX;

    run("sender --io null --duration-ms 200 --interval-ms 10 --rate 1000");
    CHECK(expect("ready"));
    uint64_t start = (clock_ns(CLOCK_MONOTONIC) / INTERVAL_NS + 5) * INTERVAL_NS + INTERVAL_NS / 2;
    snprintf(command, sizeof(command), "start %" PRIu64 "\n", start);
    say(command);
    CHECK(expect("sample"));
    uint64_t last = number("t_ns");
    while (CHECK(next_line(program.out)) && is_type("sample")) {
        uint64_t now = number("t_ns");
        if (last > start && last % INTERVAL_NS < delay)
            delay = last % INTERVAL_NS;
        last = now;
    }
    CHECK(is_type("final"));
    CHECK_EQUAL(last, number("ended_ns"));
    ends(0);
    return delay;
}

/* Samples are taken at multiples of the interval, not at times that count from the start: of twenty, and on a busy
 * machine of a hundred, one must have been taken nearer to the former than to the latter. */
static void test_sample_instants(void)
{
    bool near = false;

    for (int attempt = 0; attempt < 5 && !near; attempt++)
        near = sampling_delay() < INTERVAL_NS / 4;
    CHECK(near);
}

/* The orchestrator died: the program must not stay behind. */
static void test_reader_gone(void)
{
    int status = 0;

    run("receiver --io null --interval-ms 1 --drain-ms 0");
    CHECK(expect("ready"));
    say("start\n");
    CHECK(expect("sample"));
    close(program.out);
    CHECK(waitpid(program.pid, &status, 0) == program.pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    program.rest_len = 0;
    CHECK(next_line(program.err) && strncmp(program.line, "vswload: ", 9) == 0);
    CHECK(!next_line(program.err));
    close(program.err);
    close_input();
}

static void test_no_input(void)
{
    run_with("receiver --io loop", false);
    CHECK(expect("ready"));
    CHECK(expect("final") && is("stopped_by", "\"eof\""));
    ends(0);
}

static void test_pinned(void)
{
    char arguments[64];
    cpu_set_t allowed;
    size_t cpu = 0;

    CHECK(sched_getaffinity(0, sizeof(allowed), &allowed) == 0);
    while (cpu < CPU_SETSIZE - 1 && !CPU_ISSET(cpu, &allowed))
        cpu++;
    snprintf(arguments, sizeof(arguments), "sender --io null --cpu %zu --duration-ms 5", cpu);
    run(arguments);
    CHECK(expect("ready"));
    CHECK_EQUAL(number("cpu"), cpu);
    say("start\n");
    read_to_final();
    ends(0);

    run("sender --io null --cpu 1023");
    CHECK(expect("error") && is("code", "\"EINVAL\"") && is("message", "\"cannot pin"));
    ends(1);
}

static void test_usage(void)
{
    run("sender --io null --size 59");
    CHECK(next_line(program.err) && strstr(program.line, "--size") != NULL);
    CHECK(!next_line(program.err));
    ends(2);

    run("--help");
    CHECK(next_line(program.out) && strncmp(program.line, "vswload", 7) == 0);
    /* Every command of standard input is named. */
    const char *const commands[] = {"announce", "start", "start T", "measure", "measure T", "stop"};
    bool named[6] = {false};
    while (next_line(program.out)) {
        CHECK(program.len <= 120);
        for (int c = 0; c < 6; c++) {
            char quoted[16];
            snprintf(quoted, sizeof quoted, "\"%s\"", commands[c]);
            named[c] |= strstr(program.line, quoted) != NULL;
        }
    }
    for (int c = 0; c < 6; c++)
        CHECK(named[c]);
    ends(0);

    run("--list --json");
    CHECK(expect("list") && is("roles", "[\"sender\",\"receiver\",\"client\",\"server\",\"peer\"]"));
    CHECK(is("frameworks", "[{\"name\":\""));
    ends(0);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    if (getenv("VSWLOAD") == NULL) {
        fprintf(stderr, "program_test: set VSWLOAD to the program under test\n");
        return 1;
    }
    test_usage();
    test_announcements("1000", 99);
    test_announcements("1000000000", 0);
    test_sender("full", true);
    test_sender("none", true);
    test_sender("full", false);
    test_receiver("full", 64);
    test_receiver("none", 64);
    test_receiver("full", 1514);
    test_receiver("full", 60);
    test_receiver("none", 60);
    test_receiver("full", 9014);
    test_other_run();
    test_client("full", "poll", 64, 50000);
    test_client("full", "yield", 1001, 20000);
    test_client("none", "poll", 1514, 0);
    test_client("full", "yield", 60, 20000);
    test_client("full", "poll", 9014, 0);
    test_server();
    test_refusals(true);
    test_refusals(false);
    test_signal(SIGTERM);
    test_signal(SIGINT);
    test_stop_before_start("stop\n", "\"stop\"");
    test_stop_before_start(NULL, "\"eof\"");
    test_announce();
    test_next();
    test_next_refused();
    test_measure("sender", false, false);
    test_measure("sender", true, false);
    test_measure("sender", true, true);
    test_measure("client", true, false);
    test_peer(true, "poll", true);
    test_peer(true, "yield", true);
    test_peer(false, "poll", true);
    test_peer(true, "poll", false);
    test_events("", false);
    test_events("event begin\n", true);
    test_events("event begin\nevent end\n", false);
    test_peer_that_never_sends();
    test_start_at();
    test_start_far_and_past();
    test_epoch();
    test_uptime(105 * DAY_S);
    test_uptime(UPTIME_MAX_S - 3650 * DAY_S);
    test_sample_instants();
    test_reader_gone();
    test_no_input();
    test_pinned();
    return test_end("program_test");
}
