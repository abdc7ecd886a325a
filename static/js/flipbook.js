/* A book to leaf through: spreads where there is room, single pages on a phone. The paper bends while it turns.
   See templates/components/flipbook.html for what goes in. */

import { listenToFingers } from "./flipbook_fingers.js";
import { make, missed, onItsWay } from "./flipbook_waiting.js";

const STRIPS = 9; // a leaf is cut into strips, each bent a little against the one before
const BEND = 11; // degrees between two strips at the height of the turn
const WIDE = 640; // from this width on two pages stand side by side
const TRIES = 8;
const PATIENCE = 1000; // ms until it is said that a page is still on its way
const FULL_SIZES = "(min-width: 44rem) min(48vw, 80vh), min(100vw, 80vh)"; // of a page in full screen
const calm = matchMedia("(prefers-reduced-motion: reduce)");

/** What lies open together: [left, right] pages, `null` where there is none, "end" for an endpaper. */
function spreads(pages) {
  const complete = pages.every((page, index) => page.number === index);
  const views = [];
  for (let i = 0; i < pages.length; i += 1) {
    const page = pages[i];
    const last = i === pages.length - 1;
    if (page.number === 0) views.push([null, page]);
    else if (page.kind === "back" || (last && complete && i > 1)) views.push([page, null]);
    else if (page.number % 2) views.push(["end", page]);
    else {
      const next = pages[i + 1];
      const together = next?.number === page.number + 1 && next.kind !== "back" && !(complete && i + 1 === pages.length - 1);
      views.push([page, together ? next : "end"]);
      if (together) i += 1;
    }
  }
  return views;
}

class Flipbook {
  constructor(root) {
    this.root = root;
    this.pages = [...root.querySelectorAll("img[data-number]")].map((img) => ({
      src: img.getAttribute("src"),
      srcset: img.getAttribute("srcset"),
      sizes: img.getAttribute("sizes"),
      alt: img.alt,
      number: Number(img.dataset.number),
      kind: img.dataset.kind ?? "",
      about: img.parentNode.querySelector("a.flipbook__about"),
    }));
    this.total = Number(root.dataset.total) || this.pages.filter((p, i) => p.number && i < this.pages.length - 1).length;
    this.pictures = new Map();
    this.build();
    this.layout();
    this.listen();
    root.classList.add("flipbook--ready");
  }

  build() {
    const [back, arrow, expand, shrink] = this.root.querySelector("[data-icons]").content.children;
    const press = (name, label, icons) => {
      const button = make("button", `flipbook__button flipbook__button--${name}`, { type: "button", "aria-label": label });
      button.append(...icons.map((icon) => icon.cloneNode(true)));
      return button;
    };
    this.stage = make("div", "flipbook__stage");
    this.book = make("div", "flipbook__book");
    this.left = make("div", "flipbook__half flipbook__half--left");
    this.right = make("div", "flipbook__half flipbook__half--right");
    this.leaf = make("div", "flipbook__leaf", { "aria-hidden": "true" });
    this.leaf.hidden = true;
    this.strips = [];
    let inside = this.leaf;
    for (let i = 0; i < STRIPS; i += 1) {
      const strip = make("div", "flipbook__strip");
      const faces = ["front", "back"].map((name) => {
        const face = make("div", `flipbook__face flipbook__face--${name}`);
        const slide = make("div", "flipbook__slide");
        const shade = make("div", "flipbook__shade");
        slide.style.setProperty("--nth", name === "front" ? i : STRIPS - 1 - i);
        face.append(slide, shade);
        return { slide, shade };
      });
      strip.append(...[...faces.map((face) => face.slide.parentNode)]);
      inside.append(strip);
      inside = strip;
      this.strips.push({ strip, front: faces[0], back: faces[1] });
    }
    this.root.style.setProperty("--strips", STRIPS);
    this.book.append(this.left, this.right, this.leaf);
    this.stage.append(this.book);
    this.previous = press("previous", "Turn back", [back]);
    this.next = press("next", "Turn the page", [arrow]);
    this.full = press("full", "Full screen", [expand, shrink]);
    this.slider = make("input", "flipbook__slider", { type: "range", min: 0, step: 1, "aria-label": "Place in the book" });
    this.place = make("p", "flipbook__place");
    this.said = make("p", "visually-hidden", { "aria-live": "polite" });
    const bar = make("div", "flipbook__bar");
    const middle = make("div", "flipbook__middle");
    middle.append(this.slider, this.place);
    bar.append(this.previous, middle, this.next, this.full);
    this.about = make("div", "flipbook__abouts");
    this.about.hidden = !this.pages.some((page) => page.about);
    this.root.append(this.stage, this.about, bar, this.said);
  }

