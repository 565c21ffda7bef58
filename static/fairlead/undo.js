// The seconds in which a decision can be undone: counted down in sight, said once aloud. When they are over the offer
// goes and its place stays, so that nothing under it moves.
const bar = document.getElementById("undo");

function start() {
  const ends = performance.now() + Number(bar.dataset.undo) * 1000;
  const left = bar.querySelector(".undo-left");
  const words = left.textContent;
  const says = bar.querySelector("[data-says]");
  says.textContent = says.dataset.says;
  const timer = setInterval(() => {
    const seconds = Math.ceil((ends - performance.now()) / 1000);
    if (seconds > 0) {
      left.textContent = words.replace(/\d+/, seconds);
      return;
    }
    clearInterval(timer);
    const form = bar.querySelector("form");
    if (form.contains(document.activeElement)) document.getElementById("main").focus();
    form.hidden = true;
    const over = bar.querySelector(".undo-over");
    over.textContent = bar.dataset.over;
    over.hidden = false;
  }, 250);
}

if (bar) start();
