// The result's line about the gradebook asks again until the LMS has answered.
// It gives up after some minutes, and leaves a link to look again.
(() => {
  "use strict";
  const place = document.querySelector(".gradebook-place");
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  const quick = 10, tries = 60;

  const look = async (url) => {
    const answer = await fetch(url, { headers: { "X-Requested-With": "fetch" } });
    if (!answer.ok) return;
    const part = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".gradebook");
    const line = place.querySelector(".gradebook");
    // What reads the same is left alone, so that it is not announced again.
    if (part && part.textContent !== line.textContent) line.replaceWith(part);
  };

  const watch = async () => {
    for (let i = 0; i < tries; i++) {
      const url = place.querySelector("[data-ask]")?.dataset.ask;
      if (!url) return;
      await pause(i < quick ? 1500 : 5000);
      if (document.hidden) continue;
      try { await look(url); } catch { /* no connection: the next turn asks again */ }
    }
    place.querySelector("[data-ask]")?.removeAttribute("data-ask");
    document.querySelector(".look-again")?.classList.remove("without-js");
  };
  if (place) watch();
})();
