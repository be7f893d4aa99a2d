/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that one run of a role knows, and the roles. */
#ifndef VSW_SESSION_H
#define VSW_SESSION_H

#include "../options.h"
#include "arrivals.h"
#include "clock.h"
#include "control.h"
#include "cost.h"
#include "counters.h"
#include "departures.h"
#include "pacing.h"
#include "schedule.h"
#include "trains.h"

/* What came of sending, in packets where no unit is given. */
struct tx_totals {
    /* Of the next burst of the schedule. */
    unsigned taken_of_next;
    bool next_is_refused; /* it was tried, and the port did not take all that was left of it */
    uint64_t intended, offered, missed;
    uint64_t not_taken; /* tried for the last time, and not taken by the port */
    uint64_t steady_intended, steady_offered;
    uint64_t answered_bytes; /* of a server whose packets have a form */
    uint64_t max_behind_ticks;
    uint64_t given_up_age_ns; /* so late, at the least, were those packets of the steady state that were given up */
    uint64_t ended_ns;        /* CLOCK_MONOTONIC */
};

/* Whether the polling thread is at work, and its usage may be told from that at the start. */
enum session_phase { SESSION_BEFORE, SESSION_DURING, SESSION_AFTER };

/* What the polling thread used. */
struct usage {
    uint64_t cpu_ns;
    uint64_t voluntary_switches, involuntary_switches;
    uint64_t minor_faults;
};

struct session {
    struct counters counters;
    struct control control;
    const struct options *options; /* own_options, which no one but renewal changes */
    struct options own_options;
    struct io_port port;

    /* Instants in ticks: the phases of a sender or client. */
    uint64_t begin, steady_begin, steady_end, end;
    uint64_t steady_begin_ns; /* the same of CLOCK_MONOTONIC */
    uint64_t wake_lead;       /* ticks: so long before a burst is due a sleeper wants to be woken */
    int rx_fd, tx_fd;         /* of the port, where the thread is to sleep; -1 = none */
    struct flows flows;       /* count 0: packets differ in nothing */
    struct flows vlans;       /* count 0: all packets are of one VLAN, or of none */
    struct flow_losses flow_losses;
    struct gaps gaps;
    struct form tx_form, rx_form; /* where traffic is not plain */
    struct schedule schedule;     /* where it is paced */
    struct pacing pacing;
    struct trains trains;
    struct tx_totals tx;
    struct departures departures;
    struct arrivals arrivals;
    struct io_slot rx_slots[IO_BURST_MAX];

    struct io_stats stats_begin, stats; /* of the framework: at the start, and since then */
    struct usage usage_begin, usage;    /* at the start, and since then */
    struct cost cost;                   /* since the start */
    struct clock_reading clock_begin, clock_end;
    enum session_phase phase;   /* atomic */
    bool has_sent;              /* atomic: a peer sends no more */
    enum stop_cause stopped_by; /* STOP_NONE: the role came to its own end */
};

static inline bool role_sends(enum role role)
{
    return role != ROLE_RECEIVER;
}

static inline bool role_receives(enum role role)
{
    return role != ROLE_SENDER;
}

/* Makes the flows that the options ask for, and the forms of packets that are not plain, before the port is opened. 0
 * or -ENOMEM. */
int session_make_packets(struct session *s);

/* Works out when bursts are due, where the options ask for a rate. 0 or -ENOMEM. */
int session_make_schedule(struct session *s);

/* After a run: nothing of it is left, and the next one may begin, with what own_options say by now. 0 or -ENOMEM. */
int session_renew(struct session *s);

/* Fills in all that has to be in place before the start. The port must be open. */
void session_prepare(struct session *s);

/* Runs the role from control.start_ns, which is less than a millisecond away, until it is over. 0 or a negative errno
 * with a text in port.error. Fills in the totals in either case. */
int session_run(struct session *s);

/* Takes off what has come before the run. 0 or a negative errno. */
int session_discard_queued(struct session *s);

/* For a source that is told that there is news: whether the run goes on. Ends the warm-up as commanded. */
bool session_heeds_news(struct session *s);

/* For a peer: what it sends begins at an instant of CLOCK_MONOTONIC, or at once where that is past. */
void session_send_from(struct session *s, uint64_t begin_ns);

/* For a peer: it has sent everything, and goes on receiving. */
void session_has_sent(struct session *s);

/* The roles' loops: 0 or a negative errno. */
int sender_run(struct session *s);
int receiver_run(struct session *s);
int client_run(struct session *s);
int server_run(struct session *s);
int peer_run(struct session *s);

#endif
