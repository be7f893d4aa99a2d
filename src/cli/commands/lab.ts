// SPDX-License-Identifier: Apache-2.0
import { type Command, InvalidArgumentError, Option } from 'commander';
import { MODULE_BUILDING } from '../../lab/recipe.ts';

export interface UpOptions {
  machines: number;
  cpus: number;
  memory: number;
  packages: string[];
  mirror?: string;
  update?: boolean;
  yes?: boolean;
}

export function declare(lab: Command): void {
  lab.enablePositionalOptions().addHelpText('after', '\nExample:\n  $ sudo vswbench lab up');
  lab
    .command('up')
    .description('start them, building their image first where there is none')
    .addOption(new Option('--machines <n>', 'two, joined by a cable, or one').default(2).argParser(between(1, 2)))
    .addOption(new Option('--cpus <n>', 'CPUs of each').default(2).argParser(between(1, 64)))
    .addOption(new Option('--memory <MiB>', 'memory of each').default(3072).argParser(between(1024, 1_048_576)))
    .option('--packages <names>', `more Debian packages, such as ${MODULE_BUILDING.join(',')}`, packageNames, [])
    .option(
      '--mirror <URL>',
      "a mirror of Debian; else its packages come from where this machine's apt takes them",
      mirrorUrl,
    )
    .option('--update', 'build the image anew where Debian has newer packages')
    .option('-y, --yes', 'do not ask before something is installed, downloaded or built')
    .addHelpText('after', '\nExample:\n  $ sudo vswbench lab up --machines 2')
    .action(async (options: UpOptions) => {
      await (await import('../lab.ts')).up(options);
    });
  lab
    .command('down')
    .description('switch them off and leave nothing of them but their image')
    .addHelpText('after', '\nExample:\n  $ sudo vswbench lab down')
    .action(async () => {
      await (await import('../lab.ts')).down();
    });
  lab
    .command('status')
    .description('what runs (exit code 0 where all machines do, else 3)')
    .option('--json', 'one JSON document')
    .addHelpText('after', '\nExample:\n  $ sudo vswbench lab status')
    .action(async (options: { json?: boolean }) => {
      await (await import('../lab.ts')).status(options);
    });
  lab
    .command('ssh')
    .description('a shell in one of them, or a command')
    .argument('[machine]', 'a or b; a where it is left out')
    .argument('[command...]', 'what to run there')
    .passThroughOptions()
    .allowUnknownOption()
    .addHelpText('after', '\nExample:\n  $ sudo vswbench lab ssh b lspci')
    .action(async (machine: string | undefined, command: string[]) => {
      await (await import('../lab.ts')).ssh(machine, command);
    });
}

function between(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most) {
      throw new InvalidArgumentError(`give a whole number from ${least} to ${most}.`);
    }
    return value;
  };
}

function packageNames(text: string): string[] {
  const names = text.split(',').filter((name) => name !== '');
  const wrong = names.find((name) => !/^[a-z0-9][a-z0-9.+-]+$/.test(name));
  if (wrong !== undefined) throw new InvalidArgumentError(`'${wrong}' is not the name of a Debian package.`);
  return names;
}

function mirrorUrl(text: string): string {
  if (!/^(https?|file):\/\/[^\s]+$/.test(text)) {
    throw new InvalidArgumentError('give the address of a mirror, such as http://MIRROR/debian.');
  }
  return text;
}
