// A spinner for slow work.
import createSpinner from "yocto-spinner";

/** Work that ends sooner shows no spinner. */
const DELAY_MS = 300;

/**
 * Runs `work`. Shows a spinner on stderr if the work is slow and a person can see it. `work` gets a function that changes
 * the text beside the spinner.
 */
export async function withProgress<Result>(
  text: string,
  isWanted: boolean,
  work: (setText: (text: string) => void) => Promise<Result>,
): Promise<Result> {
  if (!isWanted || !isWatched()) {
    return work(() => {});
  }
  let latest = text;
  const spinner = createSpinner({ handleSignals: false });
  const stop = () => spinner.stop();
  const timer = setTimeout(() => spinner.start(latest), DELAY_MS);
  // A signal ends the program while the spinner turns, and the terminal must get its cursor back.
  process.once("exit", stop);
  try {
    return await work((next) => {
      latest = next;
      if (spinner.isSpinning) {
        spinner.text = next; // before the start, this would print the text
      }
    });
  } finally {
    clearTimeout(timer);
    process.off("exit", stop);
    stop();
  }
}

/** Returns true if a person watches stderr, on a terminal that can move its cursor. */
function isWatched(): boolean {
  const { CI, TERM } = process.env;
  return process.stderr.isTTY === true && CI === undefined && TERM !== "dumb";
}
