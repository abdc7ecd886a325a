/* Which part of the photo goes into the round frame: drag, pinch, wheel, slider or keys. The photo stays in the browser. */

const CLOSEST = 5; // at most five times larger than fitting

export class Cropper {
  constructor({ frame, photo, zoom, fields }) {
    this.frame = frame;
    this.photo = photo;
    this.zoomBar = zoom;
    this.fields = fields;
    this.fingers = new Map();
    this.touched = false; // by the parent
    this.moved = () => {}; // whoever wants to know of another square
    frame.addEventListener("pointerdown", (event) => this.press(event));
    frame.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
      frame.addEventListener(end, (event) => this.fingers.delete(event.pointerId));
    }
    frame.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    frame.addEventListener("keydown", (event) => this.key(event));
    zoom.addEventListener("input", () => {
      this.touched = true;
      this.zoomTo(Number(zoom.value) / 100);
    });
    new ResizeObserver(() => this.draw()).observe(frame);
  }

  /** Show a photo; resolves to false where the browser cannot. `crop`: fractions of an earlier choice. */
  async open(address, crop = null) {
    this.photo.src = address;
    this.touched = Boolean(crop);
    this.width = 0;
    try {
      await this.photo.decode();
    } catch {
      return false;
    }
    this.width = this.photo.naturalWidth;
    this.height = this.photo.naturalHeight;
    const short = Math.min(this.width, this.height);
    this.side = crop ? crop.size * this.width : short;
    this.left = crop ? crop.x * this.width : (this.width - short) / 2;
    this.top = crop ? crop.y * this.height : (this.height - short) * 0.35;
    this.settle();
    return true;
  }

  /** Frame this square (fractions of the photo, as the fields have them). */
  take({ x, y, size }) {
    if (!this.width) {
      for (const [name, value] of Object.entries({ x, y, size })) this.fields[name].value = value.toFixed(5);
      return;
    }
    [this.left, this.top, this.side] = [x * this.width, y * this.height, size * this.width];
    this.settle();
  }

  /** This square of the photo as a small picture, or null where the browser cannot show it. */
  picture({ x, y, size }, pixels) {
    if (!this.width) return null;
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = pixels;
    const side = size * this.width;
    canvas.getContext("2d").drawImage(this.photo, x * this.width, y * this.height, side, side, 0, 0, pixels, pixels);
    return canvas;
  }

  /** The square that is chosen now, as the fields have it. */
  get chosen() {
    const [x, y, size] = [this.fields.x, this.fields.y, this.fields.size].map((field) => Number(field.value));
    return { x, y, size };
  }

  get short() {
    return Math.min(this.width, this.height);
  }

  /** Keep the square inside the photo, then show and note it. */
  settle() {
    this.side = Math.min(Math.max(this.side, this.short / CLOSEST), this.short);
    this.left = Math.min(Math.max(this.left, 0), this.width - this.side);
    this.top = Math.min(Math.max(this.top, 0), this.height - this.side);
    this.fields.x.value = (this.left / this.width).toFixed(5);
    this.fields.y.value = (this.top / this.height).toFixed(5);
    this.fields.size.value = (this.side / this.width).toFixed(5);
    this.zoomBar.value = String(Math.round((this.short / this.side) * 100));
    this.draw();
    this.moved();
  }

  draw() {
    if (!this.width) return;
    const scale = this.frame.clientWidth / this.side;
    this.photo.style.width = `${this.width * scale}px`;
    this.photo.style.height = `${this.height * scale}px`;
    this.photo.style.transform = `translate(${-this.left * scale}px, ${-this.top * scale}px)`;
  }

  /** Enlarge `factor` times around a point of the frame (0..1 each way; its middle unless told). */
  zoomTo(factor, atX = 0.5, atY = 0.5) {
    const side = Math.min(Math.max(this.short / factor, this.short / CLOSEST), this.short);
    this.left += (this.side - side) * atX;
    this.top += (this.side - side) * atY;
    this.side = side;
    this.settle();
  }

  shift(x, y) {
    const scale = this.frame.clientWidth / this.side;
    this.left -= x / scale;
    this.top -= y / scale;
    this.settle();
  }

  press(event) {
    if (event.button !== 0) return;
    this.frame.setPointerCapture(event.pointerId);
    this.touched = true;
    this.fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  }

  move(event) {
    const before = this.fingers.get(event.pointerId);
    if (!before) return;
    const now = { x: event.clientX, y: event.clientY };
    if (this.fingers.size === 2) {
      const other = [...this.fingers].find(([id]) => id !== event.pointerId)[1];
      const spread = Math.hypot(now.x - other.x, now.y - other.y) / Math.max(1, Math.hypot(before.x - other.x, before.y - other.y));
      const box = this.frame.getBoundingClientRect();
      const [x, y] = [(now.x + other.x) / 2 - box.left, (now.y + other.y) / 2 - box.top];
      this.zoomTo((this.short / this.side) * spread, x / box.width, y / box.height);
      this.shift((now.x - before.x) / 2, (now.y - before.y) / 2);
    } else {
      this.shift(now.x - before.x, now.y - before.y);
    }
    this.fingers.set(event.pointerId, now);
  }

  wheel(event) {
    event.preventDefault();
    this.touched = true;
    const box = this.frame.getBoundingClientRect();
    const factor = (this.short / this.side) * Math.exp(-event.deltaY / 500);
    this.zoomTo(factor, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  }

  key(event) {
    const step = event.shiftKey ? 40 : 12;
    const moves = { ArrowLeft: [step, 0], ArrowRight: [-step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
    const zooms = { "+": 1.1, "=": 1.1, "-": 1 / 1.1, "−": 1 / 1.1 };
    if (event.key in moves) this.shift(...moves[event.key]);
    else if (event.key in zooms) this.zoomTo((this.short / this.side) * zooms[event.key]);
    else return;
    this.touched = true;
    event.preventDefault();
  }
}
