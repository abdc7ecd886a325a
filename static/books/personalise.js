/* "Personalise this book": every choice changes the children and the cover at once; nothing is sent before the button. */

import { Answers } from "./answers.js";
import { Both } from "./both.js";
import { Parts } from "./child.js";
import { ChildPart } from "./child_part.js";
import { Drawing } from "./drawing.js";
import { Hairstyles } from "./hairstyles.js";
import { photoField } from "./photo_field.js";
import { Sending } from "./sending.js";
import { Stage } from "./stage.js";

const workshop = document.querySelector(".workshop");
const form = document.getElementById("personalise");
const children = [...form.querySelectorAll(".child-part")].map((root) => new ChildPart(root));
workshop.classList.add("workshop--scripted");
for (const part of children) part.hairstyles = new Hairstyles(part);
const answers = new Answers(form, document.getElementById("wrong-summary"), children);
let repaint = () => {}; // nothing is drawn yet
const both = new Both({ form, parts: children, answers, changed: () => meet() });
const met = new Set(); // children that were ever asked about

/** The number of children is known, or has changed. */
function meet() {
  for (const part of both.asked.filter((one) => !met.has(one))) {
    met.add(part);
    photoField(part, answers);
  }
  repaint();
}

/* --- the living children and their cover --- */

async function bringToLife() {
  const parts = await Parts.load(workshop.dataset.parts);
  const data = JSON.parse(document.getElementById("cover-data").textContent);
  const stage = new Stage(parts, data);
  const drawings = new Map(); // of each child met

  function paint(part) {
    stage.show(both.asked.map(({ looks }) => looks));
    if (!drawings.has(part)) drawings.set(part, new Drawing(parts, part, data.pose));
    drawings.get(part).show();
  }

  function write() {
    stage.write(both.asked.map(({ called }) => called), both.band);
  }

  repaint = () => {
    for (const part of both.asked) paint(part);
    write();
  };

  form.addEventListener("input", (event) => {
    if (children.some((part) => part.fieldOf(event.target) === "name")) write();
  });
  form.addEventListener("change", (event) => {
    if (event.target.name === "told_to") write();
    const part = children.find(({ root }) => root.contains(event.target));
    const field = part?.fieldOf(event.target);
    if (!part || !(event.target.matches("input[type=radio]") || field === "extras")) return;
    if (field === "age") write();
    paint(part);
    stage.cheer(both.asked.indexOf(part));
  });
  stage.holder.addEventListener("click", (event) => {
    const index = stage.living.findIndex(({ svg }) => svg.contains(event.target));
    if (both.asked.length > 1 && index >= 0) both.show(both.asked[index]);
  });

  repaint();
  document.fonts.ready.then(write);
  workshop.classList.add("workshop--alive");
}

/* --- dedication --- */

function countLetters() {
  const { dedication } = form.elements;
  const most = Number(form.dataset.dedicationMax);
  const count = document.getElementById("dedication-count");
  const show = () => {
    const left = most - [...dedication.value.trim()].length;
    count.textContent = left < 0 ? `${-left} letters too many` : left === most ? `Up to ${most} letters` : `${left} letters left`;
    count.classList.toggle("count--over", left < 0);
  };
  dedication.addEventListener("input", show);
  show();
}

form.addEventListener("input", (event) => {
  const place = event.target.closest("[data-field]");
  if (place) answers.right(place.dataset.field);
});

answers.reveal = (place) => both.reveal(place);
new Sending({ form, answers, both });
meet();
countLetters();
if (form.querySelector(".field--wrong")) answers.goToFirst();
else if (location.hash) both.aim(document.getElementById(location.hash.slice(1)));
bringToLife().catch(() => workshop.classList.add("workshop--still"));
