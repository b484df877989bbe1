/** A request as far as an operator is told of it. */
export interface ServedRequest {
  readonly method: string;
  /** Its address with names for what varies, one of a few. */
  readonly route: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Calls back once, when the answer is out or the client gone, with the status. */
  ended(listener: (status: number) => void): void;
}
