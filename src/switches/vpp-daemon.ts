// SPDX-License-Identifier: Apache-2.0
// The process of VPP: which one is there, how it is started, and the command line by which it is talked to.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Host, HostError, type HostProcess, lastLine } from '../host/host.ts';
import { startMarked } from '../host/process.ts';
import type { SwitchContext } from './driver.ts';
import { findProgram } from './kit/program.ts';
import { parseVersion } from './vpp-cli.ts';
import { cpusOf } from './vpp-workers.ts';

/** Its tables, in pages of 4 KiB that are taken as they are touched. */
const HEAP_MIB = 512;

/** The oldest whose tables are those that vpp-cli.ts reads: YY.MM. */
const OLDEST = { year: 22, month: 6, text: '22.06' };

const PLUGINS: readonly string[] = ['vhost', 'memif', 'af_packet'];

const START_TIMEOUT_MS = 20_000;
const START_POLL_MS = 10;
const ANSWER_TIMEOUT_MS = 5_000;

type Found = { path: string; version: string } | { path: null; missing: string; mend: string };

const MEND =
  'install vpp and vpp-plugin-core as FD.io documents it (https://packagecloud.io/fdio/release), or build it and set VSWBENCH_VPP to the path of vpp';

/** The VPP of a host, or what is wrong with it and how to get one. */
export async function findVpp(host: Host): Promise<Found> {
  const lacking = (missing: string): Found => ({ path: null, missing, mend: MEND });
  const path = await findProgram(host, { name: 'vpp', variable: 'VSWBENCH_VPP' });
  if (path === null) {
    return lacking('VPP is not installed (it would show what vectors of packets gain, over vhost-user and memif)');
  }
  const { exitCode, stdout, stderr } = await host.run([path, '--version'], { timeoutMs: ANSWER_TIMEOUT_MS });
  const version = parseVersion(stdout);
  if (exitCode !== 0 || version === null) {
    return lacking(`${path} does not tell a version of VPP: ${lastLine(stderr) || lastLine(stdout) || 'no answer'}`);
  }
  const { year, month } = version;
  if (year < OLDEST.year || (year === OLDEST.year && month < OLDEST.month)) {
    return lacking(`${path} is VPP ${version.text}, and at least ${OLDEST.text} is needed`);
  }
  if ((await host.run(['test', '-x', controlOf(path)])).exitCode !== 0) {
    return lacking(`${controlOf(path)} is missing, by which VPP ${version.text} is talked to`);
  }
  return { path, version: version.text };
}

/** The program that talks to it lies beside it, wherever that is. */
function controlOf(path: string): string {
  return `${path.slice(0, path.lastIndexOf('/') + 1)}vppctl`;
}

/** Whether it has a plugin: where its packages have them, or beside where it was built. */
export async function hasPlugin(host: Host, path: string, plugin: string): Promise<boolean> {
  for (const lib of ['lib', 'lib64'].map((name) => `${path.slice(0, path.lastIndexOf('/'))}/../${name}`)) {
    const folders = (await host.list(lib))
      .filter((name) => name.endsWith('-linux-gnu'))
      .map((name) => `${lib}/${name}`);
    for (const folder of [lib, ...folders]) {
      if ((await host.list(`${folder}/vpp_plugins`)).includes(`${plugin}_plugin.so`)) return true;
    }
  }
  return false;
}

/** Starts it with a configuration of its own in the switch's folder. Throws HostError. */
export async function startVpp(context: SwitchContext, path: string, plugins = PLUGINS): Promise<HostProcess> {
  const { host, undo, directory, cpus, housekeeping } = context;
  await keepHugepages(context);
  // A system's VPP has segments of the same names but for the prefix, and one that starts removes what it finds under its own.
  const prefix = directory.replaceAll(/\W+/g, '-').replace(/^-/, '');
  for (const segment of ['global_vm', 'vpe-api']) {
    await undo.push({ kind: 'remove-path', path: `/dev/shm/${prefix}-${segment}` });
  }
  const configuration = `${directory}/startup.conf`;
  await host.write(configuration, startupFile({ directory, prefix, plugins, ...cpusOf(context) }));
  const allowed = [...new Set([...cpus, ...housekeeping])].sort((a, b) => a - b);
  // VPP may use no CPU that whoever starts it may not.
  const command = ['taskset', '--cpu-list', allowed.join(','), path, '-c', configuration];
  // libxdp's dispatcher would pin maps to a file system of the host's, where they outlive VPP.
  return startMarked(host, undo, directory, command, { LIBXDP_SKIP_DISPATCHER: '1' });
}

