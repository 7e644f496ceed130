import { Anchor, Select, Skeleton } from '@mantine/core';
import { Link, useParams, useSearchParams } from 'react-router';
import { CacheSizes } from '@/shared/design/CacheSizes';
import { LayerPicture } from '@/shared/design/LayerPicture';
import type { DesignDetails } from '@/shared/api/registry';
import { formatBytes, formatCount, formatTokens } from '@/shared/format';
import { FactList } from '@/shared/ui/FactList';
import { ErrorNotice } from '@/shared/ui/Notice';
import { PageFrame, Panel } from '@/shared/ui/PageFrame';
import classes from './Designs.module.css';
import { useDesign, useDesigns, useDrawing } from './useDesigns';

/** One published design: drawn, counted, and set beside another one. */
export function DesignPage() {
  const name = useParams()['*'] ?? '';
  const design = useDesign(name);
  return (
    <PageFrame
      title={name}
      lead={
        <Anchor component={Link} to="/designs" fz="sm">
          All designs
        </Anchor>
      }
    >
      {design.isPending && <Skeleton height={420} radius={16} aria-label="Loading" />}
      {design.isError && <ErrorNotice error={design.error} onRetry={() => void design.refetch()} />}
      {design.data && (
        <>
          <Drawing name={name} />
          <Panel title="Design">
            <FactList facts={factsOf(design.data)} />
          </Panel>
          <Panel title="Layers">
            <LayerPicture facts={design.data.facts} />
          </Panel>
          <Panel title="KV cache of one sequence">
            <CacheSizes facts={design.data.facts} />
          </Panel>
        </>
      )}
    </PageFrame>
  );
}

function Drawing({ name }: { name: string }) {
  const [parameters, setParameters] = useSearchParams();
  const against = parameters.get('against');
  const designs = useDesigns();
  const drawing = useDrawing(name, against);
  const others = (designs.data ?? []).map((design) => design.name).filter((other) => other !== name);
  return (
    <Panel
      title={against === null ? 'Drawing' : 'Side by side; what differs is red'}
      aside={
        <Select
          aria-label="Compare with"
          placeholder="Compare with…"
          data={others}
          value={against}
          clearable
          searchable
          w={280}
          onChange={(other) => {
            setParameters(other === null ? {} : { against: other }, { replace: true });
          }}
        />
      }
    >
      {drawing.isPending && <Skeleton height={420} radius={10} aria-label="Drawing" />}
      {drawing.isError && <ErrorNotice error={drawing.error} onRetry={() => void drawing.refetch()} />}
      {drawing.data && (
        <>
          <div className={classes.drawing}>
            <img
              alt={against === null ? `${name}, drawn` : `${name} beside ${against}`}
              src={`data:image/svg+xml,${encodeURIComponent(drawing.data)}`}
            />
          </div>
          <Anchor
            component="button"
            type="button"
            fz="sm"
            onClick={() => {
              openPicture(drawing.data);
            }}
          >
            Open full size
          </Anchor>
        </>
      )}
    </Panel>
  );
}

/** In a tab of its own; its address lasts as long as this page, so that the tab can be loaded again. */
function openPicture(svg: string) {
  window.open(URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' })), '_blank', 'noopener');
}

function factsOf({ architecture, vendor, released, claimedTotal, claimedActive }: DesignDetails): [string, string][] {
  const { experts } = architecture;
  return [
    ['Vendor', vendor],
    ['Released', released],
    ['Parameters', formatCount(architecture.parametersTotal)],
    ['Claimed', claimedTotal],
    ['Active a token', formatCount(architecture.parametersActive)],
    ['Claimed active', claimedActive ?? 'no claim'],
    ['Experts', experts ? `${experts.used} of ${experts.routed}` : 'none'],
    ['Layers', String(architecture.layers)],
    ['Hidden size', architecture.hiddenSize.toLocaleString('en')],
    ['Vocabulary', architecture.vocabulary.toLocaleString('en')],
    ['Context', `${formatTokens(architecture.contextLength)} tokens`],
    ['KV cache a token', formatBytes(architecture.kvBytesPerToken)],
    ['Positions', architecture.positional],
    ['Norms', `${architecture.normKind}, ${architecture.normPlacement}`],
    ['QK norm', architecture.qkNorm],
    ['Embeddings', architecture.tied ? 'tied with the head' : 'apart from the head'],
  ];
}
