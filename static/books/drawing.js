/* One child's drawn half of the form: the portrait in its frames and the options, each as a picture of this child. */

import { Portrait } from "./child.js";
import { Pictures } from "./pictures.js";

export class Drawing {
  constructor(parts, part, pose) {
    this.parts = parts;
    this.part = part;
    const framed = [part.place("portrait"), part.root.querySelector('[data-shows="drawn"]')];
    this.portraits = framed.map((place) => new Portrait(parts, place, pose));
    this.pictures = new Pictures(parts, part, pose);
    this.groupHairstyles();
  }

  show() {
    const chosen = this.part.looks;
    for (const portrait of this.portraits) portrait.show(chosen);
    this.pictures.show(chosen);
    const covered = this.parts.find("hairstyles", chosen.hairstyle)?.group === "covered";
    this.part.place("wrap-field").hidden = !covered;
    for (const picks of this.part.root.querySelectorAll("[data-field]:has([data-picked])")) {
      const picked = picks.querySelector("input:checked");
      picks.querySelector("[data-picked]").textContent = picked ? picked.closest("label").title : "";
    }
  }

  /** Hairstyles under headings, one heading open at a time. */
  groupHairstyles() {
    const groups = this.part.place("hair-groups");
    const buttons = [...groups.querySelectorAll("button")];
    const { root } = this.part;

    const open = (group) => {
      for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.group === group));
      for (const tile of root.querySelectorAll(".tile[data-group]")) tile.hidden = tile.dataset.group !== group;
      this.pictures.soon();
    };

    groups.hidden = false;
    groups.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) open(button.dataset.group);
    });
    const picked = root.querySelector(`[name="${this.part.name("hairstyle")}"]:checked`);
    open(picked?.closest(".tile").dataset.group ?? buttons[0].dataset.group);
  }
}
