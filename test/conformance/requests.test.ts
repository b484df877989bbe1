import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silentLog, systemClock } from '#kernel';
import { type ChatRequest, type ContentPart, connectorNames, openConnectors } from '#upstream';
import { stubUpstream, type UpstreamStub } from '../harness/upstream-stub.ts';
import { callTo, outcomeOf, pulled } from '../upstream/calls.ts';

const schema = { type: 'object', properties: { city: { type: 'string' } } };
const png = 'iVBORw0KGgo=';
const [first, second] = [
  { id: 'call_a', name: 'f', arguments: '{"city":"Łódź"}' },
  { id: 'call_b', name: 'f', arguments: '{"city":"Ruan"}' },
];
const ask = (part: ContentPart): Partial<ChatRequest> => ({
  messages: [{ role: 'user', content: [{ type: 'text', text: 'See' }, part] }],
});

/** What a request may hold beside text, the same for every connector. */
const asked = {
  'two tool calls and their results': {
    tools: [{ name: 'f', parameters: schema }],
    messages: [
      { role: 'user', content: 'Weather?' },
      { role: 'assistant', content: null, toolCalls: [first, second] },
      { role: 'tool', toolCallId: 'call_a', content: 'Rain' },
      { role: 'tool', toolCallId: 'call_b', content: 'Sun' },
    ],
  },
  'a schema for the answer': { responseFormat: { type: 'json_schema', name: 'place', schema } },
  'a picture': ask({ type: 'image', url: `data:image/png;base64,${png}` }),
  'a picture by address': ask({ type: 'image', url: 'https://example.com/a.png' }),
  'a file': ask({ type: 'file', data: 'JVBE', mediaType: 'application/pdf', filename: 'a.pdf' }),
  'a picture in the first of two results': {
    tools: [{ name: 'f', parameters: schema }],
    messages: [
      { role: 'user', content: 'Look' },
      { role: 'assistant', content: null, toolCalls: [first, second] },
      {
        role: 'tool',
        toolCallId: 'call_a',
        content: [
          { type: 'text', text: 'A cat' },
          { type: 'image', url: `data:image/png;base64,${png}` },
        ],
      },
      { role: 'tool', toolCallId: 'call_b', content: 'Sun' },
    ],
  },
  'what the system says later': {
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hello' },
      { role: 'system', content: 'It is late.' },
    ],
  },
  sound: ask({ type: 'audio', data: 'UklG', mediaType: 'audio/wav' }),
} as const satisfies Readonly<Record<string, Partial<ChatRequest>>>;
type Asked = keyof typeof asked;

/** What of it goes out; `UNSAID` where the protocol has no words for it. */
type Form = Readonly<Record<Asked, object | 'UNSAID'>>;

const openAiCall = ({ id, name, arguments: json }: typeof first) => ({
  id,
  type: 'function',
  function: { name, arguments: json },
});
const part = (sent: object) => ({ messages: [{ content: [{ type: 'text', text: 'See' }, sent] }] });

const seen = { type: 'image_url', image_url: { url: `data:image/png;base64,${png}` } };
const showing = {
  role: 'user',
  content: [{ type: 'text', text: 'The result of call_a shows:' }, seen],
};
const looked = (content: string | object[], ...behind: object[]) => ({
  messages: [
    { role: 'user', content: 'Look' },
    { role: 'assistant', tool_calls: [openAiCall(first), openAiCall(second)] },
    { role: 'tool', tool_call_id: 'call_a', content },
    { role: 'tool', tool_call_id: 'call_b', content: 'Sun' },
    ...behind,
  ],
});

