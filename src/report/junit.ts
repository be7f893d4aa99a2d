// SPDX-License-Identifier: Apache-2.0
// What was measured, or compared, as the tests of a CI system: JUnit's XML, as far as Jenkins, GitLab and actions of GitHub read it.
import type { CampaignResult, CaseResult } from '../model/result.ts';
import type { TestCase } from '../model/testcase.ts';
import { sumOf } from '../stats/sum.ts';
import type { ComparisonReport } from './comparison.ts';
import { figure, interval, percent } from './comparison.ts';
import { caseName, describeAlone } from './format.ts';
import { escapeXml } from './xml.ts';

export type JunitState = { state: 'passed' } | { state: 'failed' | 'skipped'; message: string };

export interface JunitCase {
  className: string;
  name: string;
  timeS: number;
  state: JunitState;
}

export interface JunitSuite {
  name: string;
  startedAt: string;
  hostname: string;
  timeS: number;
  cases: readonly JunitCase[];
}

/** A campaign's cases. One has failed where a trial was not measured, by which the exit code goes as well. */
export function campaignSuite(campaign: CampaignResult): JunitSuite {
  const { id, title, startedAt, hosts, durationMs, results } = campaign;
  const cases = results.map((result) => ({
    ...namesOf(result.case),
    timeS: (result.evidence.trials * durationMs) / 1000,
    state: stateOf(result),
  }));
  const timeS = sumOf(cases, (one) => one.timeS);
  return { name: `${id}: ${title}`, startedAt, hostname: hosts[0]?.inventory.hostname ?? '', timeS, cases };
}

function stateOf({ outcome, reason, evidence: { trials, measured } }: CaseResult): JunitState {
  switch (outcome) {
    case 'skipped':
      return { state: 'skipped', message: reason ?? outcome };
    case 'failed':
    case 'invalid':
      return { state: 'failed', message: `${outcome}: ${reason ?? 'no reason is known'}` };
    case 'measured':
      return measured === trials
        ? { state: 'passed' }
        : { state: 'failed', message: reason ?? `${trials - measured} of ${trials} trials were not measured` };
    default:
      return outcome satisfies never;
  }
}

/** The cases of a comparison. One has failed where B is slower; what was not compared is skipped. */
export function comparisonSuite({ a, b, comparison, hosts = [] }: ComparisonReport): JunitSuite {
  const cases = comparison.cases.map((one): JunitCase => {
    const names = { ...namesOf(one.case), timeS: 0 };
    switch (one.verdict) {
      case 'not compared':
        return { ...names, state: { state: 'skipped', message: one.reason ?? one.verdict } };
      case 'slower': {
        const sides = `${figure(one.a, one.case.dimension)} in A, ${figure(one.b, one.case.dimension)} in B`;
        const message = `slower: ${sides}, ${percent(one.effect?.percent)} (${interval(one.effect)})`;
        return { ...names, state: { state: 'failed', message } };
      }
      case 'faster':
      case 'no difference':
        return { ...names, state: { state: 'passed' } };
      default:
        return one.verdict satisfies never;
    }
  });
  const name = `${a.campaign} and ${b.campaign}`;
  return { name, startedAt: b.startedAt, hostname: hosts[0]?.inventory.hostname ?? '', timeS: 0, cases };
}

/** The same whatever else a campaign has: a CI system follows a test by its name. */
function namesOf(testCase: TestCase): { className: string; name: string } {
  return { className: caseName(testCase), name: `${describeAlone(testCase)}, ${testCase.wait}` };
}

/** The document. */
export function junitXml({ name, startedAt, hostname, timeS, cases }: JunitSuite): string {
  const count = (state: JunitState['state']) => cases.filter((one) => one.state.state === state).length;
  const counts = {
    tests: cases.length,
    failures: count('failed'),
    errors: 0,
    skipped: count('skipped'),
    time: seconds(timeS),
  };
  // Readers take it for a time of the zone where it is read, or refuse one with milliseconds.
  const timestamp = startedAt.slice(0, 19);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: 'vswbench', ...counts })}>`,
    `  <testsuite${attributes({ name, ...counts, timestamp, hostname })}>`,
    ...cases.flatMap(caseLines),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function caseLines({ className, name, timeS, state }: JunitCase): string[] {
  const open = `    <testcase${attributes({ classname: className, name, time: seconds(timeS) })}`;
  if (state.state === 'passed') return [`${open}/>`];
  const element = state.state === 'failed' ? 'failure' : 'skipped';
  const { message } = state;
  // Some readers show the attribute, others what is within.
  const inner = `<${element}${attributes({ message })}>${escapeXml(message)}</${element}>`;
  return [`${open}>`, `      ${inner}`, '    </testcase>'];
}

function seconds(timeS: number): string {
  return timeS.toFixed(3);
}

function attributes(values: Record<string, string | number>): string {
  return Object.entries(values)
    .map(([key, value]) => ` ${key}="${escapeXml(String(value))}"`)
    .join('');
}
