/** The commands that show a run as a page. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { examples, parseCount, type Run } from './parts.ts';

export function showing(program: Command, run: Run): void {
  program
    .command('report')
    .description('one page about a run in one file: results, plots, pictures, lineage, and whether all is as signed')
    .argument('[run]', 'a run number (default: the latest run)', parseCount)
    .option('--out <file>', 'write it there; - prints it', 'assay-report.html')
    .addOption(
      new Option('--check <how>', 'what is read to see that nothing was altered: what takes seconds, all, or nothing')
        .choices(['quick', 'all', 'none'])
        .default('quick'),
    )
    .addHelpText('after', examples(['assay report', 'assay report 12 --out run-12.html', 'assay report --check all']))
    .action((runId: number | undefined, options) =>
      run(async (session) => (await import('../commands/report.ts')).reportCommand(session, runId, options)),
    );

  program
    .command('serve')
    .description('the same page of the newest run, live in a browser of this machine, until Ctrl-C')
    .option('--port <n>', 'the port on 127.0.0.1 (default: a free one)', parsePort)
    .addHelpText('after', examples(['assay serve', 'assay serve --port 8080']))
    .action((options) => run(async (session) => (await import('../commands/serve.ts')).serveCommand(session, options)));
}

function parsePort(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65535) throw new InvalidArgumentError('It must be a port, 0 to 65535.');
  return Number(text);
}
