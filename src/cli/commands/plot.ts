// SPDX-License-Identifier: Apache-2.0
import { type Command, Option } from 'commander';

export interface PlotOptions {
  kind?: string;
  case?: string;
  x?: string;
  y?: string;
  color?: string;
  facet?: string;
  stat: string;
  format?: string;
  output?: string;
  width: string;
}

export function declare(command: Command): void {
  command
    .argument('[id]', 'campaign: an id (the latest where none is given), another results folder, or FOLDER:ID')
    .option(
      '--kind <kind>',
      'line, bars, stack (CPUs by who used them), cdf, box, dots, heatmap, cost, or timeline of a case (default: what the campaign is about)',
    )
    .option(
      '--case <case>',
      'with timeline: number or parameters, as switch=ovs,P=64 (default: the first that was measured)',
    )
    .option('--x <parameter>', 'parameter along the axis, as packetSize (default: the first that was swept)')
    .option('--y <figure>', 'throughputPps, throughputBps, rtt, rttP99, rttP999, oneWay, loss, cpu or cpuPerPacket')
    .option(
      '--color <what>',
      'what colours tell: switch, io or a parameter, as pairs; panels tell the rest (default: switch)',
    )
    .option(
      '--facet <what>',
      'a panel for each value of it: switch, io or a parameter; lines tell the rest; of a heat map, its rows (default: panels of all parameters that differ)',
    )
    .addOption(new Option('--stat <stat>', 'what points are').choices(['median', 'mean']).default('median'))
    .option(
      '--format <format>',
      'svg, png, pdf, tex (PGFPlots) or vl.json (default: by the name of the file, else svg)',
    )
    .option('-o, --output <file>', 'write to this file (default: standard output)')
    .option('--width <pixels>', 'width of the figure; in LaTeX it is that of a column', '720')
    .addHelpText(
      'after',
      '\nExample:\n  $ vswbench plot --x packetSize --y throughputBps -o figure.pdf' +
        '\n  $ vswbench plot ./mailed-results --kind cdf -o latency.png' +
        '\n  $ vswbench plot --kind timeline --case switch=ovs,P=64 -o trials.png' +
        '\n  $ vswbench plot --x packetSize --facet switch --color pairs -o figure.png' +
        '\n  $ vswbench plot -o figure.tex',
    )
    .action(async (id: string | undefined, options: PlotOptions) => {
      await (await import('../plot.ts')).plot(id, options);
    });
}
