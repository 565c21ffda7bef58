// Keeps what is typed into an appeal, until it is sent: on this device at once, and on the server when typing pauses,
// when the connection is back and when the page is left. Without this the page works as well; it only keeps less.
//
// Older words must never take the place of newer ones, and two clocks are never the same. This device has a name and
// counts its changes: of its own words the higher count is newer. Words of another device (or sent without a script)
// are newer if they are younger, each age measured by one clock; but never newer than what was typed here after they
// had been seen here (`seen`). appeals/drafting.py decides in the same way about what is sent to it.

const KEEP_DAYS = 60;
const DEVICE_PAUSE = 300; // ms after the last key
const SERVER_PAUSE = 3_000;
const RETRY = 10_000;

const name = (decision) => `appeal-draft-${decision}`;

// A browser may forbid storage, or have none left: then only the server keeps.
function withStorage(work) {
  try {
    return work(window.localStorage);
  } catch {
    return undefined;
  }
}

// Once it is sent nothing stays on a device that may not be hers.
function forget(decision) {
  withStorage((storage) => {
    for (const key of Object.keys(storage)) {
      if (key === name(decision) || key.startsWith(`${name(decision)}-`)) {
        storage.removeItem(key);
      }
    }
  });
}

const sent = document.querySelector("[data-draft-sent]");
if (sent) {
  forget(sent.dataset.draftSent);
}

class Draft {
  constructor(form) {
    this.form = form;
    this.key = name(form.dataset.draft);
    this.fields = [...form.querySelectorAll("textarea, input[type=email]")];
    this.connected = true;
    this.over = false;
    this.typedAt = Date.now();
    this.record = this.read() ?? { device: crypto.getRandomValues(new Uint32Array(3)).join("-"), revision: 0, seen: 0 };
    this.kept = 0; // the revision that the server has
    this.begin();
  }

  read() {
    const record = withStorage((storage) => JSON.parse(storage.getItem(this.key)));
    return record?.typed && Date.now() - record.at < KEEP_DAYS * 86_400_000 ? record : undefined;
  }

  typed() {
    return Object.fromEntries(this.fields.map((field) => [field.name, field.value]));
  }

  same(one, other) {
    return this.fields.every(({ name }) => (one?.[name] ?? "").trim() === (other?.[name] ?? "").trim());
  }

  put(typed) {
    for (const field of this.fields) {
      field.value = typed[field.name] ?? "";
    }
  }

  // Which words the page shows: what came with it, or what this device kept.
  begin() {
    const { device, revision, seen, age } = this.form.dataset;
    const { record } = this;
    const came = this.typed();
    const theirs = Number(seen);
    if (record.typed && !this.same(record.typed, came)) {
      const ours =
        !theirs ||
        (device === record.device
          ? record.revision > Number(revision)
          : theirs <= record.seen || Date.now() - record.at < Number(age));
      if (ours) {
        this.put(record.typed);
        this.later(SERVER_PAUSE);
      } else {
        this.adopt(came, Number(age));
      }
    } else if (theirs) {
      this.kept = record.revision;
    }
    this.saw(theirs);
    if (record.typed) {
      this.say(this.kept ? "server" : "device");
    }
  }

  // What the server has is newer. The other words are not lost: they stand beside it, to copy.
  adopt(typed, age) {
    const older = document.getElementById("older");
    older.querySelector(".older").innerText = Object.values(this.record.typed).filter(Boolean).join("\n\n");
    older.hidden = false;
    document.getElementById("newer").hidden = false;
    this.record = { ...this.record, typed, at: Date.now() - age };
    this.kept = this.record.revision;
  }

  say(state) {
    for (const each of this.form.querySelectorAll("[data-state]")) {
      each.hidden = each.dataset.state !== state;
    }
  }

  changed() {
    this.typedAt = Date.now();
    clearTimeout(this.deviceTimer);
    this.deviceTimer = setTimeout(() => this.keepHere(), DEVICE_PAUSE);
    this.later(SERVER_PAUSE);
  }

  later(pause) {
    clearTimeout(this.serverTimer);
    this.serverTimer = setTimeout(() => this.keepThere(), pause);
  }

  keepHere() {
    clearTimeout(this.deviceTimer);
    const typed = this.typed();
    if (this.over || this.same(typed, this.record.typed)) {
      return;
    }
    this.record = { ...this.record, typed, revision: this.record.revision + 1, at: this.typedAt };
    const kept = withStorage((storage) => {
      storage.setItem(this.key, JSON.stringify(this.record));
      return true;
    });
    if (kept && this.connected && !this.kept) {
      this.say("device");
    }
  }

  // Says which version of whose words this is.
  mark(data) {
    const { device, revision, seen, at } = this.record;
    const age = Math.max(0, Date.now() - (at ?? Date.now()));
    for (const [key, value] of Object.entries({ device, revision, seen, age })) {
      data.set(key, String(value));
    }
    return data;
  }

  words() {
    const data = new FormData();
    for (const [key, value] of Object.entries(this.record.typed ?? this.typed())) {
      data.set(key, value);
    }
    data.set("keep", "1");
    return this.mark(data);
  }

  async keepThere() {
    clearTimeout(this.serverTimer);
    this.keepHere();
    const { revision } = this.record;
    if (this.over || (this.connected && this.kept >= revision)) {
      return;
    }
    let answer;
    try {
      const response = await fetch(this.form.getAttribute("action"), { method: "POST", body: this.words() });
      if (response.status >= 500) {
        throw new Error("not reached");
      }
      answer = response.headers.get("Content-Type").includes("json") ? await response.json() : undefined;
    } catch {
      this.lost();
      return;
    }
    if (this.over || !answer) {
      return; // sent meanwhile, or the time is over: pressing Send says so
    }
    this.saw(answer.seen);
    if (!answer.typed) {
      this.kept = Math.max(this.kept, revision);
      if (this.connected && revision) {
        this.say("server");
      }
    } else if (this.record.revision === revision && !this.same(answer.typed, this.record.typed)) {
      this.put(answer.typed);
      this.adopt(answer.typed, 0);
    }
    this.found();
  }

  saw(seen) {
    this.record.seen = Math.max(this.record.seen, Number(seen));
  }

  // The browser sends this by itself after the page is gone.
  leave() {
    this.keepHere();
    if (!this.over && this.kept < this.record.revision) {
      navigator.sendBeacon?.(this.form.getAttribute("action"), this.words());
    }
  }

  lost() {
    this.connected = false;
    this.say("offline");
    this.later(RETRY);
  }

  found() {
    if (!this.connected) {
      this.connected = true;
      this.say("online");
      this.form.dispatchEvent(new Event("connected"));
    }
  }

  finish() {
    this.over = true;
    clearTimeout(this.deviceTimer);
    clearTimeout(this.serverTimer);
    forget(this.form.dataset.draft);
  }
}

let draft;

// The draft of the form on the page, once it is there and again when it was put anew.
export function begin() {
  const form = document.querySelector("form[data-draft]");
  if (draft?.form !== form) {
    clearTimeout(draft?.deviceTimer);
    clearTimeout(draft?.serverTimer);
    draft = form ? new Draft(form) : undefined;
    form?.addEventListener("input", () => draft.changed());
  }
  return draft;
}

begin();
window.addEventListener("offline", () => draft?.lost());
window.addEventListener("online", () => draft?.later(0));
window.addEventListener("pagehide", () => draft?.leave());
document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && draft?.leave());
