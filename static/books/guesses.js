/* What the server guesses from the photo, while the parent goes on: marked as a guess, picked only where nothing was picked by hand. */

const FIELDS = ["hairstyle", "hair_colour"];
const THUMB = 144; // pixels of a face to choose from, twice what is shown

export class Guesses {
  /** `part`: of the child in the photo, whose permission it is that counts. */
  constructor({ part, cropper, answers }) {
    this.part = part;
    this.cropper = cropper;
    this.answers = answers;
    this.address = part.root.querySelector("[data-guesses]").dataset.guesses;
    this.place = part.place("guess");
    this.note = part.place("guess-note");
    this.faces = part.place("guess-faces");
    this.boxes = ["guardian", "consent"].map((name) => part.control(name)).filter(Boolean);
    this.chosen = new Set(); // fields that the parent has answered
    this.file = null;
    this.running = null;
    part.root.addEventListener("change", (event) => {
      if (this.boxes.includes(event.target)) this.ask();
      else if (FIELDS.includes(part.fieldOf(event.target)) && event.isTrusted) this.chosen.add(part.fieldOf(event.target));
    });
  }

  /** A new photo, or none: what was guessed from another one is gone. */
  photo(file) {
    this.running?.abort();
    this.running = null;
    this.file = file;
    this.faces.hidden = true;
    this.faces.replaceChildren();
    for (const field of FIELDS) this.unmark(field);
    this.say("");
    this.ask();
  }

  say(sentence) {
    this.note.textContent = sentence;
    this.place.hidden = !sentence;
  }

  async ask() {
    if (!this.file || this.running) return;
    if (!this.boxes.every((box) => box.checked)) {
      this.say("Once both boxes under “Your permission” are ticked, we guess the hair from this photo.");
      return;
    }
    const running = new AbortController();
    this.running = running;
    this.say("We are looking at the photo. Just go on.");
    const body = new FormData();
    body.append("photo", this.file);
    body.append("csrfmiddlewaretoken", this.part.form.elements.csrfmiddlewaretoken.value);
    for (const box of this.boxes) body.append(this.part.fieldOf(box), "on");
    let found = { faces: [], advice: "" };
    try {
      const answer = await fetch(this.address, { method: "POST", body, headers: { Accept: "application/json" }, signal: running.signal });
      if (answer.headers.get("Content-Type")?.startsWith("application/json")) found = await answer.json();
    } catch {
      // No answer, no guesses: the form works without them.
    }
    if (this.running === running) this.show(found);
  }

  show({ faces = [], advice = "", errors = {} }) {
    this.say(advice);
    if (errors.photo) this.answers.wrong(this.part.name("photo"), errors.photo);
    if (faces.length === 1) this.use(faces[0], advice);
    else if (faces.length > 1) this.offer(faces);
  }

  /** Several faces: which one is the child? */
  offer(faces) {
    this.faces.replaceChildren(
      ...faces.map((face, number) => {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "guess__face";
        button.setAttribute("aria-pressed", "false");
        const words = `Face ${number + 1} of ${faces.length}, from the left`;
        const picture = this.cropper.picture(face, THUMB);
        if (picture) {
          button.setAttribute("aria-label", words);
          button.append(picture);
        } else {
          button.textContent = words;
        }
        button.addEventListener("click", () => {
          for (const other of this.faces.children) other.setAttribute("aria-pressed", String(other === button));
          this.cropper.take(face);
          this.use(face, face.advice);
        });
        return button;
      }),
    );
    this.faces.hidden = false;
  }

  use(face, advice) {
    if (!this.cropper.touched) this.cropper.take(face);
    const words = FIELDS.map((field) => this.guess(field, face[field])).filter(Boolean);
    const guessed = words.length ? `We guessed ${words.join(" and ")}. You know best: change whatever is not right.` : "";
    this.say([advice, guessed].filter(Boolean).join(" ") || "We could not tell the hair from this photo.");
  }

  /** Mark the option, and pick it unless the parent has picked; returns its name. */
  guess(field, key) {
    this.unmark(field);
    const input = key && this.part.root.querySelector(`input[name="${this.part.name(field)}"][value="${CSS.escape(key)}"]`);
    if (!input) return "";
    const option = input.closest("label");
    option.classList.add("guessed");
    const name = option.title;
    const hint = document.createElement("p");
    hint.className = "field__hint guessed-hint";
    hint.id = `${this.part.name(field)}-guess`;
    hint.textContent = `We guessed “${name}” from the photo.`;
    option.closest("[data-field]").querySelector("legend").after(hint);
    if (!this.chosen.has(field)) {
      input.checked = true;
      input.dispatchEvent(new Event("change", { bubbles: true }));
      const { group } = option.dataset;
      if (group) this.part.place("hair-groups").querySelector(`[data-group="${CSS.escape(group)}"]`)?.click();
    }
    return `“${name}”`;
  }

  unmark(field) {
    const own = this.part.name(field);
    for (const option of this.part.root.querySelectorAll(`[data-field="${own}"] .guessed`)) option.classList.remove("guessed");
    document.getElementById(`${own}-guess`)?.remove();
  }
}
