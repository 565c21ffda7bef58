// What is typed on a case is never lost: at once in this browser, a second later on the desk, and back on reload.
import { send } from "./session.js";

const PAUSE = 1000; // ms after the last key

let timer = 0;
let sending = false;

const form = () => document.getElementById("decide-form");
const key = (of) => `fairlead.draft.${of.dataset.person}.${of.dataset.case}`;

function say(words) {
  const saved = document.getElementById("saved");
  if (saved) saved.textContent = words;
}

function fields(of) {
  const data = new FormData(of);
  for (const name of ["csrfmiddlewaretoken", "token"]) data.delete(name);
  return data;
}

function keepHere(of) {
  localStorage.setItem(key(of), JSON.stringify([...fields(of)]));
}

async function save() {
  const of = form();
  if (!of || sending) return;
  const data = fields(of);
  say(of.dataset.saving);
  const answer = await send(of.dataset.draft, data);
  if (answer?.ok) {
    const unchanged = JSON.stringify([...data]) === localStorage.getItem(key(of));
    if (unchanged) localStorage.removeItem(key(of));
    say(of.dataset.saved);
  } else {
    say(of.dataset.unsaved);
    if (answer === null) timer = setTimeout(save, 10 * PAUSE);
  }
}

// Only what never reached the desk is still in the browser: it is newer than what the page came with.
function restore() {
  const of = form();
  const kept = of && JSON.parse(localStorage.getItem(key(of)) ?? "null");
  if (!kept) return;
  const values = Map.groupBy(kept, ([name]) => name);
  for (const element of of.elements) {
    const found = values.get(element.name)?.map(([, value]) => value);
    if (["checkbox", "radio"].includes(element.type)) element.checked = Boolean(found?.includes(element.value));
    else if (found && element.type !== "hidden") element.value = found[0];
  }
  say(of.dataset.restored);
  timer = setTimeout(save, PAUSE);
}

document.addEventListener("input", (event) => {
  const of = form();
  if (event.target.form !== of || !of) return;
  keepHere(of);
  clearTimeout(timer);
  timer = setTimeout(save, PAUSE);
});

// A submitted form needs no draft: the desk keeps it itself where it is refused.
document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (detail.elt === form()) {
    clearTimeout(timer);
    sending = true;
  }
});
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.elt.id !== "decide-form") return;
  sending = false;
  const taken = detail.successful || [409, 422].includes(detail.xhr.status);
  if (taken) localStorage.removeItem(key(detail.elt));
  else save();
});
restore();
