/* Hairstyles under headings, one heading open at a time, and a colour of the headwear only where some is worn.

It needs no drawings: the page has its shape before they come, and nothing moves under a finger when they do. */

export class Hairstyles {
  constructor(part) {
    this.part = part;
    this.opened = () => {}; // other pictures are seen now
    this.groups = part.place("hair-groups");
    this.buttons = [...this.groups.querySelectorAll("button")];
    this.groups.hidden = false;
    this.groups.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) this.open(button.dataset.group);
    });
    part.root.addEventListener("change", (event) => {
      if (part.fieldOf(event.target) === "hairstyle") this.cover();
    });
    this.open(this.chosen ?? this.buttons[0].dataset.group);
    this.cover();
  }

  /** The group of the hairstyle that is picked. */
  get chosen() {
    const picked = this.part.root.querySelector(`[name="${this.part.name("hairstyle")}"]:checked`);
    return picked?.closest(".tile").dataset.group;
  }

  open(group) {
    for (const button of this.buttons) button.setAttribute("aria-pressed", String(button.dataset.group === group));
    for (const tile of this.part.root.querySelectorAll(".tile[data-group]")) tile.hidden = tile.dataset.group !== group;
    this.opened();
  }

  cover() {
    this.part.place("wrap-field").hidden = this.chosen !== "covered";
  }
}
