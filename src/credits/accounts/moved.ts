import type { Clock, Timer } from '#kernel';

/** Told at most four times a second, whatever happens meanwhile. */
const tellEveryMs = 250;

/**
 * Of which organizations something is held or charged here that was not before. What is held, the
 * other nodes read after the next renewal only, so they are told again then.
 */
export class Moved {
  readonly #clock: Clock;
  readonly #tell: (organizationIds: readonly string[]) => void;
  readonly #untold = new Set<string>();
  readonly #sinceRenewal = new Set<string>();
  #timer: Timer | null = null;

  constructor(clock: Clock, tell: (organizationIds: readonly string[]) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  note(organizationId: string): void {
    this.#sinceRenewal.add(organizationId);
    this.#untold.add(organizationId);
    this.#timer ??= this.#clock.after(tellEveryMs, () => this.#tellAll());
  }

  /** What is held here is in the database now. */
  renewed(): void {
    const moved = [...this.#sinceRenewal];
    for (const organizationId of moved) this.note(organizationId);
    this.#sinceRenewal.clear(); // once more is enough
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #tellAll(): void {
    this.#timer = null;
    const organizationIds = [...this.#untold];
    this.#untold.clear();
    this.#tell(organizationIds);
  }
}
