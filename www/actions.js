// @ts-check
// The buttons. After each, the page says what the client did and why, beside the code that does it.
import { byId, make, setText } from "./dom.js";
import { SCENARIOS } from "./scenarios.js";

/** @typedef {import("./session.js").Session} Session */

/** Makes the buttons. @param {Session} session */
export function showActions(session) {
  const story = byId("story");
  const buttons = SCENARIOS.map((scenario) => {
    const button = make("button", { type: "button", id: scenario.id }, scenario.label);
    button.addEventListener("click", () => {
      if (story.ariaBusy !== "true") {
        act(scenario);
      }
    });
    byId(scenario.group).append(button);
    return button;
  });

  showSwitches();

  /** @param {import("./scenarios.js").Scenario} scenario */
  async function act({ label, code, doing, run, tell }) {
    setBusy(true);
    setText("story-title", label);
    setText("story-code", code);
    setText("sentence", doing ?? "…");
    /** @type {import("pay4power-auth").ClientEvent[]} */
    const events = [];
    const listen = (/** @type {Event} */ event) => {
      events.push(/** @type {CustomEvent} */ (event).detail);
    };
    const before = session.client.state();
    try {
      const { exchanges, received, booked } = { ...(await session.readCounts()) };
      session.addEventListener("client", listen);
      const calls = await run(session);
      const after = await session.readCounts();
      const happened = {
        calls,
        events,
        before,
        exchanges: after.exchanges - exchanges,
        received: after.received - received,
        booked: after.booked - booked,
      };
      setText("sentence", tell(happened));
    } catch (error) {
      const { message } = /** @type {Error} */ (error);
      setText("sentence", `The sandbox does not answer: ${message}. npm start starts it.`);
    } finally {
      session.removeEventListener("client", listen);
      setBusy(false);
    }
  }

  /** @param {boolean} isBusy */
  function setBusy(isBusy) {
    story.ariaBusy = String(isBusy);
    for (const button of buttons) {
      // The attribute `disabled` would take the focus away.
      button.ariaDisabled = String(isBusy);
    }
    showSwitches();
  }

  function showSwitches() {
    SCENARIOS.forEach(({ isOn }, index) => {
      const button = buttons[index];
      if (isOn && button) {
        button.ariaPressed = String(isOn());
      }
    });
  }
}
