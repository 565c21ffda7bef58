// Keys: `data-key="n Enter"` on an element makes these keys press or focus it; `?` lists them.
//
// Single keys do nothing while something is being typed, and can be switched off (WCAG 2.1.4). A key is taken by the
// character it types, else by its place on the keyboard, so that it also works with a Thai or Arabic layout.
const ON = "fairlead.keys";
const INTERACTIVE = "a, button, input, select, textarea, summary, [contenteditable]";

function typesText(element) {
  return element.matches("textarea, select, [contenteditable], input:not([type=checkbox], [type=radio])");
}

function namesOf(event) {
  if (event.key === "Enter") return event.ctrlKey || event.metaKey ? ["Mod+Enter"] : ["Enter"];
  if (event.ctrlKey || event.metaKey || event.altKey) return [];
  const typed = event.key.length === 1 && event.key.charCodeAt(0) < 128 ? event.key.toLowerCase() : "";
  const placed = event.code.replace(/^(Key|Digit|Numpad)/, "").toLowerCase();
  const digit = /^[0-9]$/.test(placed) && !/^[a-z?]$/.test(typed);
  return [digit || !typed ? placed : typed];
}

function target(name) {
  const all = [...document.querySelectorAll("[data-key]")];
  return all.find((each) => each.dataset.key.split(" ").includes(name) && !each.disabled && each.checkVisibility());
}

function use(element) {
  if (element.matches("button, a, summary, input[type=checkbox], input[type=radio]")) {
    element.focus();
    element.click();
  } else {
    element.focus();
    element.scrollIntoView({ block: "nearest" });
  }
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.repeat) return;
  const active = document.activeElement ?? document.body;
  const [name] = namesOf(event);
  if (!name) return;
  if (name !== "Mod+Enter") {
    if (localStorage.getItem(ON) === "off" || typesText(active)) return;
    if (name === "Enter" && active.closest(INTERACTIVE)) return;
    if (document.querySelector(":popover-open")) return;
  }
  const element = target(name);
  if (!element) return;
  event.preventDefault();
  use(element);
});

const help = document.getElementById("keys");
help?.addEventListener("beforetoggle", (event) => {
  if (event.newState !== "open") return;
  const rows = [...document.querySelectorAll("[data-key][data-key-label]")]
    .filter((each) => each.checkVisibility())
    .map((each) => {
      const row = document.createElement("tr");
      const key = row.insertCell();
      for (const name of each.dataset.key.split(" ")) {
        const sign = document.createElement("kbd");
        sign.textContent = name.replace("Mod+", "Ctrl / ⌘ + ").replace(/^[a-z]$/, (letter) => letter.toUpperCase());
        key.append(sign, " ");
      }
      row.insertCell().textContent = each.dataset.keyLabel;
      return row;
    });
  help.querySelector("tbody").replaceChildren(...rows);
});

const on = document.getElementById("keys-on");
if (on) {
  on.checked = localStorage.getItem(ON) !== "off";
  on.addEventListener("change", () => localStorage.setItem(ON, on.checked ? "on" : "off"));
}
