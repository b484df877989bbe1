import type { DataPolicy, Endpoint, Model, Pricing, Provider } from '#catalog';
import type { Completion } from '#completions';
import type { Rejection } from '#routing';
import { builder } from './builder.ts';
import type { Rooms } from './context.ts';

/** Types that several families speak of; each is filled in where its family lives. */
export const ModelRef = builder.objectRef<Model>('Model');
export const EndpointRef = builder.objectRef<Endpoint>('Endpoint');
export const ProviderRef = builder.objectRef<Provider>('Provider');
export const PricingRef = builder.objectRef<Pricing>('Pricing');
export const DataPolicyRef = builder.objectRef<DataPolicy>('DataPolicy');
export const CompletionRef = builder.objectRef<Completion>('Completion');
export const RouteRejectionRef = builder.objectRef<Rejection>('RouteRejection');
export const PlatformRef = builder.objectRef<Rooms>('Platform');
