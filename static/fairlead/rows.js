// Tables with rows to fill in: another row without leaving the page, and the language's name beside its tag as it is
// typed. Without this script the same buttons ask the desk for the row.
const FIELD = /^(\w+)-\d+-/;

function renumbered(name, number) {
  return name.replace(/-\d+-/, `-${number}-`);
}

function addRow(table) {
  const count = table.querySelector("input[name$='-rows']");
  const last = table.querySelector("tbody tr:last-child");
  const number = Number(count.value);
  const row = last.cloneNode(true);
  for (const field of row.querySelectorAll("input, select")) {
    field.name = renumbered(field.name, number);
    if (field.id) field.id = renumbered(field.id, number);
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
    const label = field.getAttribute("aria-label");
    if (label) field.setAttribute("aria-label", label.replace(/\d+$/, number + 1));
    if (field.type === "checkbox") field.checked = false;
    else field.value = "";
  }
  for (const group of row.querySelectorAll("[role=group][aria-label]")) {
    group.setAttribute("aria-label", group.getAttribute("aria-label").replace(/\d+$/, number + 1));
  }
  for (const error of row.querySelectorAll(".field-error")) error.remove();
  for (const name of row.querySelectorAll("[data-name-of]")) {
    name.dataset.nameOf = renumbered(name.dataset.nameOf, number);
    name.replaceChildren();
  }
  last.after(row);
  count.value = number + 1;
  row.querySelector("input, select").focus();
}

function showName(field) {
  const place = document.querySelector(`[data-name-of="${CSS.escape(field.id)}"]`);
  if (!place) return;
  const tag = field.value.trim().toLowerCase();
  const known = [...(field.list?.options ?? [])].find((each) => each.value.toLowerCase() === tag);
  place.textContent = known?.label ?? "";
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=more]");
  const table = button?.closest("[data-rows]");
  if (!table) return;
  event.preventDefault();
  addRow(table);
});

document.addEventListener("input", (event) => {
  if (FIELD.test(event.target.name ?? "") && event.target.matches("[list=languages]")) showName(event.target);
});

// Ticking all of a list at once.
const all = document.querySelector("[data-tick-all]");
if (all) {
  all.hidden = false;
  all.addEventListener("change", () => {
    for (const box of document.querySelectorAll("input[name=who]")) box.checked = all.checked;
  });
}
