// The appearance chosen for this browser. A cookie, so that the server renders the next page in it without a flash.
const YEAR = 31_536_000;

document.getElementById("theme")?.addEventListener("change", (event) => {
  const theme = event.target.value;
  if (theme === "system") {
    delete document.documentElement.dataset.theme;
    document.cookie = "theme=; path=/; max-age=0; samesite=lax";
  } else {
    document.documentElement.dataset.theme = theme;
    document.cookie = `theme=${theme}; path=/; max-age=${YEAR}; samesite=lax`;
  }
});
