/* "Personalise this book": every choice changes the child and the cover at once; nothing is sent before the button. */

import { Answers } from "./answers.js";
import { LivingChild, Parts, Portrait } from "./child.js";
import { Cover } from "./cover.js";
import { Cropper } from "./cropper.js";
import { Frame } from "./frame.js";
import { Guesses } from "./guesses.js";
import { Pictures } from "./pictures.js";

const workshop = document.querySelector(".workshop");
const form = document.getElementById("personalise");
const answers = new Answers(form, document.getElementById("wrong-summary"));
const byId = (id) => document.getElementById(id);

function looks() {
  const data = new FormData(form);
  const extras = [data.get("glasses"), ...data.getAll("extras")].filter(Boolean);
  const one = (name) => data.get(name) ?? "";
  return {
    skin: one("skin"),
    hairstyle: one("hairstyle"),
    hair_colour: one("hair_colour"),
    eyes: one("eyes"),
    wrap: one("wrap"),
    outfit: one("outfit"),
    extras,
  };
}

function band() {
  const age = Number(new FormData(form).get("age") ?? 4);
  return age < 3 ? "0-2" : age < 6 ? "3-5" : age < 9 ? "6-8" : "9-12";
}

/* --- the living child and its cover --- */

async function bringToLife() {
  const parts = await Parts.load(workshop.dataset.parts);
  const data = JSON.parse(byId("cover-data").textContent);
  const child = new LivingChild(parts, byId("child"), data.pose);
  const cover = new Cover(parts, data, {
    children: byId("cover-children"),
    lettering: byId("cover-lettering"),
    label: document.querySelector(".cover"),
  });
  const framed = form.querySelector('[data-shows="drawn"]');
  const portraits = [byId("portrait"), framed].map((place) => new Portrait(parts, place, data.pose));
  const painted = [document.querySelector(".stage"), byId("portrait"), framed];
  const pictures = new Pictures(parts, form, data.pose);
  const bubble = byId("bubble");

  function paint() {
    const chosen = looks();
    for (const [name, colour] of Object.entries(parts.colours(chosen))) {
      for (const place of painted) place.style.setProperty(`--${name}`, colour);
    }
    child.show(chosen);
    cover.show(chosen);
    for (const portrait of portraits) portrait.show(chosen);
    pictures.show(chosen);
    const covered = parts.find("hairstyles", chosen.hairstyle)?.group === "covered";
    byId("wrap-field").hidden = !covered;
    for (const picks of form.querySelectorAll("[data-field]:has([data-picked])")) {
      const picked = picks.querySelector("input:checked");
      picks.querySelector("[data-picked]").textContent = picked ? picked.closest("label").title : "";
    }
  }

  function write() {
    const name = form.elements.name.value.trim().replace(/\s+/g, " ").slice(0, 60);
    cover.name(name || "Your Child", band());
    bubble.textContent = name ? `Hello, I am ${name}!` : "Hello! Who am I?";
  }

  form.addEventListener("input", (event) => {
    if (event.target.name === "name") write();
  });
  form.addEventListener("change", (event) => {
    if (!event.target.matches("input[type=radio], [name=extras]")) return;
    if (event.target.name === "age") write();
    paint();
    child.cheer();
  });

  paint();
  write();
  document.fonts.ready.then(write);
  groupHairstyles(pictures);
  workshop.classList.add("workshop--alive");
}

/** Hairstyles under headings, one heading open at a time. */
function groupHairstyles(pictures) {
  const groups = byId("hair-groups");
  const buttons = [...groups.querySelectorAll("button")];

  function open(group) {
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.group === group));
    for (const tile of form.querySelectorAll(".tile[data-group]")) tile.hidden = tile.dataset.group !== group;
    pictures.soon();
  }

  groups.hidden = false;
  groups.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) open(button.dataset.group);
  });
  open(form.querySelector("[name=hairstyle]:checked")?.closest(".tile").dataset.group ?? buttons[0].dataset.group);
}

/* --- photo --- */

