/* Sends answers that may hold photos, and says how far they have come where that takes longer than a second. */

const PATIENCE = 1000;

/** Post `body`; resolves to { ok, status, json } (json: null for anything else) and rejects where nobody answers.
    `told(fraction)` hears how much has been sent, and `null` when all of it has and the book is being painted. */
export function post(address, body, told) {
  return new Promise((answered, failed) => {
    const request = new XMLHttpRequest();
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable && event.loaded < event.total) told(event.loaded / event.total);
    });
    request.upload.addEventListener("load", () => told(null));
    request.addEventListener("load", () => {
      const isJson = request.getResponseHeader("Content-Type")?.startsWith("application/json");
      let json = null;
      try {
        if (isJson) json = JSON.parse(request.responseText);
      } catch {
        // Cut off on the way: as good as an answer that we do not know.
      }
      answered({ ok: request.status >= 200 && request.status < 300, status: request.status, json });
    });
    for (const ending of ["error", "abort", "timeout"]) request.addEventListener(ending, failed);
    request.open("POST", address);
    request.setRequestHeader("Accept", "application/json");
    request.send(body);
  });
}

/** The strip and the words below the button. */
export class Progress {
  constructor(place) {
    this.place = place;
    this.words = place.querySelector("[role=status]");
    this.bar = place.querySelector("progress");
  }

  begin() {
    this.words.textContent = "We are painting your book.";
    this.patience = setTimeout(() => this.place.classList.add("sending--slow"), PATIENCE);
  }

  told(fraction) {
    if (fraction === null) this.bar.removeAttribute("value");
    else this.bar.value = fraction;
    // The same words all the time: they are read out, and the bar knows its percentage.
    const said = fraction === null ? "We are painting your book." : "Sending what you chose.";
    if (this.words.textContent !== said) this.words.textContent = said;
  }

  end() {
    clearTimeout(this.patience);
    this.place.classList.remove("sending--slow");
    this.words.textContent = "";
    this.bar.removeAttribute("value");
  }
}