const openAi: Form = {
  'two tool calls and their results': {
    tools: [{ type: 'function', function: { name: 'f', parameters: schema } }],
    messages: [
      { role: 'user', content: 'Weather?' },
      { role: 'assistant', tool_calls: [openAiCall(first), openAiCall(second)] },
      { role: 'tool', tool_call_id: 'call_a', content: 'Rain' },
      { role: 'tool', tool_call_id: 'call_b', content: 'Sun' },
    ],
  },
  'a schema for the answer': {
    response_format: { type: 'json_schema', json_schema: { name: 'place', schema } },
  },
  'a picture': part(seen),
  'a picture by address': part({
    type: 'image_url',
    image_url: { url: 'https://example.com/a.png' },
  }),
  'a file': part({
    type: 'file',
    file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBE' },
  }),
  'a picture in the first of two results': looked('A cat', showing),
  'what the system says later': {
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hello' },
      { role: 'system', content: 'It is late.' },
    ],
  },
  sound: part({ type: 'input_audio', input_audio: { data: 'UklG', format: 'wav' } }),
};

const mistral: Form = {
  ...openAi,
  'a picture in the first of two results': looked([{ type: 'text', text: 'A cat' }, seen]),
};

/** Where parts can be marked, they stay apart. */
const marking: Form = {
  ...openAi,
  'a picture in the first of two results': looked([{ type: 'text', text: 'A cat' }], showing),
};

const anthropic: Form = {
  'two tool calls and their results': {
    tools: [{ name: 'f', input_schema: schema }],
    messages: [
      { role: 'user' },
      {
        role: 'assistant',
        content: [
          { type: 'tool_use', id: 'call_a', name: 'f', input: { city: 'Łódź' } },
          { type: 'tool_use', id: 'call_b', name: 'f', input: { city: 'Ruan' } },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'call_a', content: 'Rain' },
          { type: 'tool_result', tool_use_id: 'call_b', content: 'Sun' },
        ],
      },
    ],
  },
  'a schema for the answer': { tools: [{ name: 'json', input_schema: schema }] },
  'a picture': part({
    type: 'image',
    source: { type: 'base64', media_type: 'image/png', data: png },
  }),
  'a picture by address': part({
    type: 'image',
    source: { type: 'url', url: 'https://example.com/a.png' },
  }),
  'a file': part({
    type: 'document',
    title: 'a.pdf',
    source: { type: 'base64', media_type: 'application/pdf', data: 'JVBE' },
  }),
  'a picture in the first of two results': {
    messages: [
      { role: 'user' },
      { role: 'assistant' },
      {
        role: 'user',
        content: [
          {
            tool_use_id: 'call_a',
            content: [
              { type: 'text', text: 'A cat' },
              { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } },
            ],
          },
          { tool_use_id: 'call_b', content: 'Sun' },
        ],
      },
    ],
  },
  'what the system says later': {
    system: [{ text: 'Be brief.' }],
    messages: [{ role: 'user', content: [{ text: 'Hello' }, { text: 'It is late.' }] }],
  },
  sound: 'UNSAID',
};

const shown = (sent: object) => ({ contents: [{ parts: [{ text: 'See' }, sent] }] });
const geminiCall = (city: string) => ({ functionCall: { name: 'f', args: { city } } });
const geminiResult = (content: string) => ({
  functionResponse: { name: 'f', response: { content } },
});

const gemini: Form = {
  'two tool calls and their results': {
    tools: [{ functionDeclarations: [{ name: 'f', parametersJsonSchema: schema }] }],
    contents: [
      { role: 'user' },
      { role: 'model', parts: [geminiCall('Łódź'), geminiCall('Ruan')] },
      { role: 'user', parts: [geminiResult('Rain'), geminiResult('Sun')] },
    ],
  },
  'a schema for the answer': {
    generationConfig: { responseMimeType: 'application/json', responseJsonSchema: schema },
  },
  'a picture': shown({ inlineData: { mimeType: 'image/png', data: png } }),
  'a picture by address': shown({
    fileData: { mimeType: 'image/png', fileUri: 'https://example.com/a.png' },
  }),
  'a file': shown({ inlineData: { mimeType: 'application/pdf', data: 'JVBE' } }),
  'a picture in the first of two results': {
    contents: [
      { role: 'user' },
      { role: 'model' },
      { role: 'user', parts: [geminiResult('A cat'), geminiResult('Sun')] },
      {
        role: 'user',
        parts: [
          { text: 'The result of call_a shows:' },
          { inlineData: { mimeType: 'image/png', data: png } },
        ],
      },
    ],
  },
  'what the system says later': {
    systemInstruction: { parts: [{ text: 'Be brief.' }] },
    contents: [
      { role: 'user', parts: [{ text: 'Hello' }] },
      { role: 'user', parts: [{ text: 'It is late.' }] },
    ],
  },
  sound: shown({ inlineData: { mimeType: 'audio/wav', data: 'UklG' } }),
};

