/** Keys, the log and frozen models through the real command line, where nobody cheats. test/red-team has the rest. */
import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { SIGNED_FILES } from '../red-team/signature-scene.ts';
import { builtAssay } from '../support/built-assay.ts';
import { CHAIN, CHAIN_FILES, makeProject, transcript, type Project } from './rig.ts';

const ENTRIES = 'artifacts/log/entries.jsonl';

function countEntries({ root }: Project): number {
  return readFileSync(join(root, ENTRIES), 'utf8').split('\n').length - 1;
}

async function logVerify(project: Project, ...args: readonly string[]): Promise<string> {
  return transcript(await project.assay(['log', 'verify', ...args]));
}

async function run(project: Project, ...args: readonly string[]): Promise<string> {
  const { code, stderr } = await project.assay(['run', ...args]);
  expect(code).toBe(0);
  return stderr;
}

const SOUND_THREE = `
exit 0
--- stdout
3 entries, against the database: sound
--- stderr
`;

describe('a run', () => {
  it('logs each execution once; a cached one mints nothing', async () => {
    const project = makeProject();
    await run(project);
    expect(countEntries(project)).toBe(3);
    const before = readFileSync(join(project.root, ENTRIES));
    await run(project);
    expect(readFileSync(join(project.root, ENTRIES))).toEqual(before);
    expect(await logVerify(project)).toBe(SOUND_THREE);
    expect(existsSync(join(project.root, '.config'))).toBe(false);
    expect(statSync(project.keys).mode & 0o777).toBe(0o700);
  });

  it('goes on where no key can be kept, says so once, and is logged later, marked as such', async () => {
    const project = makeProject();
    writeFileSync(join(project.root, 'file'), '');
    const broken = { ASSAY_KEYS: join(project.root, 'file/keys') };
    const first = await project.assay(['run'], { env: broken });
    expect(first.code).toBe(0);
    expect(first.stderr).toMatchInlineSnapshot(`
      "fetch     running  never run
      warning: this run is not signed or logged: no key can be kept in <project>/file/keys (ENOTDIR); set ASSAY_KEYS to a folder of your own that you can write to
      poison    running  never run
      evaluate  running  never run
      "
    `);
    expect(existsSync(join(project.root, 'artifacts/log'))).toBe(false);
    await run(project, '--set', 'attack.count=601');
    expect(await logVerify(project)).toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      5 entries (3 recorded later), against the database: sound
      --- stderr
      "
    `);
  });

  it('logs what failed, and every attempt of a retried stage', async () => {
    const stage = '  flaky:\n    shell: "exit 1"\n    outputs: { x: file }\n    retries: 1\n';
    const project = makeProject({ 'pipeline.yaml': `version: 1\nstages:\n${stage}` });
    expect((await project.assay(['run'])).code).toBe(1);
    expect(countEntries(project)).toBe(2);
    const statuses = readFileSync(join(project.root, ENTRIES), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => Buffer.from((JSON.parse(line) as { payload: string }).payload, 'base64').toString())
      .map((statement) => /"attempt":(\d)|$/.exec(statement)![1] + /"status":"(\w+)"/.exec(statement)![1]!);
    expect(statuses.sort()).toEqual(['1failed', '2failed']);
    expect((await project.assay(['log', 'verify'])).code).toBe(0);
  });

  it('drops the half line that a crash left, and logs its execution again', async () => {
    const project = makeProject();
    await run(project, 'poison');
    const ofTwo = readFileSync(join(project.root, 'artifacts/log/checkpoint'));
    await run(project);
    const path = join(project.root, ENTRIES);
    const lines = readFileSync(path, 'utf8').split('\n');
    // As a crash in the middle of the third line leaves it.
    writeFileSync(join(project.root, 'artifacts/log/checkpoint'), ofTwo);
    writeFileSync(path, `${lines[0]}\n${lines[1]}\n${lines[2]!.slice(0, 100)}`);
    expect(await logVerify(project)).toMatchInlineSnapshot(`
      "
      exit 3
      --- stdout
      execution 3 (evaluate) not-logged: it was put into the database, or its run ended before it was logged
        next: the next run that executes a stage logs it, marked as recorded later; first find out where it came from
      the last line is incomplete, as a crash leaves it; the next run drops it
      2 entries, against the database: 1 finding
      --- stderr
      "
    `);
    await run(project, '--set', 'attack.count=601');
    expect(await logVerify(project)).toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      5 entries (1 recorded later), against the database: sound
      --- stderr
      "
    `);
  });

  it('shares the log with another that runs at the same time', async () => {
    const stages = ['a', 'b', 'c', 'd']
      .map((name) => `  ${name}:\n    shell: "echo ${name} > {outputs.x}"\n    outputs: { x: file }\n`)
      .join('');
    const project = makeProject({ 'pipeline.yaml': `version: 1\nstages:\n${stages}` });
    await run(project, 'a');
    const both = [project.start(['run', 'b', 'c']), project.start(['run', 'd', 'c'])].map((each) =>
      project.ended(each),
    );
    expect((await Promise.all(both)).map(({ code }) => code)).toEqual([0, 0]);
    expect((await project.assay(['log', 'verify'])).stdout).toMatch(/^4 entries/);
    expect((await project.assay(['log', 'verify'])).code).toBe(0);
  });
});

