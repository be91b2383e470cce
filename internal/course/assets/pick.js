// What the picker does in the browser beside its forms: it counts what is
// ticked, and knows the time zone.
(() => {
  "use strict";
  const zone = document.querySelector("[data-guess-zone] input");
  if (zone) {
    try {
      zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone || zone.value;
    } catch {
      // The zone that the field shows is right as well.
    }
  }
  const count = document.querySelector("[data-count]");
  const show = () => {
    const n = document.querySelectorAll("[name=picked]:checked").length;
    count.textContent = n === 0 ? "Nothing picked yet" : `${n} picked`;
  };
  if (count) {
    show();
    document.addEventListener("change", show);
    addEventListener("pageshow", show); // a browser that goes back ticks them again
  }
})();
