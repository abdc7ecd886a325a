/* The front cover with the child or both and their names, as it changes. */

import { Child, element } from "./child.js";

const POINT = 25.4 / 72; // millimetres
const LINE = 1.08; // line height of the lettering
const SECOND_LINE = 1.35; // gain in size
const MEASURE = 100; // pixels at which text is measured

const NOBODY_YET = "Your Child";
const NONE_OF_TWO = "Your Two Children";

const pen = document.createElement("canvas").getContext("2d");

function widthOf(text, font) {
  pen.font = font;
  return pen.measureText(text).width / MEASURE;
}

/** All ways to break words into `count` lines; few enough for a title. */
function* breaks(words, count) {
  if (count === 1) yield [words.join(" ")];
  for (let cut = 1; count > 1 && cut <= words.length - count + 1; cut += 1) {
    for (const rest of breaks(words.slice(cut), count - 1)) yield [words.slice(0, cut).join(" "), ...rest];
  }
}

/** The largest size (mm) at which the text fits its box, and its lines: the rules of books/typesetting.py. */
function fitted(text, [, , width, height], most, largest, font) {
  const words = text.split(" ");
  let best = { size: 0, lines: [text] };
  for (let count = 1; count <= Math.min(words.length, Math.max(2, most)); count += 1) {
    let narrow = { widest: Infinity, lines: [] };
    for (const lines of breaks(words, count)) {
      const widest = Math.max(...lines.map((line) => widthOf(line, font)));
      if (widest < narrow.widest) narrow = { widest, lines };
    }
    const size = Math.min(width / narrow.widest, height / (count * LINE), largest);
    // One line more than the story meant has to be worth it.
    if (size > best.size * (count <= Math.max(1, most) ? 1 : SECOND_LINE)) best = { size, lines: narrow.lines };
  }
  return best;
}

export class Cover {
  constructor(parts, data, { children, lettering, label }) {
    this.data = data;
    this.lettering = lettering;
    this.label = label;
    this.holder = children;
    this.parts = parts;
    this.drawn = [];
    this.count = 0;
  }

  /** The places of a book about so many children, each with a child to put there. */
  stand(count) {
    if (count === this.count) return;
    this.count = count;
    this.drawn = (count === 2 ? this.data.two_children : this.data.children).map((slot) => {
      const child = new Child(this.parts, slot);
      child.group.setAttribute("transform", slot.transform);
      return { child, index: slot.child - 1 };
    });
    this.holder.replaceChildren(...this.drawn.map(({ child }) => child.group));
  }

  /** `looks`: of each child of the book. */
  show(looks) {
    this.stand(looks.length);
    for (const { child, index } of this.drawn) child.show(looks[index]);
  }

  /** `names` of each child as typed; `band` picks the words where they differ with the age. */
  name(names, band) {
    this.lettering.replaceChildren(...this.data.lettering.map((block) => this.write(block, names, band)));
    this.label.setAttribute("aria-label", `The cover of your book: ${this.title}`);
  }

  /** The words with the names in them, and with something in the place of names not typed yet. */
  filled(words, names) {
    const none = names.length === 2 && !names.some(Boolean);
    const whole = none ? words.replace(/\{first\}(, | and )\{second\}/g, NONE_OF_TWO) : words;
    const unnamed = names.length === 2 ? "…" : NOBODY_YET;
    // Isolated, so that a name written from right to left does not turn the sentence round.
    return whole.replace(/\{(first|second)\}/g, (_, which) => `\u2068${names[which === "first" ? 0 : 1] || unnamed}\u2069`);
  }

  write(block, names, band) {
    const words = names.length === 2 ? block.words_of_two : block.words;
    const template = words[band] ?? Object.values(words)[0] ?? "";
    const text = this.filled(template, names);
    if (block === this.data.lettering[0]) this.title = text.replace(/[\u2068\u2069]/g, "");
    const style = getComputedStyle(document.documentElement);
    const family = style.getPropertyValue(block.display ? "--display" : "--text");
    const [x, y, width, height] = block.box;
    const { size, lines } = fitted(text, block.box, block.lines, block.size * POINT, `600 ${MEASURE}px ${family}`);
    const anchor = { left: ["start", x], right: ["end", x + width] }[block.align] ?? ["middle", x + width / 2];
    const group = element("g", {
      transform: `rotate(${block.rotate} ${x + width / 2} ${y + height / 2})`,
      fill: block.ink,
      "font-size": size,
      "font-weight": 600,
      "font-family": family,
      "text-anchor": anchor[0],
    });
    const whole = lines.length * size * LINE;
    const free = height - whole;
    const top = y + ({ top: 0, bottom: free }[block.valign] ?? free / 2);
    lines.forEach((line, index) => {
      const written = element("text", { x: anchor[1], y: top + size * LINE * (index + 0.77) });
      written.textContent = line;
      group.append(written);
    });
    return group;
  }
}
