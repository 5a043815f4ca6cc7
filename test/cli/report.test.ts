/** `assay report` through the real command line. */
import { appendFileSync, chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { digestHex, type Digest } from '../../lib/base/digest.ts';
import { makePageProject, PICTURE } from './page-project.ts';
import { makeProject, transcript, type Project } from './rig.ts';

const page = (project: Project, name = 'assay-report.html'): string => readFileSync(join(project.root, name), 'utf8');

/** The words of a page, as a reader gets them. */
const words = (text: string): string =>
  text
    .replace(/<(style|script)>.*?<\/\1>/gs, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ');

async function artifactOf(project: Project, name: string): Promise<Digest> {
  return JSON.parse((await project.assay(['show', name, '--json'])).stdout).digest;
}

describe('assay report', () => {
  const project = makePageProject();

  it('says that nothing has run yet', async () => {
    expect(transcript(await project.assay(['report']))).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      error[no-run] nothing has run here yet
        assay run
      "
    `);
    expect(existsSync(join(project.root, 'assay-report.html'))).toBe(false);
  });

  it('writes the latest run as one page that names every artifact in full', async () => {
    await project.assay(['run']);
    const { code, stdout, stderr } = await project.assay(['report']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toMatch(/^wrote assay-report\.html \([\d.]+ kB\): run 1, sound\n$/);
    const text = page(project);
    expect(words(text)).toContain('9 stages');
    expect(text).toContain('V1  &lt;b&gt;98.0&lt;/b&gt; &amp; more');
    expect(text).toContain(`src="data:image/png;base64,${PICTURE.toString('base64')}"`);
    const digest = await artifactOf(project, 'evaluate[count=200,variant=V7].metrics');
    const anchor = `artifact-${digestHex(digest).slice(0, 16)}`;
    expect(text).toContain(`href="#${anchor}"`);
    expect(text).toContain(`id="${anchor}"`);
    expect(text).toContain(digest);
  });

  it('prints the page of an earlier run, the same but for the moment it was made', async () => {
    await project.assay(['run']);
    const first = await project.assay(['report', '1', '--out', '-']);
    const latest = await project.assay(['report', '--out', '-']);
    expect(first.stderr).toBe('run 1, sound\n');
    expect(words(first.stdout)).toContain('Run 1 all done');
    expect(words(latest.stdout)).toContain('9 = cached');
    const again = await project.assay(['report', '1', '--out', '-']);
    const undated = (text: string): string => text.replaceAll(/datetime="[^"]*"/g, '');
    expect(undated(again.stdout)).toBe(undated(first.stdout));
  });

  it('shows what failed with the last that it wrote', async () => {
    expect((await project.assay(['run', '--set', 'fail=true'])).code).toBe(1);
    await project.assay(['report', '--out', 'failed.html']);
    const text = page(project, 'failed.html');
    expect(words(text)).toContain('What failed');
    expect(text).toContain('no &lt;model&gt; &amp; no data');
    expect(words(text)).toContain('failed, exit code 3');
  });

  it('ends with 3 and names what was altered, and does not show it', async () => {
    const altered = makePageProject();
    await altered.assay(['run']);
    const manifest = JSON.parse((await altered.assay(['show', 'compare.table', '--json'])).stdout);
    const hex = digestHex(manifest.files[0].blob);
    const file = join(altered.root, 'artifacts/objects', hex.slice(0, 2), hex.slice(2));
    chmodSync(file, 0o644);
    appendFileSync(file, 'V9 100.0\n');
    const { code, stderr } = await altered.assay(['report']);
    expect(code).toBe(3);
    expect(stderr).toContain('1 finding');
    expect(words(page(altered))).toContain('✕ compare.table: altered: found');
    expect(page(altered)).not.toContain('V9 100.0');
    // The page looked; it did not move the file away, as a run would.
    expect(readFileSync(file, 'utf8')).toContain('V9 100.0');
    const unchecked = await altered.assay(['report', '--check', 'none', '--out', '-']);
    expect(unchecked.code).toBe(0);
    expect(words(unchecked.stdout)).toContain('Not checked: this page was made without a check');
  });

  it('names a metric that was edited in the database', async () => {
    const edited = makePageProject();
    await edited.assay(['run']);
    const database = new Database(join(edited.root, 'artifacts/lineage.db'));
    database.prepare("UPDATE metric SET value = 0.99 WHERE name = 'after.chosen' AND value < 0.7").run();
    database.close();
    const { code } = await edited.assay(['report']);
    expect(code).toBe(3);
    expect(words(page(edited))).toMatch(
      /execution \d+ of evaluate\[count=400,variant=V7\]: metrics\.metrics\.after\.chosen is 0\.99, its result record says 0\.58/,
    );
  });

  it('tells the run of a pipeline that has changed since from history', async () => {
    const changed = makeProject({ 'pipeline.yaml': ONE_STAGE });
    await changed.assay(['run']);
    changed.write('pipeline.yaml', ONE_STAGE.replace('first', 'other'));
    const { stdout } = await changed.assay(['report', '--out', '-']);
    expect(words(stdout)).toContain('pipeline.yaml is not what it was');
    expect(words(stdout)).toContain('first.text');
  });
});

const ONE_STAGE = `version: 1
stages:
  first:
    shell: 'echo 1 > {outputs.text}'
    outputs: { text: file }
`;
