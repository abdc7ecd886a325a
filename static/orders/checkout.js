/* Delivery and sums follow country, delivery, coupon and points; without this script a button works coupon and points in,
   and the shop asks once more before it orders. */

const form = document.getElementById("checkout");
const parts = [...form.querySelectorAll("[data-part]")];
let asked = 0;

async function requote() {
  const mine = ++asked;
  const said = new FormData(form);
  const question = new URLSearchParams();
  for (const name of ["csrfmiddlewaretoken", "country", "shipping_method", "email", "coupon", "points"])
    question.set(name, said.get(name) ?? "");
  for (const part of parts) part.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(form.dataset.quote, {
      method: "POST",
      body: question,
      headers: { Accept: "text/html" },
    });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (mine !== asked) return; // a newer question is on its way
    const focused = document.activeElement?.id;
    for (const part of parts) {
      const fresh = page.querySelector(`[data-part="${part.dataset.part}"]`);
      if (fresh) part.replaceChildren(...fresh.childNodes);
      part.closest(".savings .field")?.classList.toggle("field--wrong", part.querySelector(".field__error") !== null);
    }
    const postal = page.querySelector("[data-postal]");
    const field = form.elements.postal_code;
    field.placeholder = postal.dataset.postal;
    field.inputMode = postal.dataset.keys;
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  } catch {
    // Offline: the sums on the page stay, and the shop checks them when the form is sent.
  } finally {
    if (mine === asked) for (const part of parts) part.removeAttribute("aria-busy");
  }
}

form.addEventListener("change", (event) => {
  if (["country", "shipping_method", "coupon", "points"].includes(event.target.name)) requote();
});

form.addEventListener("submit", (event) => {
  if (event.submitter?.name !== "apply") return;
  event.preventDefault();
  requote();
});

// On a phone the sum stays at the bottom edge until the sums themselves, or the button with the same sum, are on the screen.
const bar = form.querySelector(".total-bar");
const shown = new Set();
const watch = new IntersectionObserver((changes) => {
  for (const change of changes) {
    if (change.isIntersecting) shown.add(change.target);
    else shown.delete(change.target);
  }
  bar.hidden = shown.size > 0;
});
for (const part of parts) if (["sums", "pay"].includes(part.dataset.part)) watch.observe(part);

// A browser that restores the form after "back" may have another country in it than the sums are for.
window.addEventListener("pageshow", () => {
  const restored = [...form.elements.country.options].some((option) => option.selected !== option.defaultSelected);
  if (restored) requote();
});
