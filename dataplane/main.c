/* SPDX-License-Identifier: Apache-2.0 */
/* vswload: the traffic application. PROTOCOL.md is the contract with whatever drives it. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "frame/announcement.h"
#include "load/clock.h"
#include "load/memory.h"
#include "load/report.h"
#include "load/session.h"

enum exit_code { EXIT_DONE = 0, EXIT_FAULT = 1, EXIT_USAGE = 2, EXIT_NOT_SUPPORTED = 77 };

/* Whether an errno says that this machine cannot do it at all, rather than that something went wrong. */
static bool means_not_supported(int error)
{
    return error == EOPNOTSUPP || error == ENOSYS || error == EPROTONOSUPPORT || error == EAFNOSUPPORT;
}

static enum exit_code fail(enum exit_code code, int error, const char *text)
{
    fprintf(stderr, "vswload: %s\n", text);
    report_error(error, text);
    return code;
}

static enum exit_code fail_port(const struct io_port *port, int error)
{
    const char *text = port->error[0] != '\0' ? port->error : strerror(error);

    return fail(means_not_supported(error) ? EXIT_NOT_SUPPORTED : EXIT_FAULT, error, text);
}

static enum exit_code fail_output(void)
{
    fprintf(stderr, "vswload: nobody reads standard output: keep its reader until the program exits\n");
    return EXIT_FAULT;
}

/* Pins the calling thread. 0 or a negative errno. */
static int pin(int64_t cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET((size_t)cpu, &set);
    return sched_setaffinity(0, sizeof(set), &set) == 0 ? 0 : -errno;
}

/* Brings the port up. EXIT_DONE, or what to exit with. */
static enum exit_code open_port(struct session *s)
{
    const struct options *o = s->options;
    struct io_port *port = &s->port;
    int error = o->io->probe(port->error, sizeof(port->error));

    if (error < 0) {
        fail_port(port, -error);
        return EXIT_NOT_SUPPORTED;
    }
    port->ops = o->io;
    port->config = (struct io_config){
        .device = o->device,
        .local = o->local,
        .peer = o->peer,
        .frame_len = (uint32_t)o->frame_len,
        .burst = (uint32_t)o->burst,
        .queues = (uint32_t)o->queues,
        .transmits = role_sends(o->role),
        .receives = role_receives(o->role),
        .blocks = o->wait == WAIT_BLOCK,
        .rx_moderation = o->rx_moderation,
        .flows = s->flows.count > 0 ? &s->flows : NULL,
        .encapsulation = o->encapsulation,
        .vlans = s->vlans.count > 0 ? &s->vlans : NULL,
        .tx_form = options_need_form(o) ? &s->tx_form : NULL,
        .rx_form = options_need_form(o) ? &s->rx_form : NULL,
    };
    error = o->io->open(port);
    if (error < 0)
        return fail_port(port, -error);
    error = o->quiet_announce ? 0 : o->io->announce(port, 0, announcement_first(&port->config));
    if (error < 0) {
        o->io->close(port);
        return fail_port(port, -error);
    }
    return EXIT_DONE;
}

/* The most at once, of those that are due: queues on the way are short. */
#define ANNOUNCED_AT_ONCE 64u
#define ANNOUNCE_PAUSE_NS (NS_PER_MS / 4)
/* Where there has been no room so often, nobody takes them: a peer that is no switch. */
#define ANNOUNCE_TRIES 100u

/* Of so many announcements those that are due at once, of which `next` have been made. The first is due at 0. */
static unsigned announcements_due(uint64_t elapsed_ns, uint64_t rate, unsigned next, unsigned count)
{
    double due = (double)elapsed_ns * (double)rate / 1e9 + 1;
    unsigned left = (due < count ? (unsigned)due : count) - next;

    return left < ANNOUNCED_AT_ONCE ? left : ANNOUNCED_AT_ONCE;
}

/* Announces each address once. What others announce meanwhile, which is for everybody, is taken off. */
static int announce_all(struct session *s)
{
    const unsigned count = announcement_count(&s->port.config);
    const struct timespec pause = {.tv_nsec = (long)ANNOUNCE_PAUSE_NS};
    const uint64_t begin_ns = clock_ns(CLOCK_MONOTONIC);
    uint64_t elapsed_ns = 0;
    unsigned in_vain = 0;

    for (unsigned next = 0; next < count && in_vain < ANNOUNCE_TRIES;) {
        unsigned due = announcements_due(elapsed_ns, s->options->announce_rate, next, count);
        int done = due == 0 ? 0 : s->port.ops->announce(&s->port, next, due);
        int error = done < 0 ? done : session_discard_queued(s);
        if (error < 0)
            return error;
        if (control_stopped_by(&s->control) != STOP_NONE)
            return 0;
        in_vain = done == 0 && due > 0 ? in_vain + 1 : 0;
        next += (unsigned)done;
        if (done == 0)
            nanosleep(&pause, NULL);
        elapsed_ns = clock_ns(CLOCK_MONOTONIC) - begin_ns;
    }
    return report_announced(elapsed_ns);
}

static int announce(void *arg, bool all)
{
    struct session *s = arg;

    return all ? announce_all(s) : s->port.ops->announce(&s->port, 0, announcement_first(&s->port.config));
}

