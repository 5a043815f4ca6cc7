/** The look of the page of a comparison: one column on a phone, the system's fonts and its light or dark scheme. */

export const PAGE_STYLE = `
:root { color-scheme: light dark; --ink: #1c2024; --paper: #fff; --line: #d5d9de; --soft: #5b646e; --bad: #a8201a; --good: #11663a; --card: #f5f6f8; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e7eaee; --paper: #14171a; --line: #3a424b; --soft: #a5aeb8; --bad: #ff9d94; --good: #7fd8a4; --card: #1e2328; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 68rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
h1 { font-size: 1.6rem; margin: 0.5rem 0; }
h2 { font-size: 1.25rem; margin: 2rem 0 0.5rem; border-bottom: 1px solid var(--line); }
h3 { display: inline; font-size: 1.05rem; }
.of { font-weight: normal; color: var(--soft); }
dl { display: grid; grid-template-columns: auto 1fr; gap: 0.25rem 0.75rem; margin: 0; }
dt { font-weight: bold; }
dd { margin: 0; overflow-wrap: anywhere; }
code { font-size: 0.85em; color: var(--soft); }
.bad { color: var(--bad); font-weight: 600; }
.good { color: var(--good); font-weight: 600; }
.soft { color: var(--soft); font-size: 0.9rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); padding-bottom: 0.25rem; }
th, td { padding: 0.2rem 0.6rem; text-align: right; border-bottom: 1px solid var(--line); }
th[scope='row'], thead th:first-child { text-align: left; white-space: nowrap; }
tbody tr:last-child > * { font-weight: bold; border-bottom: 0; }
details { margin: 1rem 0; }
summary { cursor: pointer; padding: 0.25rem 0; }
summary:focus-visible, .scroll:focus-visible { outline: 3px solid currentColor; outline-offset: 2px; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(10.5rem, 1fr)); gap: 0.75rem; margin: 0.5rem 0; padding: 0; list-style: none; }
figure { margin: 0; padding: 0.5rem; background: var(--card); border: 1px solid var(--line); border-radius: 0.4rem; height: 100%; }
figcaption { margin-top: 0.35rem; font-size: 0.85rem; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
img { image-rendering: pixelated; max-width: 48%; height: auto; margin-right: 2%; border: 1px solid var(--line); vertical-align: top; }
`;
