/* The button at the end: it floats along, sends the answers, and says what was wrong with them. */

import { post, Progress } from "./upload.js";

const BEGUN = 160; // pixels scrolled
const BAR = 128; // pixels that the floating button takes at the bottom

export class Sending {
  constructor({ form, answers, both }) {
    this.form = form;
    this.answers = answers;
    this.both = both;
    this.button = document.getElementById("see");
    this.label = this.button.querySelector("span");
    this.last = this.label.textContent;
    this.sending = false;
    this.progress = new Progress(document.getElementById("sending"));
    addEventListener("scroll", () => this.float(), { passive: true });
    form.addEventListener("submit", (event) => this.submit(event));
    form.addEventListener("children:noted", () => this.say());
    window.addEventListener("pageshow", (event) => event.persisted && this.busy(false));
    this.say();
  }

  float() {
    const clear = this.both.open.control("name").getBoundingClientRect().bottom < innerHeight - BAR;
    this.form.classList.toggle("questions--begun", scrollY > BEGUN && clear);
  }

  /** The button leads to the next child as long as there is something to answer. */
  say() {
    if (this.sending) return;
    const { next } = this.both;
    this.label.textContent = next ? `Now ${next.called || "the second child"}` : this.last;
  }

  busy(now) {
    this.sending = now;
    if (now) {
      this.label.textContent = this.button.dataset.busy;
      this.button.setAttribute("aria-busy", "true");
    } else {
      this.button.removeAttribute("aria-busy");
      this.say();
    }
    if (now) this.progress.begin();
    else this.progress.end();
  }

  async submit(event) {
    event.preventDefault();
    if (this.sending) return;
    const { next } = this.both;
    const errors = this.answers.check(next ? [this.both.open] : this.both.asked);
    if (Object.keys(errors).length) {
      this.answers.show(errors);
      return;
    }
    if (next) {
      this.both.show(next, { go: true });
      next.root.querySelector(".child-part__title").focus({ preventScroll: true });
      return;
    }
    this.busy(true);
    const trouble = await this.send();
    if (trouble === null) return;
    this.busy(false);
    if (trouble) {
      this.answers.say(trouble);
      this.answers.summary.scrollIntoView({ block: "center" });
    }
  }

  /** Null: another page comes. Otherwise what to tell the parent, if it is not told yet. */
  async send() {
    let answer;
    try {
      const body = new FormData(this.form);
      for (const part of this.both.asked) {
        if (body.get(part.name("picture")) === "drawn") body.delete(part.name("photo")); // no page shows it
      }
      answer = await post(this.form.action, body, (fraction) => this.progress.told(fraction));
    } catch {
      return "We could not reach the shop. Nothing is lost: please try again in a moment.";
    }
    if (answer.json) {
      if (answer.ok) {
        // In place of this page: going back should not make a second book.
        location.replace(answer.json.url);
        return null;
      }
      this.answers.show(answer.json.errors);
      return "";
    }
    if (answer.status === 410 || answer.status === 409) {
      location.assign(location.href);
      return null;
    }
    return "Something went wrong on our side. Nothing is lost: please try again in a moment.";
  }
}