describe('assay log checkpoint', () => {
  it('begins the log of a project that has none with what its database holds', async () => {
    const project = makeProject();
    await run(project);
    rmSync(join(project.root, 'artifacts/log'), { recursive: true });
    const { code, stdout, stderr } = await project.assay(['log', 'checkpoint']);
    expect([code, stderr]).toEqual([0, 'began the log with what the database holds: 3 recorded later\n']);
    expect(stdout).toMatch(
      /^assay-log\/[0-9a-f]{16}\n3\n[A-Za-z0-9+/]{43}=\n\n— assay-log\/[0-9a-f]{16} [A-Za-z0-9+/=]+\n$/,
    );
    project.write('checkpoint.txt', stdout);
    await run(project, '--set', 'attack.count=601');
    expect(await logVerify(project, 'checkpoint.txt')).toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      5 entries (3 recorded later), against the database and a checkpoint of 3: sound
      --- stderr
      "
    `);
    const json = JSON.parse((await project.assay(['log', 'checkpoint', '--json'])).stdout) as Record<string, unknown>;
    expect(Object.keys(json)).toEqual(['origin', 'size', 'root', 'text', 'keyId', 'verifierKey']);
    const verified = JSON.parse((await project.assay(['log', 'verify', '--json'])).stdout) as Record<string, unknown>;
    expect(verified).toMatchObject({ isSound: true, entries: 5, recordedLater: 3, root: json.root, findings: [] });
  });

  it('has nothing to sign where nothing was run', async () => {
    expect(transcript(await makeProject().assay(['log', 'checkpoint']))).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      error[log-empty] nothing was executed yet, so there is nothing to sign
        assay run
      "
    `);
  });
});

