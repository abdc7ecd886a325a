/* Several wishes in one go: the page that a parent points at is chosen in the form, and each gets its own words.
   Without this script the links lead to the form with the page chosen, and "Add ..." brings the next one. */

const MOST = 8;
const BOOK = "book"; // the choice that is no page
const calm = matchMedia("(prefers-reduced-motion: reduce)");

// What parents can change themselves, by the words they use for it; read here and nowhere else.
const THEMSELVES = [
  [/\b(name|spell\w*|spelt|age|years? old)\b/i, "#step-who", "name and age"],
  [/\b(hair\w*|eyes?|skin|glasses|freckles|coat|raincoat|jacket|clothes|scarf|patka|cap|curls?|braids?)\b/i, "#step-looks", "how your child is drawn"],
  [/\b(photo|photograph)\b/i, "#step-photo", "the photo"],
  [/\bdedication\b/i, "#step-words", "the dedication"],
];

function start(form) {
  const wishes = form.querySelector("[data-wishes]");
  const more = form.querySelector("[data-more]");
  const hint = form.querySelector("[data-hint]");
  const blank = wishes.firstElementChild.cloneNode(true);
  let count = wishes.children.length;

  const words = (wish) => wish.querySelector("textarea");
  const last = () => wishes.lastElementChild;

  function offer() {
    if (more) more.hidden = wishes.children.length >= MOST;
  }

  /** Another wish below the others, with ids of its own and a way to take it back. */
  function add() {
    const wish = blank.cloneNode(true);
    count += 1;
    for (const element of wish.querySelectorAll("[id], [for], [aria-describedby]")) {
      for (const name of ["id", "for", "aria-describedby"]) {
        if (element.hasAttribute(name)) element.setAttribute(name, `${element.getAttribute(name)}-${count}`);
      }
    }
    for (const error of wish.querySelectorAll(".field__error")) error.replaceChildren();
    wish.querySelector("select").value = BOOK;
    words(wish).value = "";
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "button button--link wish__remove";
    remove.textContent = "Leave this one out";
    remove.addEventListener("click", () => {
      wish.remove();
      offer();
      words(last()).focus();
    });
    wish.append(remove);
    wishes.append(wish);
    offer();
    return wish;
  }

  function go(wish) {
    const place = wish.getBoundingClientRect();
    if (place.top < 0 || place.bottom > innerHeight) {
      wish.scrollIntoView({ block: "center", behavior: calm.matches ? "auto" : "smooth" });
    }
    words(wish).focus({ preventScroll: true });
  }

  /** The first wish without words takes the page, or a new one does. */
  function about(page) {
    const all = [...wishes.children];
    const same = all.find((wish) => wish.querySelector("select").value === page && page !== BOOK);
    const empty = all.find((wish) => !words(wish).value.trim());
    const wish = same ?? empty ?? (all.length < MOST ? add() : last());
    if (!same && (wish === empty || !words(wish).value.trim())) wish.querySelector("select").value = page;
    go(wish);
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a");
    if (!link || event.ctrlKey || event.metaKey || link.hash !== `#${form.id}` || link.pathname !== location.pathname) return;
    event.preventDefault();
    about(new URLSearchParams(link.search).get("page") ?? BOOK);
  });

  more?.addEventListener("click", (event) => {
    event.preventDefault();
    go(words(last()).value.trim() ? add() : last());
  });

  wishes.addEventListener("input", () => {
    const said = [...wishes.children].map((wish) => words(wish).value).join("\n");
    const found = THEMSELVES.find(([pattern]) => pattern.test(said));
    hint.hidden = !found;
    if (!found || hint.dataset.about === found[1]) return;
    hint.dataset.about = found[1];
    const link = document.createElement("a");
    link.href = form.dataset.edit + found[1];
    link.textContent = `change ${found[2]} yourself`;
    hint.replaceChildren("You can ", link, ", at once and as often as you like. Or send us this message.");
  });

  offer();
}

document.querySelectorAll("form[data-ask]").forEach(start);
