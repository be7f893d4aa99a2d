/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "clock.h"
#include "memory.h"

/* A line is put together in memory and written at once. */
struct line {
    FILE *stream;
    char *text;
    size_t len;
};

static bool line_open(struct line *line)
{
    line->stream = open_memstream(&line->text, &line->len);
    return line->stream != NULL;
}

static int write_all(const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = write(STDOUT_FILENO, text, len);
        if (n < 0 && errno != EINTR)
            return -errno;
        if (n > 0) {
            text += n;
            len -= (size_t)n;
        }
    }
    return 0;
}

static int line_write(struct line *line)
{
    fputc('\n', line->stream);
    bool failed = ferror(line->stream) != 0;
    failed |= fclose(line->stream) != 0;
    int error = failed ? -ENOMEM : write_all(line->text, line->len);
    free(line->text);
    return error;
}

static void put_string(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c < 0x20 || c >= 0x7f) /* a device name may hold bytes that are no UTF-8 */
            fprintf(out, "\\u%04x", c);
        else
            fputc(c, out);
    }
    fputc('"', out);
}

static void put_string_field(FILE *out, const char *name, const char *text)
{
    fprintf(out, ",\"%s\":", name);
    put_string(out, text);
}

/* One of several fields, each of which ends what stands before it with a comma. */
static void put_count(FILE *out, const char *name, uint64_t value)
{
    fprintf(out, ",\"%s\":%" PRIu64, name, value);
}

/* An instant of CLOCK_MONOTONIC. */
static void put_time(FILE *out, const char *name, const struct options *o, uint64_t ns)
{
    put_count(out, name, ns - o->epoch_ns);
}

static void put_count_or_null(FILE *out, const char *name, bool known, uint64_t value)
{
    if (known)
        put_count(out, name, value);
    else
        fprintf(out, ",\"%s\":null", name);
}

/* 0 stands for none. */
static void put_size_or_null(FILE *out, const char *name, uint32_t bytes)
{
    put_count_or_null(out, name, bytes > 0, bytes);
}

static void put_bool(FILE *out, const char *name, bool value)
{
    fprintf(out, ",\"%s\":%s", name, value ? "true" : "false");
}

static bool begin_line(struct line *line, const char *type)
{
    if (!line_open(line))
        return false;
    fprintf(line->stream, "{\"v\":2,\"type\":\"%s\"", type);
    return true;
}

int report_ready(const struct session *s)
{
    const struct options *o = s->options;
    struct line line;

    if (!begin_line(&line, "ready"))
        return -ENOMEM;
    put_string_field(line.stream, "role", role_names[o->role]);
    put_string_field(line.stream, "io", o->io->name);
    put_string_field(line.stream, "device", o->device);
    put_count(line.stream, "pid", (uint64_t)getpid());
    put_count_or_null(line.stream, "cpu", o->cpu >= 0, (uint64_t)o->cpu);
    put_count(line.stream, "run", o->run);
    put_count(line.stream, "ticks_hz", clock_rate.hz);
    put_count(line.stream, "payload_bytes", o->frame_len - layout_of(&o->encapsulation).len);
    put_count(line.stream, "frame_bytes", o->frame_len);
    put_size_or_null(line.stream, "tx_queue_bytes", s->port.tx_queue_bytes);
    put_size_or_null(line.stream, "rx_queue_bytes", s->port.rx_queue_bytes);
    if (s->port.path != NULL)
        put_string_field(line.stream, "path", s->port.path);
    else
        fprintf(line.stream, ",\"path\":null");
    put_bool(line.stream, "rx_moderation", s->port.rx_moderation);
    fputc('}', line.stream);
    return line_write(&line);
}

/* What a sample says. */
struct sample {
    uint64_t t_ns; /* CLOCK_MONOTONIC */
    uint64_t tx_packets, given_up_packets, rx_packets, rx_unique_packets, cpu_ns, polls, empty_polls;
    uint64_t minor_faults;
    bool minor_faults_known;
};

