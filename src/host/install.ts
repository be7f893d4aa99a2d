// SPDX-License-Identifier: Apache-2.0
// What is built here, put on another machine: the containers' root and the programs, each in a folder named by what is in it, which
// stays there for the next time. That machine needs no compiler, and no library that the application is linked with.
import { FrameworkListSchema } from '../model/dataplane.ts';
import { type Artifacts, parseLdd } from './artifacts.ts';
import { startChild, textOf } from './child.ts';
import { type Host, HostError, lastLine, runOrThrow } from './host.ts';

/** Everything that is kept on another machine between two runs; `vswbench clean --host` removes it. */
export const INSTALLED = '/var/lib/vswbench';

/** Longest that sending may take: some ten megabytes over a slow line. */
const SEND_TIMEOUT_MS = 300_000;

/** Sends what the host does not have yet. `builder` is where the artifacts are. Throws HostError. */
export async function installArtifacts(host: Host, builder: Host, artifacts: Artifacts): Promise<Artifacts> {
  const root = `${INSTALLED}/roots/${artifacts.root.split('/').at(-1)}`;
  await send(host, artifacts.root, ['.'], root);
  const built = await programsIn(builder, artifacts.programs);
  const sums = await runOrThrow(builder, ['sha256sum', ...built.map((name) => `${artifacts.programs}/${name}`)]);
  const digest = (await runOrThrow(builder, ['sha256sum'], sums.replaceAll(artifacts.programs, ''))).slice(0, 12);
  const programs = `${INSTALLED}/programs/${digest}`;
  await send(host, artifacts.programs, built, programs);
  const application = `${root}/bin/vswload`;
  const start = await startOf(builder, artifacts, root);
  const listed = await runOrThrow(host, [...start, '--list', '--json']);
  return { programs, application, root, frameworks: FrameworkListSchema.parse(JSON.parse(listed)).frameworks };
}

/** Whatever was built to run beside containers. Beside the programs, their folder has what they were built of. */
async function programsIn(builder: Host, folder: string): Promise<string[]> {
  const runnable = ['-maxdepth', '1', '-type', 'f', '-executable', '-printf', '%f\\n'];
  const found = await runOrThrow(builder, ['find', folder, ...runnable]);
  return found
    .split('\n')
    .filter((name) => name !== '')
    .sort();
}

async function send(host: Host, folder: string, names: readonly string[], target: string): Promise<void> {
  if ((await host.list(target)).length > 0) return;
  const packed = await startChild(['tar', '--create', '--gzip', '--directory', folder, '--', ...names]).ended;
  if (packed.exitCode !== 0)
    throw new HostError(`cannot pack ${folder}: ${packed.fault ?? lastLine(textOf(packed.stderr))}`);
  const draft = `${target}.draft-${host.ownerPid}`;
  await host.makeDirectory(draft);
  const unpacked = await host.run(['tar', '--extract', '--gzip', '--no-same-owner', '--directory', draft], {
    input: packed.stdout,
    timeoutMs: SEND_TIMEOUT_MS,
  });
  if (unpacked.exitCode !== 0)
    throw new HostError(`cannot unpack ${target} on ${host.name}: ${lastLine(unpacked.stderr)}`);
  await runOrThrow(host, ['mv', '--', draft, target]);
}

/** Removes what earlier builds have left, and sendings that were cut short. Only for who has the host for itself. */
export async function removeOldInstallations(host: Host, { root, programs }: Artifacts): Promise<void> {
  for (const folder of ['roots', 'programs'].map((name) => `${INSTALLED}/${name}`)) {
    for (const path of (await host.list(folder)).map((name) => `${folder}/${name}`)) {
      if (path !== root && path !== programs) await host.remove(path);
    }
  }
}

/** Starts the application with the libraries that are in the root: those of the host may be others, or none. */
async function startOf(builder: Host, artifacts: Artifacts, root: string): Promise<string[]> {
  const libraries = parseLdd((await builder.run(['ldd', artifacts.application])).stdout);
  const loader = libraries.find((path) => /\/ld-[^/]+$/.test(path));
  const application = `${root}/bin/vswload`;
  if (loader === undefined) return [application];
  const folders = new Set(libraries.map((path) => `${root}${path.slice(0, path.lastIndexOf('/'))}`));
  return [`${root}${loader}`, '--library-path', [...folders].join(':'), application];
}
