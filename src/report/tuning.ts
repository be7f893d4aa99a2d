// SPDX-License-Identifier: Apache-2.0
// What is told of the machine's knobs: those that were turned, could not be, did not stay, and those that nobody asked for.
import type { CampaignResult } from '../model/result.ts';
import type { HostRecord } from '../model/testbed.ts';
import type { KnobRecord, KnobState } from '../model/tuning.ts';
import { hostName, listed, namesTestbeds } from './format.ts';

/** What became of a knob, in words. */
const WORDS: Readonly<Record<KnobState, string>> = {
  applied: 'turned',
  already: 'stood so already',
  unavailable: 'not to be had here',
  refused: 'refused',
  lost: 'turned, and did not stay',
  off: 'not turned',
};

/** Each knob of a host, with what became of it. */
export function tuningRows({ tuning }: Pick<HostRecord, 'tuning'>): [string, string][] {
  return tuning.map((record) => [
    record.knob,
    [WORDS[record.state], change(record), record.note ?? ''].filter(Boolean).join('; '),
  ]);
}

function change({ state, before, after }: KnobRecord): string {
  if (before === null) return '';
  if (state === 'off') return after === null ? before : `${before}, and --tune would make it ${after}`;
  return after === null || after === before ? before : `${before} → ${after}`;
}

interface Told {
  what: string;
  consequence: string;
}

/** Reasons to doubt that the knobs give. */
export function tuningDoubts(result: CampaignResult): Told[] {
  const lost = having(result, ({ state }) => state === 'lost');
  const asked = ({ knob }: KnobRecord) => result.tune.includes(knob);
  const denied = having(result, (record) => asked(record) && ['refused', 'unavailable'].includes(record.state));
  const partly = having(
    result,
    (record) => asked(record) && record.state === 'applied' && / more of |: E[A-Z]+/.test(record.note ?? ''),
  );
  const off = offKnobs(result);
  return [
    ...told(
      lost,
      'Tuning did not stay',
      'Something else on the machine turned it back, and nobody knows when: part of the trials had another machine.',
    ),
    ...told(
      denied,
      'Tuning that was asked for was not to be had',
      'The machine measured as it is in this respect; a guest or a container may turn less than bare metal.',
    ),
    ...told(
      partly,
      'Tuning was taken in part',
      'The kernel keeps some of it for itself, such as interrupts that a driver manages.',
    ),
    ...(off.length === 0
      ? []
      : [
          {
            what: `The machine was not tuned (${off.join('; ')})`,
            consequence:
              'docs/tuning.md says what each of them costs. With --tune all they are turned for the campaign and given back; the command is at the end of the report.',
          },
        ]),
  ];
}

/** What tuning would change, in one line for a terminal; for a tuned campaign what became of that. Null where there is nothing to tell. */
export function tuningLine(result: CampaignResult): string | null {
  if (result.tune.length === 0) {
    const off = offKnobs(result);
    return off.length === 0
      ? null
      : `Not tuned: --tune all would change ${off.join('; ')}. docs/tuning.md says what each costs.`;
  }
  const states = Map.groupBy(
    result.hosts.flatMap(({ tuning }) => tuning.filter(({ knob }) => result.tune.includes(knob))),
    ({ state }) => state,
  );
  const parts = [...states].map(
    ([state, records]) => `${WORDS[state]}: ${listed([...new Set(records.map(({ knob }) => knob))])}`,
  );
  return parts.length === 0 ? null : `Tuning: ${parts.join('; ')}.`;
}

/** What would become of knobs that are to be turned, in one line. */
export function foreseenTuning(records: readonly KnobRecord[]): string {
  const alike = (state: KnobState) => listed(records.filter((one) => one.state === state).map(({ knob }) => knob));
  const absent = records
    .filter(({ state }) => state === 'unavailable')
    .map(({ knob, note }) => `${knob} is not to be had here${note === null ? '' : ` (${note})`}`);
  const already = alike('already');
  const parts = [
    ...records.flatMap(({ knob, state, before, after }) =>
      state === 'off' ? [`${knob} ${before ?? '?'} → ${after ?? '?'}`] : [],
    ),
    ...(already === '' ? [] : [`as wanted already: ${already}`]),
    ...absent,
  ];
  return parts.join('; ');
}

/** Whether tuning would change anything that it was not asked to. */
export function couldTune(result: CampaignResult): boolean {
  return offKnobs(result).length > 0;
}

function offKnobs(result: CampaignResult): string[] {
  return unique(
    result.hosts.flatMap(({ tuning }) =>
      tuning.flatMap(({ knob, state, before, after }) =>
        state === 'off' ? [`${knob} ${before ?? '?'} → ${after ?? '?'}`] : [],
      ),
    ),
  );
}

/** Knobs of some state with their notes, and their hosts where there are several. */
function having(result: CampaignResult, applies: (record: KnobRecord) => boolean): string[] {
  return unique(
    result.hosts.flatMap((host) =>
      host.tuning.filter(applies).map(({ knob, note }) => {
        const where = namesTestbeds(result) ? ` on ${hostName(host)}` : '';
        return `${knob}${where}${note === null ? '' : `: ${note}`}`;
      }),
    ),
  );
}

function told(those: readonly string[], what: string, consequence: string): Told[] {
  return those.length === 0 ? [] : [{ what: `${what} (${those.join('; ')})`, consequence }];
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
