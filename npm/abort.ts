/** On Workers what another request has begun can't be aborted. It ends by itself. */
export function abort(controller: AbortController | undefined): void {
  try {
    controller?.abort();
  } catch {
    // Nothing is lost but time.
  }
}
