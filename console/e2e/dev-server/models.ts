import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type {
  Architecture,
  AttentionKind,
  Endpoint,
  Facts,
  ModelDetails,
  ModelSummary,
} from '../../src/shared/api/registry.ts';

/** Facts as `dipper inspect` prints them, for the configurations of the repository's fixtures. */
interface InspectFacts extends Facts {
  family: string;
  text_parameters_total: number;
  text_parameters_active_per_token: { with_embeddings_and_head: number };
  tied: boolean;
  layers: number;
  experts: { routed: number; used: number } | null;
  kv_cache_bytes_per_token_bf16: number;
  norm_placement: string;
  norm_kind: string;
  qk_norm: string;
}

const FIXTURES = join(import.meta.dirname, '../../../libs/fixtures/checkpoints');
const MINI = 'dipper-mini';

const catalogue = new Map<string, InspectFacts>(
  Object.entries(readFacts()).map(([key, facts]) => [key.replace('--', '/'), facts]),
);
catalogue.set(MINI, miniFacts(catalogue.get('Qwen/Qwen3-0.6B')));
const loaded = new Set([MINI]);

export function loadedModels(): string[] {
  return [...loaded];
}

export function setLoaded(name: string, load: boolean): void {
  if (load) loaded.add(name);
  else loaded.delete(name);
}

export function modelSummaries(): ModelSummary[] {
  return [...catalogue].map(([name, facts]) => summaryOf(name, facts));
}

export function modelDetails(name: string): ModelDetails | undefined {
  const facts = catalogue.get(name);
  if (facts === undefined) return undefined;
  const summary = summaryOf(name, facts);
  return {
    ...summary,
    checkpointFolder: `/home/someone/.dipper/models/${summary.digest}`,
    facts,
    files: [
      'config.json',
      'model-00001-of-00002.safetensors',
      'model-00002-of-00002.safetensors',
      'tokenizer.json',
    ].map((file, index) => ({
      name: file,
      bytes: index === 1 || index === 2 ? summary.bytes / 2 : 4096 * (index + 1),
      sha256: '0123456789abcdef'.repeat(4),
    })),
    exports: summary.exports.map((entry) => ({
      ...entry,
      folder: '',
      seconds: 1.3,
      createdAt: summary.createdAt,
      proofs: [
        {
          verdict: 'PASS',
          report: { max_logit_diff: 0.0000305 },
          prover: 'inference-1',
          seconds: 2.1,
          createdAt: summary.createdAt,
        },
      ],
      memory: loaded.has(name)
        ? {
            predictedKvBytes: 134_217_728,
            reservedKvBytes: 134_217_728,
            predictedTotalBytes: summary.bytes * 2 + 142_000_000,
            peakTotalBytes: summary.bytes * 2 + 141_200_000,
            reportedAt: summary.createdAt,
          }
        : null,
    })),
    versions: [{ digest: summary.digest, source: summary.source, createdAt: summary.createdAt }],
    endpoints: loaded.has(name) ? [endpointOf(name, summary.bytes)] : [],
  };
}

function readFacts(): Record<string, InspectFacts> {
  return JSON.parse(readFileSync(join(FIXTURES, 'facts.json'), 'utf8')) as Record<string, InspectFacts>;
}

function miniFacts(like: InspectFacts | undefined): InspectFacts {
  if (like === undefined) throw new Error('The fixtures have no Qwen3.');
  return {
    ...like,
    text_parameters_total: 14_163_328,
    text_parameters_active_per_token: { with_embeddings_and_head: 14_163_328 },
    layers: 8,
    attention_kind_per_layer: Array<AttentionKind>(8).fill('full'),
    kv_cache_bytes_per_token_bf16: 4096,
    kv_cache: {
      window_tokens: null,
      total_bytes: { '4096': null, '32768': null },
      max_context: 2048,
      total_bytes_max: 8_388_608,
    },
  };
}

function summaryOf(name: string, facts: InspectFacts): ModelSummary {
  const bytes = facts.text_parameters_total * 2;
  return {
    name,
    digest: 'sha256:5a1c',
    source: name === MINI ? 'path:models/dipper-mini' : `hub:${name}`,
    bytes,
    createdAt: '2026-11-24T12:00:00Z',
    architecture: architectureOf(facts),
    exports: [{ target: 'cpu-f32', state: name === MINI ? 'PROVEN' : 'UNPROVEN', bytes: bytes * 2 }],
  };
}

function architectureOf(facts: InspectFacts): Architecture {
  return {
    family: facts.family,
    modelType: facts.family,
    layers: facts.layers,
    hiddenSize: 384,
    vocabulary: 4096,
    contextLength: facts.kv_cache.max_context,
    parametersTotal: facts.text_parameters_total,
    parametersActive: facts.text_parameters_active_per_token.with_embeddings_and_head,
    experts: facts.experts,
    attentionKinds: [...new Set(facts.attention_kind_per_layer)].sort(),
    kvBytesPerToken: facts.kv_cache_bytes_per_token_bf16,
    kvBytesMax: facts.kv_cache.total_bytes_max,
    tied: facts.tied,
    positional: facts.positional.scheme,
    normPlacement: facts.norm_placement,
    normKind: facts.norm_kind,
    qkNorm: facts.qk_norm,
  };
}

function endpointOf(model: string, bytes: number): Endpoint {
  return {
    id: `inference-1/${model}`,
    model,
    url: 'http://127.0.0.1:8081',
    service: 'inference',
    state: 'READY',
    running: 1,
    waiting: 0,
    capacity: 64,
    memory: { weightsBytes: bytes * 2, kvReservedBytes: 134_217_728, kvPeakBytes: 21_000_000, rssBytes: 640_000_000 },
  };
}
