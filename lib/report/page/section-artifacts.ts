/** Every artifact with its full digest: where all short digests of the page lead. */
import type { ArtifactVerdict } from '../../audit/verify/verify-run.ts';
import { formatCount, formatSize } from '../quantities.ts';
import type { ArtifactFacts, RunFacts } from './facts.ts';
import { artifactAnchor, html, type Html } from './markup.ts';

const VERDICTS: Readonly<Record<ArtifactVerdict, Html>> = {
  sound: html`<span class="state ran"><span aria-hidden="true">✓</span> sound</span>`,
  damaged: html`<span class="state failed"><span aria-hidden="true">✕</span> not as named</span>`,
  'not-read': html`<span class="state"><span aria-hidden="true">○</span> not read</span>`,
};

export function renderArtifacts({ artifacts, audit }: RunFacts): Html {
  return html`<p class="lead">
      ${formatCount(artifacts.length, 'artifact')} that this run made, found cached or read from the project. A digest
      names the content: <code>assay show</code> and <code>assay export</code> take its first digits.
    </p>
    <ul class="artifacts filter" data-name="artifacts">
      ${artifacts.map((artifact) => item(artifact, audit?.verdict.artifacts.get(artifact.digest) ?? 'not-read'))}
    </ul>`;
}

/** Several names where instances came to the same bytes. */
function item({ digest, names, kind, sizeBytes, fileCount }: ArtifactFacts, verdict: ArtifactVerdict): Html {
  const facts = [
    kind ?? 'input',
    ...(sizeBytes === null ? [] : [formatSize(sizeBytes)]),
    ...(fileCount === null || fileCount === 1 ? [] : [formatCount(fileCount, 'file')]),
  ];
  return html`<li id="${artifactAnchor(digest)}" tabindex="-1" class="target">
    <strong>${names.join(', ')}</strong> <span class="soft">${facts.join(', ')}</span> ${VERDICTS[verdict]}<br />
    <code class="full">${digest}</code>
  </li> `;
}
