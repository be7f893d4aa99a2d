// SPDX-License-Identifier: Apache-2.0
// Texts that take long to make, of a state of the results: what is asked again is not made again, and what has changed is.

export class Kept {
  private readonly max: number;
  private readonly known = new Map<string, { state: string; text: Promise<string> }>();

  /** The last `max` that were asked for are kept. */
  constructor(max: number) {
    this.max = max;
  }

  /** `make` is asked where there is none of this state. Who asks for what is being made waits for that. */
  async of(what: string, state: string, make: () => Promise<string>): Promise<string> {
    const known = this.known.get(what);
    if (known?.state === state) {
      this.put(what, known);
      // It fails where who asked first has gone.
      const text = await known.text.catch(() => null);
      if (text !== null) return text;
    }
    const made = { state, text: make() };
    this.put(what, made);
    try {
      return await made.text;
    } catch (error) {
      if (this.known.get(what) === made) this.known.delete(what);
      throw error;
    }
  }

  /** The last one of all. */
  private put(what: string, one: { state: string; text: Promise<string> }): void {
    this.known.delete(what);
    this.known.set(what, one);
    for (const oldest of [...this.known.keys()].slice(0, -this.max)) this.known.delete(oldest);
  }
}
