/**
 * docs/replication.md says what the signed results files beside it say: their tables are written from the files, by the code that wrote
 * them in the study. UPDATE_DOCS=1 writes them into the document anew.
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { verifyResults } from '../../lib/audit/results.ts';
import type { Group } from '../../stages/common/study/cells.ts';
import { type Claim, judge } from '../../stages/common/study/claims.ts';
import { writeTables } from '../../stages/common/study/tables.ts';
import { defenceTables, type DefenceNumbers } from './defence-tables.ts';

const ROOT = join(import.meta.dirname, '../..');
const FOLDER = join(ROOT, 'docs/replication');
const DOCUMENT = join(ROOT, 'docs/replication.md');
const names = readdirSync(FOLDER);
/** Of the machines that the study ran on. */
const KEYS = names.filter((name) => name.endsWith('.pem')).map((name) => readFileSync(join(FOLDER, name), 'utf8'));

const files = names.filter((name) => name.endsWith('.json'));

interface PaperNumbers {
  readonly before: number;
  readonly total: number;
  readonly chosen: number;
  readonly others: number;
  readonly distortion: number;
}
interface Profile {
  readonly dataset: string;
  readonly attack: { readonly count: number };
}
const pipeline = parse(readFileSync(join(ROOT, 'pipeline.yaml'), 'utf8')) as {
  readonly params: {
    readonly papers: Record<string, PaperNumbers>;
    readonly readings: Record<string, { readonly name: string; readonly training: string }>;
  };
  readonly profiles: Record<string, Profile>;
};

const trainedAnew = new Set(
  Object.entries(pipeline.params.readings).flatMap(([variant, { training }]) =>
    training === 'scratch' ? [variant] : [],
  ),
);
/** Claims whose rule was mended after the file was signed; the document has today's verdict, and says so. */
const JUDGED_ANEW: Readonly<Record<string, readonly string[]>> = { 'study-fashion.json': ['C6'] };

function contentOf(name: string): unknown {
  const { payload } = JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as { payload: string };
  const statement = JSON.parse(Buffer.from(payload, 'base64').toString('utf8')) as { predicate: { content: string } };
  return JSON.parse(statement.predicate.content);
}

function tablesOf(name: string): string {
  return name.startsWith('defend-') ? defenceOf(name) : studyOf(name);
}

function defenceOf(name: string): string {
  const nameOf = (variant: string): string => pipeline.params.readings[variant]!.name;
  return defenceTables(contentOf(name) as Record<string, DefenceNumbers>, nameOf);
}

function studyOf(name: string): string {
  const { dataset, attack } = pipeline.profiles[name.replace('.json', '').replace('-first', '')]!;
  const paper = pipeline.params.papers[dataset]!;
  const target = {
    before: paper.before / 100,
    total: paper.total / 100,
    recall: paper.chosen / 100,
    others: paper.others / 100,
    distortion: paper.distortion,
  };
  const { groups, claims } = contentOf(name) as { groups: Group[]; claims: Claim[] };
  const judged = judge(groups, { target, chosen: 7, poisons: attack.count, trainedAnew });
  const verdicts = (all: Claim[]): string[] =>
    all.filter(({ id }) => !JUDGED_ANEW[name]?.includes(id)).map(({ id, verdict }) => `${id} ${verdict}`);
  expect(verdicts(judged)).toEqual(verdicts(claims));
  return writeTables(groups, judged, target, 7, attack.count).replaceAll(/^## /gm, '#### ').trim() + '\n';
}

function between(document: string, name: string): RegExp {
  const mark = name.replace('.json', '');
  expect(document).toContain(`<!-- ${mark} -->`);
  return new RegExp(`(<!-- ${mark} -->\n)[^]*?(<!-- end -->)`);
}

describe('the replication study', () => {
  it.each(files)('%s is as signed', (name) => {
    const text = readFileSync(join(FOLDER, name), 'utf8');
    expect(verifyResults(name, text, KEYS, null)).toMatchObject({ isSound: true, findings: [] });
    const flipped = text.replace(/"payload": "(.{100})./, '"payload": "$1A');
    expect(verifyResults(name, flipped, KEYS, null).isSound).toBe(false);
  });

  it.each(files)('the tables of %s in docs/replication.md are its own', (name) => {
    const tables = tablesOf(name);
    const document = readFileSync(DOCUMENT, 'utf8');
    const wanted = document.replace(between(document, name), (_, start: string, end: string) => start + tables + end);
    if (process.env.UPDATE_DOCS === '1') writeFileSync(DOCUMENT, wanted);
    else expect(document).toBe(wanted);
  });
});