static int report_sample(const struct options *o, const struct sample *sample)
{
    struct line line;

    if (!begin_line(&line, "sample"))
        return -ENOMEM;
    put_time(line.stream, "t_ns", o, sample->t_ns);
    put_count(line.stream, "tx_packets", sample->tx_packets);
    put_count(line.stream, "given_up_packets", sample->given_up_packets);
    put_count(line.stream, "rx_packets", sample->rx_packets);
    put_count(line.stream, "rx_unique_packets", sample->rx_unique_packets);
    put_count(line.stream, "cpu_ns", sample->cpu_ns);
    put_count(line.stream, "polls", sample->polls);
    put_count(line.stream, "empty_polls", sample->empty_polls);
    put_count_or_null(line.stream, "minor_faults", sample->minor_faults_known, sample->minor_faults);
    fputc('}', line.stream);
    return line_write(&line);
}

int report_announced(uint64_t after_ns)
{
    struct line line;

    if (!begin_line(&line, "announced"))
        return -ENOMEM;
    put_count(line.stream, "after_ns", after_ns);
    fputc('}', line.stream);
    return line_write(&line);
}

static int report_sent(void)
{
    struct line line;

    if (!begin_line(&line, "sent"))
        return -ENOMEM;
    fputc('}', line.stream);
    return line_write(&line);
}

/* A run that was stopped early may have ended before a phase began. */
static uint64_t not_after(uint64_t t_ns, uint64_t end_ns)
{
    return t_ns < end_ns ? t_ns : end_ns;
}

/* How many packets there are of each class of sizes of a mix; null where packets have one size. */
static void put_sizes(FILE *out, const struct sizes *sizes, const uint64_t *packets)
{
    fprintf(out, ",\"sizes\":");
    if (packets == NULL) {
        fprintf(out, "null");
        return;
    }
    for (uint32_t c = 0; c < sizes->class_count; c++)
        fprintf(out, "%s{\"from\":%" PRIu32 ",\"to\":%" PRIu32 ",\"packets\":%" PRIu64 "}", c == 0 ? "[" : ",",
                sizes->classes[c].from, sizes->classes[c].to, packets[c]);
    fputc(']', out);
}

/* What a server answers follows from no number of its own. */
static void put_sizes_sent(FILE *out, const struct session *s)
{
    const struct sizes *sizes = &s->options->sizes;
    uint64_t packets[SIZE_CLASSES_MAX];
    bool known = sizes->period > 0 && s->options->role != ROLE_SERVER;

    if (known)
        sizes_count_before(sizes, s->tx.offered, packets);
    put_sizes(out, sizes, known ? packets : NULL);
}

static void put_sizes_received(FILE *out, const struct session *s)
{
    const struct sizes *sizes = &s->options->sizes;
    uint64_t packets[SIZE_CLASSES_MAX];

    if (sizes->period > 0)
        arrivals_by_size(&s->arrivals, packets);
    put_sizes(out, sizes, sizes->period > 0 ? packets : NULL);
}

/* A server answers what came, which may be any packets of a mix: those that are lost on the way lack in the middle. */
static uint64_t offered_bytes(const struct session *s)
{
    if (s->options->sizes.period == 0)
        return s->tx.offered * s->options->frame_len;
    return s->options->role == ROLE_SERVER ? s->tx.answered_bytes
                                           : sizes_bytes_before(&s->options->sizes, s->tx.offered);
}

static void put_trains_sent(FILE *out, const struct trains *t)
{
    if (t->packets == 0) {
        fprintf(out, ",\"trains\":null");
        return;
    }
    fprintf(out, ",\"trains\":{\"begun\":%" PRIu64, t->begun);
    put_count(out, "whole", t->whole);
    put_count_or_null(out, "whole_p50_ns", t->whole > 0, t->whole > 0 ? histogram_quantile(&t->took, 5000) : 0);
    fputc('}', out);
}

