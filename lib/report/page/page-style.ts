/**
 * The look of a run's page: the system's letters, its light or dark scheme, one column on a phone and the list of sections beside it
 * on a wide screen. Each text has 4.5 times the brightness of its ground, or a 4.5th, in both.
 */

const LIGHT = `
  --ink: #1a1f24; --soft: #57606a; --paper: #ffffff; --card: #f5f7f9; --line: #d7dde3; --accent: #0a5aa8;
  --good: #116336; --bad: #a3211b; --busy: #8a5100; --idle: #57606a;
  --strong: #ffffff;
  --s1: #1f6fb2; --s2: #c2410c; --s3: #0f766e; --s4: #8b3fa8; --s5: #8a6d00; --s6: #be185d; --s7: #4b5563; --s8: #3f6212;
  --h1: #eaf2fb; --h2: #d8e8f8; --h3: #c3dbf4; --h4: #abccef; --h5: #8fbae8; --h6: #72a7e0; --h7: #2a6db3; --h8: #155a9e; --h9: #0b4a87;`;

const DARK = `
  --ink: #e8ecf0; --soft: #a3adb8; --paper: #111519; --card: #191f25; --line: #323b45; --accent: #7fbaf5;
  --good: #7ed6a0; --bad: #ff9d92; --busy: #f2bf66; --idle: #a3adb8;
  --s1: #6fb4f0; --s2: #fb9a5b; --s3: #4fd1bd; --s4: #cf9cf0; --s5: #e3c04f; --s6: #f58ab5; --s7: #b8c2cd; --s8: #a3d16a;
  --h1: #16222e; --h2: #182b3d; --h3: #1a354e; --h4: #1c3f60; --h5: #1e4a72; --h6: #215688; --h7: #235e98; --h8: #2564a2; --h9: #2868ab; --strong: #ffffff;`;

