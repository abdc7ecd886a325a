/* What goes into the frame: the photo as it is, a watercolour of it, or the drawn child, each as a small picture. The
   watercolour is painted by the server from the chosen square only, shown, and kept nowhere. */

const TILE = 192; // pixels, twice what is shown
const SAMPLE = 360; // pixels that are sent and painted
const CALM = 450; // milliseconds without a move before a sample is asked for

export class Frame {
  /** `part`: of the child in the photo; `boxes`: its permission. */
  constructor({ place, part, cropper, boxes }) {
    this.place = place;
    this.part = part;
    this.cropper = cropper;
    this.boxes = boxes;
    this.note = place.querySelector("[data-frame-note]");
    this.tile = place.querySelector('[data-shows="photo"]');
    this.icon = [...this.tile.childNodes];
    this.painting = place.querySelector('[data-shows="portrait"] img');
    this.usual = this.painting.getAttribute("src");
    this.over = document.createElement("img");
    this.over.className = "cropper__painted";
    this.over.alt = "";
    cropper.frame.append(this.over);
    cropper.moved = () => this.changed();
    place.addEventListener("change", () => this.chosen());
    for (const box of boxes) box.addEventListener("change", () => this.soon());
    this.hide();
  }

  get wish() {
    return this.place.querySelector("input:checked")?.value;
  }

  /** A photo is there, whether the browser can show it or not. */
  show() {
    this.place.hidden = false;
    this.changed();
    this.chosen();
  }

  hide() {
    this.place.hidden = true;
    this.forget();
    this.tile.replaceChildren(...this.icon);
    this.cropper.frame.classList.remove("cropper__frame--aside");
  }

  forget() {
    clearTimeout(this.waiting);
    this.running?.abort();
    this.running = null;
    if (this.address) URL.revokeObjectURL(this.address);
    this.address = null;
    this.painting.src = this.usual;
    this.over.classList.remove("cropper__painted--here");
  }

  /** Another square of the photo. */
  changed() {
    if (this.place.hidden) return;
    this.forget();
    const picture = this.cropper.picture(this.cropper.chosen, TILE);
    if (picture) this.tile.replaceChildren(picture);
    this.soon();
  }

  chosen() {
    const { wish } = this;
    this.over.classList.toggle("cropper__painted--here", wish === "portrait" && Boolean(this.address));
    this.cropper.frame.classList.toggle("cropper__frame--aside", wish === "drawn");
    this.say(wish === "drawn" ? "The drawn child fills the frame, and no photo is kept." : "");
    if (wish === "portrait") this.soon();
  }

  say(sentence) {
    this.note.textContent = sentence;
  }

  soon() {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.paint(), CALM);
  }

  async paint() {
    if (this.place.hidden || this.address || this.running || !this.place.dataset.sample) return;
    if (!this.boxes.every((box) => box.checked)) {
      if (this.wish === "portrait") this.say("Once both boxes under “Your permission” are ticked, you see your own photo painted here.");
      return;
    }
    if (this.wish === "portrait") this.say("");
    const picture = this.cropper.picture(this.cropper.chosen, SAMPLE);
    const sent = picture && (await new Promise((done) => picture.toBlob(done, "image/jpeg", 0.92)));
    if (!sent || this.running) return;
    const running = new AbortController();
    this.running = running;
    const body = new FormData();
    body.append("photo", sent, "square.jpg");
    body.append("csrfmiddlewaretoken", this.part.form.elements.csrfmiddlewaretoken.value);
    for (const box of this.boxes) body.append(this.part.fieldOf(box), "on");
    this.place.classList.add("frame--busy");
    let painted = null;
    try {
      const answer = await fetch(this.place.dataset.sample, { method: "POST", body, signal: running.signal });
      if (answer.ok && answer.headers.get("Content-Type") === "image/jpeg") painted = await answer.blob();
    } catch {
      // No sample: the book gets its portrait all the same.
    }
    if (this.running !== running) return;
    this.running = null;
    this.place.classList.remove("frame--busy");
    if (!painted) return;
    this.address = URL.createObjectURL(painted);
    this.painting.src = this.address;
    this.over.src = this.address;
    await this.over.decode().catch(() => {});
    this.chosen();
  }
}
