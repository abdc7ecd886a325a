/* Kind words at the field: shown, taken away, and checked before anything is sent. The server checks everything again. */

const PICTURES = /\p{Extended_Pictographic}|\p{Regional_Indicator}/u;

const ALL_SEEN = "Nearly there: please look at the marked answers";

export class Answers {
  /** `children`: the parts of the form, one for each child. */
  constructor(form, summary, children) {
    this.form = form;
    this.summary = summary;
    this.children = children;
    this.reveal = () => {}; // lays open where a place of the form is
  }

  place(field) {
    return this.form.querySelector(`[data-field="${field}"]`);
  }

  wrong(field, message) {
    const place = this.place(field);
    const note = document.getElementById(`${field}-error`);
    if (!place || !note) return false;
    const also = document.getElementById(`${field}-note`);
    if (also) also.textContent = "";
    note.querySelector("span").textContent = message;
    note.hidden = false;
    place.classList.add("field--wrong");
    for (const control of this.controls(place)) control.setAttribute("aria-invalid", "true");
    return true;
  }

  right(field) {
    const place = this.place(field);
    if (!place?.classList.contains("field--wrong")) return;
    document.getElementById(`${field}-error`).hidden = true;
    place.classList.remove("field--wrong");
    for (const control of this.controls(place)) control.removeAttribute("aria-invalid");
    if (!this.form.querySelector(".field--wrong")) this.summary.hidden = true;
  }

  controls(place) {
    // A radio button cannot be invalid by itself; its group says so in words.
    return place.querySelectorAll("input[type=text], .control--checkbox, textarea");
  }

  /** Mark all of `errors` (field to message) and go to the first one in the page. */
  show(errors) {
    const unplaced = Object.entries(errors).filter(([field, message]) => !this.wrong(field, message));
    this.say(unplaced.length ? unplaced.map(([, message]) => message).join(" ") : `${ALL_SEEN}${this.whose()}.`);
    this.goToFirst();
  }

  /** In a book about two: of whom answers are marked. */
  whose() {
    const wrong = this.children.filter(({ root }) => root.querySelector(".field--wrong"));
    if (this.children.filter(({ asked }) => asked).length < 2 || !wrong.length) return "";
    return ` of ${wrong.map(({ called, number }) => called || ["the first child", "the second child"][number - 1]).join(" and of ")}`;
  }

  say(sentence) {
    this.summary.querySelector("p").textContent = sentence;
    this.summary.hidden = false;
  }

  goToFirst() {
    const place = this.form.querySelector(".field--wrong");
    if (!place) {
      this.summary.scrollIntoView({ block: "center" });
      return;
    }
    this.reveal(place);
    const control =
      place.querySelector("input[type=radio]:checked") ??
      place.querySelector("input:not([type=hidden], [type=range]), textarea");
    control?.focus({ preventScroll: true });
    place.scrollIntoView({ block: "center" });
  }

  /** What can be said without asking the server, of these children and of the whole book. */
  check(children) {
    const errors = Object.assign({}, ...children.map((part) => this.checkChild(part)));
    const { dedicationMax } = this.form.dataset;
    const dedication = [...this.form.elements.dedication.value.trim()].length;
    if (dedication > Number(dedicationMax)) errors.dedication = `Please shorten the dedication to ${dedicationMax} letters; it now has ${dedication}.`;
    return errors;
  }

  checkChild(part) {
    const { nameMax } = this.form.dataset;
    const errors = {};
    const name = part.value("name").trim();
    if (!name) errors.name = "Please tell us the name that belongs in the book.";
    else if (PICTURES.test(name)) errors.name = "Our storybook letters have no pictures in them. Please leave out the emoji.";
    else if ([...name].length > Number(nameMax)) errors.name = `Please shorten the name to ${nameMax} letters so that it fits on every page.`;
    if (part.age === null) errors.age = "Please pick the age.";
    for (const [box, message] of Object.entries({
      guardian: "Only a parent or guardian may make this book. Please tick the box if you are one.",
      consent: "Without your consent we may not use this data. Please tick the box to go on.",
    })) {
      if (part.control(box) && !part.control(box).checked) errors[box] = message;
    }
    if (!part.value("skin")) errors.skin = "Please pick a skin colour: we never guess it.";
    return Object.fromEntries(Object.entries(errors).map(([field, message]) => [part.name(field), message]));
  }

  /** What a child's part still lacks, in a word each. */
  missing(part) {
    const words = { name: "name", age: "age", guardian: "permission", consent: "permission", skin: "skin" };
    return [...new Set(Object.keys(this.checkChild(part)).map((control) => words[control.slice(part.prefix.length)]))];
  }
}
