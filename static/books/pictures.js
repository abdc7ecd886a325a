/* Every option as a small picture of the child with it. Drawn only where somebody looks, and only in the browser's idle
   moments: typing never waits for them. Each part is parsed once; the pictures refer to it. */

import { element } from "./child.js";

const HEAD = "24 -8 352 372";
const FACE = "66 96 268 220";
const BROWS = "128 132 144 152"; // all that a headscarf shows of the hair's colour

const FIELDS = {
  skin: { view: HEAD },
  hairstyle: { view: HEAD },
  hair_colour: { view: HEAD, covered: BROWS },
  wrap: { view: HEAD },
  eyes: { view: "120 168 160 80", change: (looks, key) => ({ ...looks, eyes: key, extras: [] }) },
  glasses: { view: FACE, change: (looks, key, kinds) => withExtra(without(looks, kinds.glasses), key) },
  extras: { view: FACE, change: (looks, key) => withExtra(without(looks, [key]), key) },
  outfit: { view: "16 72 376 430", pose: true },
};

function without(looks, extras) {
  return { ...looks, extras: looks.extras.filter((key) => !extras.includes(key)) };
}

function withExtra(looks, key) {
  return key ? { ...looks, extras: [...looks.extras, key] } : looks;
}

const AT_ONCE = 2; // pictures: what they cost comes after the idle moment, when the browser paints them
const idle = window.requestIdleCallback ?? ((work) => setTimeout(work, 40));

/** The parts as they stand in the page, once for all pictures of all children. */
class Shelf {
  static of(parts) {
    Shelf.only ??= new Shelf(parts);
    return Shelf.only;
  }

  constructor(parts) {
    this.parts = parts;
    this.svg = element("svg", { width: 0, height: 0, class: "shelf", "aria-hidden": "true" });
    document.body.append(this.svg);
    this.known = new Set();
  }

  id(key) {
    const id = `part-${key.replaceAll("/", "-")}`;
    if (!this.known.has(key)) {
      const group = element("g", { id });
      group.innerHTML = this.parts.markup([key]);
      this.svg.append(group);
      this.known.add(key);
    }
    return `#${id}`;
  }
}

/** One option's picture. It has all its colours itself: with inherited ones, every choice would repaint all at once. */
class Picture {
  constructor(place, part, pose) {
    const input = place.closest("label").querySelector("input");
    const name = part.fieldOf(input);
    const field = FIELDS[name];
    this.place = place;
    this.key = input.value;
    this.change = field.change ?? ((looks, key) => ({ ...looks, [name]: key }));
    this.pose = field.pose ? pose : null;
    this.views = field;
    this.svg = element("svg", { viewBox: field.view, "aria-hidden": "true" });
    this.note = place.closest("label").querySelector(".tile__note");
    this.shown = null;
    this.painted = {};
  }

  get hidden() {
    return this.place.offsetParent === null;
  }

  draw(parts, shelf, looks, kinds) {
    const mine = this.change(looks, this.key, kinds);
    const layers = parts.layers(mine, this.pose);
    const wanted = layers.map(({ key }) => key).join(" ");
    if (wanted !== this.shown) {
      this.svg.replaceChildren(
        ...layers.map(({ key, transform }) => element("use", { href: shelf.id(key), ...(transform && { transform }) })),
      );
      this.shown = wanted;
    }
    const covered = this.views.covered && parts.find("hairstyles", mine.hairstyle)?.group === "covered";
    this.svg.setAttribute("viewBox", covered ? this.views.covered : this.views.view);
    this.paint(parts.colours(mine));
    if (this.svg.parentNode !== this.place) this.place.replaceChildren(this.svg);
    if (this.note) this.note.hidden = parts.worn(mine, "smile").includes(this.key);
  }

  paint(colours) {
    for (const [name, colour] of Object.entries(colours)) {
      if (this.painted[name] !== colour) this.svg.style.setProperty(`--${name}`, colour);
    }
    this.painted = colours;
  }
}

export class Pictures {
  constructor(parts, part, pose) {
    this.parts = parts;
    this.shelf = Shelf.of(parts);
    this.kinds = { glasses: parts.data.palette.extras.filter(({ kind }) => kind === "glasses").map(({ key }) => key) };
    this.groups = new Map();
    for (const place of part.root.querySelectorAll(".picture")) {
      const group = place.closest("fieldset");
      if (!this.groups.has(group)) this.groups.set(group, { pictures: [], near: false, stale: new Set() });
      this.groups.get(group).pictures.push(new Picture(place, part, pose));
    }
    this.watcher = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) this.groups.get(target).near = isIntersecting;
      this.soon();
    }, { rootMargin: "240px" });
    for (const group of this.groups.keys()) this.watcher.observe(group);
  }

  /** The child has changed: its pictures follow when the browser has time. */
  show(looks) {
    this.looks = looks;
    for (const group of this.groups.values()) group.stale = new Set(group.pictures);
    this.soon();
  }

  soon() {
    if (this.waiting) return;
    this.waiting = true;
    idle(() => {
      this.waiting = false;
      if (this.work()) this.soon();
    });
  }

  /** Draw a few; true when there is more to do. */
  work() {
    let done = 0;
    for (const group of this.groups.values()) {
      if (!group.near) continue;
      for (const picture of group.stale) {
        if (picture.hidden) continue;
        if (done++ === AT_ONCE) return true;
        picture.draw(this.parts, this.shelf, this.looks, this.kinds);
        group.stale.delete(picture);
      }
    }
    return false;
  }
}
