/* Kind words at the field: shown, taken away, and checked before anything is sent. The server checks everything again. */

const PICTURES = /\p{Extended_Pictographic}|\p{Regional_Indicator}/u;

export class Answers {
  constructor(form, summary) {
    this.form = form;
    this.summary = summary;
  }

  place(field) {
    return this.form.querySelector(`[data-field="${field}"]`);
  }

  wrong(field, message) {
    const place = this.place(field);
    const note = document.getElementById(`${field}-error`);
    if (!place || !note) return false;
    if (field === "photo") document.getElementById("photo-note").textContent = "";
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
    return place.querySelectorAll("input[type=text], input[type=checkbox][name=guardian], input[name=consent], textarea");
  }

  /** Mark all of `errors` (field to message) and go to the first one in the page. */
  show(errors) {
    const unplaced = Object.entries(errors).filter(([field, message]) => !this.wrong(field, message));
    this.say(unplaced.length ? unplaced.map(([, message]) => message).join(" ") : "Nearly there: please look at the marked answers.");
    this.goToFirst();
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
    const control =
      place.querySelector("input[type=radio]:checked") ??
      place.querySelector("input:not([type=hidden], [type=range]), textarea");
    control?.focus({ preventScroll: true });
    place.scrollIntoView({ block: "center" });
  }

  /** What can be said without asking the server. */
  check() {
    const data = new FormData(this.form);
    const { nameMax, dedicationMax } = this.form.dataset;
    const errors = {};
    const name = (data.get("name") ?? "").trim();
    if (!name) errors.name = "Please tell us the name that belongs in the book.";
    else if (PICTURES.test(name)) errors.name = "Our storybook letters have no pictures in them. Please leave out the emoji.";
    else if ([...name].length > Number(nameMax)) errors.name = `Please shorten the name to ${nameMax} letters so that it fits on every page.`;
    if (!data.get("age")) errors.age = "Please pick the age.";
    if (!data.get("skin")) errors.skin = "Please pick a skin colour: we never guess it.";
    const dedication = [...(data.get("dedication") ?? "").trim()].length;
    if (dedication > Number(dedicationMax)) errors.dedication = `Please shorten the dedication to ${dedicationMax} letters; it now has ${dedication}.`;
    for (const [box, message] of Object.entries({
      guardian: "Only a parent or guardian may make this book. Please tick the box if you are one.",
      consent: "Without your consent we may not use this data. Please tick the box to go on.",
    })) {
      if (this.place(box) && !data.get(box)) errors[box] = message;
    }
    return errors;
  }
}
