/* SPDX-License-Identifier: Apache-2.0 */
#include "session.h"

#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "clock.h"
#include "receive.h"

static int (*const role_run[ROLE_COUNT])(struct session *) = {
    [ROLE_SENDER] = sender_run, [ROLE_RECEIVER] = receiver_run, [ROLE_CLIENT] = client_run,
    [ROLE_SERVER] = server_run, [ROLE_PEER] = peer_run,
};

/* A sleeper is woken some tens of microseconds after the time it asked for, and so asks for an earlier one. */
#define WAKE_LEAD_NS 50000
/* But not so early that it would spend more than this part of the time between two bursts on waiting awake. */
#define WAKE_LEAD_SHARE 8

static struct usage thread_usage(void)
{
    struct rusage r;

    getrusage(RUSAGE_THREAD, &r);
    return (struct usage){
        .cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID),
        .voluntary_switches = (uint64_t)r.ru_nvcsw,
        .involuntary_switches = (uint64_t)r.ru_nivcsw,
        .minor_faults = (uint64_t)r.ru_minflt,
    };
}

/* The VLANs of a range are flows of their own kind, in turn, and nobody counts what each loses. */
static void make_vlans(struct session *s, bool at_source)
{
    const struct io_encapsulation *e = &s->options->encapsulation;

    if (e->vlan_first == e->vlan_last)
        return;
    /* Nothing is drawn, and so nothing can fail. */
    flows_init(&s->vlans, e->vlan_last - e->vlan_first + 1u, FLOW_VLAN, FLOW_ROUND_ROBIN, 0, 0);
    s->vlans.at_source = at_source;
    s->vlans.encapsulation = *e;
}

static int make_flows(struct session *s)
{
    const struct options *o = s->options;
    bool at_source = o->role == ROLE_SENDER || o->role == ROLE_CLIENT;

    make_vlans(s, at_source);
    if (o->flow_count <= 1)
        return 0;
    int error = flows_init(&s->flows, (uint32_t)o->flow_count, o->flow_field, o->flow_order, o->zipf_exponent,
                           (unsigned)o->pair);
    s->flows.at_source = at_source;
    s->flows.encapsulation = o->encapsulation;
    /* Of flows that come once, each that is missing is a lost packet. */
    if (error < 0 || !role_receives(o->role) || o->flow_order == FLOW_NEW)
        return error;
    return flow_losses_init(&s->flow_losses, &s->flows);
}

int session_make_packets(struct session *s)
{
    const struct options *o = s->options;
    bool at_source = o->role == ROLE_SENDER || o->role == ROLE_CLIENT;
    int error = gaps_init(&s->gaps, role_receives(o->role) ? o->gap_packets : 0);

    if (error == 0)
        error = make_flows(s);
    if (error < 0 || !options_need_form(o))
        return error;
    struct form_config c = {
        .from = &o->local,
        .to = &o->peer,
        .sizes = o->sizes.period > 0 ? &o->sizes : NULL,
        .frame_len = (uint32_t)o->frame_len,
        .encapsulation = o->encapsulation,
        .flows = s->flows.count > 0 ? &s->flows : NULL,
        .vlans = s->vlans.count > 0 ? &s->vlans : NULL,
        /* Of peers, neither way has answers. */
        .answers = o->role == ROLE_SERVER,
        .payload_checked = o->touch_full,
    };
    error = form_init(&s->tx_form, &c);
    if (error < 0)
        return error;
    c.from = &o->peer;
    c.to = &o->local;
    c.answers = at_source;
    return form_init(&s->rx_form, &c);
}

