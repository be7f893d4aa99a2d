// SPDX-License-Identifier: Apache-2.0
import { isWhole, type Shards, trialsHere } from '../model/shards.ts';
import { counted, grouped } from './format.ts';

/** So many numbers of missing shards are told at most. */
const TOLD_MAX = 8;

/** Which part of a campaign is here: `shard 3 of 20`, `17 of 20 shards`; null where it is whole. */
export function shardName(shards: Shards | null): string | null {
  if (shards === null || isWhole(shards)) return null;
  const [first, ...others] = shards.parts;
  return first === undefined || others.length > 0
    ? `${shards.parts.length} of ${shards.count} shards`
    : `shard ${first.index} of ${shards.count}`;
}

/** What of a campaign is missing here, and how unlike the machines of its shards are; none where it is whole and of alike ones. */
export function shardSentences(shards: Shards | null): string[] {
  if (shards === null) return [];
  const name = shardName(shards);
  const trials = `${grouped(trialsHere(shards) ?? shards.of)} of ${counted(shards.of, 'trial')}`;
  return [
    ...(name === null
      ? []
      : [`Only ${name}, ${trials}; missing: ${missingWords(shards)}. 'vswbench store merge' joins shards.`]),
    ...(shards.unlike.length === 0 ? [] : [`Its shards are of unlike machines: ${shards.unlike.join('; ')}.`]),
  ];
}

function missingWords({ count, parts }: Shards): string {
  const here = new Set(parts.map(({ index }) => index));
  const missing = Array.from({ length: count }, (_, place) => place + 1).filter((index) => !here.has(index));
  const told = missing.slice(0, TOLD_MAX).join(', ');
  return missing.length > TOLD_MAX ? `${told} and ${missing.length - TOLD_MAX} more` : told;
}
