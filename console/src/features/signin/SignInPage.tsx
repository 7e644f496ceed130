import { Button, PasswordInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { ApiError } from '@/shared/api/errors';
import { checkKey } from '@/shared/session/session';
import { useSessionControl } from '@/shared/session/useSession';
import { LogoMark } from '@/shared/ui/Logo';
import { NightSky } from './NightSky';
import classes from './SignInPage.module.css';

export function SignInPage() {
  const { signIn, notice } = useSessionControl();
  const [key, setKey] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const [checking, setChecking] = useState(false);

  async function submit(event: FormEvent) {
    event.preventDefault();
    const trimmed = key.trim();
    if (trimmed === '') {
      setProblem('Enter an API key.');
      return;
    }
    setChecking(true);
    setProblem(null);
    try {
      signIn(await checkKey(trimmed));
    } catch (error) {
      setProblem(explain(error));
      setChecking(false);
    }
  }

  return (
    <div className={classes.page}>
      <NightSky />
      <main className={classes.card}>
        <div className={classes.mark}>
          <LogoMark size={46} />
        </div>
        <h1 className={classes.title}>Sign in to Dipper</h1>
        <p className={classes.lead}>Use an API key of this platform.</p>
        {notice && (
          <p className={classes.notice} role="status">
            {notice}
          </p>
        )}
        <form
          onSubmit={(event) => {
            void submit(event);
          }}
        >
          <PasswordInput
            label="API key"
            placeholder="Paste your key"
            size="md"
            value={key}
            onChange={(event) => {
              setKey(event.currentTarget.value);
            }}
            error={problem}
            autoComplete="current-password"
            spellCheck={false}
            autoFocus
          />
          <Button type="submit" size="md" fullWidth mt="md" loading={checking}>
            Sign in
          </Button>
        </form>
        <p className={classes.hint}>
          The first start wrote an admin key to the file <code>admin.key</code> in Dipper’s home folder. It stays in
          this browser tab only.
        </p>
      </main>
    </div>
  );
}

function explain(error: unknown): string {
  if (error instanceof ApiError && error.status === 401) return 'This key is not accepted.';
  return error instanceof Error ? error.message : 'Signing in failed.';
}
