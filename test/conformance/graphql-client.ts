/** What a client does with an operation, whichever way it takes there. */
export interface GraphqlClient {
  // biome-ignore lint/suspicious/noExplicitAny: an answer has the form of its question
  ask(text: string): Promise<any>;
  /** The data of every event until the operation completes. */
  // biome-ignore lint/suspicious/noExplicitAny: an event has the form of its question
  stream(text: string): Promise<any[]>;
  close(): Promise<void> | void;
}

export interface Address {
  readonly url: string;
  readonly key: string;
}

export type Open = (address: Address) => GraphqlClient | Promise<GraphqlClient>;

export const socketUrl = ({ url }: Address) => `${url.replace('http', 'ws')}/graphql`;
