/* The stage: the living children beside their book, its cover, and the bubble that says their names. */

import { LivingChild } from "./child.js";
import { Cover } from "./cover.js";

const ROOM = 24; // letters of both names that fit into the bubble on a phone without hiding the children


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
    this.bubble.textContent = names.length === 2 ? this.ofTwo(names) : names[0] ? `Hello, I am ${names[0]}!` : "Hello! Who am I?";
  }

  ofTwo(names) {
    const known = names.filter(Boolean);
    if (!known.length) return "Hello! Who are we?";
    if (known.join("").length > ROOM) return "Hello, this is us!";
    return known.length === 1 ? `${known[0]} is here! And who else?` : `We are ${known.join(" and ")}!`;
  }
}
