// SPDX-License-Identifier: Apache-2.0
// The virtual lab: one or two virtual machines that live on after the command that started them. What there is of it on the host
// is one folder in /run and the processes that bear its mark: taking both away is all there is to undo, at any moment.
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { type Host, HostError, lastLine, runOrThrow } from '../host/host.ts';
import { killMarked, startTicksOf } from '../host/process.ts';
import { DRAFT, marked, Packages } from './debian.ts';
import { buildImage, findImage, type Image, readRecipe, resolveImage } from './image.ts';
import {
  bootOutcome,
  freePorts,
  type Hardware,
  hostName,
  IDENTITY,
  KNOWN_HOSTS,
  knownHost,
  LAB_DIRECTORY,
  LAB_MARK,
  MACHINE_NAMES,
  type MachineName,
  type MachineSpec,
  machineFile,
  parseUsedPorts,
  qemuArguments,
  SSH_CONFIG,
  sshConfig,
  TESTBED,
  testbed,
} from './machine.ts';
import { accelerator, fetchedQemu, fetchQemu, findQemu, type Qemu, resolveQemu } from './qemu.ts';
import { type Archive, imageDigest, type Recipe } from './recipe.ts';

/** Where images and the emulator are kept: with all else that is built. */
export function labFolder(root: string): string {
  return `${root}/build/lab`;
}

const StateSchema = z.strictObject({
  schema: z.literal(1),
  /** `starting` until all machines answer. */
  state: z.enum(['starting', 'up']),
  startedAt: z.string(),
  accelerator: z.enum(['kvm', 'tcg']),
  cpus: z.int(),
  memoryMib: z.int(),
  qemu: z.string(),
  image: z.string(),
  kernelRelease: z.string(),
  machines: z.array(z.strictObject({ name: z.enum(MACHINE_NAMES), sshPort: z.int(), cabled: z.boolean() })),
});
type State = z.infer<typeof StateSchema>;
const STATE = `${LAB_DIRECTORY}/state.json`;
/** Process id and start time of who makes it. */
const STARTER = `${LAB_DIRECTORY}/starter`;

/** How one machine is. */
export interface MachineStatus extends MachineSpec {
  host: string;
  running: boolean;
  /** Its SSH greets who calls: one that runs and does not is hung, or just starting again. */
  answers: boolean;
  pid: number | null;
  /** Memory of the host that it takes now. */
  residentBytes: number;
  /** What its console said. */
  log: string;
}

export type LabStatus =
  | { state: 'down' }
  /** Somebody is making its image, or starting its machines. */
  | { state: 'starting'; starterPid: number }
  /** Broken: a machine was switched off, or does not answer. */
  | { state: 'up' | 'broken'; lab: State; machines: MachineStatus[] }
  /** Its start was cut short. */
  | { state: 'broken'; lab: null; machines: [] };

/** Takes no longer than a machine has to answer. */
export async function labStatus(host: Host): Promise<LabStatus> {
  const found = await labProcesses(host);
  if (found.state !== 'up') return found;
  const machines = await Promise.all(
    found.machines.map(async (machine) => ({ ...machine, answers: await greets(host, machine) })),
  );
  return { ...found, state: machines.every(({ answers }) => answers) ? 'up' : 'broken', machines };
}

/** As `labStatus`, but asks no machine: whether those that run answer is not known, and taken for granted. */
async function labProcesses(host: Host): Promise<LabStatus> {
  if ((await host.list(LAB_DIRECTORY)).length === 0) return { state: 'down' };
  const parsed = StateSchema.safeParse(jsonOf((await host.read(STATE)) ?? ''));
  if (parsed.success && parsed.data.state === 'up') {
    const machines = await Promise.all(parsed.data.machines.map((machine) => machineStatus(host, machine)));
    const state = machines.every(({ running }) => running) ? 'up' : 'broken';
    return { state, lab: parsed.data, machines };
  }
  const [pid, startTicks] = ((await host.read(STARTER)) ?? '').split(' ');
  const starterPid = Number(pid);
  return starterPid > 0 && (await startTicksOf(host, starterPid)) === startTicks
    ? { state: 'starting', starterPid }
    : { state: 'broken', lab: null, machines: [] };
}

