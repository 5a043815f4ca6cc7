/** The database held against the result records in the store, and against itself. */
import { relative } from 'node:path';
import { canonicalJson } from '../../base/canonical-json.ts';
import { digestFile, shortDigest } from '../../base/digest.ts';
import { parseResultRecord } from '../../lineage/rebuild.ts';
import type { RecordedExecution, RowSnapshot } from '../../lineage/row-snapshot.ts';
import type { Artifact } from '../../model/artifact.ts';
import { isSameStamp } from '../../model/stat-cache.ts';
import { summarise } from '../../store/manifest.ts';
import { stampOf } from '../../store/stamps.ts';
import { differencesFrom } from './compare-record.ts';
import type { Expected } from './expected.ts';
import type { Finding } from './finding.ts';
import type { Scene } from './scene.ts';
import type { StoreContent } from './store-content.ts';

const REPAIR_ROWS = 'assay verify --repair puts the rows back as the result record has them';
/** Shown of one execution. */
const MOST_DIFFERENCES = 3;

export function judgeRows(scene: Scene): Finding[] {
  const { expected, content } = scene;
  const rows = expected?.rows;
  if (expected === undefined || rows === null || rows === undefined) return [];
  return [
    ...rows.executions.flatMap((execution) => judgeExecution(execution, content)),
    ...judgeArtifacts(rows, content),
    ...rows.outcomes.map(({ runId, instance, executionId }) =>
      rowFinding('contradicted', `outcome of ${instance} in run ${runId}`, {
        detail: `it names other outputs than execution ${executionId} made`,
        next: REPAIR_ROWS,
        executions: [executionId],
      }),
    ),
    ...rows.dangling.map(({ table, parent, count }) =>
      rowFinding('dangling', `table ${table}`, {
        detail: `${count} of its rows ${count === 1 ? 'names' : 'name'} a row of ${parent} that is not there`,
        next: 'assay verify --repair removes them, and the results that rest on them',
      }),
    ),
    ...rows.orphans.map(({ table, count }) =>
      rowFinding('orphaned', `table ${table}`, {
        detail: `${count} of its rows ${count === 1 ? 'belongs' : 'belong'} to no execution that ended well`,
        next: 'assay verify --repair removes them',
      }),
    ),
    ...rows.leases.map(({ key, instance, pid }) =>
      rowFinding('orphaned', `lease of ${instance}`, {
        digest: key,
        detail: `process ${pid} holds it and runs no pipeline; a run that needs the stage would wait for it`,
        next: 'assay verify --repair removes it',
      }),
    ),
    ...judgeRemembered(scene, expected),
    ...judgeRecords(content, expected),
  ];
}

function judgeExecution(execution: RecordedExecution, content: StoreContent): Finding[] {
  const { id, instance, recordDigest, isResult } = execution;
  const subject = `execution ${id} of ${instance}`;
  if (recordDigest === null) {
    const detail = 'it names no result record, so nothing in the store vouches for its rows';
    const next = `assay run --force '${instance}' makes a result that has one`;
    return [{ ...rowFinding('contradicted', subject, { detail, next, executions: [id] }), mend: 'rerun-forced' }];
  }
  const bytes = content.bytesOf(recordDigest);
  // Swept with a result that was replaced; that a result's own record is missing is told of elsewhere.
  if (bytes === undefined) return [];
  const record = parseResultRecord(bytes);
  if (typeof record === 'string') {
    const next = `assay run --force '${instance}' stores it again`;
    const detail = `what it names as its result record is none: ${record.split('\n')[0]}`;
    const facts = { detail, next, executions: [id], digest: recordDigest };
    return [{ ...rowFinding('contradicted', subject, facts), mend: 'rerun-forced' }];
  }
  const differences = differencesFrom(record, execution);
  if (differences.length === 0) return [];
  const rest = differences.length > MOST_DIFFERENCES ? [`and ${differences.length - MOST_DIFFERENCES} more`] : [];
  const detail = [...differences.slice(0, MOST_DIFFERENCES), ...rest].join('; ');
  const next = isResult ? `${REPAIR_ROWS} and runs the stage again` : REPAIR_ROWS;
  const finding = rowFinding('contradicted', subject, { digest: recordDigest, detail, next, executions: [id] });
  return [isResult ? { ...finding, mend: 'rows-and-rerun' } : finding];
}

/** Form and sizes as `assay show` and plans give them. */
function judgeArtifacts({ artifacts }: RowSnapshot, content: StoreContent): Finding[] {
  return artifacts.flatMap((artifact) => {
    const manifest = content.manifests.get(artifact.digest);
    if (manifest === undefined || 'problem' in manifest) return [];
    const truth = summarise(manifest);
    if (canonicalJson({ ...truth }) === canonicalJson({ ...artifact })) return [];
    const facts = ({ form, sizeBytes, fileCount }: Artifact): string =>
      `${form}, ${sizeBytes} bytes, ${fileCount} files`;
    return [
      rowFinding('contradicted', `artifact ${shortDigest(artifact.digest)}`, {
        digest: artifact.digest,
        detail: `its row says ${facts(artifact)}; its manifest says ${facts(truth)}`,
        next: 'assay verify --repair corrects the row',
      }),
    ];
  });
}

/** Rows of the stat cache that would make a run take an edited file of the project for what it was. Stored files are read anyway. */
function judgeRemembered({ projectRoot, paths }: Scene, expected: Expected): Finding[] {
  return expected.remembered().flatMap(({ path, digest, stamp }) => {
    // Rows of another place are left from before the project was moved; those of folders rest on those of their files.
    const isOurs = path.startsWith(`${projectRoot}/`) && !path.startsWith(`${paths.root}/`);
    const now = isOurs ? stampOf(path) : undefined;
    if (now === undefined || !isSameStamp(now, stamp)) return [];
    const found = digestFile(path).digest;
    if (found === digest) return [];
    const file = relative(projectRoot, path);
    const facts = { digest, found, detail: 'the stat cache has it as it was, so a run would not look into it' };
    return [{ ...rowFinding('altered', file, { ...facts, next: 'assay verify --repair forgets the row' }), file }];
  });
}

/** `doctor --rebuild` would take their results for made; nothing else reads them. */
function judgeRecords(content: StoreContent, expected: Expected): Finding[] {
  return content.recordLike.flatMap((digest): Finding[] => {
    const bytes = content.named.has(digest) ? undefined : content.bytesOf(digest);
    if (bytes === undefined) return [];
    const record = parseResultRecord(bytes);
    const key = typeof record === 'string' ? null : record.key;
    if (expected.isRecorded(digest, key)) return [];
    const of = typeof record === 'string' ? `none: ${record.split('\n')[0]}` : `of ${record.instance}`;
    return [
      {
        ...rowFinding('orphaned', `result record ${shortDigest(digest)}`, {
          digest,
          detail: `${of}; no execution names it: made by something else than Assay, left by a crash, or the database is older than the store`,
          next: 'assay gc removes it; until then assay doctor --rebuild would bring its result in',
        }),
        mend: 'quarantine',
      },
    ];
  });
}

function rowFinding(
  problem: Finding['problem'],
  subject: string,
  facts: Pick<Finding, 'detail' | 'next'> & Partial<Finding>,
): Finding {
  return {
    problem,
    subjects: [subject],
    digest: null,
    found: null,
    file: null,
    mend: 'rows',
    executions: [],
    ...facts,
  };
}
