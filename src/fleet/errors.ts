// SPDX-License-Identifier: Apache-2.0
/** What is wrong with the lab, in one line with the mend. */
export class FleetError extends Error {
  override readonly name = 'FleetError';
  readonly code: FleetErrorCode;

  constructor(code: FleetErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}
export type FleetErrorCode = 'unreachable' | 'refused' | 'newer' | 'failed';