/** Makes the lab ours to start, before anything else is done for it. Throws HostError where there is one. */
export async function claimLab(host: Host): Promise<void> {
  const startTicks = await startTicksOf(host, host.ownerPid);
  if (startTicks === null) throw new HostError('/proc is not mounted');
  await runOrThrow(host, ['mkdir', '-m', '700', LAB_DIRECTORY]);
  await host.write(STARTER, `${host.ownerPid} ${startTicks}`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** An emulated machine on a busy host takes two seconds, and five where many want its CPUs. */
export const GREETING_TIMEOUT_S = 15;

/** Whether the SSH of a machine says what it is: without a login, which takes an emulated machine several times as long. */
async function greets(host: Host, { sshPort }: MachineSpec): Promise<boolean> {
  const script = 'exec 3<>"/dev/tcp/127.0.0.1/$1" && read -r banner <&3 && [[ $banner == SSH-* ]]';
  const asked = await host.run(['bash', '-c', script, 'bash', String(sshPort)], {
    timeoutMs: GREETING_TIMEOUT_S * 1000,
  });
  return asked.exitCode === 0;
}

async function machineStatus(host: Host, spec: MachineSpec): Promise<MachineStatus> {
  const pid = Number((await host.read(machineFile(spec.name, 'pid'))) ?? 0);
  const environment = pid > 0 ? await host.read(`/proc/${pid}/environ`) : null;
  const running = environment?.split('\0').includes(`VSWBENCH_MARK=${LAB_MARK}`) === true;
  const status = running ? ((await host.read(`/proc/${pid}/status`)) ?? '') : '';
  return {
    ...spec,
    host: hostName(spec.name),
    running,
    answers: running,
    pid: running ? pid : null,
    residentBytes: Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024,
    log: machineFile(spec.name, 'log'),
  };
}

/**
 * Takes everything of the lab away, whatever state it is in; images are kept. Returns whether there was anything.
 * Throws HostError where something stays.
 */
export async function labDown(host: Host, folder: string): Promise<boolean> {
  const was = await labProcesses(host);
  const complaint = await killMarked(host, LAB_MARK);
  if (complaint !== null) throw new HostError(complaint);
  await host.remove(LAB_DIRECTORY);
  await removeDrafts(host, folder);
  return was.state !== 'down';
}

/**
 * As `labDown`, unless the lab is as its user wants it: up, or just being started. Returns whether it was taken away. A machine that does not
 * answer may be one that reboots: that is for its user to judge.
 */
export async function cleanLab(host: Host, folder: string): Promise<boolean> {
  const { state } = await labProcesses(host);
  if (state === 'broken') return labDown(host, folder);
  return false;
}

/** What a building that was cut short has left. */
async function removeDrafts(host: Host, folder: string): Promise<void> {
  for (const part of ['images', 'qemu']) {
    for (const name of await host.list(`${folder}/${part}`)) {
      if (name.endsWith(DRAFT)) await host.remove(`${folder}/${part}/${name}`);
    }
  }
}

/** What `lab up` is asked for. */
export interface LabWish {
  /** The checkout's folder of the lab. */
  folder: string;
  machines: 1 | 2;
  cpus: number;
  memoryMib: number;
  /** Debian packages beyond what measuring needs. */
  packages: readonly string[];
  /** The address of the mirror of Debian that they come from; null is that of the host's apt. */
  mirror: string | null;
  /** Looks for newer packages, and builds the image anew where there are. */
  update: boolean;
}

/** What is to be had before the machines can start. */
export interface Ingredients {
  qemu: Qemu | null;
  image: Image | null;
  recipe: Recipe;
  /** Set where one of them has to be made. */
  missing: { packages: Packages; qemu: Archive[]; image: Archive[]; downloadBytes: number } | null;
}

/** Looks at what is there, and, where something is missing, at what Debian has. Throws HostError. */
export async function findIngredients(host: Host, wish: LabWish, tell: (line: string) => void): Promise<Ingredients> {
  const recipe = await readRecipe(host, wish.packages);
  const qemu = (await findQemu(host)) ?? (await fetchedQemu(host, `${wish.folder}/qemu`));
  const image = await findImage(host, `${wish.folder}/images`, recipe);
  if (qemu !== null && image !== null && !wish.update) return { qemu, image, recipe, missing: null };
  tell("Asking for Debian's packages ...");
  const packages = new Packages(host, `${wish.folder}/apt`, wish.mirror);
  await packages.update();
  const ofQemu = qemu === null ? await resolveQemu(packages) : [];
  const ofImage = image === null || wish.update ? await resolveImage(packages, recipe) : [];
  if (qemu !== null && image !== null && image.id === imageDigest(recipe, ofImage)) {
    return { qemu, image, recipe, missing: null };
  }
  const downloadBytes = await packages.missingBytes([...ofQemu, ...ofImage]);
  return { qemu, image, recipe, missing: { packages, qemu: ofQemu, image: ofImage, downloadBytes } };
}

/** Downloads and builds what is missing. Throws HostError. */
export async function prepare(
  host: Host,
  { folder }: LabWish,
  { qemu, image, recipe, missing }: Ingredients,
  signal: AbortSignal,
  tell: (line: string) => void,
): Promise<{ qemu: Qemu; image: Image }> {
  if (missing === null) {
    if (qemu === null || image === null) throw new RangeError('nothing is missing, and something is not there');
    return { qemu, image };
  }
  const { packages } = missing;
  let [emulator, machine] = [qemu, image];
  if (emulator === null) {
    tell('Fetching the emulator: none here has a network card with virtual functions (QEMU 8 or later) ...');
    emulator = await fetchQemu(host, `${folder}/qemu`, packages, missing.qemu);
    signal.throwIfAborted();
  }
  if (missing.image.length > 0) {
    tell('Building the image of the machines (about a minute) ...');
    machine = await buildImage(host, `${folder}/images`, packages, recipe, missing.image, tell);
    signal.throwIfAborted();
  }
  await packages.forget();
  if (machine === null) throw new RangeError('there is an image neither here nor to be built');
  return { qemu: emulator, image: machine };
}

/** Memory of the host that a machine takes when it works, as seen in use; more where its user fills it. */
const MACHINE_BYTES = 1_200_000_000;

/** Throws HostError where the host has too little memory for so many machines. */
export async function requireMemory(host: Host, machines: number): Promise<void> {
  const available =
    Number(/^MemAvailable:\s+(\d+) kB/m.exec((await host.read('/proc/meminfo')) ?? '')?.[1] ?? 0) * 1024;
  if (available >= machines * MACHINE_BYTES) return;
  const [has, needs] = [available, machines * MACHINE_BYTES].map((bytes) => (bytes / 1e9).toFixed(1));
  const fewer = machines > 1 ? ', or start one machine (--machines 1)' : '';
  throw new HostError(
    `${machines} lab machines need ${needs} GB of memory and ${has} are available: free some${fewer}`,
  );
}

/** Starts the machines of a lab that is claimed, and returns when all answer. What it leaves where it throws is for `labDown`. */
export async function startMachines(
  host: Host,
  wish: LabWish,
  qemu: Qemu,
  image: Image,
  signal: AbortSignal,
  tell: (line: string) => void,
): Promise<void> {
  const names = MACHINE_NAMES.slice(0, wish.machines);
  const ports = freePorts(await usedPorts(host), names.length);
  const machines = names.map((name, index): MachineSpec => {
    const sshPort = ports[index];
    if (sshPort === undefined)
      throw new HostError('there is no free port on 127.0.0.1 for the SSH of a machine: free one');
    return { name, sshPort, cabled: names.length > 1 };
  });
  const hardware: Hardware = {
    accelerator: await accelerator(host, qemu),
    cpus: wish.cpus,
    memoryMib: wish.memoryMib,
  };
  const state: State = {
    schema: 1,
    state: 'starting',
    startedAt: new Date().toISOString(),
    ...hardware,
    qemu: qemu.version,
    image: image.id,
    kernelRelease: image.kernelRelease,
    machines,
  };
  await host.write(STATE, JSON.stringify(state));
  await makeKeys(host, machines);
  tell(`Starting ${names.length === 1 ? 'the machine' : 'the machines'} (${described(hardware, qemu)}) ...`);
  for (const machine of machines) {
    signal.throwIfAborted();
    await startMachine(host, machine, hardware, qemu, image);
  }
  for (const machine of machines) await booted(host, machine, signal);
  for (const machine of machines) await answers(host, machine);
  await host.write(TESTBED, testbed(machines));
  await host.write(STATE, JSON.stringify({ ...state, state: 'up' }));
}

function described({ accelerator: kind, cpus, memoryMib }: Hardware, qemu: Qemu): string {
  const how = kind === 'kvm' ? 'KVM' : 'emulated, without KVM';
  return `QEMU ${qemu.version}, ${how}, ${cpus} CPUs and ${memoryMib} MiB each`;
}

async function usedPorts(host: Host): Promise<Set<number>> {
  const used = new Set<number>();
  for (const table of ['tcp', 'tcp6']) {
    for (const port of parseUsedPorts((await host.read(`/proc/net/${table}`)) ?? '')) used.add(port);
  }
  return used;
}

/** New ones each time, so that neither an image nor a folder that was copied holds a secret that counts. */
async function makeKeys(host: Host, machines: readonly MachineSpec[]): Promise<void> {
  const generate = (file: string) =>
    runOrThrow(host, ['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'vswbench-lab', '-f', file]);
  await generate(IDENTITY);
  let known = '';
  for (const machine of machines) {
    const file = machineFile(machine.name, 'host_key');
    await generate(file);
    known += knownHost(machine, (await host.read(`${file}.pub`)) ?? '');
  }
  await host.write(KNOWN_HOSTS, known);
  await host.write(SSH_CONFIG, sshConfig(machines));
}

const START_TIMEOUT_MS = 30_000;

async function startMachine(
  host: Host,
  spec: MachineSpec,
  hardware: Hardware,
  qemu: Qemu,
  image: Image,
): Promise<void> {
  await host.write(machineFile(spec.name, 'name'), hostName(spec.name));
  const command = [...qemu.command, ...qemuArguments(spec, hardware, image)];
  const started = await host.run(marked(command), { timeoutMs: START_TIMEOUT_MS });
  if (started.exitCode !== 0) {
    throw new HostError(`machine ${hostName(spec.name)} does not start: ${lastLine(started.stderr)}`);
  }
}

/** Seven seconds where nothing else runs; emulated, on a machine that works for others, many times that. */
const BOOT_TIMEOUT_MS = 300_000;
const BOOT_POLL_MS = 100;

async function booted(host: Host, spec: MachineSpec, signal: AbortSignal): Promise<void> {
  const name = hostName(spec.name);
  for (let waitedMs = 0; waitedMs < BOOT_TIMEOUT_MS; waitedMs += BOOT_POLL_MS) {
    const outcome = bootOutcome((await host.read(machineFile(spec.name, 'log'))) ?? '');
    if (outcome === 'ready') return;
    if (outcome !== null) throw new HostError(`machine ${name} did not come up: ${outcome.failed}`);
    if (!(await machineStatus(host, spec)).running) throw new HostError(`machine ${name} has ended at its start`);
    await sleep(BOOT_POLL_MS, undefined, { signal });
  }
  throw new HostError(`machine ${name} did not come up in ${BOOT_TIMEOUT_MS / 1000} s: is this one very busy?`);
}

const LOGIN_TIMEOUT_S = 60;

async function answers(host: Host, spec: MachineSpec): Promise<void> {
  const name = hostName(spec.name);
  const command = [
    'ssh',
    '-F',
    SSH_CONFIG,
    '-o',
    'BatchMode=yes',
    '-o',
    `ConnectTimeout=${LOGIN_TIMEOUT_S}`,
    name,
    'true',
  ];
  const asked = await host.run(marked(command), { timeoutMs: 2 * LOGIN_TIMEOUT_S * 1000 });
  if (asked.exitCode !== 0) throw new HostError(`machine ${name} cannot be logged in to: ${lastLine(asked.stderr)}`);
}

export type { MachineName };
