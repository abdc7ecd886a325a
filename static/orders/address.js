/* The answer to a form is a page like any other: "back" and "reload" lead to its own address and send nothing again. */

history.replaceState(history.state, "", document.querySelector("[data-address]").dataset.address);
