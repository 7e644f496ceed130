import { ActionIcon, Button, Modal, Skeleton, Tooltip } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import type { KeyInfo } from '@/shared/api/keys';
import { DataTable } from '@/shared/ui/DataTable';
import { Icon } from '@/shared/ui/icons';
import { EmptyState, ErrorNotice } from '@/shared/ui/Notice';
import { PageFrame, Panel } from '@/shared/ui/PageFrame';
import { Tag } from '@/shared/ui/Tag';
import { NewKeyDialog } from './NewKeyDialog';
import { useKeys, useRevokeKey } from './useKeys';

export function KeysPage() {
  const keys = useKeys();
  const [creating, create] = useDisclosure(false);
  const [revoking, setRevoking] = useState<KeyInfo | null>(null);

  return (
    <PageFrame
      title="Keys"
      lead="Who may call this platform. A key’s secret is shown once, when it is made."
      actions={
        <Button leftSection={<Icon name="plus" size={16} />} onClick={create.open}>
          New key
        </Button>
      }
    >
      {keys.isPending && <Skeleton height={220} radius={16} aria-label="Loading keys" />}
      {keys.isError && <ErrorNotice error={keys.error} onRetry={() => void keys.refetch()} />}
      {keys.data?.length === 0 && <EmptyState icon="key" title="No keys yet" />}
      {keys.data && keys.data.length > 0 && (
        <Panel>
          <DataTable
            label="Keys"
            rows={[...keys.data].sort(byUse)}
            keyOf={(key) => key.id}
            columns={[
              { title: 'Name', cell: (key) => key.name },
              { title: 'Role', cell: (key) => (isAdmin(key) ? <Tag tone="accent">Admin</Tag> : <Tag>User</Tag>) },
              { title: 'Begins with', cell: (key) => <code>{key.prefix ?? '…'}</code> },
              { title: 'Made', cell: (key) => new Date(key.createdAt).toLocaleDateString() },
              {
                title: 'State',
                cell: (key) => (key.revokedAt ? <Tag tone="bad">Revoked</Tag> : <Tag tone="good">Valid</Tag>),
              },
              {
                title: '',
                align: 'right',
                cell: (key) =>
                  !key.revokedAt && (
                    <Tooltip label="Revoke">
                      <ActionIcon
                        variant="subtle"
                        color="red"
                        aria-label={`Revoke ${key.name}`}
                        onClick={() => {
                          setRevoking(key);
                        }}
                      >
                        <Icon name="trash" />
                      </ActionIcon>
                    </Tooltip>
                  ),
              },
            ]}
          />
        </Panel>
      )}
      {creating && <NewKeyDialog onClose={create.close} />}
      {revoking && (
        <RevokeDialog
          target={revoking}
          onClose={() => {
            setRevoking(null);
          }}
        />
      )}
    </PageFrame>
  );
}

function RevokeDialog({ target, onClose }: { target: KeyInfo; onClose: () => void }) {
  const revoke = useRevokeKey();
  return (
    <Modal opened onClose={onClose} title={`Revoke ${target.name}?`} centered>
      <p>Whoever uses this key is refused from now on. This cannot be undone.</p>
      {revoke.isError && <ErrorNotice error={revoke.error} />}
      <Button.Group mt="md">
        <Button variant="default" fullWidth onClick={onClose}>
          Keep it
        </Button>
        <Button
          color="red"
          fullWidth
          loading={revoke.isPending}
          onClick={() => {
            revoke.mutate(target.id, { onSuccess: onClose });
          }}
        >
          Revoke
        </Button>
      </Button.Group>
    </Modal>
  );
}

function isAdmin(key: KeyInfo): boolean {
  return key.role.toLowerCase() === 'admin';
}

/** Valid keys first, then the latest. */
function byUse(a: KeyInfo, b: KeyInfo): number {
  return Number(Boolean(a.revokedAt)) - Number(Boolean(b.revokedAt)) || b.createdAt.localeCompare(a.createdAt);
}
