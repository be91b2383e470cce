// After the button has opened a window of its own, this page has nothing more
// to offer, and says so.
(() => {
  "use strict";
  for (const form of document.querySelectorAll("form[data-window]")) {
    form.addEventListener("submit", () => setTimeout(() => {
      const offer = form.closest("[data-offer]");
      offer.querySelector("[data-before]").hidden = true;
      offer.querySelector("[data-after]").hidden = false;
      form.querySelector("button").disabled = true;
    }));
  }
})();
