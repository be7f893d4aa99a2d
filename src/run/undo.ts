// SPDX-License-Identifier: Apache-2.0
import { type CommandResult, type Host, HostError, lastLine, type Undo } from '../host/host.ts';
import { sameValue } from '../host/knobs/value.ts';
import { endPrograms, killContainer } from '../host/lxc.ts';
import { killMarked, startTicksOf } from '../host/process.ts';
import { returnLink } from '../host/return-link.ts';

/**
 * Carries out one undo. Returns one line where that failed; that there is nothing left to undo is success. What is left as it is on purpose,
 * because somebody else has changed it, is told.
 */
export async function carryOut(
  host: Host,
  undo: Undo,
  tell: (line: string) => void = () => undefined,
): Promise<string | null> {
  try {
    return await attempt(host, undo, tell);
  } catch (error) {
    if (error instanceof HostError) return error.message;
    throw error;
  }
}

async function attempt(host: Host, undo: Undo, tell: (line: string) => void): Promise<string | null> {
  switch (undo.kind) {
    case 'delete-link':
      return endOf(host, ['ip', 'link', 'delete', 'dev', undo.name], `delete interface ${undo.name}`, async () => {
        return (await host.read(`/sys/class/net/${undo.name}/ifindex`)) === null;
      });
    case 'release-link':
      if ((await host.read(`/sys/class/net/${undo.name}/ifindex`)) === null) return null;
      return complaint(
        await host.run([
          ...['ip', 'link', 'set', 'dev', undo.name, 'nomaster'],
          ...(undo.promiscuous === undefined ? [] : ['promisc', undo.promiscuous ? 'on' : 'off']),
          undo.up ? 'up' : 'down',
        ]),
        `release interface ${undo.name}`,
      );
    case 'return-link':
      return returnLink(host, undo);
    case 'delete-namespace':
      return endOf(host, ['ip', 'netns', 'delete', undo.name], `delete network namespace ${undo.name}`, async () => {
        return !(await host.list('/run/netns')).includes(undo.name);
      });
    case 'stop-container':
      return killContainer(host, undo);
    case 'end-lxc':
      return endPrograms(host, undo.directory);
    case 'remove-path':
      await host.remove(undo.path);
      return null;
    case 'remove-empty-directory':
      // Not empty, or gone: either way it is no longer ours to remove.
      await host.run(['rmdir', '--ignore-fail-on-non-empty', undo.path]);
      return null;
    case 'remove-empty-directories':
      await host.run(['rmdir', '--ignore-fail-on-non-empty', ...undo.paths]);
      return null;
    case 'restore-knob':
      // The knob of an interface, or of a module, goes with it.
      if ((await host.read(undo.path)) !== null) await host.write(undo.path, undo.value);
      return null;
    case 'turn-back':
      return turnBack(host, undo, tell);
    case 'kill-process':
      return endOf(host, ['kill', '-KILL', String(undo.pid)], `end process ${undo.pid}`, async () => {
        return (await startTicksOf(host, undo.pid)) !== undo.startTicks;
      });
    case 'kill-marked':
      return killMarked(host, undo.mark);
    case 'run':
      return complaint(await host.run(undo.command), undo.command.join(' '));
    default:
      return undo satisfies never;
  }
}

/** A knob is turned back where it stands as we turned it, and only there. */
async function turnBack(
  host: Host,
  { path, before, turned }: Extract<Undo, { kind: 'turn-back' }>,
  tell: (line: string) => void,
): Promise<null> {
  const now = await host.read(path);
  if (now === null || sameValue(now, before)) return null;
  if (turned.some((value) => sameValue(now, value))) await host.write(path, before);
  else {
    const was = `vswbench found '${before}' there and made it '${turned[0]}'`;
    tell(`${path} is '${now.trim()}' by now, and left so: ${was}, and somebody else has changed it since`);
  }
  return null;
}

/** Ends something by a command, unless it is gone already, or goes by itself before the command gets at it. */
async function endOf(
  host: Host,
  command: string[],
  what: string,
  isGone: () => Promise<boolean>,
): Promise<string | null> {
  if (await isGone()) return null;
  const result = await host.run(command);
  return result.exitCode !== 0 && (await isGone()) ? null : complaint(result, what);
}

function complaint(result: CommandResult, what: string): string | null {
  return result.exitCode === 0 ? null : `cannot ${what}: ${lastLine(result.stderr)}`;
}