  /** Wide or narrow; the page that was open stays open. */
  layout() {
    const wide = this.root.clientWidth >= WIDE;
    if (this.wide === wide) return;
    const open = this.views ? this.numbers()[0] : Number(this.root.dataset.open ?? NaN);
    this.wide = wide;
    this.root.classList.toggle("flipbook--wide", wide);
    this.views = wide ? spreads(this.pages) : this.pages.map((page) => [null, page]);
    const found = this.views.findIndex((view) => view.some((page) => page?.number === open));
    this.slider.max = this.views.length - 1;
    this.finish?.();
    this.show(Math.max(0, found), { quiet: true });
  }

  numbers() {
    return (this.views?.[this.at] ?? []).filter((page) => page && page !== "end").map((page) => page.number);
  }

  label(view = this.views[this.at]) {
    const [first, second] = view.filter((page) => page && page !== "end");
    const complete = this.pages.every((page, index) => page.number === index);
    if (first.number === 0) return "Cover";
    if (first.kind === "back" || (complete && first === this.pages.at(-1))) return "Back cover";
    const of = this.total ? ` of ${this.total}` : "";
    return second ? `Pages ${first.number}–${second.number}${of}` : `Page ${first.number}${of}`;
  }

  /** One picture element per page and purpose, kept so that a page once loaded never flickers. */
  picture(page, use) {
    const key = `${page.number}/${use}`;
    let img = this.pictures.get(key);
    if (!img) {
      img = make("img", "flipbook__picture", { decoding: "async", draggable: "false" });
      img.alt = use === "half" ? page.alt : "";
      img.dataset.tries = 0;
      img.addEventListener("load", async () => {
        await img.decode().catch(() => {}); // shown when it can be painted at once
        img.classList.add("flipbook__picture--here");
        img.waiting?.remove();
      });
      img.addEventListener("error", () => {
        // A page may still be on its way from the printing room: ask again, less and less often.
        const tries = Number(img.dataset.tries) + 1;
        img.dataset.tries = tries;
        if (tries < TRIES) setTimeout(() => this.load(img, page), 700 * 1.6 ** tries);
        else {
          this.wait(img, missed(() => {
            img.dataset.tries = 0;
            this.wait(img, onItsWay());
            this.load(img, page);
            this.next.focus();
          }));
        }
      });
      if (use === "half") img.waiting = onItsWay();
      this.load(img, page);
      this.pictures.set(key, img);
    }
    return img;
  }

  /** Put something else where a page will be. */
  wait(img, place) {
    img.waiting?.replaceWith(place);
    img.waiting = place;
  }

  load(img, page) {
    img.removeAttribute("srcset");
    img.removeAttribute("src");
    if (page.srcset) {
      img.sizes = this.root.dataset.full === "true" ? FULL_SIZES : page.sizes;
      img.srcset = page.srcset;
    }
    img.src = page.src;
  }

  fill(slot, page, use) {
    slot.classList.toggle("flipbook__blank", page === null || page === undefined);
    slot.classList.toggle("flipbook__endpaper", page === "end");
    if (!page || page === "end") {
      slot.replaceChildren();
      return;
    }
    const img = this.picture(page, use);
    const here = !img.waiting || img.classList.contains("flipbook__picture--here");
    slot.replaceChildren(img, ...(here ? [] : [img.waiting]));
  }

