// What every page of the console needs when it talks to the desk: the right token, one press that counts once, and
// words for when the desk cannot be reached or the session ended. The page itself is never lost over it.
function cookie(name) {
  const found = document.cookie.split("; ").find((each) => each.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
}

function show(id) {
  for (const each of ["session-lost", "not-sent"]) document.getElementById(each).hidden = each !== id;
}

// Fetch as the desk expects it: its token is read each time, because signing in again in another tab changes it.
export async function send(url, body) {
  try {
    const answer = await fetch(url, {
      method: body ? "POST" : "GET",
      body,
      headers: { "HX-Request": "true", ...(body && { "X-CSRFToken": cookie("csrftoken") }) },
    });
    if (answer.status === 401) show("session-lost");
    else if (answer.ok) show(null);
    return answer;
  } catch {
    return null;
  }
}

document.addEventListener("htmx:configRequest", ({ detail }) => {
  delete detail.parameters.csrfmiddlewaretoken;
  if (detail.verb !== "get") detail.headers["X-CSRFToken"] = cookie("csrftoken");
});
document.addEventListener("htmx:responseError", ({ detail }) => {
  show(detail.xhr.status === 401 ? "session-lost" : "not-sent");
});
document.addEventListener("htmx:sendError", () => show("not-sent"));
document.addEventListener("htmx:beforeSwap", () => show(null));

// What says that something went wrong is where the eyes and the screen reader go.
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  const element = detail.elt.matches?.("[data-focus]") ? detail.elt : detail.elt.querySelector?.("[data-focus]");
  element?.focus();
});

// A plain form is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-once]")) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-once]")) delete form.dataset.sent;
});
