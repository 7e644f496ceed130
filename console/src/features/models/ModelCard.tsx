import { Link } from 'react-router';
import type { Endpoint, ModelSummary } from '@/shared/api/registry';
import { formatBytes, formatCount, formatTokens } from '@/shared/format';
import { Tag } from '@/shared/ui/Tag';
import { KINDS } from '@/shared/design/kinds';
import classes from './ModelCard.module.css';
import { ServingTag } from './states';

export function ModelCard({ model, endpoints }: { model: ModelSummary; endpoints: readonly Endpoint[] }) {
  const { architecture } = model;
  const slash = model.name.indexOf('/') + 1;
  return (
    <Link to={`/models/${model.name}`} className={classes.card}>
      <div className={classes.head}>
        <div className={classes.names}>
          {slash > 0 && <div className={classes.organisation}>{model.name.slice(0, slash - 1)}</div>}
          <div className={classes.name}>{model.name.slice(slash)}</div>
        </div>
        <ServingTag endpoints={endpoints} />
      </div>
      <div className={classes.size}>
        {formatCount(architecture.parametersTotal)}
        <span className={classes.sizeUnit}> parameters</span>
        {architecture.experts && (
          <span className={classes.active}>
            {formatCount(architecture.parametersActive)} active · {architecture.experts.used} of{' '}
            {architecture.experts.routed} experts
          </span>
        )}
      </div>
      <dl className={classes.facts}>
        <div>
          <dt>Layers</dt>
          <dd>{architecture.layers}</dd>
        </div>
        <div>
          <dt>Context</dt>
          <dd>{formatTokens(architecture.contextLength)}</dd>
        </div>
        <div>
          <dt>KV a token</dt>
          <dd>{formatBytes(architecture.kvBytesPerToken)}</dd>
        </div>
      </dl>
      <div className={classes.tags}>
        <Tag>{architecture.family}</Tag>
        {architecture.attentionKinds.map((kind) => (
          <span key={kind} className={classes.kind}>
            <i style={{ background: KINDS[kind].color }} />
            {KINDS[kind].label}
          </span>
        ))}
      </div>
    </Link>
  );
}
