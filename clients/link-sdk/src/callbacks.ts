/** Runs a callback of the app's. What it throws is reported as if nobody had caught it, and stops nothing of ours. */
export function call<Given extends unknown[]>(
  callback: ((...given: Given) => void) | undefined,
  ...given: Given
): void {
  try {
    callback?.(...given);
  } catch (failure) {
    reportError(failure);
  }
}