export const PAGE_STYLE = `
:root { color-scheme: light dark;${LIGHT} }
@media (prefers-color-scheme: dark) { :root {${DARK} } }
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0; font: 1rem/1.55 system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif; color: var(--ink); background: var(--paper); }
.page { max-width: 82rem; margin: 0 auto; padding: 1.25rem 1rem 3rem; }
h1, h2, h3 { line-height: 1.25; margin: 0; font-weight: 650; text-wrap: balance; }
h1 { font-size: 2rem; letter-spacing: -0.02em; }
h2 { font-size: 1.375rem; letter-spacing: -0.01em; padding-top: 1rem; border-top: 1px solid var(--line); margin: 2.5rem 0 0.75rem; }
main > section:first-child > h2 { margin-top: 0; padding-top: 0; border-top: 0; }
h3 { font-size: 1rem; margin: 1.25rem 0 0.5rem; overflow-wrap: anywhere; }
summary h3 { display: inline; margin: 0; }
p { margin: 0 0 0.75rem; max-width: 70ch; }
ul { padding-left: 1.2rem; margin: 0 0 0.75rem; }
li { overflow-wrap: anywhere; max-width: 80ch; }
a { color: var(--accent); text-underline-offset: 0.15em; text-decoration-thickness: 1px; }
a:hover { text-decoration-thickness: 2px; }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; font-size: 0.86em; }
code.full { overflow-wrap: anywhere; color: var(--soft); }
a.digest { text-decoration: none; white-space: nowrap; }
a.digest:hover { text-decoration: underline; }
small { font-size: 0.75em; font-weight: 400; color: var(--soft); }
.soft, .lead { color: var(--soft); }
.lead { font-size: 0.94rem; }
.note { font-size: 0.875rem; color: var(--soft); }
.good { color: var(--good); } .bad { color: var(--bad); } .idle { color: var(--idle); }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: -100vw; top: 0.5rem; padding: 0.5rem 0.75rem; background: var(--paper); border: 2px solid var(--accent); border-radius: 0.4rem; z-index: 2; }
.skip:focus { left: 1rem; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 2px; }
main:focus, .target:focus { outline: none; }
.target:target { background: color-mix(in srgb, var(--accent) 14%, transparent); box-shadow: 0 0 0 4px color-mix(in srgb, var(--accent) 14%, transparent); border-radius: 2px; }

/* The head */
.eyebrow { margin: 0 0 0.25rem; color: var(--soft); font-size: 0.875rem; overflow-wrap: anywhere; }
.verdict { display: inline-block; font-size: 0.875rem; font-weight: 600; letter-spacing: 0; padding: 0.15rem 0.6rem; border-radius: 1rem; border: 1.5px solid currentColor; vertical-align: 0.35em; margin-left: 0.35rem; color: var(--idle); }
.verdict.ok { color: var(--good); } .verdict.failed, .verdict.interrupted, .verdict.lost { color: var(--bad); } .verdict.running { color: var(--busy); }
.tiles { list-style: none; padding: 0; margin: 1.25rem 0; display: flex; flex-wrap: wrap; gap: 0.75rem 2rem; }
.tiles li { display: flex; flex-direction: column; }
.tiles .value { font-size: 1.5rem; font-weight: 600; line-height: 1.2; font-variant-numeric: tabular-nums; letter-spacing: -0.01em; }
.tiles .name { font-size: 0.875rem; color: var(--soft); }
.check { margin-bottom: 1.25rem; }
.facts { margin: 0; display: grid; gap: 0.3rem 2rem; font-size: 0.9rem; }
.facts div { display: grid; grid-template-columns: 5.5rem minmax(0, 1fr); gap: 0.75rem; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }

/* Sections */
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; padding: 0.75rem 0; margin: 1.25rem 0 1.75rem; border-block: 1px solid var(--line); font-size: 0.9rem; }
nav a { display: inline-block; padding: 0.2rem 0; text-decoration: none; }
nav a:hover { text-decoration: underline; }
footer { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--soft); font-size: 0.875rem; }
details { margin: 0.75rem 0 1rem; }
summary { cursor: pointer; padding: 0.3rem 0; font-weight: 600; overflow-wrap: anywhere; }
summary .soft { font-weight: 400; font-size: 0.9rem; }
pre { margin: 0; padding: 0.85rem 1rem; background: var(--card); border: 1px solid var(--line); border-radius: 0.5rem; width: max-content; min-width: 100%; line-height: 1.5; }

/* Tables */
.scroll { overflow-x: auto; max-width: 100%; margin: 0 0 1rem; }
table { width: max-content; border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); font-size: 0.875rem; padding-bottom: 0.35rem; }
th, td { padding: 0.35rem 0.9rem 0.35rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
td { max-width: 34rem; }
th:last-child, td:last-child { padding-right: 0.25rem; }
thead th { font-weight: 600; color: var(--soft); white-space: nowrap; vertical-align: bottom; }
tbody th { font-weight: 500; min-width: 8rem; max-width: 22rem; overflow-wrap: anywhere; }
td.n, th.n { text-align: right; white-space: nowrap; }
tbody tr:hover > * { background: var(--card); }
table.grid th[scope='row'] { position: sticky; left: 0; background: var(--paper); min-width: 6rem; max-width: 11rem; }
ul.plain { list-style: none; padding: 0; margin: 0; white-space: nowrap; }
.state { white-space: nowrap; font-weight: 500; color: var(--idle); }
.state.ran, .state.shared { color: var(--good); } .state.failed, .state.interrupted { color: var(--bad); } .state.running, .state.waiting { color: var(--busy); }
label.filter { display: block; margin: 0.25rem 0 0.75rem; font-size: 0.9rem; color: var(--soft); }
label.filter input { font: inherit; color: var(--ink); background: var(--paper); border: 1px solid var(--soft); border-radius: 0.35rem; padding: 0.2rem 0.5rem; margin-right: 0.6rem; max-width: 12rem; }
.matrices { list-style: none; padding: 0; display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 26rem), 1fr)); gap: 0.5rem 2rem; }
.matrices > li { min-width: 0; max-width: none; } .matrices h3 { margin-bottom: 0.15rem; } .matrices .note { margin-bottom: 0.4rem; }
table.confusion { font-size: 0.82rem; }
table.confusion th, table.confusion td { padding: 0.28rem 0.4rem; text-align: right; min-width: 2rem; max-width: none; border: 1px solid var(--paper); white-space: nowrap; }
table.confusion th[scope='row'] { text-align: left; }
table.confusion td.h0 { color: var(--soft); } table.confusion .right { outline: 1.5px solid var(--ink); outline-offset: -2px; }
table.confusion .corner { border: 0; } table.confusion .sum { padding-left: 0.8rem; }
table.confusion tr:hover > * { background: none; }
${[1, 2, 3, 4, 5, 6, 7, 8, 9].map((shade) => `table.confusion tr > td.h${shade} { background: var(--h${shade}); color: var(${shade < 7 ? '--ink' : '--strong'}); }`).join('\n')}

/* Drawings */
.graph { overflow-x: auto; margin: 0 0 1.25rem; padding: 0.25rem 0; }
.graph svg { display: block; }
svg text { font-family: inherit; }
.edge { fill: none; stroke: var(--soft); stroke-width: 1.25; }
.edges { opacity: 0.6; } .edges.far { opacity: 0.28; }
.node rect { fill: var(--card); stroke: var(--line); }
.node .band { stroke: none; fill: var(--idle); }
.node.ran .band, .node.shared .band { fill: var(--good); } .node.failed .band, .node.interrupted .band { fill: var(--bad); } .node.running .band { fill: var(--busy); }
.node .name { font-size: 13.5px; font-weight: 600; fill: var(--ink); } .node .what { font-size: 12px; fill: var(--soft); }
.timeline { display: block; overflow: visible; margin: 0.5rem 0 1rem; }
.timeline .grid { stroke: var(--line); } .timeline .tick { font-size: 12px; fill: var(--soft); } .timeline .label { font-size: 12.5px; fill: var(--ink); font-variant-numeric: tabular-nums; }
.bar { fill: var(--good); } .bar.failed, .bar.interrupted { fill: var(--bad); } .bar.running { fill: var(--busy); }
.plots, .pictures { list-style: none; padding: 0; margin: 0 0 1rem; display: grid; gap: 1.5rem 2rem; }
.plots { grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr)); align-items: start; }
.plots > li, .pictures > li { max-width: none; min-width: 0; }
figure { margin: 0; }
figcaption { font-size: 0.875rem; color: var(--soft); overflow-wrap: anywhere; margin-top: 0.35rem; }
.plot svg { display: block; max-width: 100%; height: auto; color: var(--ink); }
.plot details { margin: 0.25rem 0 0; } .plot summary { font-size: 0.875rem; font-weight: 400; color: var(--soft); }
.plot h3 { font-size: 0.9375rem; font-weight: 600; margin: 0 0 0.5rem; overflow-wrap: anywhere; }
img { max-width: 100%; height: auto; display: block; border: 1px solid var(--line); border-radius: 0.25rem; background: #fff; image-rendering: pixelated; }
.live { position: fixed; right: 0.75rem; bottom: 0.75rem; margin: 0; padding: 0.3rem 0.7rem; font-size: 0.8125rem; background: var(--card); color: var(--soft); border: 1px solid var(--line); border-radius: 1rem; }
.live:empty { display: none; }

.artifacts { list-style: none; padding: 0; display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 30rem), 1fr)); gap: 0.9rem 2rem; font-size: 0.9rem; }
.artifacts strong { font-weight: 600; }

@media (max-width: 39.99rem) {
  .timeline .time { display: none; }
  tbody th { max-width: 11rem; }
  table.confusion th, table.confusion td { padding-inline: 0.22rem; min-width: 1.5rem; }
}
@media (min-width: 40rem) {
  .page { padding: 2rem 2rem 4rem; }
  .facts { grid-template-columns: 1fr 1fr; }
}
@media (min-width: 68rem) {
  .page { display: grid; grid-template-columns: 11rem minmax(0, 1fr); column-gap: 3rem; }
  header, footer { grid-column: 2; }
  nav { grid-column: 1; grid-row: 1 / span 3; }
  nav ul { position: sticky; top: 2rem; flex-direction: column; gap: 0.2rem; border: 0; margin: 0; padding: 0.35rem 0; }
  main { grid-column: 2; margin-top: 2.5rem; }
}
@media print {
  :root {${LIGHT} color-scheme: light; }
  @page { margin: 16mm 14mm; }
  html { font-size: 9.5pt; }
  .page { display: block; max-width: none; padding: 0; }
  nav, .skip, .live, label.filter { display: none; }
  main { margin-top: 2rem; }
  .scroll, .graph { overflow: visible; }
  pre { white-space: pre-wrap; width: auto; overflow-wrap: anywhere; }
  table { font-size: 8pt; width: auto; max-width: 100%; } table.grid, .matrices { list-style: none; padding: 0; display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 26rem), 1fr)); gap: 0.5rem 2rem; }
.matrices > li { min-width: 0; max-width: none; } .matrices h3 { margin-bottom: 0.15rem; } .matrices .note { margin-bottom: 0.4rem; }
table.confusion { font-size: 6.5pt; }
  th, td { padding-right: 0.5rem; } td.n, th.n, ul.plain, thead th { white-space: normal; } td, tbody th { overflow-wrap: anywhere; min-width: 0; }
  tr, figure, .node, li { break-inside: avoid; }
  h2, h3, summary { break-after: avoid; }
  .graph svg { max-width: 100%; height: auto; }
  .bar, .band, .confusion td, .node rect { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  table.grid th[scope='row'] { position: static; }
}
`;
