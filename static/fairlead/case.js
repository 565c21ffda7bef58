// Small manners of the case page: one exclusive action, hidden characters on demand, and an Enter that does no harm.
document.addEventListener("change", ({ target }) => {
  if (target.name !== "actions" || !target.checked) return;
  for (const other of target.form.querySelectorAll("input[name=actions]:checked")) {
    if (other !== target && ("exclusive" in target.dataset || "exclusive" in other.dataset)) other.checked = false;
  }
});

document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("[data-shows-odd]");
  if (!button) return;
  const shown = document.getElementById(button.dataset.showsOdd).classList.toggle("shows-odd");
  button.setAttribute("aria-pressed", String(shown));
});

// In a line of text Enter would press the form's first button, which decides. In a tool it means that tool's button.
document.addEventListener("keydown", (event) => {
  const { target } = event;
  if (event.key !== "Enter" || event.ctrlKey || event.metaKey || !target.matches?.("#decide-form input")) return;
  event.preventDefault();
  if (target.type !== "checkbox" && !event.isComposing) target.closest("[popover], [data-enter]")?.querySelector("button")?.click();
});
