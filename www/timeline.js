// @ts-check
// The timeline: draws the tokens, the points of their lives, the exchanges and the 401s, as time passes.
import { passedMs } from "./clocks.js";
import { seconds, setText, span } from "./dom.js";

/** @typedef {import("./session.js").Session} Session */

const BEFORE_MS = 8_000;
const AFTER_MS = 22_000;
const HEIGHT = 148;
const LANE_TOPS = [38, 74];
const LANE_HEIGHT = 24;
/** The rows of the marks: exchanges, and 401s below them. */
const EXCHANGES_Y = 9;
const REJECTED_Y = 25;

/**
 * The points of a token, as the package documents them, in milliseconds before its end. The refresh point is random, in
 * the window between the two shares.
 * @param {number} lifetimeMs
 */
function pointsOf(lifetimeMs) {
  return {
    refreshFrom: lifetimeMs * 0.3,
    refreshTo: lifetimeMs * 0.2,
    wait: Math.min(lifetimeMs * 0.05, 30_000),
    dead: Math.min(lifetimeMs * 0.02, 2_000),
  };
}

/**
 * @typedef {object} Life A token on the timeline. All instants are times of `passedMs`.
 * @property {number} issueMs
 * @property {number} endMs
 * @property {ReturnType<typeof pointsOf>} points
 * @property {number | undefined} refreshMs the refresh point, once the client has reached it
 * @property {number | undefined} goneMs when the client dropped the token or got a newer one
 * @property {SVGGElement} group
 */

export class Timeline {
  /** @type {Life[]} */
  #lives = [];
  /** @type {{ atMs: number, y: number, element: SVGElement }[]} */
  #marks = [];
  #svg;
  #list;
  #moving = shape("g", {});
  #fixed = shape("g", {});
  #width = 0;
  #isStill = matchMedia("(prefers-reduced-motion: reduce)");

