/* The time until everything is forgotten, counted down. The page says it already in words: this keeps them true.

   Nothing here is a live region: a screen reader says the time when somebody asks for it and not every second. */

const page = document.querySelector("[data-now]");
const times = [...document.querySelectorAll("time[data-until]")];
// The shop's clock counts, not the browser's.
const ahead = page ? Date.parse(page.dataset.now) - Date.now() : 0;
const calm = matchMedia("(prefers-reduced-motion: reduce)");

function said(count, unit) {
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

// The same words as privacy.holdings.left; `exact` adds every smaller unit, down to the seconds.
function left(milliseconds, exact) {
  const all = Math.floor(milliseconds / 1000);
  if (all <= 0) return "now";
  const units = [
    [Math.floor(all / 86400), "day"],
    [Math.floor(all / 3600) % 24, "hour"],
    [Math.floor(all / 60) % 60, "minute"],
  ];
  if (exact) units.push([all % 60, "second"]);
  const first = units.findIndex(([count]) => count > 0);
  if (first < 0) return "in less than a minute";
  const wanted = exact ? units.slice(first) : units.slice(first, first + 2).filter(([count]) => count > 0);
  return `in ${wanted.map(([count, unit]) => said(count, unit)).join(" ")}`;
}

function tick() {
  const now = Date.now() + ahead;
  for (const time of times) {
    const words = left(Date.parse(time.dateTime) - now, time.dataset.until === "exact" && !calm.matches);
    if (time.textContent !== words) time.textContent = words;
  }
}

if (times.length) {
  tick();
  setInterval(tick, 1000);
}
