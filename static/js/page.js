/* What every page does: a form is sent once, says that it is busy, and a wrong field gets the focus. */

function markBusy(button) {
  button.setAttribute("aria-busy", "true");
  const label = button.querySelector("span");
  if (button.dataset.busy && label) {
    button.dataset.label = label.textContent;
    label.textContent = button.dataset.busy;
  }
}

function release(form) {
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
});

// The page may come back from the browser's memory with its buttons still busy.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("form[data-sent]").forEach(release);
});

document.querySelector(".field--wrong :is(input, select, textarea)")?.focus();
