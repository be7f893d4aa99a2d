// SPDX-License-Identifier: Apache-2.0
// Why a machine is not reached by ssh(1), and what its user or its administrator can do: a sentence for each. Pure.
import { type Greeting, printable } from './bootstrap.ts';
import { lastLine } from './host.ts';

/** Exit code of ssh(1) where it has failed itself; any other is that of what it was to run there. */
const SSH_FAILED = 255;

/** What a connection that ended before the greeting left to go by. */
export interface Ended {
  exitCode: number | null;
  /** What ssh, and programs there, printed on standard error. */
  stderr: string;
  /** What came on standard output. */
  heard: string;
  /** The command that does the same by hand, up to the destination: `ssh -F FILE DESTINATION`. */
  byHand: string;
  /** We were called by sudo, which has not passed on where the caller's ssh-agent is. */
  withoutAgent: boolean;
}

/** Why it ended, with the mend. */
export function whyEnded(ended: Ended): string {
  return ended.exitCode === SSH_FAILED || ended.exitCode === null ? whySshFailed(ended) : whyLoginEnded(ended);
}

/** Messages of OpenSSH's client, the most telling first, as one is often followed by others. */
const SSH_MESSAGES: readonly { said: RegExp; why: (ended: Ended, found: RegExpExecArray) => string }[] = [
  {
    said: /REMOTE HOST IDENTIFICATION HAS CHANGED[\s\S]*?Offending \S+ key in (\S+):(\d+)/,
    why: ({ byHand }, [, file, line]) =>
      `its host key is not the one that line ${line} of ${file} has: remove that line and run '${byHand} true' once if the machine was installed anew; if not, somebody else may be answering for it`,
  },
  {
    said: /REVOKED HOST KEY DETECTED/,
    why: () => 'its host key is marked as revoked in known_hosts: ask who administers it for the new one',
  },
  {
    said: /Host key verification failed/,
    why: ({ byHand }) =>
      `its host key, or that of a jump host, is not known: run '${byHand} true' once, and compare the fingerprint`,
  },
  {
    said: /UNPROTECTED PRIVATE KEY FILE[\s\S]*?Permissions \d+ for '([^']+)'/,
    why: (_, [, file]) => `others may read your key, and ssh does not use it so: chmod 600 ${file}`,
  },
  {
    said: /Permission denied \(([\w,-]+)\)/,
    why: (ended, [, methods = '']) =>
      methods.includes('publickey')
        ? whyNoKey(ended, methods)
        : `it takes no keys, only ${methods}, and nobody is there to type: allow PubkeyAuthentication in its sshd_config`,
  },
  {
    said: /Too many authentication failures/,
    why: () =>
      "it has refused before your key's turn came: name the key in ssh's configuration (IdentityFile, and IdentitiesOnly yes)",
  },
  {
    said: /Could not resolve hostname (\S+):/,
    why: (_, [, name]) => `no machine is called ${name}: give its address, or an alias of ssh's configuration`,
  },
  {
    said: /port (\d+): Connection refused/,
    why: (_, [, port]) =>
      `nothing listens on its port ${port}: start sshd there, or give the port (ssh://machine:PORT)`,
  },
  {
    said: /(Connection (?:to \S+ port \d+ )?timed out|No route to host|Network is unreachable)/,
    why: (_, [, what]) => `${what}: check that it is on, and that no firewall is between`,
  },
  {
    said: /(\S+: line \d+: Bad configuration option: \S+)/,
    why: (_, [, what]) => `${what}: correct ssh's configuration`,
  },
];

function whyNoKey({ byHand, withoutAgent }: Ended, methods: string): string {
  const agent = withoutAgent ? ' and pass that on (sudo --preserve-env=SSH_AUTH_SOCK)' : '';
  return `it accepts none of your keys (${methods}): give it one (${byHand.replace(/\bssh /, 'ssh-copy-id ')}), or load the one with a passphrase into an agent (ssh-add)${agent}; its sshd logs why`;
}

function whySshFailed(ended: Ended): string {
  for (const { said, why } of SSH_MESSAGES) {
    const found = said.exec(ended.stderr);
    if (found !== null) return why(ended, found);
  }
  return `${lastLine(sayingMore(ended.stderr)) || 'the connection has ended'} (does '${ended.byHand} true' work?)`;
}

/** That a connection ended tells less than what was said before, as by a command that it goes through. */
function sayingMore(stderr: string): string {
  const lines = stderr.trim().split('\n');
  const telling = lines.filter((line) => !/^(kex_exchange_identification:|Connection (closed|reset) )/.test(line));
  return (telling.length > 0 ? telling : lines).join('\n');
}

function whyLoginEnded({ exitCode, stderr, heard, byHand }: Ended): string {
  const said = printable(lastLine(stderr) || lastLine(heard));
  return `its login ended${said === '' ? ` with exit code ${exitCode}` : `, saying '${said}',`} and did not run what it was given: make '${byHand} true' work (login shell, its files such as .bashrc, ForceCommand of sshd)`;
}

/** Why nothing is heard of a login that goes on. */
export function silentLogin(heard: string, seconds: number, byHand: string): string {
  const said = printable(lastLine(heard));
  return `its login takes longer than ${seconds} s${said === '' ? '' : `, after saying '${said}'`}: make '${byHand} true' end without a question (files of its shell such as .bashrc)`;
}

/** Why what a login prints is not read to its end. */
export function endlessLogin(byHand: string): string {
  return `its login prints without end: make '${byHand} true' quiet (files of its shell such as .bashrc)`;
}

/** Why the agent cannot run there, with the mend; null where it can. `bytes` is its size. */
export function refusal(greeting: Greeting, destination: string, bytes: number): string | null {
  switch (greeting.kind) {
    case 'ready':
      return null;
    case 'no-folder':
      return `no folder of ${destination} takes a program: /tmp, /var/tmp, /dev/shm, /run and the home are full, read-only or mounted noexec: make room for ${Math.ceil(bytes / 1e6)} MB in one, or remount it (mount -o remount,exec /tmp)`;
    case 'no-tool':
      return `${greeting.user} is not root on ${destination}, and has no sudo there: log in as root, or install sudo and ${allowBySudo(greeting.user)}`;
    case 'no-root':
      return `${greeting.user} does not become root on ${destination} by ${greeting.tool} ('${greeting.why}'): log in as root, or ${mendOfTool(greeting)}`;
    default:
      return greeting satisfies never;
  }
}

function mendOfTool({ tool, user, why }: { tool: string; user: string; why: string }): string {
  if (tool === 'doas') return `have 'permit nopass ${user}' in /etc/doas.conf`;
  return /must have a tty/.test(why) ? `have 'Defaults:${user} !requiretty' in sudoers (visudo)` : allowBySudo(user);
}

/** All commands, as one that may run a program of its own as root may do all. */
function allowBySudo(user: string): string {
  return `have '${user} ALL=(root) NOPASSWD: ALL' in sudoers (visudo)`;
}
