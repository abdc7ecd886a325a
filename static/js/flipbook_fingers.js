/* A finger or a mouse takes the page of a book by its edge; a short tap on a half turns it. */

/** `calm.matches`: whoever looks has asked for less motion. */
export function listenToFingers(flipbook, calm) {
  let down = null;
  flipbook.book.addEventListener("pointerdown", (event) => {
    if (event.button || !event.isPrimary) return;
    flipbook.finish();
    down = { x: event.clientX, y: event.clientY, id: event.pointerId };
  });
  flipbook.book.addEventListener("pointermove", (event) => {
    if (!down || event.pointerId !== down.id) return;
    const dx = event.clientX - down.x;
    if (!flipbook.turning && Math.abs(dx) > 8 && !calm.matches) {
      const to = flipbook.at + (dx < 0 ? 1 : -1);
      if (!flipbook.views[to]) return;
      flipbook.book.setPointerCapture(down.id);
      flipbook.dragging = true;
      flipbook.root.classList.add("flipbook--moves");
      flipbook.lift(to);
    }
    if (!flipbook.turning || !flipbook.dragging) return;
    const reach = flipbook.book.clientWidth * (flipbook.wide ? 0.9 : 0.8);
    const t = Math.min(1, Math.max(0, (flipbook.turning.forward ? -dx : dx) / reach));
    flipbook.pose(flipbook.turning.forward ? t : 1 - t);
  });
  const up = (event) => {
    if (!down || event.pointerId !== down.id) return;
    const dx = event.clientX - down.x;
    const dy = event.clientY - down.y;
    const tap = Math.abs(dx) < 8 && Math.abs(dy) < 8 && event.type === "pointerup";
    down = null;
    if (flipbook.dragging) {
      flipbook.dragging = false;
      if (!flipbook.turning) return;
      const { forward, t } = flipbook.turning;
      const done = (forward ? t : 1 - t) > 0.18 && event.type === "pointerup";
      flipbook.turning.cancelled = !done;
      flipbook.run(done === forward ? 1 : 0);
    } else if (tap) {
      const box = flipbook.book.getBoundingClientRect();
      flipbook.go(flipbook.at + (event.clientX > box.left + box.width * (flipbook.wide ? 0.5 : 0.3) ? 1 : -1));
    } else if (calm.matches && Math.abs(dx) > 40) flipbook.go(flipbook.at + (dx < 0 ? 1 : -1));
  };
  flipbook.book.addEventListener("pointerup", up);
  flipbook.book.addEventListener("pointercancel", up);
}