int session_make_schedule(struct session *s)
{
    const struct options *o = s->options;
    struct schedule_plan plan = {
        .kind = o->arrivals,
        .rate_pps = o->rate_pps,
        .burst = (uint32_t)o->burst,
        .train_packets = o->train_packets,
        .pause_ns = o->pause_ns,
        .pair = (unsigned)o->pair,
    };

    trains_init(&s->trains, o->rate_pps > 0 && o->arrivals == SCHEDULE_ON_OFF ? o->train_packets : 0);
    if (o->rate_pps == 0)
        return 0;
    int error = schedule_init(&s->schedule, &plan, clock_rate.hz);
    if (error == 0 && o->role != ROLE_SENDER && o->role != ROLE_CLIENT && o->role != ROLE_PEER)
        schedule_free_offsets(&s->schedule);
    return error;
}

int session_renew(struct session *s)
{
    memset(&s->counters, 0, sizeof(s->counters));
    s->tx = (struct tx_totals){0};
    s->pacing = (struct pacing){0};
    s->usage_begin = s->usage = (struct usage){0};
    s->stats_begin = s->stats = (struct io_stats){0};
    s->has_sent = false;
    s->stopped_by = STOP_NONE;
    __atomic_store_n(&s->phase, SESSION_BEFORE, __ATOMIC_SEQ_CST);
    if (s->flow_losses.flows != NULL)
        flow_losses_clear(&s->flow_losses);
    gaps_clear(&s->gaps);
    schedule_free_offsets(&s->schedule);
    s->schedule = (struct schedule){0};
    return session_make_schedule(s);
}

void session_prepare(struct session *s)
{
    const struct options *o = s->options;

    uint64_t their_run = o->role == ROLE_PEER ? o->peer_run : o->run;

    departures_init(&s->departures, &s->port, packet_mark((unsigned)o->pair, (unsigned)o->run, false), o->touch_full);
    arrivals_init(&s->arrivals, &s->port, packet_mark((unsigned)o->pair, (unsigned)their_run, false), o->touch_full);
    if (o->rate_pps > 0)
        arrivals_allow_ahead(&s->arrivals, s->schedule.ahead_packets);
    arrivals_heed_events(&s->arrivals, &s->control.in_event);
    if (s->flow_losses.flows != NULL || s->trains.packets > 0 || s->gaps.packets > 0 || o->sizes.period > 0)
        arrivals_count_losses(&s->arrivals, s->flow_losses.flows != NULL ? &s->flow_losses : NULL,
                              s->trains.packets > 0 ? &s->trains : NULL, s->gaps.packets > 0 ? &s->gaps : NULL);
    cost_open(&s->cost);
}

/* Once a run, so that nothing of it has to be asked for before each sleep. */
static void prepare_sleep(struct session *s)
{
    s->wake_lead = clock_ns_to_ticks(WAKE_LEAD_NS);
    if (s->wake_lead > pacing_mean_step(&s->pacing) / WAKE_LEAD_SHARE)
        s->wake_lead = pacing_mean_step(&s->pacing) / WAKE_LEAD_SHARE;
    s->port.ops->descriptors(&s->port, &s->rx_fd, &s->tx_fd);
    /* Timers may otherwise be 50 us late, to be served together (prctl(2)). */
    prctl(PR_SET_TIMERSLACK, 1);
}

static void set_phases(struct session *s, uint64_t steady_begin, uint64_t steady_begin_ns)
{
    const struct options *o = s->options;

    s->steady_begin = steady_begin;
    s->steady_begin_ns = steady_begin_ns;
    s->steady_end = steady_begin + clock_ns_to_ticks(o->duration_ms * NS_PER_MS);
    s->end = s->steady_end + clock_ns_to_ticks(o->cooldown_ms * NS_PER_MS);
}

/* Never from an instant that is past: what was sent by then does not bear the mark of the steady state. */
#define MEASURE_LEAD_NS 1000

bool session_heeds_news(struct session *s)
{
    uint64_t measure_ns, ignored;
    bool measure = control_take_measure(&s->control, &measure_ns);

    /* It sends already, or is none that waits for that. */
    control_take_send(&s->control, &ignored);

    if (control_stopped_by(&s->control) != STOP_NONE)
        return false;
    if (!measure || clock_ticks() >= s->steady_begin)
        return true;
    uint64_t earliest_ns = clock_ns(CLOCK_MONOTONIC) + MEASURE_LEAD_NS;
    if (measure_ns < earliest_ns)
        measure_ns = earliest_ns;
    set_phases(s, clock_ticks_at(measure_ns), measure_ns);
    return true;
}

