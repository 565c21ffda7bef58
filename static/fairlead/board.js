// The board stays current: the websocket says which lane changed (ids only), and the figures are asked again. Where it
// cannot connect the board asks by itself. Only what differs is replaced, so nothing moves without a reason.
import { send } from "./session.js";

const TOGETHER = 800; // ms: changes that come close together are one question
const SLOWEST = 30_000; // ms between attempts to connect
const POLL = 20_000; // ms
const KEPT = 4_000; // ms: a web process that did not hear of a change of configuration sees it after this
const SIGNED_OUT = 4401;
const NOT_ALLOWED = 4403;

const board = document.getElementById("board");
const connection = document.getElementById("connection");
let waiting = 0;
let attempts = 0;

function say(state) {
  if (connection.dataset.state === state) return;
  connection.dataset.state = state;
  connection.querySelector(".words").textContent = connection.dataset[state];
}

function patch(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  const keyed = (element) => element.children.length > 0 && [...element.children].every((child) => child.id);
  if (!keyed(old) || !keyed(fresh)) {
    if (fresh.matches("details")) fresh.open = old.open;
    old.replaceWith(fresh);
    return;
  }
  for (const child of [...old.children]) {
    if (![...fresh.children].some((each) => each.id === child.id)) child.remove();
  }
  [...fresh.children].forEach((child, place) => {
    const before = [...old.children].find((each) => each.id === child.id);
    if (before) patch(before, child);
    const now = [...old.children].find((each) => each.id === child.id) ?? child;
    if (old.children[place] !== now) old.insertBefore(now, old.children[place] ?? null);
  });
}

async function ask() {
  waiting = 0;
  const answer = await send(board.dataset.figures);
  if (!answer?.ok) return;
  const fresh = new DOMParser().parseFromString(`<div id="board">${await answer.text()}</div>`, "text/html");
  patch(board, fresh.getElementById("board"));
}

function askSoon() {
  waiting ||= setTimeout(ask, TOGETHER);
}

function connect() {
  const secure = location.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(`${secure}//${location.host}${board.dataset.socket}`);
  socket.addEventListener("message", (event) => {
    const { type } = JSON.parse(event.data);
    if (type === "ready") {
      say("live");
      if (attempts > 0) askSoon();
      attempts = 0;
    } else {
      askSoon();
      if (type === "configuration.changed") setTimeout(askSoon, KEPT);
    }
  });
  socket.addEventListener("close", (event) => {
    say("lost");
    if (event.code === SIGNED_OUT || event.code === NOT_ALLOWED) return void ask();
    attempts += 1;
    const wait = Math.min(SLOWEST, 1000 * 2 ** Math.min(attempts, 5)) * (0.5 + Math.random());
    setTimeout(connect, wait);
  });
}

say("trying");
connect();
// Waiting times grow while nothing happens; and a bell that was not rung is made good here.
setInterval(() => {
  if (document.visibilityState === "visible") askSoon();
}, POLL);
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") askSoon();
});