  show(at, { quiet = false } = {}) {
    this.at = at;
    const [left, right] = this.views[at];
    this.fill(this.left, left, "half");
    this.fill(this.right, right, "half");
    this.settle();
    this.offer([left, right]);
    const label = this.label();
    this.slider.value = at;
    this.slider.setAttribute("aria-valuetext", label);
    this.place.textContent = label;
    // Unusable, but still there for whoever stands on them with the keyboard.
    this.previous.setAttribute("aria-disabled", at === 0);
    this.next.setAttribute("aria-disabled", at === this.views.length - 1);
    if (!quiet) {
      this.said.textContent = [label, ...this.views[at].map((page) => page?.alt).filter(Boolean)].join(". ");
      clearTimeout(this.patience);
      this.patience = setTimeout(() => this.sayWaiting(label), PATIENCE);
      this.root.dispatchEvent(new CustomEvent("flipbook:turn", { bubbles: true, detail: { numbers: this.numbers() } }));
    }
    this.preload();
  }

  /** Whoever cannot see the page that is still empty hears of it. */
  sayWaiting(label) {
    const late = [...this.book.querySelectorAll(".flipbook__half .flipbook__picture:not(.flipbook__picture--here)")];
    if (!late.length || this.label() !== label) return;
    this.said.textContent = `${label} is still on its way.`;
    Promise.all(late.map((img) => new Promise((here) => { img.addEventListener("load", here, { once: true }); }))).then(() => {
      if (this.label() === label) this.said.textContent = `${label} is here.`;
    });
  }

  /** Below each page the link that belongs to it. */
  offer(view) {
    if (this.about.hidden) return;
    const closed = this.wide && view.includes(null);
    const places = closed ? view.filter(Boolean) : this.wide ? view : view.slice(1);
    this.about.replaceChildren(...places.map((page) => page?.about?.cloneNode(true) ?? make("span", "")));
  }

  settle(at = this.at) {
    const [left, right] = this.views[at];
    this.book.dataset.side = this.wide && left === null ? "right" : this.wide && right === null ? "left" : "both";
    const through = this.views.length > 1 ? at / (this.views.length - 1) : 0;
    this.root.style.setProperty("--read", through.toFixed(3));
  }

  preload() {
    for (const step of [1, -1, 2]) {
      for (const page of this.views[this.at + step] ?? []) if (page && page !== "end") this.picture(page, "half");
    }
  }

  /** Lay the leaf between this view and `to`; its front is the page we leave to the right. */
  lift(to) {
    const forward = to > this.at;
    const [before, after] = forward ? [this.at, to] : [to, this.at];
    const [beforeLeft, beforeRight] = this.views[before];
    const [afterLeft, afterRight] = this.views[after];
    this.strips.forEach(({ front, back }, i) => {
      this.fill(front.slide, beforeRight, `front${i}`);
      this.fill(back.slide, this.wide ? afterLeft : null, `back${i}`);
    });
    this.fill(this.right, afterRight, "half");
    if (this.wide) this.fill(this.left, beforeLeft, "half");
    this.leaf.hidden = false;
    this.settle(to);
    this.turning = { to, forward };
  }

  /** `t` from 0 (lies on the right) to 1 (lies on the left). */
  pose(t) {
    const lifted = Math.sin(Math.PI * t);
    const bend = -BEND * lifted * (t < 0.5 ? 1 : -0.55) * (1 - Math.abs(t - 0.5));
    const sum = bend * (STRIPS - 1) * 0.5;
    const turn = -180 * t - sum * 0.9;
    let angle = turn;
    this.leaf.style.transform = `rotateY(${turn.toFixed(2)}deg)`;
    this.strips.forEach(({ strip, front, back }, i) => {
      if (i) {
        strip.style.transform = `translateX(100%) rotateY(${bend.toFixed(2)}deg)`;
        angle += bend;
      }
      const edge = Math.sin((Math.min(180, Math.max(0, -angle)) * Math.PI) / 180);
      front.shade.style.opacity = (0.34 * edge).toFixed(3);
      back.shade.style.opacity = (0.2 * edge).toFixed(3);
    });
    this.root.style.setProperty("--lifted", lifted.toFixed(3));
    this.turning.t = t;
  }

  run(target) {
    const from = this.turning.t;
    const length = 820 * Math.max(0.35, Math.abs(target - from));
    const started = performance.now();
    const frame = (now) => {
      const x = Math.min(1, (now - started) / length);
      const eased = x < 0.5 ? 2 * x * x : 1 - (-2 * x + 2) ** 2 / 2;
      this.pose(from + (target - from) * eased);
      if (x < 1) this.frame = requestAnimationFrame(frame);
      else this.finish();
    };
    this.frame = requestAnimationFrame(frame);
  }

