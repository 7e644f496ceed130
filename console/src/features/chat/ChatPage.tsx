import { ActionIcon, Button, Drawer, Select, Tooltip } from '@mantine/core';
import { useDisclosure, useMediaQuery } from '@mantine/hooks';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { useModels } from '@/shared/api/useModels';
import { Icon } from '@/shared/ui/icons';
import { ErrorNotice } from '@/shared/ui/Notice';
import classes from './ChatPage.module.css';
import { Composer } from './Composer';
import { SettingsPanel } from './SettingsPanel';
import { loadSettings, saveSettings, type ChatSettings } from './settings';
import { Welcome } from './Welcome';
import { isLive } from './transcript';
import { Transcript } from './Transcript';
import { useConversation } from './useConversation';

export function ChatPage() {
  const { conversation, turns } = useConversation();
  const models = useModels();
  const [settings, setSettings] = useState(loadSettings);
  const wide = useMediaQuery('(min-width: 1200px)', true, { getInitialValueInEffect: false });
  const [asideOpen, aside] = useDisclosure(true);
  const [drawerOpen, drawer] = useDisclosure(false);
  const panelOpen = wide ? asideOpen : drawerOpen;

  const names = models.data?.map((model) => model.id) ?? [];
  const [parameters, setParameters] = useSearchParams();
  // A link can ask for a model; choosing another one here overrules it.
  const wanted = parameters.get('model') ?? settings.model;
  const model = wanted !== null && names.includes(wanted) ? wanted : (names[0] ?? null);
  const live = isLive(turns.at(-1));

  function change(next: ChatSettings) {
    setSettings(next);
    saveSettings(next);
  }

  function ask(text: string) {
    if (model !== null) void conversation.ask(text, model, settings);
  }

  const knobs = <SettingsPanel settings={settings} onChange={change} />;
  return (
    <div className={classes.page}>
      <section className={classes.column} aria-label="Conversation">
        <header className={classes.header}>
          <Select
            aria-label="Model"
            className={classes.model}
            data={names}
            value={model}
            placeholder={models.isPending ? 'Loading models…' : 'No model is ready'}
            allowDeselect={false}
            searchable={names.length > 8}
            onChange={(name) => {
              setParameters({}, { replace: true });
              change({ ...settings, model: name });
            }}
          />
          <div className={classes.headerActions}>
            {turns.length > 0 && (
              <Button
                variant="subtle"
                color="gray"
                leftSection={<Icon name="plus" size={16} />}
                onClick={() => {
                  conversation.clear();
                }}
              >
                New chat
              </Button>
            )}
            <Tooltip label={panelOpen ? 'Hide settings' : 'Show settings'}>
              <ActionIcon
                variant={panelOpen ? 'light' : 'subtle'}
                color={panelOpen ? 'star' : 'gray'}
                size="lg"
                aria-label="Settings"
                aria-expanded={panelOpen}
                onClick={wide ? aside.toggle : drawer.toggle}
              >
                <Icon name="sliders" />
              </ActionIcon>
            </Tooltip>
          </div>
        </header>
        {turns.length === 0 ? (
          <Welcome model={model} onPick={ask} />
        ) : (
          <Transcript turns={turns} conversation={conversation} model={model} settings={settings} />
        )}
        <div className={classes.dock}>
          {models.isError && <ErrorNotice error={models.error} onRetry={() => void models.refetch()} />}
          <Composer
            disabled={model === null}
            live={live}
            onSend={ask}
            onStop={() => {
              conversation.stop();
            }}
          />
        </div>
      </section>
      {wide ? (
        asideOpen && (
          <aside className={classes.panel} aria-label="Settings">
            {knobs}
          </aside>
        )
      ) : (
        <Drawer opened={drawerOpen} onClose={drawer.close} position="right" size={340} title="Settings">
          {knobs}
        </Drawer>
      )}
    </div>
  );
}
