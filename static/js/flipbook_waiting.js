/* What lies where a page of the book will be, until it is there. */

export function make(tag, className, attributes = {}) {
  const element = document.createElement(tag);
  element.className = className;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

/** Shown by the style sheet after a second. */
export function onItsWay() {
  const place = make("div", "flipbook__waiting");
  place.append(make("progress", "bar", { "aria-label": "The page is on its way" }));
  return place;
}

/** For a page that was asked for often enough. */
export function missed(again) {
  const place = make("div", "flipbook__waiting flipbook__waiting--over", { role: "alert" });
  const words = make("p", "");
  words.textContent = "This page did not come. Is the connection gone?";
  const button = make("button", "button button--quiet button--small", { type: "button" });
  button.textContent = "Try again";
  button.addEventListener("pointerdown", (event) => event.stopPropagation()); // no turning of the page
  button.addEventListener("click", again);
  place.append(words, button);
  return place;
}
