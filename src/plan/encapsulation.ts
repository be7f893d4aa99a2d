// SPDX-License-Identifier: Apache-2.0
// Tags and IPv6 that a framework or a switch cannot have, or that a frame has no room for, are told before the first trial.

import type { Framework } from '../model/dataplane.ts';
import { headerBytesOf, headersOf } from '../model/encapsulation.ts';
import { FCS_BYTES } from '../model/frame.ts';
import type { Header } from '../model/names.ts';
import { smallestBytes } from '../model/sizes.ts';
import type { TestCase } from '../model/testcase.ts';
import type { SwitchOffer } from './offer.ts';

/** What a payload holds at the least: our compact header (dataplane/PROTOCOL.md, "The packet"). */
const PAYLOAD_BYTES = 18;
/** How a header is asked for. */
const OPTIONS: Record<Header, string> = { vlan: '--vlan', qinq: '--qinq', ip6: '--ip 6' };

type BuiltFramework = Extract<Framework, { built: true }>;
type Asked = Pick<TestCase, 'vlan' | 'qinq' | 'ip' | 'flowFields' | 'packetSize'>;

/** Why packets cannot have these headers, with the mend; empty where they can. With `fcs`, sizes are told with it. */
export function encapsulationObstacles(
  { offer, framework }: { offer: SwitchOffer; framework: Framework },
  asked: Asked,
  fcs: boolean,
): string[] {
  const headers = headersOf(asked);
  if (headers.length === 0 || !framework.built) return [];
  if (headers.includes('qinq') && !headers.includes('vlan')) {
    return [`--qinq ${asked.qinq} is the outer one of two tags: give --vlan, too`];
  }
  return [...notWritten(framework, headers), ...notCarried(offer, headers), ...noRoom(asked, fcs)];
}

function notWritten({ name, headers: able, whole_frames }: BuiltFramework, asked: readonly Header[]): string[] {
  const unable = asked.filter((header) => !able.includes(header));
  const why = whole_frames ? 'get frames without the tag that the kernel took out' : 'leave the headers to the kernel';
  return unable.length === 0
    ? []
    : [
        `applications with ${name} ${why}: leave out ${unable.map((header) => OPTIONS[header]).join(' and ')}, or give another --io, as raw-mmsg or dpdk`,
      ];
}

function notCarried({ id, uncarried = {} }: SwitchOffer, asked: readonly Header[]): string[] {
  return asked.flatMap((header) => {
    const why = uncarried[header];
    return why === undefined ? [] : [`${id} does not carry what ${OPTIONS[header]} asks for: ${why}`];
  });
}

function noRoom(asked: Asked, fcs: boolean): string[] {
  const told = (bytes: number) => bytes + (fcs ? FCS_BYTES : 0);
  const least = headerBytesOf(asked) + PAYLOAD_BYTES;
  const smallest = smallestBytes(asked.packetSize);
  return smallest < least
    ? [`P = ${told(smallest)} has no room for these headers: give -P ${told(least)} or more`]
    : [];
}