  /** @param {SVGSVGElement} svg @param {Element} list @param {Session} session */
  constructor(svg, list, session) {
    this.#svg = svg;
    this.#list = list;
    svg.append(this.#moving, this.#fixed);
    session.addEventListener("token", () => this.#addToken(session));
    session.addEventListener("unauthorized", () => this.#mark("rejected", "401"));
    session.addEventListener("client", (event) => {
      const { type } = /** @type {CustomEvent} */ (event).detail;
      if (type === "exchange.success" || type === "exchange.failure") {
        this.#mark(type === "exchange.success" ? "success" : "failed", type);
      }
    });
    new ResizeObserver(() => this.#resize()).observe(svg);
    this.#resize();
    if (session.token) {
      this.#addToken(session);
      this.#mark("success", "exchange.success");
    }
    this.#draw();
  }

  /** Follows the client's state. @param {import("pay4power-auth").ClientState} state */
  update(state) {
    const life = this.#lives.at(-1);
    if (life && life.goneMs === undefined) {
      if (state.token === "none") {
        this.#end(life);
      } else if (state.token !== "fresh" && life.refreshMs === undefined) {
        life.refreshMs = passedMs();
        life.group.append(this.#point("refresh", life.refreshMs, this.#topOf(life)));
      }
    }
    this.#tell(life, state.token);
    if (this.#isStill.matches) {
      this.#move();
    }
  }

  /** Says when the points come, in words. @param {Life | undefined} life @param {string} phase */
  #tell(life, phase) {
    const nowMs = passedMs();
    const isThere = life !== undefined && life.goneMs === undefined;
    /** @param {number} atMs */
    const wait = (atMs) => (atMs <= nowMs ? "passed" : `in ${seconds(atMs - nowMs)}`);
    /** @type {string[]} */
    const words = [];
    if (isThere) {
      const { issueMs, endMs, refreshMs, points } = life;
      const [from, to] = [endMs - points.refreshFrom, endMs - points.refreshTo];
      const window = `in ${span(Math.max(0, from - nowMs), to - nowMs)}`;
      words.push(
        `${seconds(nowMs - issueMs)} ago`,
        refreshMs === undefined ? window : "passed",
        wait(endMs - points.wait),
        wait(endMs - points.dead),
        wait(endMs),
      );
    }
    [...this.#list.querySelectorAll("b")].forEach((element, index) => {
      setText(element, words[index] ?? "–");
    });
    const text = isThere
      ? `Timeline of the tokens. The token is in the phase ${phase}, and ends in ${seconds(life.endMs - nowMs)}.`
      : "Timeline of the tokens. There is no token now.";
    // Once in a while, so that a screen reader is not disturbed.
    if (this.#svg.dataset["phase"] !== phase) {
      this.#svg.dataset["phase"] = phase;
      this.#svg.setAttribute("aria-label", text);
    }
  }

  /** @param {Session} session */
  #addToken({ token }) {
    if (!token) {
      return;
    }
    const last = this.#lives.at(-1);
    if (last && last.goneMs === undefined) {
      this.#end(last);
    }
    const { iat = 0, exp = 0 } = token.claims ?? {};
    const nowMs = passedMs();
    /** @type {Life} */
    const life = {
      issueMs: nowMs,
      endMs: nowMs + token.expiresInMs(),
      points: pointsOf((exp - iat) * 1_000),
      refreshMs: undefined,
      goneMs: undefined,
      group: shape("g", { class: "life" }),
    };
    this.#lives = [...this.#lives.slice(-3), life];
    this.#render();
  }

  /** @param {Life} life */
  #end(life) {
    life.goneMs = passedMs();
    this.#render();
  }

  /** @param {keyof typeof SYMBOLS} symbol @param {string} name */
  #mark(symbol, name) {
    const nowMs = passedMs();
    const element = shape("path", { d: SYMBOLS[symbol], class: `mark ${symbol}` });
    const y = symbol === "rejected" ? REJECTED_Y : EXCHANGES_Y;
    element.append(shape("title", {}, name));
    this.#marks = [
      ...this.#marks.filter(({ atMs }) => atMs > nowMs - 2 * BEFORE_MS),
      { atMs: nowMs, y, element },
    ];
    this.#render();
  }

  get #pixelsPerMs() {
    return this.#width / (BEFORE_MS + AFTER_MS);
  }

  /** @param {Life} life */
  #topOf(life) {
    // Each token has the other lane than the one before it.
    const index = this.#lives.indexOf(life);
    life.group.dataset["lane"] ??= String(
      1 - Number(this.#lives[index - 1]?.group.dataset["lane"] ?? 1),
    );
    return LANE_TOPS[Number(life.group.dataset["lane"])] ?? 0;
  }

  #resize() {
    this.#width = this.#svg.clientWidth;
    this.#svg.setAttribute("viewBox", `0 0 ${this.#width} ${HEIGHT}`);
    const nowX = BEFORE_MS * this.#pixelsPerMs;
    this.#fixed.replaceChildren(
      shape("line", { class: "now", x1: nowX, x2: nowX, y1: 0, y2: HEIGHT - 20 }),
    );
    for (let second = -5; second <= 20; second += 5) {
      const x = nowX + second * 1_000 * this.#pixelsPerMs;
      const name = second === 0 ? "now" : `${second < 0 ? "−" : "+"}${Math.abs(second)} s`;
      this.#fixed.append(shape("text", { x, y: HEIGHT - 4, "text-anchor": "middle" }, name));
    }
    this.#render();
  }

  #render() {
    for (const life of this.#lives) {
      const top = this.#topOf(life);
      const { issueMs, endMs, points, refreshMs, goneMs = endMs } = life;
      // The rest of the last token but one stays as an outline. Older ones would lie under the current token.
      const outlineEndMs = this.#lives.indexOf(life) >= this.#lives.length - 2 ? endMs : goneMs;
      /** @param {keyof typeof SYMBOLS} symbol @param {number} atMs */
      const point = (symbol, atMs) =>
        atMs <= outlineEndMs ? [this.#point(symbol, atMs, top)] : [];
      const at = [
        issueMs,
        endMs - points.refreshFrom,
        endMs - points.refreshTo,
        endMs - points.wait,
      ];
      const ends = [...at.slice(1), endMs - points.dead, endMs];
      const names = ["fresh", "window", "soon", "expiring", "dead"];
      const parts = [...at, endMs - points.dead].map((fromMs, index) => {
        const toMs = Math.min(ends[index] ?? endMs, goneMs);
        return this.#bar(names[index] ?? "", Math.min(fromMs, toMs), toMs, top);
      });
      life.group.replaceChildren(
        ...parts,
        this.#bar("whole", issueMs, outlineEndMs, top),
        ...point("issue", issueMs),
        ...(refreshMs === undefined ? [] : point("refresh", refreshMs)),
        ...point("wait", endMs - points.wait),
        ...point("deadpoint", endMs - points.dead),
        ...point("expiry", endMs),
      );
    }
    for (const { atMs, y, element } of this.#marks) {
      element.setAttribute("transform", `translate(${atMs * this.#pixelsPerMs} ${y})`);
    }
    const wanted = [
      ...this.#lives.map(({ group }) => group),
      ...this.#marks.map(({ element }) => element),
    ];
    for (const child of [...this.#moving.children]) {
      if (!wanted.includes(/** @type {SVGElement} */ (child))) {
        child.remove();
      }
    }
    // An element that is there stays where it is: its animation does not begin again.
    this.#moving.append(...wanted.filter((element) => element.parentNode !== this.#moving));
    this.#move();
  }

  /** @param {string} name @param {number} fromMs @param {number} toMs @param {number} y */
  #bar(name, fromMs, toMs, y) {
    const scale = this.#pixelsPerMs;
    return shape("rect", {
      class: name,
      x: fromMs * scale,
      y,
      width: (toMs - fromMs) * scale,
      height: LANE_HEIGHT,
    });
  }

  /** @param {keyof typeof SYMBOLS} symbol @param {number} atMs @param {number} top */
  #point(symbol, atMs, top) {
    const transform = `translate(${atMs * this.#pixelsPerMs} ${top + LANE_HEIGHT / 2})`;
    return shape("path", { d: SYMBOLS[symbol], class: `point ${symbol}`, transform });
  }

  /** Draws the next picture, and asks for the one after it. */
  #draw() {
    if (!this.#isStill.matches) {
      this.#move();
    }
    requestAnimationFrame(() => this.#draw());
  }

  #move() {
    const x = (BEFORE_MS - passedMs()) * this.#pixelsPerMs;
    this.#moving.setAttribute("transform", `translate(${x} 0)`);
  }
}

const SYMBOLS = {
  issue: "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0",
  refresh: "M-5 4L0-5L5 4Z",
  wait: "M-1.5-6H1.5V6H-1.5Z",
  deadpoint: "M-4-4H4V4H-4Z",
  expiry: "M-5-5L5 5M5-5L-5 5",
  success: "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0",
  failed: "M-5-5L5 5M5-5L-5 5",
  rejected: "M0-7L6 0L0 7L-6 0Z",
};

/**
 * Makes a part of a drawing.
 * @template {keyof SVGElementTagNameMap} Name
 * @param {Name} name @param {Record<string, string | number>} attributes @param {string} [text]
 */
function shape(name, attributes, text = "") {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [attribute, value] of Object.entries(attributes)) {
    element.setAttribute(attribute, String(value));
  }
  element.append(text);
  return element;
}
