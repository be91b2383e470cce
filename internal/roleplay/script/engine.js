// The stage hand between Go and inkjs: it compiles, probes and plays stories
// within limits, and tells whose words a line is. It runs on goja, after
// inkjs/ink-full-es2015.js; what it offers is the object greenroom at the end.
// Requests and answers are JSON texts: no object is shared with Go.
"use strict";

var greenroom = (function (inkjs) {
  const { Compiler, CompilerOptions, InkList, InkParser, Story } = inkjs;

  // Values of inkjs' enumerations, which it does not export.
  const FUNCTION = 1; // PushPopType
  const BEGIN_TAG = 24; // ControlCommand.CommandType
  const END_TAG = 25;
  const ERROR = 2; // ErrorType

  // Each parser of inkjs makes a set of all letters of all scripts that a name
  // may have, which takes longer than to parse a scenario. One will do.
  const letters = Object.getOwnPropertyDescriptor(InkParser.prototype, "identifierCharSet").get;
  let names = null;
  Object.defineProperty(InkParser.prototype, "identifierCharSet", {
    get() {
      return names || (names = letters.call(this));
    },
  });

  // Stop ends a run that would leave its limits. inkjs lets it through: it
  // handles its own exceptions only.
  class Stop extends Error {
    constructor(limit) {
      super(limit);
      this.limit = limit;
    }
  }

  // What the running turn and talk may still use. Counted in steps of the
  // story, in characters of text and in items of lists, so that the same story
  // stops at the same place on every machine.
  const left = { steps: 0, text: 0, items: 0 };
  let counted = null; // the top of the evaluation stack that was counted last

  function spend(characters) {
    left.text -= characters;
    if (left.text < 0) throw new Stop("text");
  }

  // weigh counts a value that a step has left behind.
  function weigh(value) {
    if (typeof value === "string") spend(value.length);
    if (value instanceof InkList) left.items -= value.Count;
    if (left.items < 0) throw new Stop("items");
  }

  const step = Story.prototype.Step;
  Story.prototype.Step = function () {
    if (--left.steps < 0) throw new Stop("steps");
    step.call(this);
    const stack = this.state.evaluationStack;
    const top = stack[stack.length - 1];
    if (top && top !== counted) {
      counted = top;
      weigh(top.value);
    }
  };

  // A Reply watches the output after a choice until the choice's own line is
  // over, and tells if that line had words of its own.
  class Reply {
    constructor(choice, story) {
      this.home = story.ContentAtPath(choice.targetPath).container;
      this.open = true;
      this.said = false;
      this.tags = 0; // of its own line
    }

    owns(container) {
      for (let c = container; c; c = c.parent) {
        if (c === this.home || c.name === "s") return true;
      }
      return false;
    }

    // speaks tells if the story stands in the choice's own line, or in a
    // function that this line calls.
    speaks(state) {
      const frames = state.callStack.elements;
      for (let i = frames.length - 1; i >= 0; i--) {
        if (this.owns(frames[i].currentPointer.container)) return true;
        if (frames[i].type !== FUNCTION) return false;
      }
      return false;
    }
  }
  let reply = null;
  let tagged = false; // inside a tag

  // hook gets at the class of story states, which inkjs does not export.
  function hook(state) {
    const prototype = Object.getPrototypeOf(state);
    if (prototype.watched) return;
    prototype.watched = true;
    const push = prototype.PushToOutputStream;
    prototype.PushToOutputStream = function (object) {
      if (typeof object.value === "string") {
        spend(object.value.length);
        if (reply && reply.open && !tagged && !this.inStringEvaluation) listen(this, object, push);
      } else if (object.commandType === BEGIN_TAG) {
        tagged = true;
      } else if (object.commandType === END_TAG) {
        tagged = false;
        if (reply && reply.open && !this.inStringEvaluation) reply.tags++;
      }
      push.call(this, object);
    };
  }

  // listen ends the reply at its own line break, or at the first words that
  // are not its own. Ink would glue those to it ("* Hello -> elsewhere"): here
  // another speaker begins, so a line break is put between.
  function listen(state, text, push) {
    const own = reply.speaks(state);
    if (own && text.value !== "\n") {
      if (text.value.trim() !== "") reply.said = true;
      return;
    }
    if (!own && text.value.trim() === "") return;
    reply.open = false;
    if (!own && reply.said) push.call(state, new text.constructor("\n"));
  }

  // refill grants a turn its steps and its text.
  function refill(limits) {
    reply = null;
    tagged = false;
    left.steps = limits.steps;
    left.text = limits.text;
    left.items = limits.items;
  }

  function begin(story, seed, limits) {
    refill(limits);
    story.ResetState();
    hook(story.state);
    story.state.storySeed = seed;
    story.state.previousRandom = 0;
  }

  function fault(text, kind) {
    if (kind === ERROR) throw new Error(text);
  }

  // lines lets the story speak until the next choice. A line of ink is one
  // line, unless listen broke it in two: then each half has its own tags.
  function lines(story) {
    const said = [];
    while (story.canContinue) {
      const [first, ...rest] = story.Continue().split("\n").map((t) => t.trim()).filter((t) => t !== "");
      const tags = story.currentTags || [];
      const own = rest.length > 0 ? reply.tags : tags.length;
      if (first || tags.length > 0) said.push({ text: first || "", tags: tags.slice(0, own) });
      if (rest.length > 0) said.push({ text: rest.join(" "), tags: tags.slice(own) });
    }
    return said;
  }

  // offer is a choice's text. Ink tidies blanks in lines, but not in choices.
  function offer(choice) {
    return choice.text.replace(/\s+/g, " ").trim();
  }

  function choices(story) {
    return story.currentChoices.map(offer);
  }

  // choose takes a reply and returns what follows. If the reply spoke, the
  // first line is the learner's own.
  function choose(story, index, limits) {
    refill(limits);
    const choice = story.currentChoices[index];
    reply = new Reply(choice, story);
    story.ChooseChoiceIndex(index);
    const said = lines(story);
    return { reply: offer(choice), tags: choice.tags || [], spoke: reply.said, said };
  }

  const kept = new Map(); // stories by key, the one used last at the end

  function take(key, compiled, limits) {
    refill(limits);
    let story = kept.get(key);
    kept.delete(key); // until the turn went well
    if (!story) {
      story = new Story(compiled());
      story.onError = fault;
    }
    hook(story.state);
    return story;
  }

  function keep(key, story) {
    if (kept.size >= 8) kept.delete(kept.keys().next().value);
    kept.set(key, story);
  }

  // play goes on from a saved state, or from the beginning where there is
  // none, with the picks that follow. compiled is asked for the story's JSON
  // only if the story is not at hand.
  function play(request, compiled) {
    const { key, seed, state, picks, limits } = JSON.parse(request);
    const story = take(key, compiled, limits);
    const beats = [];
    if (state) {
      story.state.LoadJson(state);
    } else {
      begin(story, seed, limits);
      beats.push({ said: lines(story) });
    }
    for (let i = 0; i < picks.length; i++) {
      const open = story.currentChoices.length;
      if (!(picks[i] >= 0 && picks[i] < open)) {
        return JSON.stringify({ refused: true, pick: i, open });
      }
      beats.push(choose(story, picks[i], limits));
    }
    keep(key, story);
    return JSON.stringify({ beats, choices: choices(story), state: story.state.ToJson() });
  }

  let fresh = null; // the story that was compiled last, with its line numbers

  function compile(request) {
    const { ink, limits } = JSON.parse(request);
    refill(limits);
    const messages = [];
    const hear = (text, kind) => messages.push({ text, kind });
    fresh = null;
    let compiled = "";
    try {
      fresh = new Compiler(ink, new CompilerOptions(null, [], false, hear, null)).Compile();
      fresh.onError = fault;
      compiled = fresh.ToJson();
    } catch (e) {
      if (messages.length === 0) throw e;
    }
    return JSON.stringify({ messages, compiled });
  }

  // probe walks through the story that was compiled last, each time along the
  // replies that were taken least. It stops at the first fault, when several
  // walks in a row found nothing new, and when long walks came to no end.
  function probe(request) {
    const { walks, turns, limits } = JSON.parse(request);
    const taken = new Map();
    const report = { ends: 0, silent: false, fault: "", limit: "", line: 0, picks: [] };
    let stale = 0;
    for (let walk = 0; walk < walks && stale < 4; walk++) {
      const before = taken.size;
      try {
        wander(walk, turns, limits, taken, report);
      } catch (e) {
        if (e instanceof Stop) report.limit = e.limit;
        else report.fault = String(e.message);
        const where = fresh.currentDebugMetadata;
        if (where) report.line = where.startLineNumber;
        break;
      }
      stale = taken.size === before ? stale + 1 : 0;
    }
    return JSON.stringify(report);
  }

  function wander(walk, turns, limits, taken, report) {
    report.picks = [];
    begin(fresh, walk + 1, limits);
    lines(fresh);
    while (fresh.currentChoices.length > 0 && report.picks.length < turns) {
      const next = least(fresh.currentChoices, taken, walk);
      report.picks.push(next);
      choose(fresh, next, limits);
    }
    if (fresh.currentChoices.length > 0) return;
    report.ends++;
    if (report.picks.length === 0) report.silent = true;
  }

  function least(open, taken, walk) {
    const times = (i) => taken.get(open[i].sourcePath) || 0;
    let best = walk % open.length;
    for (let i = 0; i < open.length; i++) {
      if (times(i) < times(best)) best = i;
    }
    taken.set(open[best].sourcePath, times(best) + 1);
    return best;
  }

  return { compile, probe, play };
})(inkjs);
