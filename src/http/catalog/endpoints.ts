import { type Endpoint, isUsable } from '#catalog';
import { type MetricsWindow, performanceOf } from '#metrics';
import type { EndpointAnswer, Rooms } from '#schema';
import { type Exchange, sendJson } from '../exchange.ts';
import { secondsOf } from '../openai/chat-answer.ts';
import type { Parameters } from '../rest/address.ts';
import { architectureOf, pricingOf } from './model-answer.ts';
import { modelNamed, nameIn } from './models.ts';

/** `GET …/models/{author}/{slug}/endpoints`: who offers a model, and how. */
export async function answerEndpoints(
  { response }: Exchange,
  rooms: Rooms,
  parameters: Parameters,
): Promise<void> {
  const model = modelNamed(rooms, nameIn(parameters));
  sendJson(response, 200, {
    data: {
      id: model.slug,
      name: model.name,
      created: secondsOf(model.createdAt),
      description: model.description ?? '',
      architecture: architectureOf(model),
      endpoints: await Promise.all(
        model.endpoints.map((endpoint) => endpointAnswer(endpoint, rooms)),
      ),
    },
  });
}

/**
 * From this platform's own traffic, in the field's units: uptime in per cent, latency is the time
 * to the first token. Nothing is known of an endpoint without traffic, which null says.
 */
async function measuredOf({ id }: Endpoint, { metrics, platform }: Rooms) {
  const within = async (window: MetricsWindow) =>
    performanceOf(await metrics.figures([id], window), platform.publicTrafficFloor);
  const [minutes, halfHour, day] = await Promise.all(
    (['FIVE_MINUTES', 'THIRTY_MINUTES', 'ONE_DAY'] as const).map(within),
  );
  const percent = (uptime: number | null | undefined) => (uptime == null ? null : uptime * 100);
  return {
    uptime_last_5m: percent(minutes?.uptime),
    uptime_last_30m: percent(halfHour?.uptime),
    uptime_last_1d: percent(day?.uptime),
    latency_last_30m: halfHour?.timeToFirstTokenMs ?? null,
    throughput_last_30m: halfHour?.tokensPerSecond ?? null,
  };
}

async function endpointAnswer(endpoint: Endpoint, rooms: Rooms): Promise<EndpointAnswer> {
  const { model, provider, supportedParameters } = endpoint;
  const takesTools = supportedParameters.has('tool_choice');
  return {
    name: `${provider.name} | ${model.slug}`,
    model_id: model.slug,
    model_name: model.name,
    provider_name: provider.name,
    tag: provider.slug,
    context_length: endpoint.contextLength,
    max_prompt_tokens: endpoint.contextLength,
    max_completion_tokens: endpoint.maxOutputTokens,
    pricing: pricingOf(endpoint.pricing),
    quantization: endpoint.quantization ?? 'unknown',
    supported_parameters: [...supportedParameters],
    supports_implicit_caching: endpoint.pricing.cacheRead !== null,
    supports_tool_choice: {
      auto: takesTools,
      none: takesTools,
      required: takesTools,
      function: takesTools,
    },
    supports_voice_cloning: false,
    status: statusOf(endpoint, rooms),
    ...(await measuredOf(endpoint, rooms)),
  };
}

/** The field's numbers: 0 up, -1 degraded, -2 down, -5 cannot be used at all. */
function statusOf(endpoint: Endpoint, { router }: Rooms): number {
  if (!isUsable(endpoint)) return -5;
  const { status } = router.status(endpoint);
  return { UP: 0, DEGRADED: -1, DOWN: -2, NOT_CONFIGURED: -5, DISABLED: -5 }[status];
}
