/* One child's part of the form: its controls, its places in the page, and what they say now. */

const BANDS = [
  [3, "0-2"],
  [6, "3-5"],
  [9, "6-8"],
];

/** The age band of the story's words, or "" where no age is picked. */
export function bandOf(age) {
  if (age === null) return "";
  return BANDS.find(([end]) => age < end)?.[1] ?? "9-12";
}

export class ChildPart {
  constructor(root) {
    this.root = root;
    this.form = root.form;
    this.prefix = root.dataset.prefix;
    this.number = this.prefix ? 2 : 1;
  }

  /** The name of a control in the page. */
  name(field) {
    return this.prefix + field;
  }

  /** What the page calls a place of this child. */
  place(id) {
    return document.getElementById(this.prefix + id);
  }

  /** One control, or a group of them. */
  control(field) {
    return this.form.elements[this.name(field)];
  }

  /** The field that a control of this child is for; nothing for controls of others. */
  fieldOf(control) {
    return this.root.contains(control) ? control.name.slice(this.prefix.length) : "";
  }

  value(field) {
    const found = this.control(field);
    return found?.value ?? "";
  }

  /** Whether this child is in the book: nothing is sent of one that is not. */
  get asked() {
    return !this.root.disabled;
  }

  set asked(now) {
    this.root.disabled = !now;
  }

  get called() {
    return this.value("name").trim().replace(/\s+/g, " ").slice(0, 60);
  }

  /** What to call it in our own sentences. */
  get title() {
    return this.called || this.root.dataset.unnamed;
  }

  get age() {
    const age = this.value("age");
    return age === "" ? null : Number(age);
  }

  get looks() {
    const extras = [...this.root.querySelectorAll(`input[name="${this.name("extras")}"]:checked`)].map(({ value }) => value);
    return {
      skin: this.value("skin"),
      hairstyle: this.value("hairstyle"),
      hair_colour: this.value("hair_colour"),
      eyes: this.value("eyes"),
      wrap: this.value("wrap"),
      outfit: this.value("outfit"),
      extras: [this.value("glasses"), ...extras].filter(Boolean),
    };
  }
}
