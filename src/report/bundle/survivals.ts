// SPDX-License-Identifier: Apache-2.0
import type { CaseResult } from '../../model/result.ts';
import type { TestCase } from '../../model/testcase.ts';
import type { Unlike } from '../../stats/compare.ts';
import { groupOf } from '../../stats/group.ts';
import type { Fate, Survival } from '../../stats/survival.ts';
import { caseName, counted, describeGroup, effectWords, varying } from '../format.ts';
import { clean, painter, type Style, type TerminalOptions, wrap, writtenColumns } from '../text.ts';

/** What came of a rerun. */
export interface Survivals {
  schema: 1;
  /** Id of the bundle's campaign, and of the one that repeated a part of it: null where nothing could run. */
  bundle: string;
  rerun: string | null;
  seed: number;
  repeated: number;
  /** Of the bundle. */
  cases: number;
  /** In what the machines differ. */
  machines: Unlike[];
  cannotRun: { case: TestCase; reason: string }[];
  survivals: Survival[];
}

const STYLES: Record<Fate, Style> = {
  survives: 'green',
  contradicted: 'red',
  undecided: 'yellow',
  'cannot run here': 'dim',
};

export function renderSurvivals(found: Survivals, options: TerminalOptions): string {
  const paint = painter(options.color);
  const columns = writtenColumns(options);
  const groups = found.survivals.map(({ claim }) => groupOf(claim.faster.case));
  const names = varying(groups);
  const lines = found.survivals.map((survival) => {
    const [head = '', ...rest] = wrap(clean(claimWords(survival, names)), columns, 2);
    return [paint(head, STYLES[survival.fate]), ...rest].join('\n');
  });
  return [
    ...wrap(clean(headWords(found)), columns, 2),
    ...found.machines.flatMap(({ what, a, b }) =>
      wrap(clean(`Another machine: ${what} '${a}' there, '${b}' here`), columns, 2),
    ),
    ...lines,
    ...(found.survivals.length === 0
      ? ['None of the repeated cases are told apart in the bundle: nothing to survive']
      : []),
    ...found.cannotRun.flatMap(({ case: one, reason }) =>
      wrap(clean(`Cannot run here: ${caseName(one)}: ${reason}`), columns, 2),
    ),
  ].join('\n');
}

function headWords({ bundle, rerun, repeated, cases, survivals }: Survivals): string {
  const count = (fate: Fate) => survivals.filter((one) => one.fate === fate).length;
  const fates = (['survives', 'contradicted', 'undecided', 'cannot run here'] as const).map(
    (fate) => `${count(fate)} ${fate}`,
  );
  const into = rerun === null ? 'nothing could run' : `campaign ${rerun}`;
  return `${repeated} of ${counted(cases, 'case')} of ${bundle} repeated (${into}); of ${counted(survivals.length, 'claim')}: ${fates.join(', ')}`;
}

function claimWords({ claim, fate, again, reason }: Survival, names: ReturnType<typeof varying>): string {
  const group = groupOf(claim.faster.case);
  const where = names.length === 0 ? '' : ` (${describeGroup(group, names)})`;
  const now = again === null ? (reason ?? '') : `there ${effectWords(claim.compared)}, here ${effectWords(again)}`;
  return `${fate}: ${nameOf(claim.faster)} before ${nameOf(claim.slower)}${where}: ${now}`;
}

function nameOf({ case: one }: CaseResult): string {
  return caseName(one);
}
