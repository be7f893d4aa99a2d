// SPDX-License-Identifier: Apache-2.0
import { ensureArtifacts, NotSetUpError, programsOf } from '../host/artifacts.ts';
import { examine, type Finding } from '../host/doctor.ts';
import { type Host, HostError } from '../host/host.ts';
import { clockErrorOf, commitOf, takeInventory } from '../host/inventory.ts';
import { localHost } from '../host/local.ts';
import { examineKnobs } from '../host/tuning-findings.ts';
import type { Framework } from '../model/dataplane.ts';
import { SWITCH_OPTIONS } from '../model/switch-options.ts';
import { clean, painter, type TerminalOptions, wrap, writtenColumns } from '../report/text.ts';
import { probe } from '../run/probe.ts';
import type { Without } from '../switches/driver.ts';
import { switchRegistry } from '../switches/registry.ts';
import { type HostOptions, isElsewhere } from './commands/host-option.ts';
import { checkout, version } from './context.ts';
import { CliError, EXIT } from './errors.ts';
import { terminalOf } from './terminal.ts';
import { withHost } from './with-host.ts';

export async function doctor(options: HostOptions & { json?: boolean }): Promise<void> {
  const elsewhere = isElsewhere(options);
  const { findings, inventory } = await withHost(options, async (host) => {
    const build = { version, commit: await commitOf(localHost, checkout) };
    const clockErrorNs = elsewhere ? null : await clockErrorOf(host, programsOf(checkout));
    const inventory = await takeInventory(host, build, clockErrorNs);
    const basics = await examine(host, inventory, elsewhere ? 'host' : 'run');
    const knobs = await examineKnobs(host, inventory.cpus);
    const findings = [...basics, ...knobs, ...(await switches(host)), ...(elsewhere ? [] : await frameworks(basics))];
    return { findings, inventory };
  });
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify({ schema: 1, findings, inventory }, null, 2)}\n`);
  } else {
    process.stdout.write(`${renderFindings(findings, terminalOf(process.stdout))}\n`);
  }
  if (findings.some((finding) => finding.state === 'missing')) {
    throw new CliError(EXIT.nothingMeasurable, 'something is missing: see above');
  }
}

async function switches(host: Host): Promise<Finding[]> {
  return Promise.all(
    switchRegistry.map(async (driver): Promise<Finding> => {
      const found = await probe(driver, host);
      const subject = `switch ${driver.id}`;
      return found.available
        ? { state: 'ok', subject, text: [`${driver.title}, ${found.version}`, ...lacks(found.without)].join('; ') }
        : { state: 'warning', subject, text: found.missing, mend: found.mend };
    }),
  );
}

/** Options of a switch that this host cannot give it. */
function lacks(without: Without = {}): string[] {
  return SWITCH_OPTIONS.flatMap((option) => without[option] ?? []);
}

/** Asked of the data plane itself, which has to be built for that. */
async function frameworks(host: readonly Finding[]): Promise<Finding[]> {
  if (host.some((finding) => finding.subject === 'packages' && finding.state !== 'ok')) return [];
  try {
    return (await ensureArtifacts(localHost, checkout)).frameworks.map(describe);
  } catch (error) {
    if (!(error instanceof HostError || error instanceof NotSetUpError)) throw error;
    return [{ state: 'missing', subject: 'data plane', text: error.message, mend: 'run vswbench setup' }];
  }
}

function describe(framework: Framework): Finding {
  const subject = `I/O ${framework.name}`;
  if (!framework.built) return { state: 'warning', subject, text: 'not built', mend: `install ${framework.needs}` };
  return framework.usable
    ? { state: 'ok', subject, text: framework.title }
    : { state: 'warning', subject, text: framework.why ?? 'not usable here' };
}

const STYLES = { ok: 'green', warning: 'yellow', missing: 'red' } as const;

/** Where what was found begins, and what to do about it, in a terminal that has room beside the subject. */
const BESIDE = 30;
/** So many columns leave enough room for that. */
const BESIDE_FROM = 80;
const BELOW = 4;

/** Findings in lines for a terminal: beside their subjects, or below them where there is little room. */
export function renderFindings(findings: readonly Finding[], options: TerminalOptions): string {
  const columns = writtenColumns(options);
  const paint = painter(options.color);
  const indent = columns < BESIDE_FROM ? BELOW : BESIDE;
  return findings
    .flatMap(({ state, subject, text, mend }) => {
      const head = `${state.padEnd(8)} ${clean(subject).padEnd(20)}`;
      const lines = [clean(text), ...(mend === undefined ? [] : [`→ ${clean(mend)}`])].flatMap((line) =>
        wrap(' '.repeat(indent) + line, columns, indent + (line.startsWith('→') ? 2 : 0)),
      );
      const [first = '', ...others] =
        columns < BESIDE_FROM
          ? [head.trimEnd(), ...lines]
          : [`${head} ${lines[0]?.trimStart() ?? ''}`, ...lines.slice(1)];
      return [paint(first.slice(0, state.length), STYLES[state]) + first.slice(state.length), ...others];
    })
    .join('\n');
}
