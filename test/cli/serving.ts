/** `assay serve` as a process, and requests to it that browsers do not make. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { request, type IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { makeProject, type Project } from './rig.ts';

export interface Serving {
  readonly child: ChildProcess;
  readonly url: string;
}

/** Resolves when it has printed where it is. */
export async function startServing(project: Project, args: readonly string[] = []): Promise<Serving> {
  const child = project.start(['serve', ...args]);
  const [piece] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  return { child, url: piece.toString('utf8').trim() };
}

/** As Ctrl-C does. Returns the exit code. */
export async function stopServing({ child }: Serving): Promise<number | null> {
  child.kill('SIGINT');
  const [code] = (await once(child, 'close')) as [number | null];
  return code;
}

export interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** `fetch` sets the Host header itself. */
export function ask(url: string, options: { method?: string; headers?: Record<string, string> } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, options, (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('end', () => {
        const body = Buffer.concat(pieces).toString('utf8');
        resolve({ status: response.statusCode, headers: response.headers, body });
      });
    });
    asked.on('error', reject);
    asked.end();
  });
}

/** Runs until the file `go` is in the project. */
const WAIT = `
import { existsSync, writeFileSync } from 'node:fs';
const { outputs, params } = JSON.parse((await import('node:fs')).readFileSync(process.env.ASSAY_CONTEXT, 'utf8'));
while (!existsSync(params.go)) await new Promise((resolve) => setTimeout(resolve, 50));
writeFileSync(outputs.metrics.path, JSON.stringify({ accuracy: 0.97 }));
`;

/** `first` ends at once, `wait` when the file `go` is made, `last` after that. */
export function makeWaitingProject(): Project {
  const project = makeProject({ 'stages/wait.js': WAIT });
  project.write(
    'pipeline.yaml',
    `version: 1
params: { go: ${JSON.stringify(join(project.root, 'go'))} }
stages:
  first: { shell: 'echo 1 > {outputs.text}', outputs: { text: file } }
  wait: { program: stages/wait.js, params: [go], inputs: { text: first.text }, outputs: { metrics: metrics } }
  last: { shell: 'cat {inputs.metrics} > {outputs.text}', inputs: { metrics: wait.metrics }, outputs: { text: file } }
show: [last.text]
`,
  );
  return project;
}
