// Makes the page nicer to use; it works without.

const number = document.querySelector("#number");
const expiry = document.querySelector("#expiry");

function digits(text) {
  return text.replace(/\D/g, "");
}

function group(text) {
  return digits(text).slice(0, 19).replace(/(.{4})(?=.)/g, "$1 ");
}

function monthAndYear(text) {
  const typed = digits(text).slice(0, 4);
  return typed.length > 2 ? `${typed.slice(0, 2)} / ${typed.slice(2)}` : typed;
}

function rewrite(field, format) {
  field.addEventListener("input", () => {
    // Only while typing at the end: a correction in the middle must not move the caret.
    if (field.selectionEnd === field.value.length) field.value = format(field.value);
  });
  field.addEventListener("blur", () => {
    field.value = format(field.value);
  });
}

function fill(card) {
  number.value = card;
  if (!expiry.value) expiry.value = "12 / 34";
  document.querySelector("#cvc").value = "123";
  const name = document.querySelector("#name");
  if (!name.value) name.value = "Sam Sandbox";
  document.querySelector(".pay-button").focus();
}

function fillButton(words, card) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "fill";
  button.textContent = words;
  button.addEventListener("click", () => fill(card));
  return button;
}

if (number) {
  rewrite(number, group);
  rewrite(expiry, monthAndYear);
  document.querySelector("[data-fill-hint]")?.append(fillButton("Fill it in for me", "4242 4242 4242 4242"));
  for (const card of document.querySelectorAll("[data-card]")) {
    const button = fillButton("Use", card.textContent);
    button.setAttribute("aria-label", `Use ${card.textContent}`);
    card.parentElement.append(button);
  }
  document.querySelector("#problem")?.focus();
}

for (const form of document.querySelectorAll("[data-pay]")) {
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) {
      event.preventDefault();
      return;
    }
    sent = true;
    const button = event.submitter ?? form.querySelector(".pay-button");
    button.setAttribute("aria-disabled", "true");
    if (button.dataset.busy) button.textContent = button.dataset.busy;
  });
}

// Coming back with the browser's own button shows a page that was sent: let it be used again.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
