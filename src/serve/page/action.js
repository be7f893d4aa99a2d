// SPDX-License-Identifier: Apache-2.0
import { useState } from 'preact/hooks';

/** Something that is asked of the server: what it complains of, and whether it is under way. */
export function useAction() {
  const [error, setError] = useState(/** @type {string | null} */ (null));
  const [isBusy, setBusy] = useState(false);
  /** @param {() => Promise<unknown>} action */
  const act = async (action) => {
    setError(null);
    setBusy(true);
    try {
      await action();
    } catch (problem) {
      setError(problem instanceof Error ? problem.message : String(problem));
    } finally {
      setBusy(false);
    }
  };
  return { error, isBusy, act };
}
