/** Serves one page to this machine alone: read only, on loopback, to no other site. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemErrorCode, UserError } from '../../base/errors.ts';
import { UsageError } from '../usage-error.ts';
import type { PageVersion } from './live-page.ts';

const ADDRESS = '127.0.0.1';
/** Names of this machine that no name server answers for. */
const OWN_NAMES: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** The page's own policy says what it may do; these say what others may do with it. */
const HEADERS = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "frame-ancestors 'none'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

export interface PageServer {
  /** `http://127.0.0.1:41873/`. */
  readonly url: string;
  /** Ends connections too. */
  close(): Promise<void>;
}

/** `port` 0: a free one. Throws UsageError port-unavailable. */
export async function servePage(port: number, current: () => Promise<PageVersion>): Promise<PageServer> {
  const server = createServer((request, response) => {
    answer(request, response, current).catch((error: unknown) => fail(response, error));
  });
  await listen(server, port);
  return {
    url: `http://${ADDRESS}:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      reject(
        new UsageError('port-unavailable', `port ${port} cannot be used (${systemErrorCode(error) ?? error.message})`, {
          hint: 'leave --port out: a free one is taken',
          cause: error,
        }),
      );
    });
    server.listen(port, ADDRESS, resolve);
  });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  current: () => Promise<PageVersion>,
): Promise<void> {
  // A name that its owner suddenly points at this machine would let a foreign page read what it gets from us.
  if (!isOwnName(request.headers.host)) {
    return send(request, response, 421, 'this server answers to 127.0.0.1 and localhost only\n');
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    return send(request, response, 405, 'nothing can be changed here\n');
  }
  if (request.url?.split('?')[0] !== '/') return send(request, response, 404, 'the page is at /\n');
  const { tag, page } = await current();
  response.setHeader('ETag', tag);
  if (request.headers['if-none-match'] === tag) return send(request, response, 304, '');
  send(request, response, 200, page, 'text/html; charset=utf-8');
}

function isOwnName(host: string | undefined): boolean {
  const name = /^(\[[0-9a-f:]+\]|[^:[\]]+)(:\d+)?$/i.exec(host ?? '')?.[1];
  return name !== undefined && OWN_NAMES.has(name.toLowerCase());
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  body: string,
  type = 'text/plain; charset=utf-8',
): void {
  const length = status === 304 ? {} : { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) };
  response.writeHead(status, { ...HEADERS, ...length });
  response.end(request.method === 'HEAD' || status === 304 ? undefined : body);
}

/** What is wrong may be right again at the next look: the server stays. */
function fail(response: ServerResponse, error: unknown): void {
  const text = error instanceof UserError ? `${error.message}\n${error.hint ?? ''}\n` : `${String(error)}\n`;
  if (!response.headersSent) response.writeHead(500, { ...HEADERS, 'Content-Type': 'text/plain; charset=utf-8' });
  response.end(text);
}
