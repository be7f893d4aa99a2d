// SPDX-License-Identifier: Apache-2.0
// What stands in front of the payload (dataplane/frame/layout.h): VLAN tags, and IPv4 or IPv6.
import type { Header } from './names.ts';
import type { TestCase } from './testcase.ts';
import type { Parsed } from './units.ts';

/** Ids that a VLAN may have are 1 to this one (IEEE 802.1Q). */
export const VLAN_MAX = 4094;
/** No tag. */
export const UNTAGGED = 'none';

type Encapsulated = Pick<TestCase, 'vlan' | 'qinq' | 'ip' | 'flowFields'>;

/** Reads `none`, an id, or the first and the last of several; the error is one line. */
export function parseVlans(text: string): Parsed<string[]> {
  if (text === UNTAGGED) return { ok: true, value: [text] };
  const [, first = '', last = first] = /^([1-9]\d{0,3})(?:-([1-9]\d{0,3}))?$/.exec(text) ?? [];
  const [low, high] = [Number(first), Number(last)];
  return low >= 1 && low <= high && high <= VLAN_MAX
    ? { ok: true, value: [low === high ? first : text] }
    : { ok: false, error: `'${text}' is not a VLAN id from 1 to ${VLAN_MAX}, several as 100-199, or none` };
}

/** Reads `none` or one id. */
export function parseVlan(text: string): Parsed<string[]> {
  const vlans = text.includes('-') ? null : parseVlans(text);
  return vlans?.ok === true ? vlans : { ok: false, error: `'${text}' is not a VLAN id from 1 to ${VLAN_MAX}, or none` };
}

/** Ids of the 802.1Q tags, in order; empty where there are none. Flows that differ in them count up, from 1 where none is given. */
export function vlansOf({ vlan, flowFields, flows }: Encapsulated & Pick<TestCase, 'flows'>): number[] {
  const asked = vlan === UNTAGGED && flowFields === 'vlan' ? '1' : vlan;
  if (asked === UNTAGGED) return [];
  const [first = 0, last = first] = asked.split('-').map(Number);
  const count = flowFields === 'vlan' ? flows : last - first + 1;
  return Array.from({ length: count }, (_, index) => first + index);
}

/** Ids by which a switch that looks at the outermost tag tells networks apart; empty where there is no tag. */
export function networksOf(testCase: Encapsulated & Pick<TestCase, 'flows'>): number[] {
  return testCase.qinq === UNTAGGED ? vlansOf(testCase) : [Number(testCase.qinq)];
}

/** What headers have beside the usual ones. */
export function headersOf({ vlan, qinq, ip, flowFields }: Encapsulated): Header[] {
  return [
    ...(vlan === UNTAGGED && flowFields !== 'vlan' ? [] : (['vlan'] as const)),
    ...(qinq === UNTAGGED ? [] : (['qinq'] as const)),
    ...(ip === '4' ? [] : (['ip6'] as const)),
  ];
}

const ADDED_BYTES: Record<Header, number> = { vlan: 4, qinq: 4, ip6: 20 };
/** Ethernet, IPv4 and UDP. */
const USUAL_BYTES = 14 + 20 + 8;

/** Bytes of all headers of a packet. */
export function headerBytesOf(testCase: Encapsulated): number {
  return headersOf(testCase).reduce((sum, header) => sum + ADDED_BYTES[header], USUAL_BYTES);
}
