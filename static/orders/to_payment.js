/* On to the payment page, and out of the history: "back" from there leads to the order and not to this page. */

location.replace(document.getElementById("to-payment").href);
