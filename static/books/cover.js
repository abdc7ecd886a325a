/* The front cover with the child and its name, as it changes. */

import { Child, element } from "./child.js";

const POINT = 25.4 / 72; // millimetres
const LINE = 1.08; // line height of the lettering
const SECOND_LINE = 1.35; // gain in size
const MEASURE = 100; // pixels at which text is measured

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
    this.children = data.children.map((slot) => {
      const child = new Child(parts, slot);
      child.group.setAttribute("transform", slot.transform);
      children.append(child.group);
      return child;
    });
  }

  show(looks) {
    for (const child of this.children) child.show(looks);
  }

  /** `name` as typed; `band` picks the words where they differ with the age. */
  name(name, band) {
    this.lettering.replaceChildren(...this.data.lettering.map((block) => this.write(block, name, band)));
    this.label.setAttribute("aria-label", `The cover of your book: ${this.title}`);
  }

  write(block, name, band) {
    // Isolated, so that a name written from right to left does not turn the sentence round.
    const text = (block.words[band] ?? Object.values(block.words)[0] ?? "").replaceAll("{first}", `\u2068${name}\u2069`);
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
