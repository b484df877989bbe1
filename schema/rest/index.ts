/** The shapes of the REST surface: what its doors accept and answer, and how they are printed. */
export * from './account-answer.ts';
export * from './chat-answer.ts';
export * from './chat-request.ts';
export * from './completion-request.ts';
export * from './embedding.ts';
export * from './error.ts';
export * from './messages-answer.ts';
export * from './messages-request.ts';
export * from './model-answer.ts';
export type { ProviderPreferences } from './provider-preferences.ts';
export * from './responses-answer.ts';
export * from './responses-request.ts';
