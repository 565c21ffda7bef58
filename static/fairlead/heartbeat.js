// The hold on a case: counts down in sight, is renewed while she works, and says so when it is lost.
import { send } from "./session.js";

const AT_MOST_EVERY = 30_000; // ms between renewals
const SOON = 60; // seconds left from which it is pointed out

let ends = 0; // by the browser's own steady clock, so a wrong wall clock does no harm
let renewed = 0;
let form = null;
let lost = true;

function start() {
  form = document.getElementById("decide-form");
  lost = !form?.dataset.seconds;
  tools();
  if (lost) return;
  ends = performance.now() + Number(form.dataset.seconds) * 1000;
  renewed = performance.now() - (Number(form.dataset.lease) - Number(form.dataset.seconds)) * 1000;
}

async function renew() {
  if (lost) return;
  renewed = performance.now();
  const body = new FormData();
  body.set("token", form.elements.token.value);
  const answer = await send(form.dataset.heartbeat, body);
  if (answer?.ok) {
    ends = performance.now() + (await answer.json()).seconds * 1000;
  } else if (answer?.status === 409) {
    lost = true;
    tools();
    const words = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("standing");
    document.getElementById("standing").replaceWith(words);
    window.htmx.process(words);
    words.querySelector("[data-focus]")?.focus();
  }
}

// Without the hold there is nothing to skip or release.
function tools() {
  document.querySelector(".case-tools")?.toggleAttribute("hidden", lost);
}

function show(seconds) {
  const lease = document.getElementById("lease");
  if (!lease) return;
  const left = Math.max(0, Math.ceil(seconds));
  lease.querySelector(".clock").textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  lease.toggleAttribute("data-soon", left <= SOON);
  const saved = document.getElementById("saved");
  if (left === SOON && saved && saved.textContent !== form.dataset.soon) saved.textContent = form.dataset.soon;
}

function tick() {
  if (lost) return;
  const left = (ends - performance.now()) / 1000;
  show(left);
  if (left <= 0 && performance.now() - renewed > 5000) renew();
}

function worked() {
  if (!lost && performance.now() - renewed > AT_MOST_EVERY) renew();
}

for (const sign of ["keydown", "pointerdown", "wheel", "input"]) {
  document.addEventListener(sign, worked, { passive: true });
}
document.getElementById("keep")?.addEventListener("click", renew);
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (detail.elt.id === "decide") start();
});
start();
tick();
setInterval(tick, 1000);
