// Sends the form of an appeal without leaving the page, so that a lost connection never ends on the browser's own page;
// and files as soon as they are chosen. What the server answers takes the place of what is here. Without this the
// browser sends the form itself, to the same address with the same answers.
import { begin } from "./appeal-draft.js";

const read = (html) => new DOMParser().parseFromString(html, "text/html");
const chosen = (form) => form.querySelector("#files-chosen");

const TOO_LARGE = 413;

let draft;
let turn = Promise.resolve();

async function send(form, button) {
  const data = new FormData(form);
  if (button?.name) {
    data.set(button.name, button.value);
  }
  const response = await fetch(form.getAttribute("action"), { method: "POST", body: draft.mark(data) });
  if (response.status >= 500) {
    throw new Error("not reached");
  }
  return response;
}

// The whole page as it would be after the browser had sent the form.
async function replace(response) {
  const page = read(await response.text());
  if (!page.getElementById("main") || (response.status === TOO_LARGE && !page.querySelector("form[data-draft]"))) {
    throw new Error("not ours");
  }
  const { lang, dir } = page.documentElement;
  Object.assign(document.documentElement, { lang, dir });
  document.title = page.title;
  document.body.replaceWith(page.body);
  history.replaceState(null, "", new URL(response.url).pathname);
  start();
  const next = document.querySelector("[autofocus]") ?? document.querySelector("#kept");
  const main = document.getElementById("main");
  (next ?? main).focus();
  (next ?? main).scrollIntoView({ block: next ? "center" : "start" });
}

// Only the files, while she may be typing.
async function replaceFiles(form, response) {
  const page = read(await response.text());
  const files = page.getElementById("files");
  if (!files) {
    throw new Error("not ours");
  }
  form.querySelector("#files").replaceWith(files);
  draft.saw(page.querySelector("form[data-draft]").dataset.seen);
  watchFiles(form);
  return files;
}

async function changeFiles(form, button) {
  try {
    const files = await replaceFiles(form, await send(form, button));
    (files.querySelector("[autofocus]") ?? files).focus();
    draft.found();
  } catch {
    if (chosen(form)?.files.length) {
      form.querySelector("#files-not-kept").hidden = false;
    }
    draft.lost();
  }
}

function tooLarge(form) {
  const input = chosen(form);
  const large = [...(input?.files ?? [])].filter((file) => file.size > Number(input.dataset.largest));
  const message = form.querySelector("#files-too-large");
  message.hidden = !large.length;
  message.querySelector("bdi").textContent = large.map((file) => file.name).join(", ");
  if (large.length) {
    // What is too large is not worth the way there; the others are.
    const others = new DataTransfer();
    [...input.files].filter((file) => !large.includes(file)).forEach((file) => others.items.add(file));
    input.files = others.files;
  }
  return !input?.files.length;
}

function watchFiles(form) {
  const input = chosen(form);
  const add = form.querySelector("button[name=add_files]");
  if (add) {
    add.hidden = true;
  }
  input?.addEventListener("change", () => {
    if (!tooLarge(form)) {
      inTurn(() => changeFiles(form, add));
    }
  });
}

// One after the other: what is pressed while a file is on its way waits for it. What a page that is gone was asked for
// is not done: pressing twice sends once.
function inTurn(work) {
  const { form } = draft;
  turn = turn.then(async () => {
    if (draft?.form === form && !draft.over) {
      form.setAttribute("aria-busy", "true");
      await work();
      form.removeAttribute("aria-busy");
    }
  });
}

async function submit(form, button) {
  draft.keepHere();
  if (button?.name === "add_files" || button?.name === "remove_file") {
    await changeFiles(form, button);
    return;
  }
  try {
    const response = await send(form, button);
    const there = new URL(response.url).pathname;
    if (response.redirected && there !== new URL(form.action).pathname) {
      draft.finish();
      location.replace(there);
    } else {
      await replace(response);
    }
  } catch {
    draft.lost();
    form.querySelector("[data-state=offline]").scrollIntoView({ block: "center" });
  }
}

function start() {
  draft = begin();
  const form = draft?.form;
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    inTurn(() => submit(form, event.submitter));
  });
  form?.addEventListener("connected", () => {
    if (chosen(form)?.files.length) {
      inTurn(() => changeFiles(form, form.querySelector("button[name=add_files]")));
    }
  });
  if (form) {
    watchFiles(form);
  }
}

start();
