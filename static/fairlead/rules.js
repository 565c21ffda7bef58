// The order of the rules: dragged by the handle, or moved with the arrow keys on it or the buttons beside it.
//
// Without this script the buttons send the form and it comes back rearranged. Either way nothing holds before Save.
const list = document.getElementById("rules");
const said = document.getElementById("order-said");
const EDGE = 48; // pixels
const SPEED = 10; // pixels a frame

if (list) {
  for (const handle of list.querySelectorAll(".rule-handle")) handle.hidden = false;
  list.addEventListener("click", onClick);
  list.addEventListener("keydown", onKey);
  list.addEventListener("pointerdown", onPress);
}

function rows() {
  return [...list.children];
}

function number() {
  const all = rows();
  for (const [index, row] of all.entries()) {
    row.querySelector("[data-number]").textContent = index + 1;
    row.querySelector('[data-way="up"]').disabled = index === 0;
    row.querySelector('[data-way="down"]').disabled = index === all.length - 1;
  }
}

// The others move around the row: taken out and put back in, it would lose the focus and the pointer.
function place(row, index) {
  const there = Math.max(0, Math.min(index, rows().length - 1));
  let here = rows().indexOf(row);
  if (here === there) return false;
  for (; here < there; here++) row.before(row.nextElementSibling);
  for (; here > there; here--) row.after(row.previousElementSibling);
  number();
  return true;
}

function say(row) {
  said.textContent = said.dataset.moved
    .replace("{name}", row.dataset.name)
    .replace("{place}", rows().indexOf(row) + 1)
    .replace("{count}", rows().length);
}

function onClick(event) {
  const button = event.target.closest("[data-way]");
  if (!button) return;
  event.preventDefault();
  const row = button.closest(".rule");
  place(row, rows().indexOf(row) + (button.dataset.way === "up" ? -1 : 1));
  say(row);
  // At either end its own button is switched off: the other one is still there to go on from.
  (button.disabled ? row.querySelector("[data-way]:not([disabled])") : button)?.focus();
}

function onKey(event) {
  const handle = event.target.closest(".rule-handle");
  if (!handle || event.ctrlKey || event.metaKey || event.altKey) return;
  const row = handle.closest(".rule");
  const here = rows().indexOf(row);
  const there = { ArrowUp: here - 1, ArrowDown: here + 1, Home: 0, End: rows().length - 1 }[event.key];
  if (there === undefined) return;
  event.preventDefault();
  if (place(row, there)) say(row);
  handle.focus();
  row.scrollIntoView({ block: "nearest" });
}

// Near an edge of what is to be seen of the list it scrolls along: the list, or where that is as long as it is, the page.
function scrollNear(box, height) {
  const top = Math.max(box.top, 0);
  const bottom = Math.min(box.bottom, innerHeight);
  const way = height < top + EDGE ? -1 : height > bottom - EDGE ? 1 : 0;
  if (!way) return;
  const before = list.scrollTop;
  list.scrollBy(0, way * SPEED);
  if (list.scrollTop === before) scrollBy(0, way * SPEED);
}

// Pointers of every kind, a finger's too.
function onPress(event) {
  const handle = event.target.closest(".rule-handle");
  if (!handle || event.button !== 0) return;
  const row = handle.closest(".rule");
  const before = rows().indexOf(row);
  handle.setPointerCapture(event.pointerId);
  row.classList.add("moving");
  let height = event.clientY;
  let going = true;

  function step() {
    if (!going) return;
    scrollNear(list.getBoundingClientRect(), height);
    const others = rows().filter((each) => each !== row);
    const above = others.filter((each) => {
      const box = each.getBoundingClientRect();
      return box.top + box.height / 2 < height;
    });
    place(row, above.length);
    requestAnimationFrame(step);
  }

  function onMove(moved) {
    height = moved.clientY;
  }

  function end(ended) {
    going = false;
    row.classList.remove("moving");
    handle.removeEventListener("pointermove", onMove);
    handle.removeEventListener("pointerup", end);
    handle.removeEventListener("pointercancel", end);
    if (ended.type === "pointercancel") place(row, before);
    if (rows().indexOf(row) !== before) say(row);
    handle.focus();
  }

  handle.addEventListener("pointermove", onMove);
  handle.addEventListener("pointerup", end);
  handle.addEventListener("pointercancel", end);
  requestAnimationFrame(step);
}
