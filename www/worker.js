// @ts-check
// The second mode: a Worker holds the keys. The page asks it, and searches everything that arrives for secrets.
import { byId, counted, make, setText } from "./dom.js";

/** The beginning of a key, and a JWT. */
const SECRET = /P(?:UB|RIV)_KEY|eyJ[\w-]+\.eyJ/;

/** Shows a button for each path, and asks for the first one. @param {string[]} paths */
export async function askWorker(paths) {
  let arrived = 0;
  let bytes = 0;
  let secrets = 0;
  byId("asks").append(
    ...paths.map((path) => {
      const button = make("button", { type: "button" }, path);
      button.addEventListener("click", () => ask(path));
      return button;
    }),
  );
  await ask(paths[0] ?? "/");

  /** @param {string} path */
  async function ask(path) {
    setText("worker-outcome", "Asking the Worker");
    const answer = await fetch(path).catch(() => undefined);
    if (answer === undefined) {
      setText("worker-outcome", "No answer: the Worker, or the server of this page, does not run");
      setText("worker-answer", "");
      setText("worker-headers", "");
      return;
    }
    const text = await answer.text();
    const headers = [...answer.headers].map((header) => header.join(": ")).join("\n");
    arrived += 1;
    bytes += headers.length + text.length;
    secrets += SECRET.test(headers + text) ? 1 : 0;
    const { outcome, isGood } = outcomeOf(answer, text);
    setText("worker-outcome", outcome);
    document.body.dataset["token"] = isGood ? "fresh" : "none";
    setText("worker-answer", indented(text));
    setText("worker-headers", headers);
    setText(
      "arrived",
      secrets === 0
        ? `${counted(arrived, "answer")} arrived with ${bytes} characters, headers included. The page searched them: no key and no token is among them.`
        : `${counted(secrets, "answer")} held a key or a token. That is a defect: report it.`,
    );
  }
}

/** @param {Response} answer @param {string} text */
function outcomeOf({ ok, status }, text) {
  const { code, token, authenticated } = objectOf(text);
  if (code) {
    return { outcome: `The Worker says ${code}`, isGood: false };
  }
  const hasToken = authenticated === true || token === "at hand";
  return hasToken
    ? { outcome: "The Worker has a token", isGood: true }
    : { outcome: `The Worker answered ${status}`, isGood: ok };
}

/** @param {string} text @returns {Record<string, unknown>} */
function objectOf(text) {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

/** @param {string} text */
function indented(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
