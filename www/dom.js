// @ts-check
// Helpers for elements and for words.

/** Returns the element with this id. @param {string} id */
export function byId(id) {
  const element = document.getElementById(id);
  if (element === null) {
    throw new Error(`the page has no element #${id}`);
  }
  return element;
}

/** Sets the text of an element, unless it has that text. @param {string | Element} target @param {string} text */
export function setText(target, text) {
  const element = typeof target === "string" ? byId(target) : target;
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

/**
 * Makes an element.
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Record<string, string>} [attributes]
 * @param {...(Node | string)} children
 */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) {
    element.setAttribute(attribute, value);
  }
  element.append(...children);
  return element;
}

/** Returns a number with its noun: "1 call", "2 calls". @param {number} number @param {string} noun */
export function counted(number, noun) {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** Returns a duration for people: "83 ms", "2.1 s". @param {number} ms */
export function duration(ms) {
  return ms < 950 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

/** Returns a wait in whole seconds or minutes: "12 s", "6 min". @param {number} ms */
export function seconds(ms) {
  const whole = Math.max(0, Math.ceil(ms / 1_000));
  return whole < 120 ? `${whole} s` : `${Math.round(whole / 60)} min`;
}

/** Returns two waits in one unit: "8 to 10 s". @param {number} fromMs @param {number} toMs */
export function span(fromMs, toMs) {
  const unitMs = toMs < 120_000 ? 1_000 : 60_000;
  const [from, to] = [fromMs, toMs].map((ms) => Math.max(0, Math.ceil(ms / unitMs)));
  return `${from} to ${to} ${unitMs === 1_000 ? "s" : "min"}`;
}

/** Shows a text in which `backticks` mark code. @param {Element} target @param {string} text */
export function setProse(target, text) {
  const parts = text.split("`");
  target.replaceChildren(
    ...parts.map((part, index) => (index % 2 ? make("code", {}, part) : part)),
  );
}
