// SPDX-License-Identifier: Apache-2.0
// Interfaces and switches count frames, whoever sent them and however many datagrams are in one. They count bytes as well, and
// all packets of a trial have one size: that tells the packets from announcements, and the datagrams in super-packets. Of a mix of sizes it
// does not, and each frame is taken for a packet.
import { vlansOf } from '../model/encapsulation.ts';
import type { TestCase } from '../model/testcase.ts';

/** Ethernet, IPv4 and UDP headers, of which a super-packet has one set. */
const HEADERS_BYTES = 14 + 20 + 8;
/** The frame by which an application tells where its address is (dataplane/PROTOCOL.md): never as long as a packet. */
export function announcementBytes(packetSize: number, ip: TestCase['ip'] = '4'): number {
  const usual = ip === '4' ? 60 : 96;
  return packetSize === usual ? usual + 4 : usual;
}

/** The kernel takes the outermost tag out of a frame, and does not count it from there on. */
const TAG_BYTES = 4;

/** How frames of a trial are counted. */
export interface FrameShape {
  /** Null where they have several. */
  packetSize: number | null;
  /** Most datagrams in a frame; 1 where each is a frame of its own. */
  datagramsMax: number;
  announcementBytes: number;
  /** Packets have a tag, which some counters have taken out of each frame. */
  tagged: boolean;
  /** Announcements that may be under way when counting begins, one of each application in each VLAN: earlier ones were awaited. */
  announcementsMax: number;
}

/** The shape of frames with packets of one size. */
type OneSize = FrameShape & { packetSize: number };

/** What a counter of frames says of the trial's packets. */
export interface FrameCount {
  packets: number;
  /** Frames, where several packets may be in one. */
  superPackets?: number;
  /** Announcements, which are not among `packets`. */
  foreignPackets?: number;
}

export function frameShape(testCase: TestCase, superPackets: boolean): FrameShape {
  const { burst, pairs, ip } = testCase;
  const packetSize = typeof testCase.packetSize === 'number' ? testCase.packetSize : null;
  const vlans = vlansOf(testCase).length;
  return {
    ...{
      packetSize,
      datagramsMax: superPackets ? burst : 1,
      announcementBytes: announcementBytes(packetSize ?? 0, ip),
    },
    ...{ tagged: vlans > 0, announcementsMax: 2 * pairs * Math.max(1, vlans) },
  };
}

/**
 * The packets in so many frames with so many bytes, Ethernet headers included. Null where there may be several in one and nobody has
 * counted bytes. Frames that are neither packets nor announcements are not told from packets.
 */
export function countFrames(frames: number, bytes: number | undefined, given: FrameShape): FrameCount | null {
  const { packetSize } = given;
  if (packetSize === null) return { packets: frames };
  const shape = { ...given, packetSize };
  if (shape.datagramsMax > 1) return bytes === undefined ? null : countDatagrams(frames, bytes, shape);
  const announcements = bytes === undefined ? 0 : announcementsAmong(frames, bytes, shape);
  return announcements === 0 ? { packets: frames } : { packets: frames - announcements, foreignPackets: announcements };
}

/** Of dropped frames no bytes are counted: this many packets is the most that they held. */
export function packetsAtMost(frames: number, { datagramsMax }: FrameShape): number {
  return frames * datagramsMax;
}

/** Each announcement is so many bytes shorter than a packet, or longer; 0 where that does not account for what is missing. */
function announcementsAmong(frames: number, bytes: number, shape: OneSize): number {
  const { packetSize, tagged, announcementsMax } = shape;
  const most = Math.min(frames, announcementsMax);
  const found = (tagged ? [0, TAG_BYTES] : [0])
    .map((taken) => (frames * (packetSize - taken) - bytes) / (packetSize - shape.announcementBytes))
    .find((announcements) => Number.isInteger(announcements) && announcements >= 0 && announcements <= most);
  return found ?? 0;
}

/** Behind the headers of each frame there are whole datagrams or, in an announcement, padding; an ARP frame without that has nothing. */
function countDatagrams(
  frames: number,
  bytes: number,
  { packetSize, announcementBytes: bytesEach, announcementsMax }: OneSize,
): FrameCount {
  const behind = bytes - HEADERS_BYTES * frames;
  const [datagram, padding] = [packetSize - HEADERS_BYTES, bytesEach - HEADERS_BYTES];
  const candidates = Array.from({ length: Math.min(frames, announcementsMax) + 1 }, (_, index) => index);
  const announcements = candidates.find(
    (some) => behind >= some * padding && (behind - some * padding) % datagram === 0,
  );
  const packets = Math.floor((behind - (announcements ?? 0) * padding) / datagram);
  const count = { packets, superPackets: frames - (announcements ?? 0) };
  return announcements === undefined || announcements === 0 ? count : { ...count, foreignPackets: announcements };
}
