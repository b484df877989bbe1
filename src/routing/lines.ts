import type { Clock } from '#kernel';
import type { ProviderQuota } from '#upstream';
import { Line } from './line.ts';

/** Those lines against which something is held; every other one is as good as new. */
export class Lines {
  readonly #clock: Clock;
  readonly #byCredential = new Map<string, Map<string, Line>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(endpointId: string, credential: string): Line | undefined {
    // Nearly always there is none, and every request asks for every endpoint.
    if (this.#byCredential.size === 0) return undefined;
    return this.#byCredential.get(credential)?.get(endpointId);
  }

  /** The same, made when there is none. */
  of(endpointId: string, credential: string): Line {
    const lines = this.#byCredential.get(credential) ?? new Map<string, Line>();
    this.#byCredential.set(credential, lines);
    const line = lines.get(endpointId) ?? new Line(this.#clock);
    lines.set(endpointId, line);
    return line;
  }

  hear(endpointId: string, credential: string, quota: ProviderQuota): void {
    this.of(endpointId, credential).hear(quota);
    this.forgetQuiet(endpointId, credential);
  }

  forgetQuiet(endpointId: string, credential: string): void {
    const lines = this.#byCredential.get(credential);
    if (!lines?.get(endpointId)?.quiet) return;
    lines.delete(endpointId);
    if (lines.size === 0) this.#byCredential.delete(credential);
  }
}
