/** What the registry and the inference services say about models. */

export interface Page<T> {
  data: T[];
}

export interface Architecture {
  family: string;
  modelType: string;
  layers: number;
  hiddenSize: number;
  vocabulary: number;
  contextLength: number;
  parametersTotal: number;
  parametersActive: number;
  experts: { routed: number; used: number } | null;
  attentionKinds: AttentionKind[];
  kvBytesPerToken: number;
  kvBytesMax: number;
  tied: boolean;
  positional: string;
  normPlacement: string;
  normKind: string;
  qkNorm: string;
}

export type AttentionKind = 'full' | 'sliding' | 'chunked' | 'linear' | 'mla';

export type ExportState = 'UNPROVEN' | 'PROVING' | 'PROVEN' | 'AMBIGUOUS' | 'FAILED';

export interface ModelSummary {
  name: string;
  digest: string;
  source: string;
  bytes: number;
  createdAt: string;
  architecture: Architecture;
  exports: { target: string; state: ExportState; bytes: number }[];
}

export interface ModelDetails extends Omit<ModelSummary, 'exports'> {
  checkpointFolder: string;
  facts: Facts;
  files: { name: string; bytes: number; sha256: string }[];
  exports: ModelExport[];
  versions: { digest: string; source: string; createdAt: string }[];
  endpoints: Endpoint[];
}

export interface ModelExport {
  target: string;
  state: ExportState;
  folder: string;
  bytes: number;
  seconds: number;
  createdAt: string;
  proofs: { verdict: string; report: Record<string, unknown>; prover: string; seconds: number; createdAt: string }[];
  memory: ExportMemory | null;
}

/** Bytes; 0 is not known. */
export interface ExportMemory {
  predictedKvBytes: number;
  reservedKvBytes: number;
  predictedTotalBytes: number;
  peakTotalBytes: number;
  reportedAt: string;
}

/** A design that somebody published, known before any weight is here. */
export interface DesignSummary {
  name: string;
  vendor: string;
  released: string;
  claimedTotal: string;
  claimedActive: string | null;
  architecture: Architecture;
}

export interface DesignDetails extends DesignSummary {
  facts: Facts;
  config: Record<string, unknown>;
}

/** The part of `dipper inspect` that the pages draw. */
export interface Facts {
  attention_kind_per_layer: AttentionKind[];
  moe_layers: number[];
  kv_shared_from: Record<string, number> | null;
  kv_cache: {
    window_tokens: number | null;
    total_bytes: Record<string, number | null>;
    max_context: number;
    total_bytes_max: number;
  };
  positional: { scheme: string; theta?: number | null };
}

export interface Memory {
  weightsBytes: number;
  kvReservedBytes: number;
  kvPeakBytes: number;
  rssBytes: number;
}

export interface Endpoint {
  id: string;
  model: string;
  url: string;
  service: string;
  state: 'LOADING' | 'READY' | 'DRAINING';
  running: number;
  waiting: number;
  capacity: number;
  memory: Memory;
}
