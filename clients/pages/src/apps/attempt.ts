/** One thing a person means to have done once: trying again after a lost answer must not do it twice. */
export class Attempt {
  #key = "";
  #body = "";

  /** The Idempotency-Key of this attempt; another one if the person now sends something else. */
  keyFor(body: object): string {
    const text = JSON.stringify(body);
    if (text !== this.#body) this.#key = crypto.randomUUID();
    this.#body = text;
    return this.#key;
  }
}
