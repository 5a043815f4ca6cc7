/** `assay audit croissant FILE FOLDER`: whether the files of a folder are those that a Croissant describes. Needs no project. */
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { auditCroissant } from '../../audit/croissant-files.ts';
import { renderCroissantAudit, type CroissantAuditJson } from '../../report/render-croissant-audit.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { printJson, printLines } from '../print.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';

export interface AuditCroissantOptions {
  readonly json?: true;
}

export async function auditCroissantCommand(
  session: Session,
  file: string,
  folder: string,
  options: AuditCroissantOptions,
): Promise<ExitCode> {
  const [filePath, folderPath] = [resolve(session.cwd, file), resolve(session.cwd, folder)];
  refuseUnless(statSync(filePath, { throwIfNoEntry: false })?.isFile() === true, file, 'no file');
  refuseUnless(statSync(folderPath, { throwIfNoEntry: false })?.isDirectory() === true, folder, 'no folder');
  const audit = auditCroissant(readFileSync(filePath, 'utf8'), folderPath);
  const json: CroissantAuditJson = { ...audit, isSound: audit.files.every(({ verdict }) => verdict === 'OK') };
  const { out } = session.terminal;
  if (options.json) printJson(out, json);
  else printLines(out, renderCroissantAudit(json, out.colors));
  return json.isSound ? EXIT.ok : EXIT.findings;
}

function refuseUnless(isThere: boolean, path: string, what: string): void {
  if (isThere) return;
  throw new UsageError('croissant-path', `${path} is ${what}`, {
    hint: 'assay audit croissant FILE FOLDER: the JSON-LD, and the folder with the files that it describes',
  });
}
