// The status page: prints itself, and keeps the answer to a question on this device until it is sent. Without it
// everything else works as well.

const PAUSE = 300; // ms after the last key

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// A browser may forbid storage, or have none left: then the page is as it is without this script.
function withStorage(work) {
  try {
    return work(window.localStorage);
  } catch {
    return undefined;
  }
}

const name = (appeal) => `appeal-answer-${appeal}`;
const sent = document.querySelector("[data-answer-sent]");
const form = document.querySelector("form[data-answer]");

if (sent) {
  withStorage((storage) => storage.removeItem(name(sent.dataset.answerSent)));
}

if (form) {
  const key = name(form.dataset.answer);
  const field = form.elements.answer;
  const kept = document.getElementById("answer-kept");
  let timer;

  const save = () => {
    clearTimeout(timer);
    const saved = withStorage((storage) => {
      if (!field.value) {
        storage.removeItem(key);
        return false;
      }
      storage.setItem(key, field.value);
      return true;
    });
    kept.hidden = !saved;
  };

  const typed = withStorage((storage) => storage.getItem(key));
  if (typed && !field.value) {
    field.value = typed;
    kept.hidden = false;
  }
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(save, PAUSE);
  });
  form.addEventListener("submit", save);
  window.addEventListener("pagehide", save);
}
