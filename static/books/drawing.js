/* One child's drawn half of the form: the portrait in its frames and the options, each as a picture of this child. */

import { Portrait } from "./child.js";
import { Pictures } from "./pictures.js";

export class Drawing {
  constructor(parts, part, pose) {
    this.part = part;
    const framed = [part.place("portrait"), part.root.querySelector('[data-shows="drawn"]')];
    this.portraits = framed.map((place) => new Portrait(parts, place, pose));
    this.pictures = new Pictures(parts, part, pose);
    part.hairstyles.opened = () => this.pictures.soon();
  }

  show() {
    const chosen = this.part.looks;
    for (const portrait of this.portraits) portrait.show(chosen);
    this.pictures.show(chosen);
    for (const picks of this.part.root.querySelectorAll("[data-field]:has([data-picked])")) {
      const picked = picks.querySelector("input:checked");
      picks.querySelector("[data-picked]").textContent = picked ? picked.closest("label").title : "";
    }
  }
}
