/* Ask every few seconds, more and more calmly, whether the payment has arrived. */

let pause = 2000;

async function ask() {
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    const text = await answer.text();
    if (answer.ok && !text.includes("data-waiting")) {
      location.reload();
      return;
    }
  } catch {
    // Offline for a moment: ask again later.
  }
  pause = Math.min(pause * 1.4, 20000);
  setTimeout(ask, pause);
}

setTimeout(ask, pause);