const given = (sent: object) => ({ messages: [{ content: [{ text: 'See' }, sent] }] });
const converseTool = (name: string) => ({
  toolConfig: { tools: [{ toolSpec: { name, inputSchema: { json: schema } } }] },
});

const converse: Form = {
  'two tool calls and their results': {
    ...converseTool('f'),
    messages: [
      { role: 'user' },
      {
        role: 'assistant',
        content: [
          { toolUse: { toolUseId: 'call_a', name: 'f', input: { city: 'Łódź' } } },
          { toolUse: { toolUseId: 'call_b', name: 'f', input: { city: 'Ruan' } } },
        ],
      },
      {
        role: 'user',
        content: [
          { toolResult: { toolUseId: 'call_a', content: [{ text: 'Rain' }] } },
          { toolResult: { toolUseId: 'call_b', content: [{ text: 'Sun' }] } },
        ],
      },
    ],
  },
  'a schema for the answer': converseTool('json'),
  'a picture': given({ image: { format: 'png', source: { bytes: png } } }),
  'a picture by address': 'UNSAID',
  'a picture in the first of two results': {
    messages: [
      { role: 'user' },
      { role: 'assistant' },
      {
        role: 'user',
        content: [
          {
            toolResult: {
              toolUseId: 'call_a',
              content: [{ text: 'A cat' }, { image: { format: 'png', source: { bytes: png } } }],
            },
          },
          { toolResult: { toolUseId: 'call_b', content: [{ text: 'Sun' }] } },
        ],
      },
    ],
  },
  'a file': given({ document: { format: 'pdf', name: 'a', source: { bytes: 'JVBE' } } }),
  'what the system says later': {
    system: [{ text: 'Be brief.' }],
    messages: [{ role: 'user', content: [{ text: 'Hello' }, { text: 'It is late.' }] }],
  },
  sound: 'UNSAID',
};

const cohere: Form = {
  ...openAi,
  'a schema for the answer': { response_format: { type: 'json_object', json_schema: schema } },
  'a file': 'UNSAID',
  sound: 'UNSAID',
};

const forms: Readonly<Record<string, Form>> = {
  anthropic,
  google: gemini,
  'google-vertex': gemini,
  'amazon-bedrock': converse,
  cohere,
  mistral,
  'openai-compatible': marking,
  vercel: marking,
  deepinfra: marking,
};

const connectors = openConnectors({ clock: systemClock, log: silentLog });

describe.each(connectorNames)('%s is asked in its own words', (name) => {
  const form = forms[name] ?? openAi;
  let stub: UpstreamStub;
  beforeAll(async () => {
    stub = await stubUpstream();
    stub.answerWith((answer) => answer.json(500, {}));
  });
  afterAll(() => stub.close());

  test.each(Object.keys(asked) as Asked[])('with %s', async (what) => {
    const before = stub.requests.length;
    const call = callTo(stub.url, { request: asked[what] as Partial<ChatRequest> });
    const connector = connectors(name) ?? expect.unreachable();
    const { thrown } = await outcomeOf(pulled(connector, call));
    const sent = stub.requests.slice(before).map(({ body }) => body);
    const expected = form[what];
    if (expected === 'UNSAID') {
      expect(sent).toEqual([]);
      expect(thrown).toMatchObject({ failure: 'UNSAID', callersFault: true });
    } else {
      expect(sent).toHaveLength(1);
      expect(sent[0]).toMatchObject(expected);
    }
  });
});
