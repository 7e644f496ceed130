import type { ReactNode } from 'react';
import classes from './PageFrame.module.css';

interface Props {
  title: string;
  lead?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

/** Heading, one line that says what the page is for, and its main action. */
export function PageFrame({ title, lead, actions, children }: Props) {
  return (
    <div className={classes.page}>
      <header className={classes.header}>
        <div className={classes.heading}>
          <h1 className={classes.title}>{title}</h1>
          {lead && <div className={classes.lead}>{lead}</div>}
        </div>
        {actions && <div className={classes.actions}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}

export function Panel({ title, aside, children }: { title?: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <section className={classes.panel} aria-label={title}>
      {title && (
        <header className={classes.panelHead}>
          <h2 className={classes.panelTitle}>{title}</h2>
          {aside}
        </header>
      )}
      {children}
    </section>
  );
}
