// SPDX-License-Identifier: Apache-2.0

/** Ends a request with one line for the user and a status of HTTP. */
export class Complained extends Error {
  override readonly name = 'Complained';
  readonly status: 400 | 403 | 404 | 405 | 409 | 413 | 415 | 422 | 503;

  constructor(status: Complained['status'], message: string) {
    super(message);
    this.status = status;
  }
}