  /** End a turn at once, wherever the leaf is. */
  finish() {
    if (!this.turning) return;
    cancelAnimationFrame(this.frame);
    const { to, forward, t, cancelled } = this.turning;
    this.turning = null;
    this.leaf.hidden = true;
    this.root.style.setProperty("--lifted", "0");
    const stays = cancelled ?? (forward ? t < 0.5 && this.dragging : t > 0.5 && this.dragging);
    this.show(stays ? this.at : to, { quiet: Boolean(stays) });
  }

  go(to) {
    this.finish();
    this.root.classList.add("flipbook--moves");
    if (to < 0 || to >= this.views.length || to === this.at) return;
    if (calm.matches) {
      this.show(to);
      return;
    }
    this.lift(to);
    const start = this.turning.forward ? 0 : 1;
    this.pose(start);
    this.run(1 - start);
  }

  listen() {
    this.previous.addEventListener("click", () => this.go(this.at - 1));
    this.next.addEventListener("click", () => this.go(this.at + 1));
    this.slider.addEventListener("input", () => {
      const to = Number(this.slider.value);
      this.finish();
      this.show(to);
    });
    this.root.addEventListener("keydown", (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey || event.target === this.slider) return;
      const to = {
        ArrowRight: this.at + 1,
        PageDown: this.at + 1,
        ArrowLeft: this.at - 1,
        PageUp: this.at - 1,
        Home: 0,
        End: this.views.length - 1,
      }[event.key];
      if (to !== undefined) {
        event.preventDefault();
        this.go(to);
      } else if (event.key === "Escape") this.root.classList.remove("flipbook--full");
    });
    listenToFingers(this, calm);
    this.listenToLinks();
    this.full.addEventListener("click", () => this.toggleFull());
    document.addEventListener("fullscreenchange", () => this.nameFull());
    new ResizeObserver(() => this.layout()).observe(this.root);
  }

  /** A link to a page opens the book there, whose list of pages is hidden. */
  listenToLinks() {
    const open = (hash, smooth) => {
      const number = /^#page-(\d+)$/.exec(hash)?.[1];
      const to = this.views.findIndex((view) => view.some((page) => page?.number === Number(number)));
      if (number === undefined || to < 0) return false;
      this.finish();
      this.show(to);
      this.root.scrollIntoView({ block: "start", behavior: smooth && !calm.matches ? "smooth" : "auto" });
      return true;
    };
    document.addEventListener("click", (event) => {
      const link = event.target.closest?.('a[href^="#page-"]');
      if (link && open(link.hash, true)) event.preventDefault();
    });
    open(location.hash, false);
  }

  async toggleFull() {
    if (document.fullscreenElement) await document.exitFullscreen();
    else if (this.root.classList.contains("flipbook--full")) this.root.classList.remove("flipbook--full");
    else if (this.root.requestFullscreen) await this.root.requestFullscreen();
    else this.root.classList.add("flipbook--full"); // phones without the full-screen interface
    this.nameFull();
  }

  nameFull() {
    const full = document.fullscreenElement === this.root || this.root.classList.contains("flipbook--full");
    this.root.dataset.full = full;
    this.full.setAttribute("aria-label", full ? "Leave full screen" : "Full screen");
    const { sizes } = this.pages[0];
    // A larger picture may be worth fetching: the browser decides.
    if (sizes) for (const img of this.pictures.values()) img.sizes = full ? FULL_SIZES : sizes;
  }

  /** Show a page that was drawn again. */
  refresh(number, src) {
    const page = this.pages.find((candidate) => candidate.number === number);
    if (!page) return;
    page.src = src;
    page.srcset = null;
    for (const [key, img] of this.pictures) if (key.startsWith(`${number}/`)) this.load(img, page);
  }
}

export function start(root) {
  root.flipbook ??= new Flipbook(root);
  return root.flipbook;
}

document.querySelectorAll("[data-flipbook]").forEach(start);
