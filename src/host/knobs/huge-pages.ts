// SPDX-License-Identifier: Apache-2.0
import { fileKnob } from './knob.ts';
import { canonical } from './value.ts';

/** Transparent hugepages for those only that ask for them (Documentation/admin-guide/mm/transhuge.rst). */
export const hugePages = fileKnob({
  id: 'huge-pages',
  title: 'transparent hugepages on request only',
  cost: 'a page fault clears 2 MiB instead of 4 KiB, and khugepaged moves memory in the background',
  paper: false,
  path: '/sys/kernel/mm/transparent_hugepage/enabled',
  wanted: 'madvise',
  suits: (value) => ['madvise', 'never'].includes(canonical(value)),
});
