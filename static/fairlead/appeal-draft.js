// Keeps what is typed into an appeal on this device until it is sent: across reloads, a lost connection, a closed tab.
// Without it the page works as well; only this is missing.

const KEEP_DAYS = 60;
const PAUSE = 300; // ms after the last key

const form = document.querySelector("form[data-draft]");
const sent = document.querySelector("[data-draft-sent]");

// A browser may forbid storage, or have none left: then the page is as it is without this script.
function withStorage(work) {
  try {
    return work(window.localStorage);
  } catch {
    return undefined;
  }
}

const name = (decision) => `appeal-draft-${decision}`;

if (sent) {
  withStorage((storage) => storage.removeItem(name(sent.dataset.draftSent)));
}

if (form) {
  const key = name(form.dataset.draft);
  const fields = [...form.querySelectorAll("textarea")];
  const kept = document.getElementById("draft-kept");
  let timer;

  const save = () => {
    clearTimeout(timer);
    const typed = Object.fromEntries(fields.map((field) => [field.name, field.value]));
    const saved = withStorage((storage) => {
      if (fields.every((field) => !field.value)) {
        storage.removeItem(key);
        return false;
      }
      storage.setItem(key, JSON.stringify({ typed, at: Date.now() }));
      return true;
    });
    kept.hidden = !saved;
  };

  const draft = withStorage((storage) => JSON.parse(storage.getItem(key)));
  const fresh = draft && Date.now() - draft.at < KEEP_DAYS * 86_400_000;
  if (fresh && fields.every((field) => !field.value)) {
    for (const field of fields) {
      field.value = draft.typed[field.name] ?? "";
    }
    kept.hidden = false;
  }

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(save, PAUSE);
  });
  form.addEventListener("submit", save);
  window.addEventListener("pagehide", save);
}
