// SPDX-License-Identifier: Apache-2.0
// Where a testbed's name leads: to the campaign file, the files of testbeds, or what is built in.
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { z } from 'zod';
import { accountOf, invokerOf } from '../host/invoker.ts';
import type { Campaign } from '../model/campaign.ts';
import { formatCpuList } from '../model/cpu-list.ts';
import type { StoredCampaign } from '../model/result.ts';
import {
  type HostRecord,
  type HostSpec,
  LOCAL_TESTBED,
  type TestbedSpec,
  type Testbeds,
  TestbedsSchema,
  testbedError,
} from '../model/testbed.ts';
import { CliError, EXIT } from './errors.ts';
import { readYaml } from './yaml-file.ts';

/** A testbed that was found. */
export interface FoundTestbed {
  name: string;
  spec: TestbedSpec;
}

/** Testbeds that need no file. */
const BUILT_IN: Testbeds = {
  [LOCAL_TESTBED]: { near: { host: 'local' } },
  netns: {
    near: { host: 'netns:vswbench-near', uplink: 'cable' },
    far: { host: 'netns:vswbench-far', uplink: 'cable' },
  },
};

/** Written by `vswbench lab up`, and gone when the lab is. */
const LAB_FILE = '/run/vswbench-lab/testbed.yaml';

/** The files of testbeds, the one that is looked into first being first; they need not exist. */
export function testbedFiles(): string[] {
  return [LAB_FILE, resolve(configFolder(process.env), 'vswbench/testbeds.yaml')];
}

/** The user's folder of configuration; under sudo that of who asked for it, whose settings these are. */
function configFolder(environment: NodeJS.ProcessEnv): string {
  const invoker = invokerOf(environment);
  if (invoker !== null) return resolve(accountOf(invoker.uid)?.home ?? homedir(), '.config');
  const { XDG_CONFIG_HOME: folder } = environment;
  // A relative path in it is to be ignored (XDG Base Directory Specification).
  return folder?.startsWith('/') ? folder : resolve(homedir(), '.config');
}

/**
 * The testbed of a name: as the campaign file defines it, else the first of the files (see testbedFiles), else as it is built
 * in; `local` is always this machine. Throws CliError, in one line, where there is none, or a file that has to be looked into
 * cannot be read or is not valid.
 */
export function findTestbed(
  name: string,
  campaign: Pick<Campaign, 'testbedSpecs'>,
  files: readonly string[] = testbedFiles(),
): FoundTestbed {
  if (name === LOCAL_TESTBED) return { name, spec: { near: { host: 'local' } } };
  const known = new Set<string>();
  for (const testbeds of sources(campaign, files)) {
    if (Object.hasOwn(testbeds, name) && testbeds[name] !== undefined) return { name, spec: testbeds[name] };
    for (const other of Object.keys(testbeds)) known.add(other);
  }
  const names = [...known].sort().join(', ');
  throw new CliError(
    EXIT.usage,
    `testbed (--testbed): '${name}' is not known; known are ${names}; define it in ${files.at(-1) ?? 'the campaign file'} (docs/testbeds.md)`,
  );
}

/**
 * A testbed whose hosts use the CPUs that they name, or else those that the campaign names. One that is resumed goes on with the CPUs that
 * it was begun with: on others its figures would be those of another placement.
 */
export function onCpus(
  { name, spec }: FoundTestbed,
  { cpus }: Pick<Campaign, 'cpus'>,
  resumed: Pick<StoredCampaign, 'hosts'> | null,
): FoundTestbed {
  const placed = (role: HostRecord['role'], host: HostSpec): HostSpec => {
    const named = resumed === null ? (host.cpus ?? cpus) : cpusBegunWith(resumed, name, role);
    const { cpus: _own, ...rest } = host;
    return named === null ? rest : { ...rest, cpus: named };
  };
  const { near, far } = spec;
  return { name, spec: { near: placed('near', near), ...(far === undefined ? {} : { far: placed('far', far) }) } };
}

/** Null where the record is of a version that did not tell. */
function cpusBegunWith(
  { hosts }: Pick<StoredCampaign, 'hosts'>,
  testbed: string,
  role: HostRecord['role'],
): string | null {
  const record = hosts.find((host) => host.testbed === testbed && host.role === role);
  if (record === undefined || record.inventory.topology === null) return null;
  return formatCpuList(record.inventory.cpus.flatMap(({ id, allowed }) => (allowed ? [id] : [])));
}

/** Read one after the other: a file that is not needed may be as broken as it likes. */
function* sources(
  { testbedSpecs }: Pick<Campaign, 'testbedSpecs'>,
  files: readonly string[],
): Generator<Readonly<Record<string, TestbedSpec>>> {
  yield testbedSpecs;
  for (const path of files) yield readTestbeds(path);
  yield BUILT_IN;
}

/** The testbeds of a file; none where there is no file. */
function readTestbeds(path: string): Testbeds {
  const content = readYaml(path, 'testbed file', 'absent');
  if (content === null) return {};
  const result = z.strictObject({ testbeds: TestbedsSchema }).safeParse(content);
  if (result.success) return result.data.testbeds;
  throw new CliError(EXIT.usage, `${path}: ${testbedError(result.error, content)}`);
}