/* More than any ring or socket holds; a flood of somebody else's is not waited for. */
#define QUEUED_MAX 16384u

/* The counters of the switch that the run is held against begin with what is on its way now. What has come before, such
 * as announcements, would be foreign packets of the run to this end, and to nobody else. */
int session_discard_queued(struct session *s)
{
    if (!role_receives(s->options->role))
        return 0;
    for (unsigned seen = 0; seen < QUEUED_MAX;) {
        int n = s->port.ops->rx(&s->port, s->rx_slots, (unsigned)s->options->burst);

        if (n <= 0)
            return n;
        receive_release(s);
        seen += (unsigned)n;
    }
    return 0;
}

/* The schedule and the phases of what is sent from an instant on. */
static void schedule(struct session *s, uint64_t begin, uint64_t begin_ns)
{
    const struct options *o = s->options;

    s->begin = begin;
    set_phases(s, begin + clock_ns_to_ticks(o->warmup_ms * NS_PER_MS), begin_ns + o->warmup_ms * NS_PER_MS);
    if (o->rate_pps > 0)
        pacing_begin(&s->pacing, begin, clock_rate.hz, o->rate_pps, (uint32_t)o->burst,
                     clock_ns_to_ticks(o->max_debt_ms * NS_PER_MS), &s->schedule);
}

void session_send_from(struct session *s, uint64_t begin_ns)
{
    uint64_t now_ns = clock_ns(CLOCK_MONOTONIC);

    if (begin_ns < now_ns)
        begin_ns = now_ns;
    schedule(s, clock_ticks_at(begin_ns), begin_ns);
}

void session_has_sent(struct session *s)
{
    __atomic_store_n(&s->has_sent, true, __ATOMIC_RELAXED);
}

static int begin(struct session *s)
{
    const struct options *o = s->options;
    int error = session_discard_queued(s);

    if (error < 0)
        return error;
    s->port.ops->stats(&s->port, &s->stats_begin);
    schedule(s, clock_ticks_at(s->control.start_ns), s->control.start_ns);
    arrivals_begin(&s->arrivals, s->begin, o->rate_pps);
    if (o->wait == WAIT_BLOCK)
        prepare_sleep(s);
    s->clock_begin = clock_read_both();
    while (clock_ticks() < s->begin) {
        if (o->wait == WAIT_YIELD)
            sched_yield();
        else
            clock_relax();
    }
    cost_begin(&s->cost);
    s->usage_begin = thread_usage();
    __atomic_store_n(&s->phase, SESSION_DURING, __ATOMIC_SEQ_CST);
    return 0;
}

static void end(struct session *s)
{
    /* First of all: a sample taken later could have more CPU time than the total. */
    __atomic_store_n(&s->phase, SESSION_AFTER, __ATOMIC_SEQ_CST);
    struct usage u = thread_usage();
    cost_end(&s->cost);

    s->usage = (struct usage){
        .cpu_ns = u.cpu_ns - s->usage_begin.cpu_ns,
        .voluntary_switches = u.voluntary_switches - s->usage_begin.voluntary_switches,
        .involuntary_switches = u.involuntary_switches - s->usage_begin.involuntary_switches,
        .minor_faults = u.minor_faults - s->usage_begin.minor_faults,
    };
    sequence_settle(&s->arrivals.sequence);
    s->clock_end = clock_read_both();
    s->port.ops->stats(&s->port, &s->stats);
    s->stats.rx_dropped -= s->stats_begin.rx_dropped;
    s->stats.tx_errors -= s->stats_begin.tx_errors;
}

int session_run(struct session *s)
{
    int error = begin(s);

    if (error < 0)
        return error;
    error = role_run[s->options->role](s);
    end(s);
    return error;
}
