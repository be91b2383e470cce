// Talks to the storage that a platform lends its tools in its own page (LTI
// Platform Storage 0.1), for browsers that keep no cookies in a frame. What the
// page must hold is told at StorageScript in the Go package lti.
(() => {
  "use strict";
  const place = document.querySelector("[data-lti-storage]");
  if (!place) return;
  const { origin, key } = place.dataset;
  const near = window.parent === window ? window.opener : window.parent;
  const answerTime = 1000; // ms; asked twice at most, so that nobody waits longer than two seconds
  const capabilityTime = 700;
  const names = /^[A-Za-z0-9_.-]{1,64}$/;

  // locate finds the window that listens. A named frame may sit beside us or
  // beside a frame around us.
  const locate = (name) => {
    if (name === "_parent") return near;
    for (let w = near; w; w = w === w.parent ? null : w.parent) {
      try {
        if (w.frames[name]) return w.frames[name];
      } catch { /* another site's window, without a frame of that name */ }
    }
    return null;
  };

  // ask sends one message and waits for its answer. What comes from another
  // origin, or answers another message, is not for us.
  const ask = (to, where, subject, members, limit) => new Promise((done, fail) => {
    const id = crypto.randomUUID();
    const hear = ({ origin: from, data }) => {
      if (where !== "*" && from !== where) return;
      if (data?.message_id !== id || data.subject !== `${subject}.response`) return;
      stop();
      if (data.error) fail(String(data.error.code ?? "error"));
      else done(data);
    };
    const stop = () => {
      clearTimeout(timer);
      removeEventListener("message", hear);
    };
    const timer = setTimeout(() => { stop(); fail("timeout"); }, limit);
    addEventListener("message", hear);
    if (to) to.postMessage({ subject, message_id: id, ...members }, where);
    else { stop(); fail("no_frame"); }
  });

  // find says where to talk and in which words: drafts of the specification
  // had a prefix.
  const find = async () => {
    if (!("ask" in place.dataset)) return { name: place.dataset.target, prefix: "" };
    const { supported_messages: all } = await ask(near, "*", "lti.capabilities", {}, capabilityTime);
    for (const prefix of ["", "org.imsglobal."]) {
      const put = Array.isArray(all) && all.find((m) => m?.subject === `${prefix}lti.put_data`);
      if (put) return { name: names.test(put.frame ?? "") ? put.frame : "_parent", prefix };
    }
    throw "unsupported_subject";
  };

  const talk = async (verb, members) => {
    const { name, prefix } = await find();
    const once = () => ask(locate(name), origin, `${prefix}lti.${verb}`, { key, ...members }, answerTime);
    try {
      return await once();
    } catch (code) {
      if (code !== "timeout" && code !== "no_frame") throw code;
      return once(); // the frame may not have been ready
    }
  };

  const put = async () => {
    try {
      await talk("put_data", { value: place.dataset.value });
      location.replace(place.dataset.next);
    } catch {
      document.querySelector("[data-lti-wait]").hidden = true;
      document.querySelector("[data-lti-fallback]").hidden = false;
    }
  };

  const get = async () => {
    const form = place.querySelector("form");
    try {
      const { value } = await talk("get_data", {});
      if (typeof value !== "string" || value === "") throw "missing";
      form.elements.stored.value = value;
      talk("put_data", { value: null }).catch(() => {}); // used up
    } catch (code) {
      form.elements.problem.value = typeof code === "string" ? code.slice(0, 40) : "error";
    }
    form.submit();
  };

  if (place.dataset.ltiStorage === "put") put();
  else get();
})();