static void put_trains_received(FILE *out, const struct trains *t)
{
    if (t->packets == 0) {
        fprintf(out, ",\"trains\":null");
        return;
    }
    fprintf(out, ",\"trains\":{\"with_loss\":%" PRIu64, t->with_loss);
    put_count_or_null(out, "last_with_loss", t->last_with_loss != TRAIN_NONE, t->last_with_loss);
    fputc('}', out);
}

/* Stretches of numbers with losses, as [first, last, lost]. */
static void put_gaps(FILE *out, const struct gaps *g)
{
    const char *separator = "";

    if (g->packets == 0) {
        fprintf(out, ",\"gaps\":null");
        return;
    }
    fprintf(out, ",\"gaps\":[");
    for (size_t i = 0; i < g->count; i++, separator = ",")
        fprintf(out, "%s[%" PRIu64 ",%" PRIu64 ",%" PRIu64 "]", separator, g->list[i].first, g->list[i].last,
                g->list[i].lost);
    fputc(']', out);
}

static void put_tx(FILE *out, const struct session *s)
{
    const struct options *o = s->options;
    const struct tx_totals *tx = &s->tx;
    bool has_phases = o->role != ROLE_SERVER;
    uint64_t ended_ns = s->control.ran ? tx->ended_ns : s->control.ended_ns;
    uint64_t steady_begin_ns = has_phases && s->control.ran ? s->steady_begin_ns : s->control.start_ns;
    uint64_t steady_end_ns = has_phases ? steady_begin_ns + o->duration_ms * NS_PER_MS : ended_ns;
    /* An error is one of the reasons not to take a packet. */
    uint64_t errors = not_after(s->stats.tx_errors, tx->not_taken);

    fprintf(out, ",\"tx\":{\"intended_packets\":%" PRIu64, tx->intended);
    put_count(out, "offered_packets", tx->offered);
    put_count(out, "offered_bytes", offered_bytes(s));
    put_count(out, "refused_packets", tx->not_taken - errors);
    put_count(out, "missed_packets", tx->missed);
    put_count(out, "error_packets", errors);
    put_count(out, "max_behind_ns", clock_ticks_to_ns(tx->max_behind_ticks));
    put_count(out, "steady_intended_packets", tx->steady_intended);
    put_count(out, "steady_offered_packets", tx->steady_offered);
    put_count(out, "steady_given_up_packets", tx->steady_intended - tx->steady_offered);
    put_count(out, "max_debt_ns", has_phases ? o->max_debt_ms * NS_PER_MS : 0);
    put_time(out, "steady_begin_ns", o, not_after(steady_begin_ns, ended_ns));
    put_time(out, "steady_end_ns", o, not_after(steady_end_ns, ended_ns));
    put_sizes_sent(out, s);
    put_trains_sent(out, &s->trains);
    fputc('}', out);
}

static void put_flows(FILE *out, const struct flow_losses *losses)
{
    if (losses->flows == NULL) {
        fprintf(out, ",\"flows\":null");
        return;
    }
    struct flow_summary sum = flow_losses_sum(losses);
    fprintf(out, ",\"flows\":{\"count\":%" PRIu32, losses->flows->count);
    put_count(out, "with_loss", sum.with_loss);
    put_count(out, "with_reordering", sum.with_reordering);
    put_count(out, "most_lost_packets", sum.most_lost_packets);
    fputc('}', out);
}

