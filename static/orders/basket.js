/* Changes in the basket are sent when they are made; without this script there is a button. */

for (const form of document.querySelectorAll("[data-autosend]")) {
  form.classList.add("book-row__options--auto");
  form.querySelector(".book-row__update").hidden = true;
  form.addEventListener("change", () => form.requestSubmit());
}
