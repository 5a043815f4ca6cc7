/** Asked inside the browser about the page that is open. Put in from outside, for the page's own policy lets no script in. */
/* global document, window, dispatchEvent, innerWidth */

const all = (selector) => [...document.querySelectorAll(selector)];

window.probe = {
  openAll: () => all('details').forEach((each) => (each.open = true)),

  async axeViolations() {
    const { violations } = await window.axe.run(document, { resultTypes: ['violations'] });
    const where = (nodes) => nodes.slice(0, 3).map(({ html }) => html.slice(0, 160));
    return violations.map(({ id, nodes }) => `${id}: ${where(nodes).join(' | ')}`);
  },

  links() {
    const hrefs = all('a[href]').map((each) => each.getAttribute('href'));
    const ids = all('[id]').map(({ id }) => id);
    const isBroken = (href) => document.getElementById(decodeURIComponent(href.slice(1))) === null;
    return {
      leadingOut: hrefs.filter((href) => !href.startsWith('#')),
      broken: hrefs.filter((href) => href.startsWith('#') && isBroken(href)),
      idsTwice: ids.filter((id, i) => ids.indexOf(id) !== i),
    };
  },

  headingLevels: () => all('h1, h2, h3, h4, h5').map(({ tagName }) => Number(tagName.slice(1))),

  pictures: () =>
    [...document.images].map(({ naturalWidth, naturalHeight, alt }) => ({ naturalWidth, naturalHeight, alt })),

  plotHeights: () => all('.plot svg').map((each) => each.getBoundingClientRect().height),

  unnamedDrawings: () => all('svg:not([aria-hidden]):not([aria-labelledby])').length,

  /** What reaches over the right side of the window, but for what scrolls inside a frame of its own. */
  cut() {
    const isCut = (each) => each.getBoundingClientRect().right > innerWidth + 1;
    const text = (each) => `${each.tagName} in ${each.closest('section')?.id}: ${each.textContent.slice(0, 40)}`;
    return all('table, pre, svg, img, p, li').filter(isCut).map(text);
  },

  beforePrint: () => dispatchEvent(new window.Event('beforeprint')),

  request: (url) =>
    window.fetch(url).then(
      () => 'sent',
      (error) => error.name,
    ),
};