static void put_rx(FILE *out, const struct session *s)
{
    const struct arrivals *a = &s->arrivals;

    fprintf(out, ",\"rx\":{\"packets\":%" PRIu64, a->packets);
    put_count(out, "bytes", a->bytes);
    put_count(out, "unique_packets", arrivals_unique(a));
    put_count(out, "duplicated_packets", a->sequence.duplicated);
    put_count(out, "reordered_packets", a->sequence.reordered);
    put_count(out, "corrupted_packets", a->corrupted);
    put_count(out, "unidentified_packets", a->unidentified);
    put_count(out, "foreign_packets", a->foreign);
    put_count(out, "late_packets", a->sequence.late);
    put_count(out, "dropped_packets", s->stats.rx_dropped);
    put_count(out, "steady_packets", a->steady);
    put_count(out, "steady_bytes", a->form != NULL ? a->steady_bytes : a->steady * s->options->frame_len);
    put_count(out, "steady_corrupted_packets", a->steady_corrupted);
    if (a->sequence.next > 0)
        put_count(out, "highest_sequence", a->sequence.next - 1);
    else
        fprintf(out, ",\"highest_sequence\":null");
    put_flows(out, &s->flow_losses);
    put_sizes_received(out, s);
    put_trains_received(out, &s->trains);
    put_gaps(out, &s->gaps);
    fputc('}', out);
}

static void put_buckets(FILE *out, const struct histogram *h)
{
    const char *separator = "";

    fprintf(out, ",\"buckets\":[");
    for (unsigned b = 0; b < HISTOGRAM_BUCKETS; b++) {
        if (h->buckets[b] == 0)
            continue;
        fprintf(out, "%s[%" PRIu64 ",%" PRIu64 ",%" PRIu64 "]", separator, histogram_lower_ns(b),
                histogram_lower_ns(b + 1), h->buckets[b]);
        separator = ",";
    }
    fputc(']', out);
}

/* null, if the role does not measure this delay or no packet was timed. */
static void put_histogram(FILE *out, const char *name, const struct histogram *h)
{
    static const struct {
        const char *name;
        unsigned per_10000;
    } quantiles[] = {{"p50", 5000}, {"p90", 9000}, {"p99", 9900}, {"p999", 9990}, {"p9999", 9999}};

    fprintf(out, "\"%s\":", name);
    if (h == NULL || h->count == 0) {
        fprintf(out, "null");
        return;
    }
    fprintf(out, "{\"unit\":\"ns\"");
    put_count(out, "count", h->count);
    put_count(out, "min", h->min);
    put_count(out, "max", h->max);
    fprintf(out, ",\"mean\":%.17g,\"sum_squares\":%.17g", (double)h->sum / (double)h->count, h->sum_squares);
    for (size_t i = 0; i < sizeof(quantiles) / sizeof(quantiles[0]); i++) {
        uint64_t ns = histogram_quantile(h, quantiles[i].per_10000);
        put_count_or_null(out, quantiles[i].name, ns != HISTOGRAM_UNKNOWN, ns);
    }
    put_count(out, "censored", h->censored);
    put_count_or_null(out, "censored_at_least", h->censored > 0, h->censored_at_least);
    put_buckets(out, h);
    fputc('}', out);
}

static void put_latency(FILE *out, const struct session *s)
{
    const struct arrivals *a = &s->arrivals;
    bool round_trip = s->options->role == ROLE_CLIENT;
    /* The sender's clock is ours only where no packet disproves it. */
    bool one_way = !round_trip && role_receives(s->options->role) && a->untimed == 0;

    fprintf(out, ",\"latency\":{");
    put_histogram(out, "rtt_intended", round_trip ? &a->since_intended : NULL);
    fputc(',', out);
    put_histogram(out, "rtt_actual", round_trip ? &a->since_sent : NULL);
    fputc(',', out);
    put_histogram(out, "one_way_intended", one_way ? &a->since_intended : NULL);
    fputc(',', out);
    put_histogram(out, "one_way_actual", one_way ? &a->since_sent : NULL);
    fputc(',', out);
    put_histogram(out, "one_way_event", one_way ? &a->event_since_intended : NULL);
    fputc('}', out);
}

static void put_clock_drift(FILE *out, const struct session *s)
{
    double ppm;

    if (s->control.ran && clock_drift_ppm(&s->clock_begin, &s->clock_end, &ppm))
        fprintf(out, ",\"clock_drift_ppm\":%.3f", ppm);
    else
        fprintf(out, ",\"clock_drift_ppm\":null");
}