function photo() {
  const place = form.querySelector(".photo");
  const input = form.elements.photo;
  const remove = form.elements.remove_photo;
  const note = byId("photo-note");
  const fields = { x: form.elements.crop_x, y: form.elements.crop_y, size: form.elements.crop_size };
  const cropper = new Cropper({
    frame: byId("cropper-frame"),
    photo: byId("cropper-photo"),
    zoom: byId("cropper-zoom"),
    fields,
  });
  const guesses = new Guesses({ form, cropper, answers });
  const frame = new Frame({ place: place.querySelector("[data-frame]"), form, cropper, boxes: guesses.boxes });
  let address = null;

  function close() {
    byId("cropper").hidden = true;
    byId("photo-choose").hidden = false;
    frame.hide();
    for (const field of Object.values(fields)) field.value = "";
    guesses.photo(null);
    if (address) URL.revokeObjectURL(address);
    address = null;
  }

  async function open(source, crop) {
    byId("cropper").hidden = false;
    if (await cropper.open(source, crop)) {
      byId("photo-choose").hidden = true;
      frame.show();
      return;
    }
    close();
    frame.show();
    note.textContent = "Your browser cannot show this photo here. We will put its middle into the frame.";
  }

  input.addEventListener("change", () => {
    const [file] = input.files;
    close();
    note.textContent = "";
    answers.right("photo");
    if (remove) remove.checked = false;
    if (!file) return;
    if (file.size > Number(form.dataset.photoMax)) {
      input.value = "";
      answers.wrong("photo", `This file is larger than ${Math.floor(Number(form.dataset.photoMax) / 2 ** 20)} MB. Please choose a smaller version of it.`);
      return;
    }
    address = URL.createObjectURL(file);
    open(address, null).then(() => input.files[0] === file && guesses.photo(file));
  });
  byId("photo-remove").addEventListener("click", () => {
    input.value = "";
    if (remove) remove.checked = true;
    close();
    answers.right("photo");
    note.textContent = "No photo: the drawn portrait fills the frame.";
    input.focus();
  });
  byId("remove-field")?.setAttribute("hidden", "");
  if (place.dataset.kept && !remove.checked) {
    const [x, y, size] = [fields.x, fields.y, fields.size].map((field) => Number(field.value));
    open(place.dataset.kept, size ? { x, y, size } : null);
  }
}

/* --- dedication --- */

function countLetters() {
  const { dedication } = form.elements;
  const most = Number(form.dataset.dedicationMax);
  const count = byId("dedication-count");
  const show = () => {
    const left = most - [...dedication.value.trim()].length;
    count.textContent = left < 0 ? `${-left} letters too many` : left === most ? `Up to ${most} letters` : `${left} letters left`;
    count.classList.toggle("count--over", left < 0);
  };
  dedication.addEventListener("input", show);
  show();
}

/* --- sending --- */

const button = byId("see");
const label = button.querySelector("span");
const calm = label.textContent;
const BEGUN = 160; // pixels scrolled
const BAR = 128; // pixels that the floating button takes at the bottom
function float() {
  const clear = form.elements.name.getBoundingClientRect().bottom < innerHeight - BAR;
  form.classList.toggle("questions--begun", scrollY > BEGUN && clear);
}
addEventListener("scroll", float, { passive: true });

let sending = false;

function busy(now) {
  sending = now;
  label.textContent = now ? button.dataset.busy : calm;
  if (now) button.setAttribute("aria-busy", "true");
  else button.removeAttribute("aria-busy");
  byId("progress").textContent = now ? "We are painting your book." : "";
}

async function send() {
  let answer;
  try {
    const body = new FormData(form);
    if (body.get("picture") === "drawn") body.delete("photo"); // no page shows it
    answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
  } catch {
    return "We could not reach the shop. Nothing is lost: please try again in a moment.";
  }
  if (answer.headers.get("Content-Type")?.startsWith("application/json")) {
    const found = await answer.json();
    if (answer.ok) {
      // In place of this page: going back should not make a second book.
      location.replace(found.url);
      return null;
    }
    answers.show(found.errors);
    return "";
  }
  if (answer.status === 410 || answer.status === 409) {
    location.assign(location.href);
    return null;
  }
  return "Something went wrong on our side. Nothing is lost: please try again in a moment.";
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (sending) return;
  const errors = answers.check();
  if (Object.keys(errors).length) {
    answers.show(errors);
    return;
  }
  busy(true);
  const trouble = await send();
  if (trouble === null) return;
  busy(false);
  if (trouble) {
    answers.say(trouble);
    answers.summary.scrollIntoView({ block: "center" });
  }
});

form.addEventListener("input", (event) => {
  const place = event.target.closest("[data-field]");
  if (place) answers.right(place.dataset.field);
});
window.addEventListener("pageshow", (event) => event.persisted && busy(false));

photo();
countLetters();
if (form.querySelector(".field--wrong")) answers.goToFirst();
bringToLife().catch(() => workshop.classList.add("workshop--still"));
