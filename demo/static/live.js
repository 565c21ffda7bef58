// Keeps the page as it is on the server, without moving anything that did not change: regions marked data-live are
// compared child by child, by id, and only the children that the server now writes differently are replaced.

const SECONDS = 2;
const written = new Map(); // id of a child → what the server wrote for it last

function remember(page) {
  for (const region of page.querySelectorAll("[data-live]")) {
    for (const child of region.children) written.set(`${region.id}/${child.id}`, child.outerHTML);
  }
}

function bring(region, fresh) {
  const wanted = new Set([...fresh.children].map((child) => child.id));
  for (const child of [...region.children]) if (!wanted.has(child.id)) child.remove();
  let after = null;
  for (const child of [...fresh.children]) {
    const here = [...region.children].find((each) => each.id === child.id);
    const key = `${region.id}/${child.id}`;
    const same = here && written.get(key) === child.outerHTML;
    // What somebody is typing in, or reading opened, stays as it is until she leaves it.
    const busy = here && (here.contains(document.activeElement) || here.querySelector("details[open]"));
    let current = here;
    if (!same && !busy) {
      current = document.importNode(child, true);
      written.set(key, child.outerHTML);
      if (here) here.replaceWith(current);
    }
    const place = after ? after.nextElementSibling : region.firstElementChild;
    if (current !== place) region.insertBefore(current, place);
    after = current;
  }
}

async function refresh() {
  const unfinished = document.body.hasAttribute("data-unfinished");
  if (!unfinished) {
    const { version } = await (await fetch("/version")).json();
    if (String(version) === document.body.dataset.version) return;
  }
  const answer = await fetch(location.href);
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (page.documentElement.lang !== document.documentElement.lang) {
    location.reload(); // locked or unlocked meanwhile: another page altogether
    return;
  }
  document.body.dataset.version = page.body.dataset.version;
  document.body.toggleAttribute("data-unfinished", page.body.hasAttribute("data-unfinished"));
  for (const region of document.querySelectorAll("[data-live]")) {
    const fresh = page.getElementById(region.id);
    if (fresh) bring(region, fresh);
  }
}

async function keepUp() {
  if (!document.hidden) {
    try {
      await refresh();
    } catch {
      // Harbour does not answer: what is on the screen stays, and the next round asks again.
    }
  }
  setTimeout(keepUp, SECONDS * 1000);
}

if (document.querySelector("[data-live]")) {
  remember(document);
  setTimeout(keepUp, SECONDS * 1000);
}
