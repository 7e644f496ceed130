import { Button, Modal, SegmentedControl, TextInput } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { useState, type FormEvent } from 'react';
import { Icon } from '@/shared/ui/icons';
import { ErrorNotice } from '@/shared/ui/Notice';
import classes from './NewKeyDialog.module.css';
import { useCreateKey } from './useKeys';

/** Asks for a name and a role, then shows the key: once, and never again. */
export function NewKeyDialog({ onClose }: { onClose: () => void }) {
  const create = useCreateKey();
  const [name, setName] = useState('');
  const [role, setRole] = useState<'user' | 'admin'>('user');

  function submit(event: FormEvent) {
    event.preventDefault();
    if (name.trim() !== '') create.mutate({ name: name.trim(), role });
  }

  const made = create.data;
  return (
    <Modal
      opened
      onClose={onClose}
      title={made ? 'Your new key' : 'New key'}
      centered
      closeOnClickOutside={!made}
      closeOnEscape={!made}
      withCloseButton={!made}
    >
      {made ? (
        <Secret secret={made.key} onDone={onClose} />
      ) : (
        <form className={classes.form} onSubmit={submit}>
          <TextInput
            label="Name"
            description="Who or what will use it"
            value={name}
            maxLength={100}
            data-autofocus
            required
            onChange={(event) => {
              setName(event.currentTarget.value);
            }}
          />
          <SegmentedControl
            aria-label="Role"
            fullWidth
            data={[
              { value: 'user', label: 'User: chat and completions' },
              { value: 'admin', label: 'Admin: everything' },
            ]}
            value={role}
            onChange={(value) => {
              setRole(value);
            }}
          />
          {create.isError && <ErrorNotice error={create.error} />}
          <Button type="submit" loading={create.isPending} disabled={name.trim() === ''}>
            Create key
          </Button>
        </form>
      )}
    </Modal>
  );
}

function Secret({ secret, onDone }: { secret: string; onDone: () => void }) {
  const clipboard = useClipboard({ timeout: 3000 });
  return (
    <div className={classes.form}>
      <p className={classes.warning}>Copy it now: it is not stored in a readable form and will not be shown again.</p>
      <code className={classes.secret} data-testid="new-key">
        {secret}
      </code>
      <Button
        variant="light"
        leftSection={<Icon name={clipboard.copied ? 'check' : 'copy'} size={16} />}
        onClick={() => {
          clipboard.copy(secret);
        }}
      >
        {clipboard.copied ? 'Copied' : 'Copy key'}
      </Button>
      <Button onClick={onDone}>I have kept it</Button>
    </div>
  );
}
