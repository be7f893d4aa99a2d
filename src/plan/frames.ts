// SPDX-License-Identifier: Apache-2.0
// Frames that are too large for a switch or for the cable are told before the first trial, and not found out as loss.
import type { Framework, PortKind } from '../model/dataplane.ts';
import { FCS_BYTES, frameBytesOf, MTU_USUAL, mtuOf } from '../model/frame.ts';
import type { TestCase } from '../model/testcase.ts';
import type { HostOffer, SwitchOffer, TestbedOffer } from './offer.ts';

interface Path {
  location: TestCase['location'];
  port: PortKind;
  offer: SwitchOffer;
  framework: Framework;
  testbed: Pick<TestbedOffer, 'near' | 'far'>;
}

/** Why frames of this size do not go this way, with both numbers and the mend; empty where they do. With `fcs`, sizes are told with it. */
export function frameObstacles(
  { location, port, offer, framework, testbed }: Path,
  packetSize: number,
  fcs: boolean,
): string[] {
  const told = (bytes: number) => bytes + (fcs ? FCS_BYTES : 0);
  const limit = offer.frameLimit?.(port, location) ?? null;
  const tooLarge =
    limit !== null && packetSize > limit.bytes
      ? [
          `P = ${told(packetSize)} is more than the ${told(limit.bytes)} bytes that ${offer.id} takes here: ${limit.why}`,
        ]
      : [];
  const most = framework.built ? (framework.frame_bytes_max ?? packetSize) : packetSize;
  const tooLong =
    packetSize > most
      ? [
          `P = ${told(packetSize)} is more than the ${told(most)} bytes that ${framework.name} carries: give another --io`,
        ]
      : [];
  return [
    ...tooLarge,
    ...tooLong,
    ...(location === 'remote' ? cableObstacles([testbed.near, testbed.far], packetSize, told) : []),
  ];
}

/**
 * An MTU is raised for a campaign, and restored after it, from the usual one on. Who has lowered it knows of something on the way that
 * takes no more.
 */
function cableObstacles(
  ends: readonly (HostOffer | null)[],
  packetSize: number,
  told: (bytes: number) => number,
): string[] {
  const needed = mtuOf(packetSize);
  const uplinks = ends.flatMap((host) => (host?.uplink == null ? [] : [{ host: host.name, ...host.uplink }]));
  const mostOf = ({ mtu, mtuMax }: (typeof uplinks)[number]) => (mtu < MTU_USUAL ? mtu : Math.max(mtu, mtuMax));
  const most = Math.min(...uplinks.map(mostOf));
  if (needed <= most) return [];
  const has = uplinks.map((uplink) => {
    const taken = mostOf(uplink) > uplink.mtu ? `${mostOf(uplink)} at most` : String(uplink.mtu);
    return `${taken} (${uplink.interface} of ${uplink.host})`;
  });
  return [
    `P = ${told(packetSize)} needs an MTU of ${needed} at both ends of the cable, which have ${has.join(' and ')}: raise it, or give -P ${told(frameBytesOf(most))} or less`,
  ];
}
