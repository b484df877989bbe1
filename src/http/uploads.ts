/** What bodies that are still on their way may weigh together, in bytes. */
export interface UploadLimits {
  /** Of one network address. */
  readonly address: number;
  readonly all: number;
}

/** Who sends less so far is not counted: nearly all requests are that small. */
export const uncountedBytes = 64 * 1024;

/**
 * Counts the bytes of bodies that have begun and not ended. A client may take minutes over its
 * last one, and a hundred that do would fill the memory with what they sent before.
 */
export class Uploads {
  readonly #limits: UploadLimits;
  readonly #ofAddress = new Map<string, number>();
  #all = 0;

  constructor(limits: UploadLimits) {
    this.#limits = limits;
  }

  begin(address: string): Upload {
    let held = 0;
    return {
      holds: (bytes) => {
        if (bytes <= uncountedBytes || bytes <= held) return true;
        const more = bytes - held;
        const ofAddress = (this.#ofAddress.get(address) ?? 0) + more;
        if (ofAddress > this.#limits.address || this.#all + more > this.#limits.all) return false;
        held = bytes;
        this.#all += more;
        this.#ofAddress.set(address, ofAddress);
        return true;
      },
      end: () => {
        const left = (this.#ofAddress.get(address) ?? 0) - held;
        this.#all -= held;
        held = 0;
        if (left > 0) this.#ofAddress.set(address, left);
        else this.#ofAddress.delete(address);
      },
    };
  }
}

export interface Upload {
  /** Whether so much of this body, in all, may be held; it is then. */
  holds(bytes: number): boolean;
  /** Nothing of it is on its way any more. */
  end(): void;
}
