/* A book about one child or two: who is asked about, whose part lies open, and what is still missing of each. */

import { bandOf } from "./child_part.js";

const READY = "All answered";

export class Both {
  /** `changed` is called when another number of children is asked about. */
  constructor({ form, parts, answers, changed }) {
    this.form = form;
    this.parts = parts;
    this.answers = answers;
    this.changed = changed;
    this.open = parts[0];
    this.two = document.getElementById("about-two");
    this.tabs = parts.map(({ number }) => document.getElementById(`child-tab-${number}`)).filter(Boolean);
    this.toldTo = document.getElementById("told-to");
    this.shared = document.getElementById("shared");
    if (!this.two) return;
    document.getElementById("child-tabs").addEventListener("keydown", (event) => this.key(event));
    this.tabs.forEach((tab, index) => tab.addEventListener("click", () => this.show(parts[index], { go: true })));
    for (const choice of form.querySelectorAll("[name=about]")) choice.addEventListener("change", () => this.decide());
    form.addEventListener("input", () => this.note());
    form.addEventListener("change", () => this.note());
    this.decide({ told: false });
  }

  /** The children that the book is about now. */
  get asked() {
    return this.parts.filter((part) => part.asked);
  }

  decide({ told = true } = {}) {
    const two = this.two.checked;
    for (const part of this.parts.slice(1)) part.asked = two;
    document.getElementById("child-tabs").hidden = !two;
    this.form.classList.toggle("questions--tabs", two);
    this.show(two ? this.open : this.parts[0]);
    this.note();
    if (told) this.changed();
  }

  /** Lay one child's part open. `go`: and take the parent to its beginning. */
  show(part, { go = false } = {}) {
    this.open = part;
    const two = this.two?.checked;
    this.parts.forEach((one, index) => {
      const here = one === part;
      one.root.hidden = !here;
      if (two) one.root.setAttribute("role", "tabpanel");
      else one.root.removeAttribute("role");
      this.tabs[index]?.setAttribute("aria-selected", String(here));
      if (this.tabs[index]) this.tabs[index].tabIndex = here ? 0 : -1;
    });
    this.note();
    if (go) part.root.scrollIntoView({ block: "start" });
  }

  /** Lay the part open in which this place of the form is. */
  reveal(place) {
    const part = this.parts.find(({ root }) => root.contains(place));
    if (part && part !== this.open) this.show(part);
    else this.note();
  }

  /** Go where an address leads: what was there when the page was loaded may have moved. */
  aim(place) {
    if (!place || !this.form.contains(place)) return;
    this.reveal(place);
    place.scrollIntoView();
  }

  /** The part that comes after the open one and still lacks answers; null when there is none. */
  get next() {
    const after = this.asked[this.asked.indexOf(this.open) + 1];
    return after && this.answers.missing(after).length ? after : null;
  }

  key(event) {
    const steps = { ArrowRight: 1, ArrowLeft: -1 };
    if (!(event.key in steps)) return;
    const index = (this.parts.indexOf(this.open) + steps[event.key] + this.parts.length) % this.parts.length;
    this.show(this.parts[index]);
    this.tabs[index].focus();
    event.preventDefault();
  }

  /** Write names and states on the tabs, and ask for whose age only where the ages have different words. */
  note() {
    if (!this.two) return;
    if (this.two.checked) this.parts.forEach((part, index) => this.label(part, this.tabs[index]));
    this.shared.hidden = Boolean(this.next);
    this.ask();
    this.form.dispatchEvent(new CustomEvent("children:noted"));
  }

  label(part, tab) {
    const missing = this.answers.missing(part);
    tab.querySelector(".child-tab__name").textContent = part.title;
    part.root.querySelector(".child-part__title bdi").textContent = part.title;
    tab.querySelector(".child-tab__state").textContent = missing.length ? `Still missing: ${missing.join(", ")}` : READY;
    tab.classList.toggle("child-tab--ready", !missing.length);
    tab.classList.toggle("child-tab--wrong", Boolean(part.root.querySelector(".field--wrong")));
  }

  ask() {
    const asked = this.asked;
    const differ = asked.length === 2 && new Set(asked.map(({ age }) => bandOf(age))).size === 2;
    const known = asked.every(({ age }) => age !== null);
    this.toldTo.hidden = !(differ && known);
    if (this.toldTo.hidden) return;
    const [younger, older] = [...asked].sort((one, other) => one.age - other.age);
    const words = this.toldTo.querySelectorAll("[data-told-to]");
    [younger, older].forEach((part, index) => {
      words[index].textContent = `${part.title}, ${part.age === 0 ? "a baby" : part.age}`;
    });
  }

  /** The age band whose words the book will use. */
  get band() {
    const ages = this.asked.map(({ age }) => age).filter((age) => age !== null);
    if (!ages.length) return bandOf(4);
    const older = this.two?.checked && this.form.elements.told_to.value === "older";
    return bandOf(older ? Math.max(...ages) : Math.min(...ages));
  }
}
