/** What share of the output each effort may think (OpenRouter's published ratios). */
export const effortShares = {
  minimal: 0.1,
  low: 0.2,
  medium: 0.5,
  high: 0.8,
  xhigh: 0.95,
} as const;
