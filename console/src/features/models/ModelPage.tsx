import { Anchor, Button, Skeleton } from '@mantine/core';
import { Link, useParams } from 'react-router';
import type { ModelDetails } from '@/shared/api/registry';
import { formatBytes, formatCount, formatTokens } from '@/shared/format';
import { CopyButton } from '@/shared/ui/CopyButton';
import { DataTable } from '@/shared/ui/DataTable';
import { FactList } from '@/shared/ui/FactList';
import { ErrorNotice } from '@/shared/ui/Notice';
import { PageFrame, Panel } from '@/shared/ui/PageFrame';
import { CacheSizes } from '@/shared/design/CacheSizes';
import { Endpoints } from './Endpoints';
import { ExportMemories } from './ExportMemories';
import { LayerPicture } from '@/shared/design/LayerPicture';
import classes from './ModelPage.module.css';
import { ProofTag, ServingTag } from './states';
import { useModelDetails, useServing } from './useRegistry';

export function ModelPage() {
  const name = useParams()['*'] ?? '';
  const details = useModelDetails(name);
  return (
    <PageFrame
      title={name}
      lead={
        <Anchor component={Link} to="/models" fz="sm">
          All models
        </Anchor>
      }
      actions={details.data && <ServingActions model={details.data} />}
    >
      {details.isPending && <Skeleton height={360} radius={16} aria-label="Loading" />}
      {details.isError && <ErrorNotice error={details.error} onRetry={() => void details.refetch()} />}
      {details.data && <Sections model={details.data} />}
    </PageFrame>
  );
}

function ServingActions({ model }: { model: ModelDetails }) {
  const serving = useServing(model.name);
  const loaded = model.endpoints.length > 0;
  return (
    <div className={classes.serving}>
      {serving.isError && <ErrorNotice error={serving.error} />}
      <ServingTag endpoints={model.endpoints} />
      {loaded && (
        <Button component={Link} to={`/chat?model=${encodeURIComponent(model.name)}`}>
          Chat
        </Button>
      )}
      <Button
        variant={loaded ? 'default' : 'filled'}
        loading={serving.isPending}
        onClick={() => {
          serving.mutate(loaded ? 'unload' : 'load');
        }}
      >
        {loaded ? 'Unload' : 'Load'}
      </Button>
    </div>
  );
}

function Sections({ model }: { model: ModelDetails }) {
  return (
    <>
      <Panel title="Layers">
        <LayerPicture facts={model.facts} />
      </Panel>
      <Panel title="Design">
        <FactList facts={designOf(model)} />
      </Panel>
      <div className={classes.pair}>
        <Panel
          title="KV cache of one sequence"
          aside={<span className={classes.muted}>{formatBytes(model.architecture.kvBytesPerToken)} a token</span>}
        >
          <CacheSizes facts={model.facts} />
        </Panel>
        <Panel title="Serving">
          <Endpoints endpoints={model.endpoints} />
        </Panel>
      </div>
      <Panel title="Exports">
        <DataTable
          label="Exports"
          rows={model.exports}
          keyOf={(row) => row.target}
          columns={[
            { title: 'Target', cell: (row) => <code>{row.target}</code> },
            { title: 'State', cell: (row) => <ProofTag state={row.state} /> },
            { title: 'Proof', cell: (row) => proofOf(row.proofs[0]) },
            { title: 'Took', align: 'right', cell: (row) => `${row.seconds.toFixed(1)} s` },
            { title: 'Size', align: 'right', cell: (row) => formatBytes(row.bytes) },
          ]}
        />
      </Panel>
      <Panel title="Memory, predicted and held">
        <ExportMemories exports={model.exports} />
      </Panel>
      <Panel title="Files" aside={<span className={classes.muted}>{formatBytes(model.bytes)} in all</span>}>
        <DataTable
          label="Files"
          rows={model.files}
          keyOf={(file) => file.name}
          columns={[
            { title: 'Name', cell: (file) => file.name },
            {
              title: 'SHA-256',
              cell: (file) => (
                <span className={classes.hash}>
                  <code>{file.sha256.slice(0, 16)}…</code>
                  <CopyButton text={file.sha256} label={`Copy the SHA-256 of ${file.name}`} />
                </span>
              ),
            },
            { title: 'Size', align: 'right', cell: (file) => formatBytes(file.bytes) },
          ]}
        />
        <p className={classes.source}>
          From {model.source} · {new Date(model.createdAt).toLocaleString()}
        </p>
      </Panel>
    </>
  );
}

function designOf({ architecture, facts }: ModelDetails): [string, string][] {
  const { experts } = architecture;
  const theta = facts.positional.theta;
  return [
    ['Family', architecture.family],
    ['Parameters', formatCount(architecture.parametersTotal)],
    ['Active a token', formatCount(architecture.parametersActive)],
    ['Experts', experts ? `${experts.used} of ${experts.routed}` : 'none'],
    ['Layers', String(architecture.layers)],
    ['Hidden size', architecture.hiddenSize.toLocaleString('en')],
    ['Vocabulary', architecture.vocabulary.toLocaleString('en')],
    ['Context', `${formatTokens(architecture.contextLength)} tokens`],
    ['KV cache a token', formatBytes(architecture.kvBytesPerToken)],
    ['Positions', theta ? `${architecture.positional}, θ ${theta.toLocaleString('en')}` : architecture.positional],
    ['Norms', `${architecture.normKind}, ${architecture.normPlacement}`],
    ['QK norm', architecture.qkNorm],
    ['Embeddings', architecture.tied ? 'tied with the head' : 'apart from the head'],
  ];
}

function proofOf(proof: ModelDetails['exports'][number]['proofs'][number] | undefined): string {
  if (proof === undefined) return 'none yet';
  const diff = proof.report.max_logit_diff;
  return typeof diff === 'number' ? `${proof.verdict}, logits within ${diff.toExponential(1)}` : proof.verdict;
}
