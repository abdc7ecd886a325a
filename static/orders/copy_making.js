/* Asks how far the digital copy has come, more and more calmly, and shows it when it is ready. */

const place = document.querySelector("[data-making]");
const words = place.querySelector("[role=status]");
const bar = place.querySelector("progress");
let pause = 1000;

function show({ made, of }) {
  if (bar.value !== made) pause = 1000; // it moves: look again soon
  bar.max = of;
  bar.value = made;
  words.textContent = made < of ? `${made} of ${of} pages are painted.` : "All pages are painted. We are binding them.";
}

async function ask() {
  try {
    const answer = await fetch(place.dataset.making, { headers: { Accept: "application/json" } });
    if (answer.ok) {
      const found = await answer.json();
      if (found.ready) {
        const [open] = document.querySelector("[data-flipbook]")?.flipbook?.numbers() ?? [];
        if (open) history.replaceState(null, "", `#page-${open}`); // the page that somebody is looking at stays open
        location.reload();
        return;
      }
      show(found);
    }
  } catch {
    // Offline for a moment: ask again later.
  }
  pause = Math.min(pause * 1.4, 15000);
  setTimeout(ask, pause);
}

setTimeout(ask, pause);
