// SPDX-License-Identifier: Apache-2.0
// The commands that there are, with what the list of them shows: nothing of a command is loaded that is not called. Of those that are not called only this is known: their options and their code are not loaded.
import type { Command } from 'commander';

export interface CommandEntry {
  name: string;
  /** Its options and arguments, as the list of all commands shows them. */
  usage: string;
  description: string;
  /** Loads its arguments, options and help; what it does is loaded when that is done. */
  load(): Promise<{ declare(command: Command): void }>;
}

export const commands: readonly CommandEntry[] = [
  {
    name: 'doctor',
    usage: '[options]',
    description: 'check what a machine can measure, what is missing, and how to get it',
    load: () => import('./doctor.ts'),
  },
  {
    name: 'setup',
    usage: '[options]',
    description: 'install and build what is missing (asks first)',
    load: () => import('./setup.ts'),
  },
  {
    name: 'run',
    usage: '[options] [campaign]',
    description: 'measure a campaign: from a file, or as the options say',
    load: () => import('./run.ts'),
  },
  {
    name: 'sweep',
    usage: '[options] <what>',
    description: 'measure throughput over the number of flows, and locate its steps: sweep flows',
    load: () => import('./sweep.ts'),
  },
  {
    name: 'search',
    usage: '[options]',
    description: 'find the highest rate without loss, or that meets other objectives',
    load: () => import('./search.ts'),
  },
  {
    name: 'card',
    usage: '[options] [id]',
    description:
      'measure the data sheet of a switch: capacity, delays, CPU cost, bursts, flows and fairness on one page',
    load: () => import('./card.ts'),
  },
  {
    name: 'canary',
    usage: '[options]',
    description: 'show that a machine is still what it was: a minute without a switch, held against earlier ones',
    load: () => import('./canary.ts'),
  },
  {
    name: 'reproduce',
    usage: '[options] <paper> [id...]',
    description: 'a paper’s figures from one command, and its claims judged: reproduce ara2021 --quick',
    load: () => import('./reproduce.ts'),
  },
  {
    name: 'list',
    usage: '[options]',
    description: 'list the stored campaigns, the latest last',
    load: () => import('./list.ts'),
  },
  {
    name: 'show',
    usage: '[options] [id] [case]',
    description: 'show a campaign: its summary, one case, or one trial',
    load: () => import('./show.ts'),
  },
  {
    name: 'report',
    usage: '[options] [id]',
    description: 'write the HTML report of a campaign: one self-contained file',
    load: () => import('./report.ts'),
  },
  {
    name: 'plot',
    usage: '[options] [id]',
    description: 'draw a figure of a campaign as SVG, PNG, PDF, LaTeX or Vega-Lite: plot --x packetSize -o figure.pdf',
    load: () => import('./plot.ts'),
  },
  {
    name: 'compare',
    usage: '[options] <A> [B]',
    description: 'tell faster, slower or no difference: two campaigns case by case, or two switches of one',
    load: () => import('./compare.ts'),
  },
  {
    name: 'serve',
    usage: '[options]',
    description: 'the browser: campaigns, cases and trials, compared and explored',
    load: () => import('./serve.ts'),
  },
  {
    name: 'advise',
    usage: '[options] [id]',
    description: 'advise which path to choose, from the figures of a campaign',
    load: () => import('./advise.ts'),
  },
  {
    name: 'export',
    usage: '[options] [id...]',
    description: 'write raw results to standard output, for other tools (columns: docs/data-dictionary.md)',
    load: () => import('./export.ts'),
  },
  {
    name: 'bundle',
    usage: '[options] [id]',
    description: 'write a campaign as one file to mail, archive or cite: raw trials, tables, report, machine',
    load: () => import('./bundle.ts'),
  },
  {
    name: 'cite',
    usage: '[options] [id]',
    description: 'print how to cite vswbench, and a campaign or bundle: BibTeX, APA or CFF',
    load: () => import('./cite.ts'),
  },
  {
    name: 'verify',
    usage: '[options] <file>',
    description: 'derive every number and verdict of a bundle anew from its trials, and say what differs',
    load: () => import('./verify.ts'),
  },
  {
    name: 'store',
    usage: '[options] [command]',
    description: 'copy campaigns between files and databases, or merge files that others measured',
    load: () => import('./store.ts'),
  },
  {
    name: 'submit',
    usage: '[options] <campaign>',
    description: 'have a campaign measured by the testbeds of a lab, which share a store in PostgreSQL',
    load: () => import('./submit.ts'),
  },
  {
    name: 'queue',
    usage: '[options]',
    description: 'what a lab has yet to measure: how far it is, and for whom it waits',
    load: () => import('./queue.ts'),
  },
  {
    name: 'cancel',
    usage: '[options] <id>',
    description: 'take a submission back',
    load: () => import('./cancel.ts'),
  },
  {
    name: 'fleet',
    usage: '[options]',
    description: 'the testbeds of a lab: what each is measuring, whose, and how it is',
    load: () => import('./fleet.ts'),
  },
  {
    name: 'reserve',
    usage: '[options] [testbed] [duration]',
    description: 'have a testbed of a lab to yourself for a time: its worker keeps off',
    load: () => import('./reserve.ts'),
  },
  {
    name: 'token',
    usage: '[options] [command]',
    description: 'let people submit, cancel and reserve in the browser of a lab: each by a token of their own',
    load: () => import('./token.ts'),
  },
  {
    name: 'worker',
    usage: '[options]',
    description: 'measure for a lab: take what is submitted, round by round, for the testbeds of this machine',
    load: () => import('./worker.ts'),
  },
  {
    name: 'lab',
    usage: '',
    description:
      'run virtual machines with SR-IOV network cards, to try what this machine lacks: right in function, not in speed',
    load: () => import('./lab.ts'),
  },
  {
    name: 'clean',
    usage: '[options]',
    description: 'remove what a killed run left on a host; results are kept',
    load: () => import('./clean.ts'),
  },
];
