// @ts-check
// The events of the client as they come, with a filter for each type, and a pause.
import { byId, duration, make, setProse, setText } from "./dom.js";

/** @typedef {import("pay4power-auth").ClientEvent} ClientEvent */

const MAX_EVENTS = 200;

/** All types. `tests/browser/page-events.test.ts` compares them with the declarations. @type {ClientEvent["type"][]} */
export const TYPES = [
  "exchange.start",
  "exchange.success",
  "exchange.failure",
  "retry",
  "refresh.background",
  "token.rejected",
  "replay",
  "replay.withheld",
  "cooldown.start",
  "cooldown.end",
  "circuit.open",
  "circuit.close",
  "store.hit",
  "store.miss",
  "store.error",
];

/** Shows the events of a session. @param {import("./session.js").Session} session */
export function showEvents(session) {
  const log = byId("log");
  log.tabIndex = 0; // it scrolls
  /** The events that came during the pause. @type {HTMLElement[]} */
  const held = [];
  /** @type {Map<string, { input: HTMLInputElement, count: Element, times: number }>} */
  const filters = new Map();
  /** @type {Record<string, { meaning: string }> | undefined} */
  let words;

  for (const type of TYPES) {
    const input = make("input", { type: "checkbox", checked: "" });
    const count = make("span", { class: "count" }, "0");
    byId("types").append(make("label", {}, input, make("code", {}, type), count));
    filters.set(type, { input, count, times: 0 });
    input.addEventListener("change", filter);
  }
  byId("all").addEventListener("click", () => checkAll(true));
  byId("none").addEventListener("click", () => checkAll(false));
  // On a narrow screen the filter would stand before the events.
  /** @type {HTMLDetailsElement} */ (byId("filter")).open = matchMedia("(width > 48rem)").matches;
  const pause = byId("pause");
  pause.addEventListener("click", () => {
    const isPaused = pause.ariaPressed !== "true";
    pause.ariaPressed = String(isPaused);
    add(...held.splice(0));
    showPause();
  });
  for (const event of session.events) {
    receive(event);
  }
  session.addEventListener("client", (event) => {
    receive(/** @type {CustomEvent<ClientEvent>} */ (event).detail);
  });
  filter();
  // The words are not needed for the first paint.
  import("/on-call/events.js").then(({ EVENTS }) => {
    words = EVENTS;
    for (const row of [...log.children, ...held]) {
      explain(/** @type {HTMLElement} */ (row));
    }
  });

  /** @param {ClientEvent} detail */
  function receive(detail) {
    const entry = filters.get(detail.type);
    if (entry) {
      entry.times += 1;
      setText(entry.count, String(entry.times));
    }
    const row = rowOf(detail);
    if (pause.ariaPressed === "true") {
      held.push(row);
      showPause();
    } else {
      add(row);
    }
  }

  /** @param {...HTMLElement} rows */
  function add(...rows) {
    for (const row of rows) {
      log.prepend(row);
    }
    while (log.children.length > MAX_EVENTS) {
      log.lastElementChild?.remove();
    }
    filter();
  }

  function filter() {
    let shown = 0;
    for (const row of log.children) {
      const { dataset } = /** @type {HTMLElement} */ (row);
      const isShown = filters.get(dataset["type"] ?? "")?.input.checked ?? true;
      row.toggleAttribute("hidden", !isShown);
      shown += isShown ? 1 : 0;
    }
    setText("shown", `${shown} of ${log.children.length} shown`);
  }

  /** @param {boolean} isChecked */
  function checkAll(isChecked) {
    for (const { input } of filters.values()) {
      input.checked = isChecked;
    }
    filter();
  }

  function showPause() {
    const isPaused = pause.ariaPressed === "true";
    setText(pause, isPaused ? `Go on (${held.length} new)` : "Pause");
  }

  /** @param {ClientEvent} event */
  function rowOf(event) {
    const { type, atMs } = event;
    const row = make(
      "li",
      { "data-type": type },
      make("time", {}, new Date(atMs).toLocaleTimeString()),
      make("code", {}, type),
      make("span", { class: "details" }, detailsOf(event)),
      make("span", { class: "words" }),
    );
    explain(row);
    return row;
  }

  /** @param {HTMLElement} row */
  function explain(row) {
    const target = row.querySelector(".words");
    const meaning = words?.[row.dataset["type"] ?? ""]?.meaning;
    if (target && meaning) {
      setProse(target, meaning);
    }
  }
}

/** Returns the members of an event in words. @param {ClientEvent} event */
function detailsOf(event) {
  const { reason, attempt, durationMs, exchangeId } = /** @type {Record<string, any>} */ (event);
  return [
    exchangeId === undefined ? "" : `exchange ${exchangeId}`,
    attempt === undefined ? "" : `attempt ${attempt}`,
    reason ?? "",
    durationMs === undefined ? "" : duration(durationMs),
  ]
    .filter((part) => part !== "")
    .join(", ");
}