function startupFile(plan: {
  directory: string;
  prefix: string;
  plugins: readonly string[];
  mainCpu: number;
  workerCpus: number[];
}): string {
  const { directory, prefix, mainCpu, workerCpus } = plan;
  const workers = workerCpus.length === 0 ? '' : ` corelist-workers ${workerCpus.join(',')}`;
  const enabled = plan.plugins.map((name) => `plugin ${name}_plugin.so { enable }`).join(' ');
  return [
    `unix { nodaemon nosyslog nocolor nobanner runtime-dir ${directory}/run cli-listen ${directory}/cli.sock }`,
    `api-segment { prefix ${prefix} }`,
    `statseg { socket-name ${directory}/stats.sock }`,
    // Of what the kernel has for hugepages by default, which may be 1 GiB, only 2 MiB is reserved for it.
    `memory { main-heap-size ${HEAP_MIB}M main-heap-page-size 4k default-hugepage-size 2M }`,
    `cpu { main-core ${mainCpu}${workers} }`,
    `plugins { plugin default { disable } ${enabled} }`,
    '',
  ].join('\n');
}

/** VPP itself reserves what hugepages it misses, on every NUMA node, and does not give them back. */
async function keepHugepages({ host, undo }: SwitchContext): Promise<void> {
  const nodes = '/sys/devices/system/node';
  const folders = (await host.list(nodes)).filter((name) => /^node\d+$/.test(name)).map((name) => `${nodes}/${name}`);
  for (const folder of folders.length > 0 ? folders : ['/sys/kernel/mm']) {
    const path = `${folder}/hugepages/hugepages-2048kB/nr_hugepages`;
    const value = (await host.read(path))?.trim();
    if (value !== undefined) await undo.push({ kind: 'restore-knob', path, value });
  }
}

/** Waits until VPP answers. Throws HostError where it ends before, or takes too long. */
export async function connectCli(context: SwitchContext, path: string, process: HostProcess): Promise<Cli> {
  const cli = new Cli(context, controlOf(path), process);
  await cli.comesUp();
  return cli;
}

/** Questions to VPP, and its answers. */
export class Cli {
  /** One line once VPP has ended. */
  ended: string | null = null;
  private readonly host: Host;
  private readonly socket: string;
  private readonly program: string;

  constructor({ host, directory }: SwitchContext, program: string, process: HostProcess) {
    this.host = host;
    this.socket = `${directory}/cli.sock`;
    this.program = program;
    void process.ended.then(({ exitCode, stderr }) => {
      this.ended = `VPP has ended: ${lastLine(stderr) || `exit code ${exitCode ?? 'none'}`}`;
    });
  }

  /** Throws HostError where VPP does not answer. Whether it is content is in the answer. */
  async ask(question: string): Promise<string> {
    const result = await this.host.run([this.program, '-s', this.socket, ...question.split(' ')], {
      timeoutMs: ANSWER_TIMEOUT_MS,
    });
    if (result.exitCode === 0) return result.stdout;
    throw new HostError(this.ended ?? `VPP does not answer '${question}': ${lastLine(result.stderr) || 'no reason'}`);
  }

  /** A command that says nothing where it is obeyed. Throws HostError with what VPP says else. */
  async order(command: string): Promise<void> {
    const answer = (await this.ask(command)).trim();
    if (answer !== '') throw new HostError(`VPP refuses '${command}': ${lastLine(answer)}`);
  }

  /** A command that says nothing but the name of what it made, which is returned. */
  async make(command: string, name: RegExp): Promise<string> {
    const answer = (await this.ask(command)).trim();
    if (!name.test(answer)) throw new HostError(`VPP refuses '${command}': ${lastLine(answer) || 'no answer'}`);
    return answer;
  }

  /** Waits for the first answer. Throws HostError where VPP ends before, or takes too long. */
  async comesUp(): Promise<void> {
    let answer = 'none';
    for (let waitedMs = 0; waitedMs < START_TIMEOUT_MS; waitedMs += START_POLL_MS) {
      if (this.ended !== null) throw new HostError(this.ended);
      if ((await this.host.run(['test', '-S', this.socket])).exitCode === 0) {
        answer = await this.ask('show version').catch((error: unknown) => String(error));
        if (/^vpp v/m.test(answer)) return;
      }
      await sleep(START_POLL_MS);
    }
    throw new HostError(
      `VPP does not come up within ${START_TIMEOUT_MS / 1000} s: its last answer was ${lastLine(answer)}`,
    );
  }
}
