// What the shared pages do in the browser. Everything hangs on data attributes
// and works on content that htmx brings later; without it the pages still do
// their job.
(() => {
  "use strict";
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // announce speaks to screen readers.
  const announce = (text) => {
    const live = document.getElementById("live");
    if (!live) return;
    live.textContent = "";
    setTimeout(() => { live.textContent = text; }, 50);
  };

  // Copy: a button with data-copy copies the field that it names.
  const selectField = (field) => {
    field.focus();
    field.select?.();
  };
  const copied = (button) => {
    const label = button.querySelector("span");
    button.dataset.label ??= label.textContent;
    button.dataset.done = "";
    label.textContent = "Copied";
    announce("Copied");
    clearTimeout(Number(button.dataset.timer));
    button.dataset.timer = setTimeout(() => {
      delete button.dataset.done;
      label.textContent = button.dataset.label;
    }, 2000);
  };
  const copy = async (button) => {
    const field = document.getElementById(button.dataset.copy);
    if (!field) return false;
    try {
      await navigator.clipboard.writeText(field.value ?? field.textContent);
    } catch {
      if (field.select) selectField(field);
      return false;
    }
    copied(button);
    return true;
  };
  const refusedCopy = "Your browser did not let Greenroom copy. The text is selected: press Ctrl+C, or ⌘C on a Mac.";
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (button && !(await copy(button))) toast(refusedCopy, "warning");
  });
  // A field that was just made is copied at once, and says how that went.
  const autoCopy = async (root) => {
    for (const button of all("[data-copy-now]", root)) {
      button.removeAttribute("data-copy-now");
      const ok = await copy(button);
      const said = document.getElementById(button.dataset.says);
      const text = ok ? "Copied to your clipboard." : refusedCopy;
      if (said) said.textContent = text;
      if (!ok) announce(text);
    }
  };

  // Toasts stay while somebody looks at them.
  const dismissLater = (item) => {
    let timer;
    const start = () => { timer = setTimeout(() => item.remove(), 6000); };
    const hold = () => clearTimeout(timer);
    item.addEventListener("mouseenter", hold);
    item.addEventListener("mouseleave", start);
    item.addEventListener("focusin", hold);
    item.addEventListener("focusout", start);
    start();
  };
  const toast = (text, kind = "notice") => {
    const room = document.getElementById("toasts");
    if (!room) return;
    const item = document.createElement("div");
    item.className = "toast-item";
    item.dataset.kind = kind;
    item.textContent = text;
    room.append(item);
    dismissLater(item);
    announce(text);
  };

  // Times: relative, with the exact one in the reader's zone on hover.
  const units = [["year", 31536e6], ["month", 2592e6], ["day", 864e5], ["hour", 36e5], ["minute", 6e4]];
  const words = new Intl.RelativeTimeFormat("en", { numeric: "always" });
  const relative = (ms) => {
    for (const [unit, size] of units) {
      if (Math.abs(ms) >= size) return words.format(Math.trunc(ms / size), unit);
    }
    return ms > 0 ? "in less than a minute" : "just now";
  };
  const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "long", timeStyle: "short" });
  // say changes a text only if it differs, so that a selection survives.
  const say = (element, text) => { if (element.textContent !== text) element.textContent = text; };
  const showTimes = (root = document) => {
    for (const t of all("time[data-relative]", root)) {
      const at = new Date(t.dateTime);
      say(t, relative(at - Date.now()));
      t.title = exact.format(at);
    }
  };

  // Countdowns: whole minutes, the last minute in seconds.
  const left = (ms) => {
    if (ms <= 0) return "Expired. Generate a new one.";
    if (ms < 6e4) return `Valid for ${Math.ceil(ms / 1000)} more seconds`;
    const minutes = Math.ceil(ms / 6e4);
    return minutes >= 60 ? "Valid for 1 hour" : `Valid for ${minutes} more minute${minutes === 1 ? "" : "s"}`;
  };
  const showCountdowns = (root = document) => {
    for (const c of all("[data-until]", root)) {
      const ms = new Date(c.dataset.until) - Date.now();
      say(c, left(ms));
      const button = c.closest(".field")?.querySelector("[data-copy]");
      if (button) button.disabled = ms <= 0;
    }
  };

  // Menus close by Escape and by a click elsewhere; arrows walk through them.
  const openMenus = () => all("details.menu[open]");
  document.addEventListener("click", (event) => {
    for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.target.closest?.("details.menu");
    if (event.key === "Escape") {
      for (const open of openMenus()) {
        open.open = false;
        open.querySelector("summary").focus();
      }
      closeSheet();
      return;
    }
    if (!menu || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
    event.preventDefault();
    menu.open = true;
    const items = all(".menu-item", menu);
    const step = event.key === "ArrowDown" ? 1 : -1;
    const here = items.indexOf(document.activeElement);
    const next = here < 0 ? (step > 0 ? 0 : items.length - 1) : (here + step + items.length) % items.length;
    items[next]?.focus();
  });

  // The sidebar as a sheet, below tablet width.
  const sheet = () => document.getElementById("side");
  const setSheet = (open) => {
    const side = sheet();
    if (!side) return;
    for (const part of [side, document.getElementById("scrim")]) part.toggleAttribute("data-open", open);
    document.getElementById("main").inert = open;
    const button = document.getElementById("side-button");
    button.setAttribute("aria-expanded", String(open));
    (open ? side.querySelector("summary, a") : button).focus();
  };
  const closeSheet = () => { if (sheet()?.hasAttribute("data-open")) setSheet(false); };
  document.addEventListener("click", (event) => {
    if (event.target.closest("#side-button")) setSheet(true);
    else if (event.target.closest("#scrim")) closeSheet();
  });

  // A form with data-confirm asks once before it is sent.
  const ask = (form) => {
    const box = document.createElement("dialog");
    box.className = "ask";
    box.setAttribute("aria-labelledby", "ask-title");
    const title = document.createElement("h2");
    title.id = "ask-title";
    title.textContent = form.dataset.confirm;
    const text = document.createElement("p");
    text.textContent = form.dataset.confirmText ?? "";
    const answer = document.createElement("form");
    answer.method = "dialog";
    const button = (label, value, variant) => {
      const b = document.createElement("button");
      b.className = "btn";
      b.value = value;
      b.textContent = label;
      if (variant) b.dataset.variant = variant;
      return b;
    };
    answer.append(button("Cancel", "", "outline"), button(form.dataset.confirmLabel ?? "Go on", "yes", "destructive"));
    box.append(title, text, answer);
    box.addEventListener("close", () => {
      box.remove();
      if (box.returnValue !== "yes") return;
      form.dataset.confirmed = "";
      form.requestSubmit();
    });
    document.body.append(box);
    box.showModal();
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.confirm && !("confirmed" in form.dataset)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      ask(form);
      return;
    }
    delete form.dataset.confirmed;
    if (!form.hasAttribute("hx-post") && form.method === "post") {
      form.querySelector("button:not([type=button])")?.setAttribute("data-busy", "");
    }
  }, true);
  addEventListener("pageshow", () => { for (const b of all("[data-busy]")) b.removeAttribute("data-busy"); });

  // Nobody watches a hidden page: it does not poll.
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (document.hidden && event.detail.elt.hasAttribute("data-poll")) event.preventDefault();
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    const part = event.detail.elt;
    refresh(part);
    if (part.dataset.announce) announce(part.dataset.announce);
  });
  document.addEventListener("htmx:sendError", (event) => {
    if (!event.detail.elt.hasAttribute("data-poll")) toast("Greenroom cannot be reached. Check your connection and try again.", "warning");
  });
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.elt.hasAttribute("data-poll")) return;
    const { status, responseText } = event.detail.xhr;
    if (status === 401) { // what is typed on this page stays
      toast("Your sign-in has ended. Sign in in another tab, then try again here.", "warning");
      return;
    }
    const said = status === 429 && new DOMParser().parseFromString(responseText, "text/html").querySelector("section p");
    toast(said ? said.textContent : "That did not work. Load the page again and retry.", "warning");
  });

  // A file that is chosen fills the text field that data-fills names.
  document.addEventListener("change", async (event) => {
    const input = event.target;
    const field = document.getElementById(input.dataset?.fills ?? "");
    if (!field || !input.files?.[0]) return;
    field.value = await input.files[0].text();
    field.focus();
  });

  const refresh = (root = document) => {
    showTimes(root.parentElement ?? document);
    showCountdowns(root.parentElement ?? document);
    autoCopy(root);
  };
  refresh(document);
  for (const item of all(".toast-item")) {
    dismissLater(item);
    announce(item.textContent.trim());
  }
  // The first invalid field has the cursor, also where autofocus was refused.
  document.querySelector("[aria-invalid=true]")?.focus();
  setInterval(() => { showTimes(); showCountdowns(); }, 1000);
})();
