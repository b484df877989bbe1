import type { Principal } from '#identity';
import type { Context, Rooms } from '#schema';
import { pointsLeft } from '../points.ts';

/** What an operation needs of the socket that it came over. */
export interface OperationSocket {
  readonly rooms: Rooms;
  readonly requestId: string;
  operationsLeft(): ReturnType<Context['limits']['operations']>;
}

export interface SocketOperation<Socket> {
  readonly socket: Socket;
  readonly principal: Principal;
  /** As its client calls it. */
  readonly id: string;
  /** Of the operations of this socket. */
  readonly number: number;
}

/**
 * The context of an operation on a socket, with what ends it. Kept for as long as a subscription
 * runs, ten thousand times: what few ask for is made when it is asked for.
 */
export class SocketContext<Socket extends OperationSocket> implements Context {
  readonly socket: Socket;
  readonly principal: Principal;
  readonly operationId: string;
  readonly #number: number;
  /** It goes on until somebody ends it. */
  endless = false;
  #ends: AbortController | null = null;
  /** Why it ended; null while it runs. */
  #reason: Error | null = null;

  constructor({ socket, principal, id, number }: SocketOperation<Socket>) {
    this.socket = socket;
    this.principal = principal;
    this.operationId = id;
    this.#number = number;
  }

  /** Counts once. */
  end(reason: Error): void {
    this.#reason ??= reason;
    this.#ends?.abort(this.#reason);
  }

  get signal() {
    this.#ends ??= new AbortController();
    if (this.#reason) this.#ends.abort(this.#reason);
    return this.#ends.signal;
  }

  get rooms() {
    return this.socket.rooms;
  }

  get requestId() {
    return `${this.socket.requestId}.${this.#number}`;
  }

  get limits() {
    return {
      points: () => pointsLeft(this),
      operations: () => this.socket.operationsLeft(),
    };
  }

  get lastEventId() {
    return null;
  }

  get readOnly() {
    return false;
  }
}
