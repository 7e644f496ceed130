import { Anchor, MultiSelect, Select, Skeleton, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'react-router';
import { KIND_NAMES, KINDS } from '@/shared/design/kinds';
import type { AttentionKind, DesignSummary } from '@/shared/api/registry';
import { formatBytes, formatCount, formatTokens } from '@/shared/format';
import { DataTable, type Column } from '@/shared/ui/DataTable';
import { Icon } from '@/shared/ui/icons';
import { EmptyState, ErrorNotice } from '@/shared/ui/Notice';
import { PageFrame, Panel } from '@/shared/ui/PageFrame';
import classes from './Designs.module.css';
import { ANY_DESIGN, selectDesigns, type DesignFilter } from './filter';
import { useDesigns } from './useDesigns';

const MOST_ACTIVE = [1e9, 4e9, 10e9, 40e9, 100e9];
const LEAST_CONTEXT = [8_192, 32_768, 131_072, 1_048_576];

const COLUMNS: Column<DesignSummary>[] = [
  {
    title: 'Design',
    cell: ({ name, vendor }) => (
      <span className={classes.name}>
        <Anchor component={Link} to={`/designs/${name}`} fw={550}>
          {name.slice(name.indexOf('/') + 1)}
        </Anchor>
        <span className={classes.muted}>{vendor}</span>
      </span>
    ),
  },
  { title: 'Released', cell: ({ released }) => released },
  { title: 'Parameters', align: 'right', cell: ({ architecture }) => formatCount(architecture.parametersTotal) },
  { title: 'Active', align: 'right', cell: ({ architecture }) => formatCount(architecture.parametersActive) },
  {
    title: 'Attention',
    cell: ({ architecture }) => (
      <span className={classes.kinds}>
        {architecture.attentionKinds.map((kind) => (
          <span key={kind} className={classes.kind}>
            <i style={{ background: KINDS[kind].color }} />
            {KINDS[kind].label}
          </span>
        ))}
      </span>
    ),
  },
  { title: 'KV a token', align: 'right', cell: ({ architecture }) => formatBytes(architecture.kvBytesPerToken) },
  { title: 'Context', align: 'right', cell: ({ architecture }) => formatTokens(architecture.contextLength) },
];

/** Published designs, to be searched and compared before any weight is downloaded. */
export function DesignsPage() {
  const designs = useDesigns();
  const [filter, setFilter] = useState(ANY_DESIGN);
  const shown = selectDesigns(designs.data ?? [], filter);
  return (
    <PageFrame
      title="Designs"
      lead="What the published models are like, computed from their configurations. No weight is needed."
    >
      <Filters filter={filter} onChange={setFilter} />
      {designs.isPending && <Skeleton height={420} radius={16} aria-label="Loading designs" />}
      {designs.isError && <ErrorNotice error={designs.error} onRetry={() => void designs.refetch()} />}
      {designs.isSuccess && shown.length === 0 && <EmptyState icon="search" title="No design meets these conditions" />}
      {shown.length > 0 && (
        <Panel>
          <DataTable label="Designs" rows={shown} keyOf={({ name }) => name} columns={COLUMNS} />
        </Panel>
      )}
    </PageFrame>
  );
}

function Filters({ filter, onChange }: { filter: DesignFilter; onChange: (filter: DesignFilter) => void }) {
  return (
    <div className={classes.filters} role="search">
      <TextInput
        className={classes.search}
        aria-label="Search designs"
        placeholder="Search by name, vendor or family"
        leftSection={<Icon name="search" size={16} />}
        value={filter.text}
        onChange={(event) => {
          onChange({ ...filter, text: event.currentTarget.value });
        }}
      />
      <MultiSelect
        aria-label="Attention"
        placeholder={filter.kinds.length === 0 ? 'Any attention' : ''}
        data={KIND_NAMES.map((kind) => ({ value: kind, label: KINDS[kind].label }))}
        value={filter.kinds}
        clearable
        miw={170}
        onChange={(kinds) => {
          onChange({ ...filter, kinds: kinds as AttentionKind[] });
        }}
      />
      <Select
        aria-label="Active parameters"
        placeholder="Any size"
        data={MOST_ACTIVE.map((count) => ({ value: String(count), label: `up to ${formatCount(count)} active` }))}
        value={filter.maxActive === null ? null : String(filter.maxActive)}
        clearable
        w={190}
        onChange={(count) => {
          onChange({ ...filter, maxActive: count === null ? null : Number(count) });
        }}
      />
      <Select
        aria-label="Context"
        placeholder="Any context"
        data={LEAST_CONTEXT.map((tokens) => ({ value: String(tokens), label: `from ${formatTokens(tokens)} tokens` }))}
        value={filter.minContext === null ? null : String(filter.minContext)}
        clearable
        w={180}
        onChange={(tokens) => {
          onChange({ ...filter, minContext: tokens === null ? null : Number(tokens) });
        }}
      />
    </div>
  );
}
