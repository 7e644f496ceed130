import type { AttentionKind } from '@/shared/api/registry';

/** How the attention kinds are called and coloured, everywhere on these pages. */
export const KINDS: Record<AttentionKind, { label: string; color: string; explanation: string }> = {
  full: { label: 'Full', color: 'var(--dp-kind-full)', explanation: 'every earlier token' },
  sliding: { label: 'Sliding', color: 'var(--dp-kind-sliding)', explanation: 'a window of the latest tokens' },
  chunked: { label: 'Chunked', color: 'var(--dp-kind-chunked)', explanation: 'tokens of the same chunk' },
  linear: { label: 'Linear', color: 'var(--dp-kind-linear)', explanation: 'a state of fixed size' },
  mla: { label: 'Latent', color: 'var(--dp-kind-mla)', explanation: 'every earlier token, cached in a latent form' },
};

export const KIND_NAMES = Object.keys(KINDS) as AttentionKind[];