int report_final(const struct session *s)
{
    static const char *const causes[] = {
        [STOP_NONE] = "duration",
        [STOP_COMMAND] = "stop",
        [STOP_SIGNAL] = "signal",
        [STOP_EOF] = "eof",
    };
    const struct options *o = s->options;
    struct line line;

    if (!begin_line(&line, "final"))
        return -ENOMEM;
    put_string_field(line.stream, "role", role_names[o->role]);
    put_string_field(line.stream, "io", o->io->name);
    put_time(line.stream, "started_ns", o, s->control.start_ns);
    put_time(line.stream, "ended_ns", o, s->control.ended_ns);
    put_string_field(line.stream, "stopped_by", causes[s->stopped_by]);
    if (role_sends(o->role))
        put_tx(line.stream, s);
    else
        fprintf(line.stream, ",\"tx\":null");
    if (role_receives(o->role))
        put_rx(line.stream, s);
    else
        fprintf(line.stream, ",\"rx\":null");
    put_latency(line.stream, s);
    put_count(line.stream, "cpu_ns", s->usage.cpu_ns);
    put_count(line.stream, "voluntary_switches", s->usage.voluntary_switches);
    put_count(line.stream, "involuntary_switches", s->usage.involuntary_switches);
    put_count(line.stream, "minor_faults", s->usage.minor_faults);
    put_clock_drift(line.stream, s);
    put_count_or_null(line.stream, "cycles", s->cost.known, s->cost.cycles);
    put_count_or_null(line.stream, "instructions", s->cost.known, s->cost.instructions);
    put_count(line.stream, "polls", counter_read(&s->counters.polls));
    put_count(line.stream, "empty_polls", counter_read(&s->counters.empty_polls));
    fputc('}', line.stream);
    return line_write(&line);
}

int report_error(int error, const char *text)
{
    const char *code = strerrorname_np(error);
    struct line line;

    if (!begin_line(&line, "error"))
        return -ENOMEM;
    put_string_field(line.stream, "code", code != NULL ? code : "EIO");
    put_string_field(line.stream, "message", text);
    fputc('}', line.stream);
    return line_write(&line);
}

static void put_ports(FILE *out, const char *const *ports)
{
    const char *separator = "";

    fprintf(out, ",\"ports\":[");
    for (; ports != NULL && *ports != NULL; ports++, separator = ",") {
        fputs(separator, out);
        put_string(out, *ports);
    }
    fputc(']', out);
}

/* What headers may be beside the usual ones, and what flows can differ in: nothing, where the kernel writes them. */
static void put_headers(FILE *out, const struct io_ops *io)
{
    const char *separator = "";

    const bool frames = io->capabilities & IO_WHOLE_FRAMES, tags = frames && !(io->capabilities & IO_LOSES_TAGS);

    fprintf(out, ",\"flow_fields\":[");
    for (int f = 0; frames && f < FLOW_FIELD_COUNT; f++) {
        if (f == FLOW_VLAN && !tags)
            continue;
        fputs(separator, out);
        put_string(out, flow_field_names[f]);
        separator = ",";
    }
    fputc(']', out);
    fprintf(out, ",\"headers\":[%s%s]", tags ? "\"vlan\",\"qinq\"," : "", frames ? "\"ip6\"" : "");
    put_bool(out, "answers_to_any_port", !(io->capabilities & IO_ONE_UDP_PORT));
}

