/* What every page does: a form is sent once, says that it is busy, and how it goes where that takes longer than a
   second; and a wrong field gets the focus. */

const PATIENCE = 1000;
let patience = 0;

function markBusy(button) {
  button.setAttribute("aria-busy", "true");
  const label = button.querySelector("span");
  if (button.dataset.busy && label) {
    button.dataset.label = label.textContent;
    label.textContent = button.dataset.busy;
  }
}

/** Nobody knows how long an answer takes: the bar only says that it is still being waited for. */
function markWaiting() {
  const bar = document.createElement("progress");
  bar.className = "bar bar--page";
  bar.setAttribute("aria-label", "Waiting for the answer");
  const said = document.createElement("p");
  said.className = "visually-hidden";
  said.setAttribute("role", "status");
  document.body.append(bar, said);
  // A region is read out when it changes, not when it appears.
  requestAnimationFrame(() => { said.textContent = "This takes a moment. We are still waiting for the answer."; });
}

function release(form) {
  clearTimeout(patience);
  document.querySelectorAll(".bar--page, .bar--page + [role=status]").forEach((shown) => shown.remove());
  delete form.dataset.sent;
  for (const button of form.querySelectorAll("[aria-busy]")) {
    button.removeAttribute("aria-busy");
    const label = button.querySelector("span");
    if (button.dataset.label && label) label.textContent = button.dataset.label;
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method === "get" || form.hasAttribute("data-many")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  if (event.submitter?.matches(".button")) markBusy(event.submitter);
  clearTimeout(patience);
  patience = setTimeout(markWaiting, PATIENCE);
});

// The page may come back from the browser's memory with its buttons still busy.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("form[data-sent]").forEach(release);
});

document.querySelector(".field--wrong :is(input, select, textarea)")?.focus();
