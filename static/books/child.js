/* The drawn child, put together in the browser from the part files of /drawn-child.json. Nothing is sent. */

const SVG = "http://www.w3.org/2000/svg";

function element(name, attributes = {}) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** The parts and the palette, fetched once. */
export class Parts {
  static async load(address) {
    const answer = await fetch(address, { credentials: "same-origin" });
    if (!answer.ok) throw new Error(`drawn child: ${answer.status}`);
    return new Parts(await answer.json());
  }

  constructor(data) {
    this.data = data;
  }

  find(table, key) {
    return this.data.palette[table].find((option) => option.key === key);
  }

  /** CSS colours of the chosen looks: one custom property for each colour class. */
  colours(looks) {
    const tables = { skins: "skin", hair_colours: "hair_colour", eyes: "eyes", wraps: "wrap", outfits: "outfit" };
    const found = {};
    for (const [table, name] of Object.entries(tables)) {
      const option = this.find(table, looks[name]) ?? (table === "skins" ? { colours: this.data.paper } : this.data.palette[table][0]);
      Object.assign(found, option.colours);
    }
    // On some skins a hair colour is a little lighter or darker, so that it does not vanish there.
    return Object.assign(found, this.data.hair_on_skin[looks.skin]?.[looks.hair_colour]);
  }

  /** The extras that are seen: a headscarf lies over a hearing aid, and nobody sleeps in glasses. */
  worn(looks, mood) {
    const hidden = [this.find("hairstyles", looks.hairstyle), this.find("moods", mood)].flatMap((option) => option?.hides ?? []);
    return looks.extras.filter((key) => !hidden.includes(this.find("extras", key)?.kind));
  }

  /** Which parts stand in a slot of the drawing order. */
  inSlot(slot, looks, pose, mood) {
    if (slot === "head") return ["head"];
    if (slot === "mood") return [`mood/${mood}`];
    const [kind, layer] = slot.split("/");
    if (kind === "extra") return this.worn(looks, mood).map((key) => `extra/${key}/${layer}`);
    return [`${kind}/${kind === "pose" ? pose : looks.hairstyle}/${layer}`];
  }

  /** The drawn parts of a child from back to front; without a pose only what moves with the head. */
  layers(looks, pose, mood = "smile") {
    return this.data.order
      .filter(({ with_head: withHead }) => pose || withHead)
      .flatMap(({ slot, with_head: withHead }) => {
        const transform = pose && withHead ? this.data.heads[pose] : "";
        return this.inSlot(slot, looks, pose, mood).map((key) => ({ key, transform }));
      })
      .filter(({ key }) => key in this.data.parts);
  }

  markup(keys) {
    return keys.map((key) => this.data.parts[key] ?? "").join("");
  }
}

/** One child in one pose. Its colours are custom properties of its group, so changing them redraws nothing. */
export class Child {
  constructor(parts, { pose, mood = "smile" }) {
    this.parts = parts;
    this.pose = pose;
    this.mood = mood;
    this.group = element("g");
    this.slots = parts.data.order.map(({ slot, with_head: withHead }) => {
      const group = element("g");
      if (withHead && parts.data.heads[pose]) group.setAttribute("transform", parts.data.heads[pose]);
      this.group.append(group);
      return { slot, group, shown: null };
    });
  }

  show(looks, mood = this.mood) {
    for (const place of this.slots) {
      const keys = this.parts.inSlot(place.slot, looks, this.pose, mood);
      const wanted = keys.join(" ");
      if (wanted === place.shown) continue;
      place.group.innerHTML = this.parts.markup(keys);
      place.shown = wanted;
    }
    for (const [name, colour] of Object.entries(this.parts.colours(looks))) this.group.style.setProperty(`--${name}`, colour);
  }
}

/** The child that stands beside its book, waves, blinks and is glad of every choice. */
export class LivingChild {
  constructor(parts, holder, pose) {
    this.child = new Child(parts, { pose });
    this.svg = element("svg", { viewBox: "0 -30 400 660", class: "living-child", "aria-hidden": "true" });
    this.svg.append(this.child.group);
    holder.append(this.svg);
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    this.glad = 0;
    this.blinkLater();
  }

  show(looks) {
    this.looks = looks;
    this.child.show(looks, this.glad ? "joy" : "smile");
  }

  /** Off the stage, or back on it. */
  leave(gone) {
    this.svg.style.display = gone ? "none" : "";
  }

  /** A small hop and a laugh. */
  cheer() {
    clearTimeout(this.glad);
    this.glad = setTimeout(() => {
      this.glad = 0;
      this.child.show(this.looks, "smile");
    }, 1100);
    this.child.show(this.looks, "joy");
    if (this.still.matches) return;
    this.svg.classList.remove("living-child--hop");
    void this.svg.getBoundingClientRect();
    this.svg.classList.add("living-child--hop");
  }

  blinkLater() {
    setTimeout(() => {
      if (!this.glad && !this.still.matches && !document.hidden) {
        this.svg.classList.add("living-child--blink");
        setTimeout(() => this.svg.classList.remove("living-child--blink"), 140);
      }
      this.blinkLater();
    }, 2600 + Math.random() * 3400);
  }
}

/** The drawn portrait that fills the round frame when there is no photo. */
export class Portrait {
  constructor(parts, holder, pose) {
    this.child = new Child(parts, { pose });
    const svg = element("svg", { viewBox: "40 30 320 320", "aria-hidden": "true" });
    svg.append(this.child.group);
    holder.append(svg);
  }

  show(looks) {
    this.child.show(looks);
  }
}

export { element };