static void put_framework(FILE *out, const struct io_ops *io)
{
    char why[160] = "";
    bool usable = io->probe(why, sizeof(why)) == 0;

    fprintf(out, "{\"name\":");
    put_string(out, io->name);
    put_string_field(out, "title", io->title);
    put_bool(out, "built", true);
    put_bool(out, "usable", usable);
    if (usable)
        fprintf(out, ",\"why\":null");
    else
        put_string_field(out, "why", why);
    put_bool(out, "whole_frames", io->capabilities & IO_WHOLE_FRAMES);
    put_bool(out, "super_packets", io->capabilities & IO_SUPER_PACKETS);
    put_bool(out, "can_block", io->descriptors != NULL);
    put_headers(out, io);
    put_bool(out, "mixed_sizes", io->tx_lengths != NULL);
    put_ports(out, io->ports);
    put_count(out, "frame_bytes_max", io->frame_max > 0 ? io->frame_max : IO_FRAME_MAX);
    put_count(out, "hugepage_bytes", io->hugepage_bytes);
    put_count(out, "jumbo_hugepage_bytes", io->jumbo_hugepage_bytes);
    put_count(out, "queues_max", io->queues_max > 0 ? io->queues_max : 1);
    put_count(out, "queue_hugepage_bytes", io->queue_hugepage_bytes);
    put_count(out, "jumbo_queue_hugepage_bytes", io->jumbo_queue_hugepage_bytes);
    fputc('}', out);
}

static void put_missing_framework(FILE *out, const struct io_not_built *missing)
{
    fprintf(out, "{\"name\":");
    put_string(out, missing->name);
    put_string_field(out, "title", missing->title);
    put_bool(out, "built", false);
    put_string_field(out, "needs", missing->needs);
    fputc('}', out);
}

int report_list(void)
{
    const char *separator = "";
    struct line line;

    if (!begin_line(&line, "list"))
        return -ENOMEM;
    fprintf(line.stream, ",\"roles\":[");
    for (int r = 0; r < ROLE_COUNT; r++, separator = ",") {
        fputs(separator, line.stream);
        put_string(line.stream, role_names[r]);
    }
    fprintf(line.stream, "],\"frameworks\":[");
    separator = "";
    for (const struct io_ops *const *io = io_registry; *io != NULL; io++, separator = ",") {
        fputs(separator, line.stream);
        put_framework(line.stream, *io);
    }
    for (const struct io_not_built *missing = io_not_built; missing->name != NULL; missing++, separator = ",") {
        fputs(separator, line.stream);
        put_missing_framework(line.stream, missing);
    }
    fprintf(line.stream, "]}");
    return line_write(&line);
}

void report_print_list(void)
{
    printf("roles:");
    for (int r = 0; r < ROLE_COUNT; r++)
        printf(" %s", role_names[r]);
    printf("\nI/O frameworks:\n");
    for (const struct io_ops *const *io = io_registry; *io != NULL; io++) {
        char why[160] = "";
        bool usable = (*io)->probe(why, sizeof(why)) == 0;
        printf("  %-10s %s%s%s\n", (*io)->name, (*io)->title, usable ? "" : "; not usable: ", why);
    }
    for (const struct io_not_built *missing = io_not_built; missing->name != NULL; missing++)
        printf("  %-10s %s; not built: needs %s\n", missing->name, missing->title, missing->needs);
}

/* What the polling thread has counted up to now. */
static struct sample counted(const struct session *s, uint64_t t_ns)
{
    struct sample sample = {
        .t_ns = t_ns,
        .tx_packets = counter_read(&s->counters.tx_packets),
        .given_up_packets = counter_read(&s->counters.given_up_packets),
        .rx_packets = counter_read(&s->counters.rx_packets),
        .rx_unique_packets = counter_read(&s->counters.rx_unique_packets),
        .polls = counter_read(&s->counters.polls),
        .empty_polls = counter_read(&s->counters.empty_polls),
    };

    /* A burst may have been counted between the two readings. */
    sample.rx_unique_packets = not_after(sample.rx_unique_packets, sample.rx_packets);
    return sample;
}

