/** A real HTTP server on 127.0.0.1 that serves bytes as a test scripts it, one step a request; after the last step, as it should. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Step =
  /** Answers with the whole file or the range asked for. */
  | { readonly kind: 'serve' }
  /** Ignores the range. */
  | { readonly kind: 'serve-whole' }
  /** Promises all, sends so many bytes, and cuts the connection; of the range asked for unless it ignores that. */
  | { readonly kind: 'cut'; readonly afterBytes: number; readonly ignoresRange?: true }
  /** Sends headers and nothing more. */
  | { readonly kind: 'stall' }
  | { readonly kind: 'status'; readonly status: number };

export interface FileServer {
  readonly address: string;
  /** What was asked, in order: `GET /file` and the range, if any. */
  readonly requests: string[];
  close(): Promise<void>;
}

export async function serveFile(bytes: Uint8Array, steps: readonly Step[]): Promise<FileServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const step = steps[requests.length] ?? { kind: 'serve' };
    requests.push(`${request.method} ${request.url} ${request.headers.range ?? ''}`.trimEnd());
    answer(bytes, step, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}/file`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(bytes: Uint8Array, step: Step, request: IncomingMessage, response: ServerResponse): void {
  if (step.kind === 'status') return void response.writeHead(step.status).end();
  const ignoresRange = step.kind === 'serve-whole' || (step.kind === 'cut' && step.ignoresRange === true);
  const match = ignoresRange ? null : /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
  const start = match === null ? 0 : Number(match[1]);
  if (start >= bytes.length) return void response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
  const body = bytes.subarray(start);
  const range = match === null ? {} : { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` };
  response.writeHead(match === null ? 200 : 206, { 'content-length': body.length, ...range });
  if (step.kind === 'stall') return response.flushHeaders();
  if (step.kind === 'cut') return void response.write(body.subarray(0, step.afterBytes), () => response.destroy());
  response.end(body);
}
