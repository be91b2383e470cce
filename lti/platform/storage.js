// The platform's side of LTI Platform Storage 0.1: keeps small texts for tools
// whose browsers keep no cookies in a frame. The tag that loads this script
// names the tools' origins; nobody else is served.
(() => {
  "use strict";
  const { tools, fault } = document.currentScript.dataset;
  const known = new Set(tools.split(" "));
  const kept = new Map(); // origin → key → value
  const mostKeys = 500, mostCharacters = 4096;
  const subjects = ["lti.capabilities", "lti.put_data", "lti.get_data"];

  const trouble = (code, message) => ({ error: { code, message } });

  const put = (mine, { key, value }) => {
    if (value === null || value === undefined) {
      mine.delete(key);
      return { key, value: null };
    }
    const others = [...mine].filter(([name]) => name !== key);
    const size = others.reduce((sum, [name, text]) => sum + name.length + text.length, key.length + String(value).length);
    if (others.length + 1 > mostKeys || size > mostCharacters) return trouble("storage_exhaustion", "there is no room left");
    mine.set(key, String(value));
    return { key, value: String(value) };
  };

  const answer = (origin, asked) => {
    if (asked.subject === "lti.capabilities") {
      return { supported_messages: subjects.map((subject) => ({ subject, ...(name && subject !== "lti.capabilities" ? { frame: name } : {}) })) };
    }
    if (!known.has(origin)) return trouble("wrong_origin", "this origin is no tool's");
    if (!kept.has(origin)) kept.set(origin, new Map());
    const mine = kept.get(origin);
    if (typeof asked.key !== "string" || asked.key === "") return trouble("bad_request", "key is missing");
    if (asked.subject === "lti.put_data") return put(mine, asked);
    return { key: asked.key, value: fault === "forgets" ? null : mine.get(asked.key) ?? null };
  };

  addEventListener("message", ({ data, origin, source }) => {
    const subject = data?.subject;
    if (typeof subject !== "string" || !subject.startsWith("lti.") || subject.endsWith(".response")) return;
    const say = (message) => source.postMessage({ subject: `${subject}.response`, message_id: data.message_id, ...message }, origin);
    if (!subjects.includes(subject)) return say(trouble("unsupported_subject", "not known here"));
    if (typeof data.message_id !== "string") return say(trouble("bad_request", "message_id is missing"));
    if (fault === "lies") { // and tells the truth after that
      say({ message_id: "another", key: data.key, value: "another" });
      say({ subject: `${subject}.answer`, key: data.key, value: "another" });
      say({ subject, key: data.key, value: "another" });
    }
    say(answer(origin, data));
  });
})();
