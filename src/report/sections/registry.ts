// SPDX-License-Identifier: Apache-2.0
import { againSection } from './again.ts';
import { capacitySection } from './capacity.ts';
import { choiceSection } from './choice.ts';
import { cpuSection } from './cpu.ts';
import { crossoversSection } from './crossovers.ts';
import { doubtsSection } from './doubts.ts';
import { latencySection } from './latency.ts';
import { ledgerSection } from './ledger.ts';
import { machineSection } from './machine.ts';
import { methodSection } from './method.ts';
import { paperSection } from './paper.ts';
import { publishSection } from './publish.ts';
import { resultsSection } from './results.ts';
import type { Section } from './section.ts';
import { spreadSection } from './spread.ts';
import { throughputSection } from './throughput.ts';
import { variationSection } from './variation.ts';

/** Every section of the page, in the order in which they stand there. */
export const sectionRegistry: readonly Section[] = [
  paperSection,
  choiceSection,
  throughputSection,
  crossoversSection,
  capacitySection,
  latencySection,
  resultsSection,
  variationSection,
  spreadSection,

  cpuSection,
  ledgerSection,
  doubtsSection,
  methodSection,
  machineSection,
  againSection,
  publishSection,
];
