/** What a script adds to a page that can be read without one: long tables can be filtered, and print whole. */

/** Runs in the browser. Its text is hashed into the page's policy. */
export const PAGE_SCRIPT = `
(() => {
  'use strict';
  // Lists and tables longer than a screen get a field above them.
  const addFilters = () => {
    for (const list of document.querySelectorAll('.filter:not(label)')) {
      const rows = [...(list.tBodies ? list.tBodies[0].rows : list.children)];
      if (rows.length < 40 || list.dataset.filtered) continue;
      list.dataset.filtered = 'yes';
      const label = document.createElement('label');
      label.className = 'filter';
      const input = document.createElement('input');
      input.type = 'search';
      input.dataset.key = 'filter ' + (list.dataset.name || list.caption.textContent);
      const count = document.createElement('span');
      count.setAttribute('role', 'status');
      input.addEventListener('input', () => {
        const wanted = input.value.toLowerCase();
        let shown = 0;
        for (const row of rows) {
          row.hidden = !row.textContent.toLowerCase().includes(wanted);
          if (!row.hidden) shown++;
        }
        count.textContent = wanted === '' ? '' : shown + ' of ' + rows.length;
      });
      label.append('Only those with ', input, count);
      (list.closest('.scroll') || list).before(label);
    }
  };
  addFilters();
  document.addEventListener('assay-renewed', addFilters);

  // A link into what is closed opens it.
  const open = () => {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    let closed = target.closest('details:not([open])');
    for (; closed; closed = target.closest('details:not([open])')) closed.open = true;
    target.scrollIntoView();
  };
  addEventListener('hashchange', open);
  open();

  // On paper nothing can be opened.
  let closedBefore = [];
  addEventListener('beforeprint', () => {
    closedBefore = [...document.querySelectorAll('details:not([open])')];
    for (const each of closedBefore) each.open = true;
  });
  addEventListener('afterprint', () => {
    for (const each of closedBefore) each.open = false;
  });
})();
`;
