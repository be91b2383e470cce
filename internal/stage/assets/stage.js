// The rehearsal in place: replies go out without a new page, bubbles arrive
// with a short pause, and a reply outlives a lost connection. Without this
// script the same forms work by loading pages.
(() => {
  const talk = document.getElementById("talk");
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));

  // The gradebook's line asks again until the LMS has answered.
  const ask = async (line, times) => {
    for (let i = 0; line?.dataset.ask && i < times; i++) {
      await pause(i < 10 ? 1500 : 5000);
      if (document.hidden) continue;
      try {
        const answer = await fetch(line.dataset.ask, { headers: { "X-Requested-With": "fetch" } });
        if (!answer.ok) continue;
        const part = document.createElement("template");
        part.innerHTML = await answer.text();
        const next = part.content.querySelector(".gradebook");
        if (next) { line.replaceWith(next); line = next; }
      } catch { /* the next turn asks again */ }
    }
  };
  ask(document.querySelector(".gradebook[data-ask]"), 60);
  if (!talk) return;

  const toEnd = () => { const log = talk.querySelector(".lines"); log.scrollTop = log.scrollHeight; };
  const focusAnswer = () => talk.querySelector(".reply, [data-result]")?.focus({ preventScroll: true });

  // Bubbles that are new arrive one after the other.
  const arrive = async (from) => {
    const fresh = [...talk.querySelectorAll(".line")].slice(from);
    if (calm) return;
    const answer = talk.querySelector(".answer");
    for (const line of fresh) line.classList.add("arriving");
    answer.hidden = true;
    for (const line of fresh) {
      if (line.dataset.speaker === "character") await pause(Math.min(300 + line.textContent.trim().length * 6, 1100));
      line.classList.remove("arriving");
      toEnd();
    }
    answer.hidden = false;
    toEnd();
  };

  let sending = null; // the reply under way: what to send, and how often it was tried
  const lost = (yes) => { const box = talk.querySelector(".lost"); if (box) box.hidden = !yes; };

  const send = async () => {
    const mine = sending;
    try {
      const answer = await fetch(talk.dataset.picks, {
        method: "POST", body: mine.body, headers: { "X-Requested-With": "fetch" }, credentials: "same-origin",
      });
      if (answer.status >= 502 && answer.status <= 504) throw new Error("gateway");
      if (!answer.ok && answer.status !== 422) { location.reload(); return; }
      const html = await answer.text();
      if (mine !== sending) return;
      sending = null;
      const before = talk.querySelectorAll(".line").length;
      talk.innerHTML = html;
      await arrive(before);
      toEnd();
      focusAnswer();
    } catch {
      if (mine !== sending) return;
      lost(true);
      mine.tries++;
      clearTimeout(mine.timer);
      mine.timer = setTimeout(() => { if (mine === sending) send(); }, Math.min(1000 * 2 ** mine.tries, 15000));
    }
  };

  talk.addEventListener("submit", (event) => {
    if (!event.target.matches(".replies")) return;
    event.preventDefault();
    if (sending) return; // a double click is no second turn
    const picked = event.submitter;
    const body = new URLSearchParams(new FormData(event.target));
    body.set("choice", picked.value);
    sending = { body, tries: 0 };
    picked.dataset.picked = "";
    for (const b of talk.querySelectorAll(".reply")) b.disabled = true;
    send();
  });
  talk.addEventListener("click", (event) => {
    if (event.target.closest(".lost button") && sending) { clearTimeout(sending.timer); send(); }
  });
  addEventListener("online", () => { if (sending?.tries) { clearTimeout(sending.timer); send(); } });
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, dialog")) return;
    if (event.key < "1" || event.key > "9" || event.key.length > 1) return;
    const reply = talk.querySelectorAll(".reply:not([disabled])")[Number(event.key) - 1];
    if (reply && !talk.querySelector(".answer").hidden) reply.click();
  });

  toEnd();
})();
