/**
 * The script of a page that renews itself: asks its own server every two seconds whether there is another version, and puts in place
 * only the sections that differ. What the reader has opened, typed, scrolled and focused stays. Nothing moves by itself.
 */

/** Runs in the browser. Its text is hashed into the page's policy. */
export const LIVE_SCRIPT = `
(() => {
  'use strict';
  const EVERY_MS = 2000;
  const say = (text) => {
    const live = document.getElementById('live');
    if (live.textContent !== text) live.textContent = text;
  };
  /** The parts of a page that are renewed one by one, by id, as they came. */
  const partsOf = (page) => [...page.querySelectorAll('#summary, nav, main > section, main > p, footer')];
  const nameOf = (part) => part.id || part.tagName;
  const came = new Map(partsOf(document).map((part) => [nameOf(part), part.outerHTML]));

  const keep = (root) => ({
    open: new Map([...root.querySelectorAll('details[data-key]')].map((each) => [each.dataset.key, each.open])),
    typed: new Map([...root.querySelectorAll('input[data-key]')].map((each) => [each.dataset.key, each.value])),
    scrolled: new Map([...root.querySelectorAll('.scroll')].map((each) => [each.getAttribute('aria-label'), each.scrollLeft])),
  });
  const restore = (root, { open, typed, scrolled }) => {
    for (const each of root.querySelectorAll('details[data-key]')) {
      if (open.has(each.dataset.key)) each.open = open.get(each.dataset.key);
    }
    document.dispatchEvent(new Event('assay-renewed'));
    for (const each of root.querySelectorAll('input[data-key]')) {
      if (!typed.get(each.dataset.key)) continue;
      each.value = typed.get(each.dataset.key);
      each.dispatchEvent(new Event('input'));
    }
    for (const each of root.querySelectorAll('.scroll')) each.scrollLeft = scrolled.get(each.getAttribute('aria-label')) || 0;
  };

  const FOCUSABLE = 'a, summary, input, [tabindex]';
  /** Tells a link or a field from its neighbours in the next version too, where counts in its text may differ. */
  const markOf = (each) => {
    const facts = [each.tagName, each.id, each.dataset.key, each.getAttribute('href'), each.getAttribute('aria-label')];
    if (each.tagName === 'SUMMARY') facts.push(each.parentNode.dataset.key);
    if (each.tagName === 'A') facts.push(each.textContent);
    return facts.join(' ');
  };
  const focusIn = (part, mark) => {
    const found = [...part.querySelectorAll(FOCUSABLE)].find((each) => markOf(each) === mark);
    if (found) found.focus({ preventScroll: true });
  };

  const replace = (old, part) => {
    const focused = old.contains(document.activeElement) ? markOf(document.activeElement) : null;
    const typing = focused !== null && document.activeElement.tagName === 'INPUT' ? document.activeElement.selectionStart : null;
    const kept = keep(old);
    old.replaceWith(part);
    restore(part, kept);
    if (focused === null) return;
    focusIn(part, focused);
    if (typing !== null && document.activeElement.setSelectionRange) document.activeElement.setSelectionRange(typing, typing);
  };

  const renew = (text) => {
    const next = new DOMParser().parseFromString(text, 'text/html');
    const before = new Map(partsOf(document).map((part) => [nameOf(part), part]));
    // What the reader looks at stays where it is on the screen.
    const seen = [...before.values()].find((part) => part.getBoundingClientRect().bottom > 0);
    const top = seen ? seen.getBoundingClientRect().top : 0;
    const main = document.getElementById('main');
    let place = null;
    for (const part of partsOf(next)) {
      const name = nameOf(part);
      const served = part.outerHTML;
      const old = before.get(name);
      before.delete(name);
      if (old === undefined) {
        const added = document.importNode(part, true);
        if (part.closest('main')) main.insertBefore(added, place === null ? main.firstChild : place.nextSibling);
        else main.parentNode.insertBefore(added, name === 'FOOTER' ? null : main);
        restore(added, { open: new Map(), typed: new Map(), scrolled: new Map() });
      } else if (came.get(name) !== served) replace(old, document.importNode(part, true));
      came.set(name, served);
      const now = partsOf(document).find((each) => nameOf(each) === name);
      if (now && now.parentNode === main) place = now;
    }
    for (const [name, gone] of before) {
      gone.remove();
      came.delete(name);
    }
    document.title = next.title;
    const still = seen && partsOf(document).find((part) => nameOf(part) === nameOf(seen));
    if (still && scrollY > 0) scrollBy({ top: still.getBoundingClientRect().top - top, behavior: 'instant' });
    say(next.getElementById('live').textContent);
  };

  let tag = '';
  const look = async () => {
    if (document.hidden) return;
    const answer = await fetch('/', { cache: 'no-store', headers: tag === '' ? {} : { 'If-None-Match': tag } });
    if (answer.status === 304) return;
    if (!answer.ok) return say('Cannot be shown now: ' + (await answer.text()).split('\\n')[0]);
    tag = answer.headers.get('ETag') || '';
    renew(await answer.text());
  };
  const loop = async () => {
    try {
      await look();
    } catch {
      tag = '';
      say('No longer live: assay serve has ended');
    }
    setTimeout(loop, EVERY_MS);
  };
  setTimeout(loop, EVERY_MS);
})();
`;
