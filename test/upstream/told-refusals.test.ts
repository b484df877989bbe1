import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLog, systemClock } from '#kernel';
import { connectorNames, openConnectors, UpstreamFault } from '#upstream';
import { stubUpstream, type UpstreamStub } from '../harness/upstream-stub.ts';
import { callTo, outcomeOf, pulled } from './calls.ts';

/** What a service answers, as its documentation or its users show it. */
interface Told {
  readonly status: number;
  readonly body: object;
}

interface Service {
  readonly wrongCredential: Told;
  readonly unknownModel: Told;
}

const openAi: Service = {
  wrongCredential: {
    status: 401,
    body: error('Incorrect API key provided: sk-stub*****6789.', { code: 'invalid_api_key' }),
  },
  unknownModel: {
    status: 404,
    body: error('The model `nope` does not exist or you do not have access to it.', {
      code: 'model_not_found',
    }),
  },
};

const services: Readonly<Record<string, Service>> = {
  'openai-compatible': openAi,
  openai: openAi,
  groq: openAi,
  deepinfra: openAi,
  azure: {
    wrongCredential: {
      status: 401,
      body: error('Access denied due to invalid subscription key or wrong API endpoint.', {
        code: '401',
      }),
    },
    unknownModel: {
      status: 404,
      body: error('The API deployment for this resource does not exist.', {
        code: 'DeploymentNotFound',
      }),
    },
  },
  mistral: {
    wrongCredential: { status: 401, body: { detail: 'Unauthorized' } },
    unknownModel: {
      status: 400,
      body: { object: 'error', message: 'Invalid model: nope', type: 'invalid_model' },
    },
  },
  xai: {
    wrongCredential: {
      status: 400,
      body: {
        code: 'Client specified an invalid argument',
        error: 'Incorrect API key provided: xa***89.',
      },
    },
    unknownModel: {
      status: 404,
      body: {
        code: 'Some requested entity was not found',
        error: 'The model nope does not exist or your team does not have access to it.',
      },
    },
  },
  deepseek: {
    wrongCredential: {
      status: 401,
      body: error('Authentication Fails, Your api key: ****6789 is invalid', {
        type: 'authentication_error',
        code: 'invalid_request_error',
      }),
    },
    unknownModel: {
      status: 400,
      body: error('Model Not Exist', { code: 'invalid_request_error' }),
    },
  },
  togetherai: {
    wrongCredential: {
      status: 401,
      body: error('Invalid API key provided.', { code: 'invalid_api_key' }),
    },
    unknownModel: {
      status: 404,
      body: error('Unable to access model nope.', { code: 'model_not_available' }),
    },
  },
  fireworks: {
    wrongCredential: { status: 401, body: error('unauthorized', { code: 'unauthorized' }) },
    unknownModel: {
      status: 404,
      body: error('Model not found, inaccessible, and/or not deployed', { code: 'NOT_FOUND' }),
    },
  },
  cerebras: {
    wrongCredential: {
      status: 401,
      body: { message: 'Wrong API Key', param: 'api_key', code: 'wrong_api_key' },
    },
    unknownModel: {
      status: 404,
      body: { message: 'Model nope does not exist.', code: 'model_not_found' },
    },
  },
  perplexity: {
    wrongCredential: {
      status: 401,
      body: error('Invalid API key provided.', { type: 'unauthorized' }),
    },
    unknownModel: {
      status: 400,
      body: error("Invalid model 'nope'.", { type: 'invalid_model' }),
    },
  },
  vercel: {
    wrongCredential: {
      status: 401,
      body: error('Authentication failed', { type: 'authentication_error' }),
    },
    unknownModel: {
      status: 404,
      body: error("Model 'nope' not found", { type: 'model_not_found' }),
    },
  },
  anthropic: {
    wrongCredential: {
      status: 401,
      body: { type: 'error', ...error('invalid x-api-key', { type: 'authentication_error' }) },
    },
    unknownModel: {
      status: 404,
      body: { type: 'error', ...error('model: nope', { type: 'not_found_error' }) },
    },
  },
  google: {
    wrongCredential: {
      status: 400,
      body: error('API key not valid. Please pass a valid API key.', {
        status: 'INVALID_ARGUMENT',
      }),
    },
    unknownModel: {
      status: 404,
      body: error('models/nope is not found for API version v1beta.', { status: 'NOT_FOUND' }),
    },
  },
  'google-vertex': {
    wrongCredential: {
      status: 401,
      body: error('Request had invalid authentication credentials.', {
        status: 'UNAUTHENTICATED',
      }),
    },
    unknownModel: {
      status: 404,
      body: error('Publisher Model `models/nope` was not found.', { status: 'NOT_FOUND' }),
    },
  },
  'amazon-bedrock': {
    wrongCredential: {
      status: 403,
      body: { message: 'The security token included in the request is invalid.' },
    },
    unknownModel: {
      status: 400,
      body: { message: 'The provided model identifier is invalid.' },
    },
  },
  cohere: {
    wrongCredential: { status: 401, body: { message: 'invalid api token' } },
    unknownModel: { status: 404, body: { message: "model 'nope' not found" } },
  },
};

function error(message: string, codes: object) {
  return { error: { message, ...codes } };
}

/** Without what may be a part of a key: that the caller is not told. */
const saidIn = (text: string) =>
  /"(?:message|detail|error)":"([^"*]{5,}?)(?:[:."*]|$)/.exec(text)?.[1];

let stub: UpstreamStub;
let closed: string;

beforeAll(async () => {
  stub = await stubUpstream();
  const gone = await stubUpstream();
  closed = gone.url;
  await gone.close();
});
afterAll(() => stub?.close());

it('is told of every connector', () => {
  expect(Object.keys(services).toSorted()).toEqual(connectorNames.toSorted());
});

describe.each(Object.entries(services))('%s', (name, { wrongCredential, unknownModel }) => {
  const connector = openConnectors({ clock: systemClock, log: silentLog })(name);

  async function faultAt(url: string): Promise<UpstreamFault> {
    if (!connector) throw expect.unreachable();
    const { thrown } = await outcomeOf(pulled(connector, callTo(url)));
    if (!(thrown instanceof UpstreamFault)) throw thrown;
    return thrown.of('Acme AI');
  }

  async function faultFor({ status, body }: Told): Promise<UpstreamFault> {
    stub.answerWith((answer) => answer.json(status, body));
    const fault = await faultAt(stub.url);
    expect(fault.public).toContain(`(status ${status})`);
    expect(fault.public).toContain(saidIn(JSON.stringify(body)));
    return fault;
  }

  it('a wrong credential is told as such, to be mended by the operator', async () => {
    const fault = await faultFor(wrongCredential);
    expect(fault.failure).toBe('CREDENTIAL');
    expect(fault.public).toMatch(/^Acme AI refused the platform's credential/);
    expect(fault.public).toMatch(/Only the operator can mend that/);
  });

  it('an unknown model is told as such, to be mended by the operator', async () => {
    const fault = await faultFor(unknownModel);
    expect(fault.failure).toBe('UNKNOWN_MODEL');
    expect(fault.public).toMatch(/^Acme AI does not know this model at its address/);
    expect(fault.public).toMatch(/Only the operator can mend that/);
  });

  it('an unreachable host is told as such, with what to do', async () => {
    const fault = await faultAt(closed);
    expect(fault.failure).toBe('CONNECT');
    expect(fault.public).toMatch(/^Acme AI could not be reached/);
    expect(fault.public).toMatch(/The operator should check its base URL\.$/);
  });
});