/* From an open port to the end of a run. */
static enum exit_code run_session(struct session *s)
{
    session_prepare(s);
    memory_bring_in();
    if (report_ready(s) != 0) {
        control_end(&s->control);
        return fail_output();
    }
    int error = control_wait_start(&s->control, announce, s);
    if (error > 0)
        error = session_run(s);
    s->stopped_by = control_stopped_by(&s->control);
    control_end(&s->control);
    return error < 0 ? fail_port(&s->port, -error) : EXIT_DONE;
}

#define NO_THREAD "cannot start a thread: raise the limit on processes or memory"

/* The sampling thread has to be where the calling one is not: it is started while this one is where it was at first. */
static enum exit_code start_sampler(struct sampler *sampler, struct session *s, const cpu_set_t *everywhere)
{
    const struct options *o = s->options;
    char text[160];

    sched_setaffinity(0, sizeof(*everywhere), everywhere);
    int error = sampler_start(sampler, s);
    if (error < 0)
        return fail(EXIT_FAULT, -error, NO_THREAD);
    if (o->cpu >= 0 && (error = pin((int64_t)o->cpu)) < 0) {
        snprintf(text, sizeof(text), "cannot pin to CPU %d: give --cpu one that this container may use", (int)o->cpu);
        return fail(EXIT_FAULT, -error, text);
    }
    return EXIT_DONE;
}

static enum exit_code run_to_final(struct session *s, struct sampler *sampler)
{
    enum exit_code code = run_session(s);

    sampler_join(sampler);
    return code == EXIT_DONE && report_final(s) != 0 ? fail_output() : code;
}

/* On the same port, with these options in place of those before. It announces itself as one does that has just begun.
 */
static enum exit_code renew(struct session *s, const char *text)
{
    char error[256];

    if (!options_next(&s->own_options, text, error, sizeof(error)))
        return fail(EXIT_USAGE, EINVAL, error);
    if (session_renew(s) < 0)
        return fail(EXIT_FAULT, ENOMEM, "no memory for the schedule: free some");
    int announced =
        s->options->quiet_announce ? 0 : s->port.ops->announce(&s->port, 0, announcement_first(&s->port.config));
    return announced < 0 ? fail_port(&s->port, -announced) : EXIT_DONE;
}

/* One run after the other for as long as they are commanded. */
static enum exit_code run_all(struct session *s, struct sampler *sampler, const cpu_set_t *everywhere)
{
    enum exit_code code = run_to_final(s, sampler);
    char text[COMMAND_MAX];

    while (code == EXIT_DONE && s->options->hold && control_wait_next(&s->control, text)) {
        code = renew(s, text);
        if (code == EXIT_DONE)
            code = start_sampler(sampler, s, everywhere);
        if (code == EXIT_DONE)
            code = run_to_final(s, sampler);
    }
    return code;
}

/* The calling thread becomes the polling thread. */
static enum exit_code run_role(struct session *s)
{
    const struct options *o = s->options;
    /* Where a later step fails, the thread goes on, with this, until the program has ended. */
    static struct sampler sampler;
    cpu_set_t everywhere;

    int error = memory_limit_stacks();
    if (error == 0)
        error = control_open(&s->control, o->epoch_ns);
    if (error < 0)
        return fail(EXIT_FAULT, -error, NO_THREAD);
    if (sched_getaffinity(0, sizeof(everywhere), &everywhere) != 0)
        return fail(EXIT_FAULT, errno, "cannot ask which CPUs may be used: this machine has more than 1024");
    enum exit_code code = start_sampler(&sampler, s, &everywhere);
    if (code != EXIT_DONE)
        return code;

    if (session_make_packets(s) < 0)
        return fail(EXIT_FAULT, ENOMEM, "no memory for flows and sizes: give fewer --flows, or free some");
    if (session_make_schedule(s) < 0)
        return fail(EXIT_FAULT, ENOMEM, "no memory for the schedule: free some");
    code = open_port(s);
    if (code != EXIT_DONE)
        return code;
    code = run_all(s, &sampler, &everywhere);
    o->io->close(&s->port);
    return code;
}

static enum exit_code run(const struct options *o)
{
    if (o->epoch_ns > clock_ns(CLOCK_MONOTONIC))
        return fail(EXIT_USAGE, EINVAL, "--epoch-ns is yet to come: give an instant that CLOCK_MONOTONIC has passed");
    struct session *s = aligned_alloc(CACHE_LINE, sizeof(*s));

    if (s == NULL)
        return fail(EXIT_FAULT, ENOMEM, "no memory for the counters");
    memset(s, 0, sizeof(*s));
    s->own_options = *o;
    s->options = &s->own_options;
    clock_calibrate();
    return run_role(s);
}

/* A descriptor opened by us must not take the place of a standard one that the caller left closed. */
static void fill_standard_descriptors(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

static enum exit_code flush_output(void)
{
    return fflush(stdout) == 0 ? EXIT_DONE : fail_output();
}

static enum exit_code list(const struct options *o)
{
    if (o->json)
        return report_list() == 0 ? EXIT_DONE : fail_output();
    report_print_list();
    return flush_output();
}

int main(int argc, char **argv)
{
    struct options options;
    char error[256];

    fill_standard_descriptors();
    if (!options_parse(&options, argc, argv, error, sizeof(error))) {
        fprintf(stderr, "vswload: %s\n", error);
        return EXIT_USAGE;
    }
    switch (options.action) {
    case ACTION_HELP:
        options_print_help(stdout);
        return (int)flush_output();
    case ACTION_LIST:
        return (int)list(&options);
    case ACTION_RUN:
        return (int)run(&options);
    }
    return EXIT_FAULT;
}
