// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { HostError } from '../host/host.ts';
import { localHost } from '../host/local.ts';
import { installPackages, packagesMissing } from '../host/packages.ts';
import {
  claimLab,
  findIngredients,
  GREETING_TIMEOUT_S,
  type Ingredients,
  type LabStatus,
  type LabWish,
  labDown,
  labFolder,
  labStatus,
  prepare,
  requireMemory,
  startMachines,
} from '../lab/lab.ts';
import { hostName, MACHINE_NAMES, SSH_CONFIG, TESTBED } from '../lab/machine.ts';
import type { UpOptions } from './commands/lab.ts';
import { checkout, requireRoot, tell } from './context.ts';
import { CliError, EXIT } from './errors.ts';
import { agree } from './setup.ts';

/** Who sends one of these wants us to stop, and to leave the host as it was. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const folder = labFolder(checkout.root);

export async function up(options: UpOptions): Promise<void> {
  requireRoot('vswbench lab up', 'starts virtual machines');
  if (process.arch !== 'x64') {
    throw new CliError(EXIT.nothingMeasurable, `the lab needs an x86-64 host: this one is ${process.arch}`);
  }
  const wish: LabWish = {
    folder,
    machines: options.machines === 1 ? 1 : 2,
    cpus: options.cpus,
    memoryMib: options.memory,
    packages: options.packages,
    mirror: options.mirror ?? null,
    update: options.update === true,
  };
  const before = await labStatus(localHost);
  if (before.state === 'up' && before.machines.length === wish.machines) {
    tell('The lab is up already.');
    process.stdout.write(`${describe(before)}\n`);
    return;
  }
  if (before.state === 'up') {
    const runs = `${before.machines.length} machine${before.machines.length === 1 ? '' : 's'}`;
    throw new CliError(EXIT.nothingMeasurable, `a lab of ${runs} is up: take it down first (vswbench lab down)`);
  }
  if (before.state === 'starting') {
    throw new CliError(
      EXIT.nothingMeasurable,
      `process ${before.starterPid} is just starting the lab: wait for it, or end it`,
    );
  }
  if (before.state === 'broken') {
    tell('Taking down what is left of an earlier lab ...');
    await labDown(localHost, folder);
  }
  await requireMemory(localHost, wish.machines);
  await installMissing(options.yes === true);
  const beganMs = performance.now();
  // Who comes second is refused here, and has nothing to take down.
  await claimLab(localHost);
  await interruptible(async (signal) => {
    const ingredients = await findIngredients(localHost, wish, tell);
    await askToBuild(ingredients, options.yes === true);
    const { qemu, image } = await prepare(localHost, wish, ingredients, signal, tell);
    await startMachines(localHost, wish, qemu, image, signal, tell);
  });
  tell(`The lab is up after ${((performance.now() - beganMs) / 1000).toFixed(0)} s.`);
  process.stdout.write(`${describe(await labStatus(localHost))}\n`);
}

/** Does something of which nothing is to stay where it fails, or where we are told to stop. */
async function interruptible(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const interrupt = new AbortController();
  let takenDown: Promise<unknown> | null = null;
  const onSignal = () => {
    if (interrupt.signal.aborted) return;
    tell('\nStopping: cleaning up ...');
    interrupt.abort();
    // At once, since a download may last: what it had started ends, and so does who waits for that.
    takenDown = labDown(localHost, folder).catch(() => undefined);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    await work(interrupt.signal);
    interrupt.signal.throwIfAborted();
  } catch (error) {
    await takenDown;
    await labDown(localHost, folder);
    if (interrupt.signal.aborted) throw new CliError(EXIT.interrupted, 'stopped; nothing of the lab is left');
    throw error;
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}

async function installMissing(yes: boolean): Promise<void> {
  const missing = await packagesMissing(localHost, ['lab']);
  if (missing.length === 0) return;
  tell(`These Debian/Ubuntu packages are missing: ${missing.join(' ')}`);
  if (!yes && !(await agree('Install them with apt-get?', 'lab up'))) {
    throw new CliError(EXIT.nothingMeasurable, `nothing was installed; install ${missing.join(' ')} yourself`);
  }
  await installPackages(localHost, missing);
}

async function askToBuild({ missing }: Ingredients, yes: boolean): Promise<void> {
  if (missing === null) return;
  const megabytes = Math.ceil(missing.downloadBytes / 1e6);
  tell(`To be made in ${folder}, once, of Debian packages (${megabytes} MB to download):`);
  if (missing.qemu.length > 0)
    tell(`  QEMU 10, of ${missing.qemu.length} packages: used by the lab alone, not installed`);
  if (missing.image.length > 0) tell(`  the image of the machines, of ${missing.image.length} packages`);
  if (!yes && !(await agree('Go on?', 'lab up'))) throw new CliError(EXIT.nothingMeasurable, 'nothing was downloaded');
}

export async function down(): Promise<void> {
  requireRoot('vswbench lab down', 'stops virtual machines');
  tell((await labDown(localHost, folder)) ? 'The lab is down.' : 'There was no lab.');
}

export async function status(options: { json?: boolean }): Promise<void> {
  requireRoot('vswbench lab status', 'looks at what root has started');
  const found = await labStatus(localHost);
  process.stdout.write(`${options.json === true ? JSON.stringify(document(found), null, 2) : describe(found)}\n`);
  if (found.state !== 'up') process.exitCode = EXIT.nothingMeasurable;
}

function document(found: LabStatus): object {
  if (found.state === 'down' || found.state === 'starting' || found.lab === null) {
    return { schema: 1, state: found.state, machines: [] };
  }
  const { startedAt, accelerator, cpus, memoryMib, qemu, image, kernelRelease } = found.lab;
  return {
    ...{ schema: 1, state: found.state, startedAt, accelerator, qemu, image, kernelRelease, cpus, memoryMib },
    ...{ sshConfig: SSH_CONFIG, testbed: TESTBED },
    machines: found.machines,
  };
}

function describe(found: LabStatus): string {
  if (found.state === 'down') return "No lab is up. Start one with 'vswbench lab up'.";
  if (found.state === 'starting') return `Process ${found.starterPid} is starting the lab.`;
  if (found.lab === null) return "Something is left of a lab. Take it away with 'vswbench lab down'.";
  const { accelerator, kernelRelease, qemu } = found.lab;
  const how = accelerator === 'kvm' ? 'KVM' : 'emulated';
  const lines = found.machines.map(({ host, running, answers, sshPort, residentBytes, log }) => {
    if (!running) return `  ${host}  is off: see ${log}`;
    if (!answers) return `  ${host}  does not answer: see ${log}`;
    return `  ${host}  127.0.0.1:${sshPort}  ${(residentBytes / 1e9).toFixed(1)} GB in use`;
  });
  const why = found.machines.every(({ running }) => running) ? 'does not answer' : 'is off';
  const head: Record<typeof found.state, string> = {
    up: `The lab is up: Linux ${kernelRelease}, QEMU ${qemu}, ${how}.`,
    broken: `The lab is broken: a machine ${why}. 'vswbench lab up' makes a new one.`,
  };
  const use = `Testbed 'lab': ${TESTBED}. A shell: vswbench lab ssh [a|b]. Down: vswbench lab down.`;
  return [head[found.state], ...lines, ...(found.state === 'up' ? [use] : [])].join('\n');
}

export async function ssh(machine: string | undefined, command: string[]): Promise<void> {
  requireRoot('vswbench lab ssh', 'uses a key of root');
  const name = MACHINE_NAMES.find((known) => known === machine);
  const words = name === undefined && machine !== undefined ? [machine, ...command] : command;
  const found = await labStatus(localHost);
  const target = hostName(name ?? 'a');
  const status =
    found.state === 'down' || found.state === 'starting'
      ? undefined
      : found.machines.find(({ host }) => host === target);
  if (status?.running !== true) {
    throw new CliError(EXIT.nothingMeasurable, `machine ${target} does not run: start the lab with 'vswbench lab up'`);
  }
  if (!status.answers) {
    throw new CliError(
      EXIT.nothingMeasurable,
      `machine ${target} has not answered in ${GREETING_TIMEOUT_S} s: it may be starting again (${status.log}); 'vswbench lab up' makes a new lab`,
    );
  }
  // That a machine has ceased to answer is told on the level of information.
  const client = spawn('ssh', ['-F', SSH_CONFIG, '-o', 'LogLevel=INFO', target, ...words], { stdio: 'inherit' });
  process.exitCode = await new Promise<number>((done, failed) => {
    client.on('error', () => failed(new HostError('ssh cannot be started: install openssh-client')));
    client.on('close', (code) => done(code ?? EXIT.interrupted));
  });
}
