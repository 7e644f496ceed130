import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { ApiError } from '../api/errors';
import { Icon, type IconName } from './icons';
import classes from './Notice.module.css';

/** A fault, in the platform's own words, with what helps to find it in the logs. */
export function ErrorNotice({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const message = error instanceof Error ? error.message : String(error);
  const details = error instanceof ApiError ? detailsOf(error) : '';
  return (
    <div className={classes.error} role="alert">
      <Icon name="alert" className={classes.errorIcon} />
      <div className={classes.errorText}>
        <div>{message}</div>
        {details && <div className={classes.details}>{details}</div>}
      </div>
      {onRetry && (
        <Button size="compact-sm" variant="default" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}

function detailsOf(error: ApiError): string {
  const parts = [
    error.status > 0 ? `HTTP ${error.status}` : null,
    error.code,
    error.param ? `field ${error.param}` : null,
    error.retryAfterSeconds ? `retry in ${error.retryAfterSeconds} s` : null,
    error.requestId ? `request ${error.requestId}` : null,
  ];
  return parts.filter(Boolean).join(' · ');
}

/** What a page says when there is nothing to list. */
export function EmptyState({ icon, title, children }: { icon: IconName; title: string; children?: ReactNode }) {
  return (
    <div className={classes.empty}>
      <div className={classes.emptyIcon}>
        <Icon name={icon} size={26} />
      </div>
      <div className={classes.emptyTitle}>{title}</div>
      {children && <div className={classes.emptyText}>{children}</div>}
    </div>
  );
}
