// The rehearsal in place: replies go out without a new page, lines arrive with
// a short pause, and a reply outlives a lost connection and a reload. Without
// this script the same forms work by loading pages.
//
// A reply carries the number of the turn it was made for, so it can be sent
// again and again: the server takes it once.
(() => {
  "use strict";
  const talk = document.getElementById("talk");
  if (!talk) return;
  const room = talk.closest(".room");
  const log = talk.querySelector(".lines");
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const answer = () => talk.querySelector(".answer");
  const open = () => [...talk.querySelectorAll(".reply:not([disabled])")];

  // A reply under way survives a reload where the browser lets pages remember.
  const memory = {
    key: "greenroom " + talk.dataset.picks,
    read() { try { return JSON.parse(sessionStorage.getItem(this.key)); } catch { return null; } },
    write(pick) { try { sessionStorage.setItem(this.key, JSON.stringify(pick)); } catch { /* then it lives as long as the page */ } },
    forget() { try { sessionStorage.removeItem(this.key); } catch { /* nothing was kept */ } },
  };

  // The view follows the talk: down to the replies, but never past the line
  // from which there is something new to read.
  const follow = (first) => {
    const page = document.scrollingElement;
    const end = page.scrollHeight - innerHeight;
    const head = room.querySelector(".top").offsetHeight;
    const unread = first ? first.getBoundingClientRect().top + scrollY - head - 8 : end;
    scrollTo({ top: Math.min(end, unread), behavior: calm.matches ? "auto" : "smooth" });
  };

  // The dots while somebody is typing.
  const typing = document.createElement("li");
  typing.className = "line typing";
  typing.dataset.speaker = "character";
  typing.dataset.first = "";
  typing.setAttribute("aria-hidden", "true");
  const dots = document.createElement("p");
  for (let i = 0; i < 3; i++) dots.append(document.createElement("i"));
  typing.append(room.querySelector(".top .portrait").cloneNode(true), dots);

  // What was picked stands in the talk at once, until the server's own line comes.
  const own = document.createElement("li");
  own.className = "line sending";
  own.dataset.speaker = "learner";
  own.dataset.first = "";
  own.setAttribute("aria-hidden", "true");
  own.append(document.createElement("p"));

  // A tap on the talk ends the pauses of this turn: who has read it waits for nothing.
  let hurried = false, goOn = () => {};
  const pause = (ms) => new Promise((done) => {
    goOn = done;
    setTimeout(done, hurried ? 0 : ms);
  });
  talk.querySelector(".log").addEventListener("click", () => { hurried = true; goOn(); });

  // Lines that are new arrive one after the other.
  const arrive = async (lines) => {
    const replaced = own.isConnected; // the first line is what was picked: it stands here already
    typing.remove();
    own.remove();
    for (const [i, line] of lines.entries()) {
      if (!calm.matches && line.dataset.speaker === "character") {
        log.append(typing);
        follow(lines[0].isConnected ? lines[0] : typing);
        await pause(Math.min(300 + line.textContent.trim().length * 6, 1000));
        typing.remove();
      }
      if (!calm.matches && !(replaced && i === 0)) line.classList.add("arriving");
      log.append(line);
      follow(lines[0]);
    }
  };

  // show takes the server's fragment: the lines that are not here yet, then
  // the replies to them.
  const show = async (part) => {
    const fresh = [...part.querySelectorAll(".line")].filter((line) => !document.getElementById(line.id));
    answer().classList.add("waiting");
    await arrive(fresh);
    answer().replaceWith(part.querySelector(".answer"));
    room.toggleAttribute("data-ended", answer().hasAttribute("data-over"));
    if (!calm.matches) answer().classList.add("arriving");
    const target = talk.querySelector("[data-result]") ?? answer();
    target.focus({ preventScroll: true });
    follow(fresh[0]);
  };

  let sending = null; // the reply under way

  // trouble says under the replies why nothing goes on, and keeps the reply.
  const trouble = (text) => {
    typing.remove();
    own.classList.add("kept");
    const box = talk.querySelector(".lost");
    box.querySelector("p").textContent = text;
    box.hidden = false;
    answer().scrollTop = answer().scrollHeight; // it scrolls by itself where it sticks
    follow();
  };
  const lostText = "Connection lost. Your reply is kept and will be sent again.";

  // explain reads what an error page says, reference included. A reply can
  // only go on from here if the server may still take it.
  const explain = (page, status) => {
    const text = (selector) => page.querySelector(selector)?.textContent.trim() ?? "";
    const said = [text("h1") || "Something went wrong on our side", text(".card section p")];
    if (status >= 500) said.push("Your reply is kept");
    const sentences = said.filter(Boolean).map((s) => s.replace(/[.!]?$/, ".")).join(" ");
    const reference = text(".reference");
    return reference ? `${sentences} Reference ${reference}` : sentences;
  };

  const retryLater = (mine) => {
    mine.tries++;
    clearTimeout(mine.timer);
    mine.timer = setTimeout(() => { if (mine === sending) deliver(); }, Math.min(1000 * 2 ** mine.tries, 15000));
  };

  const deliver = async () => {
    const mine = sending;
    let response, page;
    try {
      response = await fetch(talk.dataset.picks, {
        method: "POST", headers: { "X-Requested-With": "fetch" }, signal: AbortSignal.timeout(20000),
        body: new URLSearchParams({ turn: mine.turn, choice: mine.choice }),
      });
      page = new DOMParser().parseFromString(await response.text(), "text/html");
      if (response.status >= 502 && response.status <= 504) throw new Error("the server is away");
    } catch {
      if (mine !== sending) return;
      trouble(lostText);
      retryLater(mine);
      return;
    }
    if (mine !== sending) return;
    if (!page.querySelector(".answer")) {
      trouble(explain(page, response.status));
      return;
    }
    memory.forget();
    await show(page);
    sending = null;
  };

  // take puts a reply on its way. A double click is no second turn.
  const take = (button) => {
    if (sending) return;
    hurried = false;
    sending = { turn: answer().dataset.turn, choice: button.value, tries: 0 };
    memory.write({ turn: sending.turn, choice: sending.choice });
    room.removeAttribute("data-opening");
    for (const b of talk.querySelectorAll(".reply")) b.disabled = true;
    own.classList.remove("kept");
    own.querySelector("p").textContent = button.querySelector("span").textContent;
    log.append(own);
    if (!calm.matches) log.append(typing);
    follow();
    deliver();
  };

  const again = () => {
    if (!sending) return;
    clearTimeout(sending.timer);
    talk.querySelector(".lost").hidden = true;
    own.classList.remove("kept");
    if (!calm.matches) log.append(typing);
    deliver();
  };

  talk.addEventListener("submit", (event) => {
    if (!event.target.matches(".replies")) return;
    event.preventDefault();
    if (event.submitter) take(event.submitter);
  });
  talk.addEventListener("click", (event) => {
    if (event.target.closest(".lost button")) again();
    // The second half of a double click may meet the replies of the next turn.
    if (event.detail > 1 && event.target.closest(".reply")) event.preventDefault();
  });
  addEventListener("online", () => { if (sending?.tries) again(); });

  // Keys: 1 to 9 pick, the arrows walk through the replies.
  const walk = (step) => {
    const all = open();
    const here = all.indexOf(document.activeElement);
    all[here < 0 ? (step > 0 ? 0 : all.length - 1) : (here + step + all.length) % all.length]?.focus();
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || document.querySelector("dialog[open]")) return;
    if (event.key === "Escape") { closeGoal(); return; }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && answer().contains(document.activeElement) && open().length) {
      event.preventDefault();
      walk(step);
    }
    if (/^[1-9]$/.test(event.key)) open()[Number(event.key) - 1]?.click();
  });

  // The objective's card closes by Escape and by a click elsewhere.
  const goal = room.querySelector(".goal");
  const closeGoal = () => {
    if (!goal.open) return;
    goal.open = false;
    goal.querySelector("summary").focus();
  };
  document.addEventListener("click", (event) => { if (goal.open && !goal.contains(event.target)) goal.open = false; });

  // Leaving asks once, while there is something to leave.
  const leave = room.querySelector(".leave");
  const leaving = document.getElementById("leaving");
  leave.addEventListener("submit", (event) => {
    if (leaving.returnValue === "leave") return;
    event.preventDefault();
    leaving.showModal();
  });
  leaving.addEventListener("close", () => { if (leaving.returnValue === "leave") leave.requestSubmit(); });
  addEventListener("pageshow", () => { leaving.returnValue = ""; });

  // A reload goes on with the reply that was under way.
  const kept = memory.read();
  const button = kept && kept.turn === answer().dataset.turn && open().find((b) => b.value === kept.choice);
  if (button) take(button);
  else {
    memory.forget();
    if (Number(answer().dataset.turn) > 0) scrollTo(0, document.scrollingElement.scrollHeight);
  }
})();