describe('assay log verify', () => {
  it('is sound where nothing was run, and leaves assay log <stage> as it is', async () => {
    const project = makeProject();
    expect(await logVerify(project)).toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      0 entries, against the database: sound
      --- stderr
      "
    `);
    await run(project);
    expect((await project.assay(['log', 'poison'])).stdout).toContain('log of execution 2');
  });

  it('leaves the log of a stage of that name within reach', async () => {
    const project = makeProject({
      'pipeline.yaml': `version: 1\nstages:\n  verify:\n    shell: 'echo checked; echo v > {outputs.out}'\n    outputs: { out: file }\n`,
    });
    await run(project);
    const { code, stdout } = await project.assay(['log', 'stage:verify']);
    expect(stdout).toContain('checked');
    expect(code).toBe(0);
    const unknown = await project.assay(['log', 'stage:checkpoint']);
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('checkpoint')]);
  });

  it('follows a database that was rebuilt from the store', async () => {
    const project = makeProject();
    await run(project);
    await run(project, '--set', 'attack.count=601');
    for (const suffix of ['', '-wal', '-shm'])
      rmSync(join(project.root, `artifacts/lineage.db${suffix}`), { force: true });
    expect((await project.assay(['log', 'verify'])).code).toBe(3);
    expect((await project.assay(['doctor', '--rebuild'])).code).toBe(0);
    await run(project, '--set', 'attack.count=602');
    expect(await logVerify(project)).toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      8 entries, against the database: sound
      --- stderr
      "
    `);
    const database = new Database(join(project.root, 'artifacts/lineage.db'));
    database.exec(`UPDATE metric SET value = 1 WHERE value = 0.94`);
    database.close();
    expect((await project.assay(['log', 'verify'])).stdout).toContain('metric metrics.accuracy is 1, signed was 0.94');
  });

  it('cannot judge without a key, and takes one that is named', async () => {
    const project = makeProject();
    await run(project);
    await project.assay(['keys', 'public', '--out', 'own.pem']);
    const env = { ASSAY_KEYS: join(project.root, 'none') };
    expect(transcript(await project.assay(['log', 'verify'], { env }))).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      error[no-known-key] there is no key by which to judge a signature
        name the public key of who signed: --key FILE
      "
    `);
    expect((await project.assay(['log', 'verify', '--key', 'own.pem'], { env })).code).toBe(0);
    expect((await project.assay(['log', 'verify', 'none.txt'])).code).toBe(2);
  });
});

describe('assay keys', () => {
  it('lists, makes and hands out keys, and prints no private one', async () => {
    const project = makeProject();
    const ids = (text: string): string => text.replaceAll(/[0-9a-f]{16}/g, '<id>');
    const seen: string[] = [];
    for (const args of [
      [],
      ['new'],
      ['new'],
      ['public', '--type', 'p256'],
      ['public', '--out', 'a.pem'],
      ['rotate'],
      [],
    ]) {
      seen.push(`$ assay ${['keys', ...args].join(' ')}${ids(transcript(await project.assay(['keys', ...args])))}`);
    }
    const text = seen.join('').replace(/-----BEGIN PUBLIC KEY-----\n[^-]+-----END PUBLIC KEY-----/, '<public key>');
    expect(text).not.toContain('PRIVATE');
    expect(text).toMatchInlineSnapshot(`
      "$ assay keys
      exit 0
      --- stdout
      no keys in <project>-keys yet: assay keys new, or the first assay run
      --- stderr
      $ assay keys new
      exit 0
      --- stdout
      ed25519  <id>  statements and the log
      p256     <id>  frozen models
      in <project>-keys
      --- stderr
      $ assay keys new
      exit 2
      --- stdout
      --- stderr
      error[keys-exist] there are keys in <project>-keys
        assay keys rotate replaces them so that others can follow
      $ assay keys public --type p256
      exit 0
      --- stdout
      <public key>
      --- stderr
      $ assay keys public --out a.pem
      exit 0
      --- stdout
      wrote a.pem
      --- stderr
      $ assay keys rotate
      exit 0
      --- stdout
      ed25519  <id>  ->  <id>
      p256     <id>  ->  <id>
      hand out the new public keys: assay keys public --type ed25519, --type p256
      --- stderr
      $ assay keys
      exit 0
      --- stdout
      ed25519  <id>  statements and the log
      p256     <id>  frozen models
      ed25519  <id>  retired
      p256     <id>  retired
      in <project>-keys
      --- stderr
      "
    `);
    const { keys } = JSON.parse((await project.assay(['keys', '--json'])).stdout) as { keys: { isRetired: boolean }[] };
    expect(keys.map(({ isRetired }) => isRetired)).toEqual([false, false, true, true]);
  });

  it('rotate so that a log can be judged by the old key, and by the new one', async () => {
    const project = makeProject();
    await run(project);
    await project.assay(['keys', 'public', '--out', 'old.pem']);
    expect((await project.assay(['keys', 'rotate', '--type', 'ed25519'])).code).toBe(0);
    await project.assay(['keys', 'public', '--out', 'new.pem']);
    await run(project, '--set', 'attack.count=601');
    // Three statements, the endorsement, two more.
    expect(countEntries(project)).toBe(6);
    expect((await project.assay(['log', 'verify'])).code).toBe(0);
    const env = { ASSAY_KEYS: join(project.root, 'none') };
    for (const key of ['old.pem', 'new.pem']) {
      expect(await project.assay(['log', 'verify', '--key', key], { env })).toMatchObject({ code: 0 });
    }
  });

  it('rotate while a run is under way: it signs with the new one from then on', async () => {
    const project = makeProject({});
    const rotate = `ASSAY_KEYS=${project.keys} node ${resolve(builtAssay())} --project ${project.root} keys rotate --type ed25519`;
    const stages = [
      `  a:\n    shell: "echo a > {outputs.x}"\n    outputs: { x: file }\n`,
      `  b:\n    shell: "${rotate} && cat {inputs.x} > {outputs.x}"\n    inputs: { x: a.x }\n    outputs: { x: file }\n`,
    ];
    project.write('pipeline.yaml', `version: 1\nstages:\n${stages.join('')}`);
    await run(project);
    // a, the endorsement, b.
    expect(countEntries(project)).toBe(3);
    expect(await logVerify(project)).toBe(SOUND_THREE);
  });

  it('stay encrypted under a passphrase, without which a run goes on unsigned', async () => {
    const project = makeProject();
    const env = { ASSAY_PASSPHRASE: 'horse' };
    expect((await project.assay(['run'], { env })).code).toBe(0);
    expect(readFileSync(join(project.keys, 'ed25519.pem'), 'utf8')).toContain('ENCRYPTED');
    const { code, stderr } = await project.assay(['run', '--set', 'attack.count=601']);
    expect([code, stderr.replaceAll(project.keys, '<keys>')]).toMatchInlineSnapshot(`
      [
        0,
        "poison    running  attack.count 600 -> 601
      warning: this run is not signed or logged: <project>-keys/ed25519.pem is encrypted and no passphrase was given; set ASSAY_PASSPHRASE
      evaluate  running  input poison is new content 4f064f69afe1 -> 292476723501
      ",
      ]
    `);
    expect((await project.assay(['log', 'verify'])).stdout).toContain('execution 4 (poison) not-logged');
    expect((await project.assay(['run', '--set', 'attack.count=602'], { env })).code).toBe(0);
    expect((await project.assay(['log', 'verify'])).code).toBe(0);
  });

  it('are nowhere in the project', async () => {
    const project = makeProject(SIGNED_FILES);
    await run(project);
    await project.assay(['freeze', 'train.model']);
    const secrets = ['ed25519.pem', 'p256.pem'].map(
      (name) => readFileSync(join(project.keys, name), 'utf8').split('\n')[1]!,
    );
    const files = readdirSync(project.root, { recursive: true, encoding: 'utf8' }).map((name) =>
      join(project.root, name),
    );
    const texts = files.filter((path) => statSync(path).isFile()).map((path) => readFileSync(path, 'latin1'));
    expect(texts.filter((text) => secrets.some((secret) => text.includes(secret)))).toEqual([]);
  });
});

describe('assay freeze', () => {
  it('keeps the model through a sweep, so that what comes after can be held against it', async () => {
    const project = makeProject(SIGNED_FILES);
    await run(project);
    const frozen = await project.assay(['freeze', 'train.model', '--out', 'model.sig']);
    expect(transcript(frozen).replace(/by [0-9a-f]{16}/, 'by <key>')).toMatchInlineSnapshot(`
      "
      exit 0
      --- stdout
      froze train.model: 2 files and 2 layers, signed by <key>
      wrote artifacts/frozen/train.model.sig
      wrote model.sig
      --- stderr
      "
    `);
    const database = new Database(join(project.root, 'artifacts/lineage.db'));
    database.exec('DELETE FROM action_result');
    database.close();
    await run(project, '--set', 'steps=2');
    expect((await project.assay(['gc'])).stdout).toMatch(/^removed /);
    const { code, stdout } = await project.assay(['verify', 'train.model', '--set', 'steps=2']);
    expect(code).toBe(3);
    expect(stdout.replaceAll(/[0-9a-f]{12,}/g, '<hex>')).toMatchInlineSnapshot(`
      "weights.bin   altered  found <hex>, signed was <hex>
      dense/kernel  moved    L2 0.306, relative 0.0312, max 0.125
      train.model: 2 files and 2 layers, signed by <hex>: 2 findings
      "
    `);
    const again = await project.assay(['freeze', 'train.model', '--set', 'steps=2']);
    expect(transcript(again)).toMatchInlineSnapshot(`
      "
      exit 2
      --- stdout
      --- stderr
      error[already-frozen] train.model is frozen already, as another model
        assay verify train.model tells them apart; --replace freezes this one in its place
      "
    `);
    expect((await project.assay(['freeze', 'train.model', '--set', 'steps=2', '--replace'])).code).toBe(0);
    expect((await project.assay(['verify', 'train.model', '--set', 'steps=2'])).code).toBe(0);
  });

  it('lets a sweep remove nothing while a signature does not tell what it signs', async () => {
    const project = makeProject(SIGNED_FILES);
    await run(project);
    await project.assay(['freeze', 'train.model']);
    appendFileSync(join(project.root, 'artifacts/frozen/train.model.sig'), 'x');
    expect(await project.assay(['gc'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('frozen-unreadable'),
    });
  });

  it('signs a folder from anywhere, and says what is missing to verify one', async () => {
    const project = makeProject({ 'model/weights.bin': 'abc' });
    expect((await project.assay(['freeze', './model'])).code).toBe(0);
    expect((await project.assay(['verify', './model'])).code).toBe(0);
    rmSync(join(project.root, 'model.sig'));
    expect((await project.assay(['verify', './model'])).stderr).toContain('error[signature-missing]');
    const keyless = { env: { ASSAY_KEYS: join(project.root, 'no-keys') } };
    expect((await project.assay(['verify', './none'], keyless)).stderr).toContain('error[path-missing]');
    expect((await project.assay(['freeze', './none'])).code).toBe(2);
    project.write('pipeline.yaml', CHAIN);
    project.write('stages/join.js', CHAIN_FILES['stages/join.js']);
    project.write('stages/score.mjs', CHAIN_FILES['stages/score.mjs']);
    await run(project);
    expect((await project.assay(['verify', 'poison.data'])).stderr).toContain('error[not-frozen]');
  });
});

describe('assay attest', () => {
  it('hands out the statements that were signed, and the bundle that was frozen', async () => {
    const project = makeProject(SIGNED_FILES);
    await run(project);
    const inToto = await project.assay(['attest', 'train.model', '--as', 'in-toto']);
    const [, line] = readFileSync(join(project.root, ENTRIES), 'utf8').split('\n');
    expect(inToto).toMatchObject({ code: 0, stdout: `${line}\n` });
    const subject = (
      JSON.parse(Buffer.from((JSON.parse(line!) as { payload: string }).payload, 'base64').toString()) as {
        subject: { name: string }[];
      }
    ).subject.map(({ name }) => name);
    expect(subject).toEqual(['train.model', 'train/model/model.json', 'train/model/weights.bin']);
    const signed = await project.assay(['attest', 'train.model', '--as', 'model-signing', '--out', 'model.sig']);
    expect(signed.code).toBe(0);
    await project.assay(['export', 'train.model', './exported']);
    expect((await project.assay(['verify', './exported', '--signature', 'model.sig'])).code).toBe(0);
    await project.assay(['freeze', 'train.model']);
    const frozen = readFileSync(join(project.root, 'artifacts/frozen/train.model.sig'), 'utf8');
    expect((await project.assay(['attest', 'train.model', '--as', 'model-signing'])).stdout).toBe(frozen);
  });

  it('hands out nothing that is not in the log, or not signed', async () => {
    const project = makeProject(SIGNED_FILES);
    await run(project);
    const text = readFileSync(join(project.root, ENTRIES), 'utf8');
    writeFileSync(join(project.root, ENTRIES), text.replaceAll(/"sig":"./g, '"sig":"A'));
    const attest = ['attest', 'train.model', '--as', 'in-toto'];
    expect(await project.assay(attest)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('attestation-unsigned'),
    });
    rmSync(join(project.root, 'artifacts/log'), { recursive: true });
    expect(await project.assay(attest)).toMatchObject({ code: 2, stderr: expect.stringContaining('not-attested') });
  });
});
