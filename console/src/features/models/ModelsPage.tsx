import { Button, MultiSelect, Select, Skeleton, Switch, TextInput } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { AttentionKind, Endpoint, ModelSummary } from '@/shared/api/registry';
import { useModels } from '@/shared/api/useModels';
import { formatTokens } from '@/shared/format';
import { useSession } from '@/shared/session/useSession';
import { DataTable } from '@/shared/ui/DataTable';
import { Icon } from '@/shared/ui/icons';
import { EmptyState, ErrorNotice } from '@/shared/ui/Notice';
import { PageFrame, Panel } from '@/shared/ui/PageFrame';
import { familiesOf, NO_FILTER, select, type Filter, type SortKey } from './filter';
import { KIND_NAMES, KINDS } from '@/shared/design/kinds';
import { ModelCard } from './ModelCard';
import classes from './ModelsPage.module.css';
import { useCatalogue, useEndpoints } from './useRegistry';

const SORTS: Record<SortKey, string> = {
  serving: 'Serving first',
  name: 'By name',
  total: 'Largest first',
  active: 'Fewest active parameters',
  context: 'Longest context',
  kv: 'Smallest KV cache',
};

export function ModelsPage() {
  const { role } = useSession();
  return role === 'admin' ? <Catalogue /> : <ServedModels />;
}

function Catalogue() {
  const catalogue = useCatalogue();
  const endpoints = useEndpoints();
  const [filter, setFilter] = useState(NO_FILTER);
  const serving = useMemo(() => byModel(endpoints.data ?? []), [endpoints.data]);
  const models = catalogue.data ?? [];
  const shown = select(models, filter, new Set(serving.keys()));

  return (
    <PageFrame title="Models" lead={leadOf(models, serving.size)}>
      {models.length > 0 && <FilterBar filter={filter} families={familiesOf(models)} onChange={setFilter} />}
      {catalogue.isPending && <LoadingCards />}
      {catalogue.isError && <ErrorNotice error={catalogue.error} onRetry={() => void catalogue.refetch()} />}
      {catalogue.isSuccess && models.length === 0 && (
        <EmptyState icon="models" title="No models yet">
          Bring one in with <code>dipper pull ORG/NAME</code> or <code>dipper import NAME FOLDER</code>; it appears here
          once it was checked.
        </EmptyState>
      )}
      {models.length > 0 && shown.length === 0 && (
        <EmptyState icon="search" title="No model meets these conditions">
          <Button
            variant="default"
            mt="xs"
            onClick={() => {
              setFilter(NO_FILTER);
            }}
          >
            Clear the filter
          </Button>
        </EmptyState>
      )}
      <ul className={classes.cards}>
        {shown.map((model) => (
          <li key={model.name}>
            <ModelCard model={model} endpoints={serving.get(model.name) ?? []} />
          </li>
        ))}
      </ul>
    </PageFrame>
  );
}

interface FilterBarProps {
  filter: Filter;
  families: string[];
  onChange: (filter: Filter) => void;
}

function FilterBar({ filter, families, onChange }: FilterBarProps) {
  return (
    <div className={classes.filters} role="search">
      <TextInput
        className={classes.search}
        aria-label="Search models"
        placeholder="Search by name or family"
        leftSection={<Icon name="search" size={16} />}
        value={filter.text}
        onChange={(event) => {
          onChange({ ...filter, text: event.currentTarget.value });
        }}
      />
      <Select
        aria-label="Family"
        placeholder="Any family"
        data={families}
        value={filter.family}
        clearable
        searchable
        w={160}
        onChange={(family) => {
          onChange({ ...filter, family });
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
        aria-label="Order"
        data={Object.entries(SORTS).map(([value, label]) => ({ value, label }))}
        value={filter.sort}
        allowDeselect={false}
        w={210}
        onChange={(sort) => {
          onChange({ ...filter, sort: sort as SortKey });
        }}
      />
      <Switch
        label="Serving now"
        checked={filter.servingOnly}
        onChange={(event) => {
          onChange({ ...filter, servingOnly: event.currentTarget.checked });
        }}
      />
    </div>
  );
}

/** User keys do not reach the registry; they see what answers. */
function ServedModels() {
  const models = useModels();
  return (
    <PageFrame title="Models" lead="The models that answer right now. Architecture facts need an admin key.">
      {models.isPending && <LoadingCards />}
      {models.isError && <ErrorNotice error={models.error} onRetry={() => void models.refetch()} />}
      {models.data?.length === 0 && <EmptyState icon="models" title="No model is ready" />}
      {models.data && models.data.length > 0 && (
        <Panel>
          <DataTable
            label="Models"
            rows={models.data}
            keyOf={(model) => model.id}
            columns={[
              { title: 'Name', cell: (model) => model.id },
              {
                title: 'Context',
                align: 'right',
                cell: (model) => (model.max_model_len === undefined ? 'unknown' : formatTokens(model.max_model_len)),
              },
            ]}
          />
        </Panel>
      )}
    </PageFrame>
  );
}

function LoadingCards() {
  return (
    <div className={classes.cards} aria-label="Loading models" role="status">
      {Array.from({ length: 6 }, (_, index) => (
        <Skeleton key={index} height={190} radius={16} />
      ))}
    </div>
  );
}

function byModel(endpoints: readonly Endpoint[]): Map<string, Endpoint[]> {
  return Map.groupBy(endpoints, (endpoint) => endpoint.model);
}

function leadOf(models: readonly ModelSummary[], serving: number): string {
  if (models.length === 0) return 'Models in the registry';
  return `${models.length} ${models.length === 1 ? 'model' : 'models'} in the registry, ${serving} serving`;
}
