import type { ExecutionResult, FormattedExecutionResult, GraphQLError } from 'graphql';
import { makeServer, type SubscribePayload, type WebSocket } from 'graphql-ws';
import type { Operation } from '../engine.ts';
import type { Result } from '../results.ts';
import type { Pumped } from './pumped.ts';
import type { OperationSocket, SocketContext } from './socket-context.ts';

const initMs = 3_000;

/** Who speaks it: a socket, and what is done with what comes over it. */
export interface Speaker extends WebSocket, OperationSocket {
  /** Whether it may stay. */
  connect(parameters: Readonly<Record<string, unknown>> | undefined): Promise<boolean>;
  prepare(id: string, payload: SubscribePayload): Operation | readonly GraphQLError[];
  start(operation: Operation): Promise<ExecutionResult | Pumped<Result>>;
  present(errors: readonly GraphQLError[]): ReturnType<GraphQLError['toJSON']>[];
}

type Options = Parameters<typeof makeServer<never, Speaker>>[0];
/** As graphql-ws has it: what is absent may also be undefined. */
type Given = Parameters<NonNullable<Options['onNext']>>[4];

/** What `prepare` gave. */
const start = (operation: unknown) => {
  const { contextValue } = operation as Operation;
  return (contextValue as SocketContext<Speaker>).socket.start(operation as Operation);
};

/**
 * `graphql-transport-ws`, as graphql-ws has it: one server for all sockets, which keeps of each
 * who speaks.
 */
const protocol = makeServer<never, Speaker>({
  connectionInitWaitTimeout: initMs,
  onConnect(context) {
    const { extra, connectionParams } = context;
    Object.assign(context, { connectionParams: undefined }); // a credential, which it would keep
    return extra.connect(connectionParams);
  },
  onSubscribe: ({ extra }, id, payload) => extra.prepare(id, payload) as never,
  execute: start as never,
  subscribe: start as never,
  onNext: ({ extra }, ...given) => shown(extra, given[3]),
  onError: ({ extra }, ...given) => extra.present(given[2]),
});

/** Begins to listen. Returns what has to be told of the socket's end. */
export const speak = (speaker: Speaker) => protocol.opened(speaker, speaker);

const shown = (speaker: Speaker, { errors, ...rest }: Given) =>
  errors && ({ ...rest, errors: speaker.present(errors) } as FormattedExecutionResult);
