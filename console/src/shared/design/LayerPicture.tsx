import type { AttentionKind, Facts } from '@/shared/api/registry';
import { KINDS } from './kinds';
import classes from './LayerPicture.module.css';

const HEIGHT = 56;
const DOTS = 12;

/** The design at a glance: one column a layer, coloured by its attention, hollow where it reads another layer's cache, dotted where it routes experts. */
export function LayerPicture({ facts }: { facts: Facts }) {
  const kinds = facts.attention_kind_per_layer;
  const routed = new Set(facts.moe_layers);
  const shared = facts.kv_shared_from ?? {};
  const counts = new Map<AttentionKind, number>();
  for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const summary = [...counts].map(([kind, count]) => `${count} ${KINDS[kind].label.toLowerCase()}`).join(', ');

  return (
    <figure className={classes.figure}>
      <div className={classes.columns} role="img" aria-label={`${kinds.length} layers: ${summary}`}>
        {kinds.map((kind, layer) => {
          const source = shared[String(layer)];
          return (
            <div key={layer} className={classes.column} title={describe(layer, kind, source, routed.has(layer))}>
              <div
                className={source === undefined ? classes.bar : classes.hollow}
                style={{ height: kind === 'full' || kind === 'mla' ? HEIGHT : HEIGHT * 0.6, color: KINDS[kind].color }}
              />
              {routed.size > 0 && (
                <div className={routed.has(layer) ? classes.experts : classes.dense} style={{ height: DOTS }} />
              )}
            </div>
          );
        })}
      </div>
      <figcaption className={classes.legend}>
        {[...counts].map(([kind, count]) => (
          <span key={kind}>
            <i style={{ background: KINDS[kind].color }} />
            {count} × {KINDS[kind].label.toLowerCase()}
            <span className={classes.explanation}> {explain(kind, facts)}</span>
          </span>
        ))}
        {facts.kv_shared_from && (
          <span>
            <i className={classes.hollowKey} />
            {Object.keys(shared).length} reuse an earlier layer’s cache
          </span>
        )}
        {routed.size > 0 && (
          <span>
            <i className={classes.dotKey} />
            {routed.size} route experts
          </span>
        )}
      </figcaption>
    </figure>
  );
}

function explain(kind: AttentionKind, facts: Facts): string {
  const window = facts.kv_cache.window_tokens;
  const windowed = kind === 'sliding' || kind === 'chunked';
  return windowed && window !== null
    ? `${KINDS[kind].explanation} (${window.toLocaleString('en')})`
    : KINDS[kind].explanation;
}

function describe(layer: number, kind: AttentionKind, source: number | undefined, routed: boolean): string {
  const parts = [`layer ${layer}: ${KINDS[kind].label.toLowerCase()} attention`];
  if (source !== undefined) parts.push(`cache of layer ${source}`);
  if (routed) parts.push('routed experts');
  return parts.join(', ');
}
