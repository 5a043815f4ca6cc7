/** `assay serve` through the real command line, asked as browsers and as others ask. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeProject, transcript, type Project } from './rig.ts';
import { ask, startServing, stopServing, type Serving } from './serving.ts';

const ONE_STAGE = `version: 1
params: { word: one }
stages:
  first: { shell: 'echo hello > {outputs.text}', params: [word], outputs: { text: file } }
`;

async function serving(project: Project, use: (serving: Serving) => Promise<void>): Promise<void> {
  const started = await startServing(project);
  try {
    await use(started);
  } finally {
    expect(await stopServing(started)).toBe(0);
  }
}

describe('assay serve', () => {
  const project = makeProject({ 'pipeline.yaml': ONE_STAGE });

  it('shows that nothing has run yet, makes no store by looking, and follows the newest run', async () => {
    await serving(project, async ({ url }) => {
      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
      const before = await ask(url);
      expect(before.body).toContain('Nothing has run yet');
      expect(existsSync(join(project.root, 'artifacts'))).toBe(false);
      await project.assay(['run']);
      const first = await ask(url);
      expect(first.body).toContain('<title>Run 1 of ');
      expect(first.body).toContain("connect-src 'self'");
      await project.assay(['run', '--set', 'word=two']);
      expect((await ask(url)).body).toContain('<title>Run 2 of ');
    });
  });

  it('answers the same tag while nothing changes, and then sends no page', async () => {
    await project.assay(['run']);
    await serving(project, async ({ url }) => {
      const { status, headers, body } = await ask(url);
      expect(status).toBe(200);
      expect(headers).toMatchObject({
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'cross-origin-resource-policy': 'same-origin',
        'content-security-policy': "frame-ancestors 'none'",
        'content-length': String(Buffer.byteLength(body)),
      });
      const again = await ask(url, { headers: { 'If-None-Match': headers.etag ?? '' } });
      expect([again.status, again.body]).toEqual([304, '']);
      const head = await ask(url, { method: 'HEAD' });
      expect([head.status, head.body, head.headers.etag]).toEqual([200, '', headers.etag]);
    });
  });

  it('refuses a name that is not of this machine, whoever owns it', async () => {
    await serving(project, async ({ url }) => {
      const { port } = new URL(url);
      const statusFor = async (Host: string): Promise<number | undefined> =>
        (await ask(url, { headers: { Host } })).status;
      expect(await statusFor(`evil.example:${port}`)).toBe(421);
      expect(await statusFor(`127.0.0.1.evil.example:${port}`)).toBe(421);
      expect(await statusFor(`evil.example:80@127.0.0.1:${port}`)).toBe(421);
      const { body } = await ask(url, { headers: { Host: 'evil.example' } });
      expect(body).toBe('this server answers to 127.0.0.1 and localhost only\n');
      expect(await statusFor(`localhost:${port}`)).toBe(200);
      expect(await statusFor(`LOCALHOST`)).toBe(200);
      expect(await statusFor(`[::1]:${port}`)).toBe(200);
    });
  });

  it('changes nothing for anyone, and has but one page', async () => {
    await serving(project, async ({ url }) => {
      for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
        const { status, headers } = await ask(url, { method });
        expect([method, status, headers.allow]).toEqual([method, 405, 'GET, HEAD']);
      }
      for (const path of ['artifacts/lineage.db', '..%2f..%2fetc/passwd', '?/../../etc/passwd']) {
        const { status, body } = await ask(url + path);
        expect([path, status, body.includes('root:')]).toEqual([path, path.startsWith('?') ? 200 : 404, false]);
      }
    });
  });

  it('says when a port is taken, and what ports are', async () => {
    await serving(project, async ({ url }) => {
      const { port } = new URL(url);
      const taken = await project.assay(['serve', '--port', port]);
      expect(transcript({ ...taken, stderr: taken.stderr.replaceAll(port, '<port>') })).toMatchInlineSnapshot(`
        "
        exit 2
        --- stdout
        --- stderr
        error[port-unavailable] port <port> cannot be used (EADDRINUSE)
          leave --port out: a free one is taken
        "
      `);
    });
    expect((await project.assay(['serve', '--port', '70000'])).code).toBe(2);
  });
});
