import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import Stripe from 'stripe';

/** What was asked of the stand-in: the path, the form as it came, the idempotency key. */
export interface Asked {
  readonly path: string;
  readonly form: URLSearchParams;
  readonly key: string;
}

/**
 * Stripe as far as it is used: checkout sessions and payment intents over HTTP, each idempotency
 * key answered once and the same way again, a failure as well; the list of a customer's payment
 * intents, and one by its id; events signed by the package itself.
 */
export interface StripeStandIn {
  readonly url: string;
  readonly asked: Asked[];
  /** How payment intents end from now on; strange: everything is answered with something else. */
  answer: 'succeeded' | 'processing' | 'declined' | 'broken' | 'failing' | 'strange';
  /** Payment intents that were made elsewhere, by their id. */
  readonly payments: Map<string, object>;
  /** Customers that are not known any more. */
  readonly gone: Set<string>;
  event(type: string, object: object): Signed;
  signed(payload: string): Signed;
  close(): Promise<void>;
}

interface Signed {
  readonly body: Buffer;
  readonly signature: string;
}

export const webhookSecret = 'whsec_of_the_tests';

export async function stripeStandIn(): Promise<StripeStandIn> {
  const asked: Asked[] = [];
  const answers = new Map<string, Answer>();
  const server = createServer(async (request, response) => {
    const form = new URLSearchParams(await textOf(request));
    const key = String(request.headers['idempotency-key']);
    const path = request.url ?? '';
    asked.push({ path, form, key });
    if (standIn.answer === 'broken' && path.includes('payment_intents')) {
      return request.socket.destroy();
    }
    const [, one] = path.match(/payment_intents\/(\w+)$/) ?? [];
    if (one) {
      const payment = standIn.payments.get(one);
      response.writeHead(payment ? 200 : 404, { 'content-type': 'application/json' });
      return response.end(JSON.stringify(payment ?? noSuch('intent').body));
    }
    if (request.method === 'GET') {
      const { searchParams } = new URL(path, standIn.url);
      const data = [...answers.values()].flatMap(({ body }) =>
        'customer' in body && body.customer === searchParams.get('customer') ? [body] : [],
      );
      return response.end(JSON.stringify({ object: 'list', data, has_more: false }));
    }
    const made = () =>
      standIn.gone.has(form.get('customer') ?? '')
        ? noSuch('customer')
        : answerOf(path, form, standIn.answer);
    const known = answers.get(key) ?? made();
    answers.set(key, known);
    response.writeHead(known.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(known.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  let events = 0;
  const standIn: StripeStandIn = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    answer: 'succeeded',
    payments: new Map(),
    gone: new Set(),
    event(type, object) {
      const id = `evt_${++events}`;
      return standIn.signed(JSON.stringify({ id, object: 'event', type, data: { object } }));
    },
    signed(payload) {
      const sign = { payload, secret: webhookSecret };
      const signature = new Stripe('sk_test').webhooks.generateTestHeaderString(sign);
      return { body: Buffer.from(payload), signature };
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return standIn;
}

let made = 0;

interface Answer {
  readonly status: number;
  readonly body: object;
}

const noSuch = (param: string): Answer => ({
  status: 400,
  body: { error: { type: 'invalid_request_error', code: 'resource_missing', param } },
});

function answerOf(path: string, form: URLSearchParams, how: StripeStandIn['answer']): Answer {
  if (how === 'strange') return { status: 200, body: [] };
  if (path.endsWith('checkout/sessions')) {
    const id = `cs_test_${++made}`;
    return { status: 200, body: { id, object: 'checkout.session', url: `https://pay.test/${id}` } };
  }
  if (how === 'declined') {
    const error = { type: 'card_error', code: 'card_declined', message: 'Your card was declined.' };
    return { status: 402, body: { error } };
  }
  if (how === 'failing') return { status: 500, body: { error: { type: 'api_error' } } };
  const amount = Number(form.get('amount'));
  const metadata = { purchase: form.get('metadata[purchase]') };
  const about = { customer: form.get('customer'), metadata };
  const body = { id: `pi_${++made}`, object: 'payment_intent', status: how, amount, ...about };
  return { status: 200, body };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
