// Tells the LMS that the registration is over, and closes the window: after
// two seconds, or at a click. The message holds no secret, and the page that
// opened us may be on another host than the LMS's issuer: any origin may hear.
(() => {
  "use strict";
  const card = document.querySelector("[data-registered]");
  const opener = window.opener || (window.parent !== window ? window.parent : null);
  const show = (name) => {
    for (const text of ["closing", "stays"]) {
      card.querySelector(`[data-${text}]`).hidden = text !== name;
    }
  };

  const close = () => {
    opener?.postMessage({ subject: "org.imsglobal.lti.close" }, "*");
    window.close();
    // Whoever is still here after a moment was not allowed to close itself.
    setTimeout(() => show("stays"), 500);
  };

  show(opener ? "closing" : "stays");
  card.querySelector("[data-close]").addEventListener("click", close);
  setTimeout(close, 2000);
})();
