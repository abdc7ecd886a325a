/* A child's photo: chosen, framed, guessed from, or taken out again. It is sent with the form. */

import { Cropper } from "./cropper.js";
import { Frame } from "./frame.js";
import { Guesses } from "./guesses.js";

export function photoField(part, answers) {
  const place = part.root.querySelector(".photo");
  const input = part.control("photo");
  const remove = part.control("remove_photo");
  const note = part.place("photo-note");
  const fields = { x: part.control("crop_x"), y: part.control("crop_y"), size: part.control("crop_size") };
  const most = Number(part.form.dataset.photoMax);
  const cropper = new Cropper({
    frame: part.place("cropper-frame"),
    photo: part.place("cropper-photo"),
    zoom: part.place("cropper-zoom"),
    fields,
  });
  const guesses = new Guesses({ part, cropper, answers });
  const frame = new Frame({ place: place.querySelector("[data-frame]"), part, cropper, boxes: guesses.boxes });
  let address = null;

  function close() {
    part.place("cropper").hidden = true;
    part.place("photo-choose").hidden = false;
    frame.hide();
    for (const field of Object.values(fields)) field.value = "";
    guesses.photo(null);
    if (address) URL.revokeObjectURL(address);
    address = null;
  }

  async function open(source, crop) {
    part.place("cropper").hidden = false;
    if (await cropper.open(source, crop)) {
      part.place("photo-choose").hidden = true;
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
    answers.right(part.name("photo"));
    if (remove) remove.checked = false;
    if (!file) return;
    if (file.size > most) {
      input.value = "";
      answers.wrong(part.name("photo"), `This file is larger than ${Math.floor(most / 2 ** 20)} MB. Please choose a smaller version of it.`);
      return;
    }
    address = URL.createObjectURL(file);
    open(address, null).then(() => input.files[0] === file && guesses.photo(file));
  });
  part.place("photo-remove").addEventListener("click", () => {
    input.value = "";
    if (remove) remove.checked = true;
    close();
    answers.right(part.name("photo"));
    note.textContent = "No photo: the drawn portrait fills the frame.";
    input.focus();
  });
  part.place("remove-field")?.setAttribute("hidden", "");
  if (place.dataset.kept && !remove.checked) {
    const [x, y, size] = [fields.x, fields.y, fields.size].map((field) => Number(field.value));
    open(place.dataset.kept, size ? { x, y, size } : null);
  }
}
