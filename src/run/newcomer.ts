// SPDX-License-Identifier: Apache-2.0
// Who comes and goes beside what is measured: a container, with its port where the switch lets ports come and go.
import timers from 'node:timers/promises';
import { COOLDOWN_KEPT_MS } from './application.ts';
import { awaitEnds, type Deployment, deploy } from './deployments.ts';
import { TrialFailure } from './failure.ts';
import type { RunningSide, TrialPlan } from './trial.ts';

/** A coming or a going, in times of the host's clock. */
export interface Happening {
  kind: 'joins' | 'leaves';
  beginNs: number;
  /** The newcomer's application has its port; null for one that leaves. */
  readyNs: number | null;
  /** Its first packet has come through. */
  firstPacketNs: number | null;
  /** All is done, and what it may have held up has arrived. */
  endNs: number;
}

/** One container leaves each second, and one comes half a second later. */
const CYCLE_MS = 1000;
/** So long what happens is told of after it is done, and so long nothing happens behind that: quiet is measured there. */
const AFTERMATH_MS = 50;
const QUIET_MS = 150;
const DAY_MS = 86_400_000;
const READY_TIMEOUT_MS = 10_000;
const FIRST_PACKET_TIMEOUT_MS = 10_000;
const GRACE_MS = 5_000;
const LOOK_MS = 1;
const STEP = 'come and go';

/** The pair behind those that are measured: its sink stays, and its source goes and comes. */
export class Newcomer {
  readonly happenings: Happening[] = [];
  private readonly plan: TrialPlan;
  private readonly at: RunningSide;
  private readonly sink: Deployment;
  private readonly others: readonly Deployment[];
  private source: Deployment;

  /** `others` are told when something happens: those who receive what is measured. */
  constructor(
    plan: TrialPlan,
    at: RunningSide,
    ends: { source: Deployment; sink: Deployment },
    others: readonly Deployment[],
  ) {
    this.plan = plan;
    this.at = at;
    this.source = ends.source;
    this.sink = ends.sink;
    this.others = others;
  }

  /** Those that are there now. */
  get present(): readonly Deployment[] {
    return [this.source, this.sink];
  }

  /** Goes and comes until there is no more time for it. Throws TrialFailure and the signal's reason. */
  async comeAndGo({ fromNs, untilNs }: { fromNs: number; untilNs: number }, signal: AbortSignal): Promise<void> {
    const { host } = this.at.side;
    let tookNs = CYCLE_MS * 1e6;
    await this.until(fromNs + QUIET_MS * 1e6, signal);
    for (;;) {
      const beganNs = await host.monotonicNs();
      if (this.happenings.length > 0 && beganNs + tookNs > untilNs) break;
      await this.happen('leaves', () => this.leave(signal), signal);
      await this.until(beganNs + (CYCLE_MS / 2) * 1e6, signal);
      await this.happen('joins', () => this.join(signal), signal);
      await this.until(beganNs + CYCLE_MS * 1e6, signal);
      tookNs = (await host.monotonicNs()) - beganNs;
    }
    const first = this.happenings[1]?.endNs ?? Number.POSITIVE_INFINITY;
    if (first <= untilNs) return;
    const tookS = ((first - fromNs) / 1e9).toFixed(1);
    throw new TrialFailure(STEP, `to go and to come took ${tookS} s, longer than the window: give a longer --duration`);
  }

  /** Both ends have no traffic any more. */
  async end(signal: AbortSignal): Promise<void> {
    for (const { application } of this.present) {
      application.stop();
      await application.final(GRACE_MS, signal);
    }
  }

  private async happen(
    kind: Happening['kind'],
    act: () => Promise<Pick<Happening, 'readyNs' | 'firstPacketNs'>>,
    signal: AbortSignal,
  ): Promise<void> {
    const { host } = this.at.side;
    for (const { application } of this.others) application.beginEvent();
    const beginNs = await host.monotonicNs();
    const told = await act();
    await timers.setTimeout(AFTERMATH_MS, undefined, { signal });
    const endNs = await host.monotonicNs();
    for (const { application } of this.others) application.endEvent();
    this.happenings.push({ kind, beginNs, ...told, endNs });
    await timers.setTimeout(QUIET_MS, undefined, { signal });
  }

  private async leave(signal: AbortSignal) {
    const { source } = this;
    source.application.stop();
    await source.application.final(GRACE_MS, signal);
    source.application.stop();
    await awaitEnds([source], GRACE_MS, signal);
    await this.at.running.hotplug?.unplug(source.port);
    return { readyNs: null, firstPacketNs: null };
  }

  private async join(signal: AbortSignal) {
    const { side, running } = this.at;
    const before = this.heard();
    const port = (await running.hotplug?.plug(this.source.port)) ?? this.source.port;
    const phases = { warmupMs: 0, durationMs: DAY_MS, cooldownMs: COOLDOWN_KEPT_MS, isQuiet: true };
    this.source = await deploy(phases, this.plan, side, port);
    const { application } = this.source;
    await Promise.all([
      application.ready(READY_TIMEOUT_MS, signal),
      running.hotplug?.connect?.(port, signal) ?? Promise.resolve(),
    ]);
    const readyNs = await side.host.monotonicNs();
    application.startAt(0);
    return { readyNs, firstPacketNs: await this.firstHeardNs(before, signal) };
  }

  /** Packets of whoever came: numbers begin anew with each, so all that arrive count. */
  private heard(): number {
    return this.sink.application.samples.at(-1)?.rx_packets ?? 0;
  }

  private async firstHeardNs(before: number, signal: AbortSignal): Promise<number> {
    const { samples } = this.sink.application;
    let next = samples.length;
    for (let waitedMs = 0; waitedMs < FIRST_PACKET_TIMEOUT_MS; waitedMs += LOOK_MS) {
      const first = samples.slice(Math.max(0, next - 1)).find(({ rx_packets }) => rx_packets > before);
      if (first !== undefined) return first.t_ns;
      next = samples.length;
      await timers.setTimeout(LOOK_MS, undefined, { signal });
    }
    throw new TrialFailure(STEP, `nothing of the newcomer came through within ${FIRST_PACKET_TIMEOUT_MS / 1000} s`);
  }

  private async until(atNs: number, signal: AbortSignal): Promise<void> {
    const leftMs = (atNs - (await this.at.side.host.monotonicNs())) / 1e6;
    await timers.setTimeout(Math.max(0, leftMs), undefined, { signal });
  }
}
