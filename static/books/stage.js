/* The stage: the living children beside their book, its cover, and the bubble that says their names. */

import { LivingChild } from "./child.js";
import { Cover } from "./cover.js";


export class Stage {
  constructor(parts, data) {
    this.parts = parts;
    this.pose = data.pose;
    this.holder = document.getElementById("child");
    this.bubble = document.getElementById("bubble");
    this.living = [];
    this.cover = new Cover(parts, data, {
      children: document.getElementById("cover-children"),
      lettering: document.getElementById("cover-lettering"),
      label: document.querySelector(".cover"),
    });
  }

  /** `looks`: of each child of the book, in its order. */
  show(looks) {
    looks.forEach((one, index) => {
      this.living[index] ??= new LivingChild(this.parts, this.holder, this.pose);
      this.living[index].show(one);
    });
    this.living.forEach((child, index) => child.leave(index >= looks.length));
    this.cover.show(looks);
  }

  cheer(index) {
    this.living[index]?.cheer();
  }

  /** `names` as typed, of each child; `band` picks the words where they differ with the age. */
  write(names, band) {
    this.cover.name(names, band);
    const known = names.filter(Boolean);
    if (!known.length) this.bubble.textContent = names.length === 2 ? "Hello! Who are we?" : "Hello! Who am I?";
    else if (names.length === 1) this.bubble.textContent = `Hello, I am ${known[0]}!`;
    else if (known.length === 1) this.bubble.textContent = `${known[0]} is here! And who else?`;
    else this.bubble.textContent = `We are ${known.join(" and ")}!`;
  }
}
