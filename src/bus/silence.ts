import { Fault } from '#kernel';

export const silence = (internal: string) =>
  new Fault('UNAVAILABLE', { public: 'Redis does not answer.', internal });