/* What the polling thread has counted and used up to now. False if it is not at work. */
static bool take_sample(struct sample *sample, const struct sampler *sampler, clockid_t polling_cpu, uint64_t t_ns)
{
    const struct session *s = sampler->session;
    uint64_t faults = 0;

    if (__atomic_load_n(&s->phase, __ATOMIC_SEQ_CST) != SESSION_DURING)
        return false;
    *sample = counted(s, t_ns);
    sample->cpu_ns = clock_ns(polling_cpu) - s->usage_begin.cpu_ns;
    sample->minor_faults_known = memory_minor_faults(sampler->stat_fd, &faults);
    sample->minor_faults = faults - s->usage_begin.minor_faults;
    return __atomic_load_n(&s->phase, __ATOMIC_SEQ_CST) == SESSION_DURING;
}

/* What the polling thread had counted and used when the run ended. */
static struct sample last_sample(const struct session *s)
{
    struct sample sample = counted(s, s->control.ended_ns);

    sample.cpu_ns = s->usage.cpu_ns;
    sample.minor_faults = s->usage.minor_faults;
    sample.minor_faults_known = true;
    return sample;
}

#define AT_WORK_POLL_NS (100 * UINT64_C(1000))

/* Follows the run until the polling thread is at work, which its CPU may keep it from for a while: that is what the
 * sample at the start tells. Before, it lets go what its port holds, and nobody must send. Returns the time, or 0 at
 * the end. */
static uint64_t follow_until_at_work(struct session *s)
{
    uint64_t now = control_follow_until(&s->control, s->control.start_ns);

    while (now != 0 && __atomic_load_n(&s->phase, __ATOMIC_SEQ_CST) == SESSION_BEFORE)
        now = control_follow_until(&s->control, now + AT_WORK_POLL_NS);
    return now;
}

/* Samples until the end of the run. 0, or a negative errno if nobody reads. */
static int sample_run(const struct sampler *sampler, clockid_t polling_cpu)
{
    struct session *s = sampler->session;
    uint64_t interval_ns = s->options->interval_ms * NS_PER_MS;
    uint64_t now = follow_until_at_work(s);
    struct sample sample = {.t_ns = s->control.start_ns, .minor_faults_known = true};
    int error = report_sample(s->options, &sample);

    /* The time may be past the start: the first multiple behind the start itself counts. */
    uint64_t instant = s->control.start_ns;
    bool told_sent = false;
    while (error == 0 && now != 0) {
        instant = (instant / interval_ns + 1) * interval_ns;
        if (instant <= now)
            instant = (now / interval_ns + 1) * interval_ns;
        now = control_follow_until(&s->control, instant);
        if (now != 0 && take_sample(&sample, sampler, polling_cpu, now))
            error = report_sample(s->options, &sample);
        if (error == 0 && !told_sent && __atomic_load_n(&s->has_sent, __ATOMIC_RELAXED)) {
            told_sent = true;
            error = report_sent();
        }
    }
    if (error != 0)
        return error;
    sample = last_sample(s);
    return report_sample(s->options, &sample);
}

static void *sample_thread(void *arg)
{
    struct sampler *sampler = arg;
    struct session *s = sampler->session;
    clockid_t polling_cpu;

    /* Timers of other threads may be 50 us late, to be served together (prctl(2)). */
    prctl(PR_SET_TIMERSLACK, 1);
    if (!control_follow_start(&s->control))
        return NULL;
    if (pthread_getcpuclockid(sampler->polling, &polling_cpu) != 0 || sample_run(sampler, polling_cpu) != 0)
        control_stop(&s->control, STOP_EOF);
    return NULL;
}

int sampler_start(struct sampler *sampler, struct session *s)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)gettid());
    sampler->stat_fd = open(path, O_RDONLY | O_CLOEXEC);
    sampler->session = s;
    sampler->polling = pthread_self();
    return -pthread_create(&sampler->thread, NULL, sample_thread, sampler);
}

void sampler_join(struct sampler *sampler)
{
    pthread_join(sampler->thread, NULL);
    if (sampler->stat_fd >= 0)
        close(sampler->stat_fd);
}
