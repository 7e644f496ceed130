import { ActionIcon, Drawer, Tooltip, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { NavLink } from 'react-router';
import { useSession, useSessionControl } from '@/shared/session/useSession';
import { Icon, type IconName } from '@/shared/ui/icons';
import { LogoMark } from '@/shared/ui/Logo';
import classes from './Shell.module.css';

interface Page {
  path: string;
  label: string;
  icon: IconName;
  adminOnly?: boolean;
}

const PAGES: Page[] = [
  { path: '/chat', label: 'Chat', icon: 'chat' },
  { path: '/models', label: 'Models', icon: 'models' },
  { path: '/designs', label: 'Designs', icon: 'design', adminOnly: true },
  { path: '/benchmarks', label: 'Benchmarks', icon: 'bench', adminOnly: true },
  { path: '/keys', label: 'Keys', icon: 'key', adminOnly: true },
];

export function Shell({ children }: { children: ReactNode }) {
  const [menuOpen, menu] = useDisclosure(false);
  return (
    <div className={classes.shell}>
      <a className={classes.skip} href="#main" onClick={focusMain}>
        Skip to content
      </a>
      <aside className={classes.sidebar}>
        <Navigation />
      </aside>
      <header className={classes.topbar}>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label="Menu" onClick={menu.open}>
          <Icon name="menu" size={20} />
        </ActionIcon>
        <Brand />
      </header>
      <Drawer opened={menuOpen} onClose={menu.close} size={264} title={<Brand />} padding="md">
        <Navigation withBrand={false} onNavigate={menu.close} />
      </Drawer>
      <main id="main" tabIndex={-1} className={classes.main}>
        {children}
      </main>
    </div>
  );
}

/** The address after # belongs to the router, so the link's own jump is replaced. */
function focusMain(event: { preventDefault: () => void }) {
  event.preventDefault();
  document.getElementById('main')?.focus();
}

function Brand() {
  return (
    <div className={classes.brand}>
      <span className={classes.brandMark}>
        <LogoMark size={27} />
      </span>
      Dipper
    </div>
  );
}

function Navigation({ withBrand = true, onNavigate }: { withBrand?: boolean; onNavigate?: () => void }) {
  const { role } = useSession();
  const { signOut } = useSessionControl();
  return (
    <nav className={classes.navigation} aria-label="Main">
      {withBrand && <Brand />}
      <div className={classes.links}>
        {PAGES.filter((page) => !page.adminOnly || role === 'admin').map((page) => (
          <NavLink key={page.path} to={page.path} className={classes.link ?? ''} onClick={onNavigate}>
            <Icon name={page.icon} />
            {page.label}
          </NavLink>
        ))}
      </div>
      <div className={classes.footer}>
        <span className={classes.role}>{role === 'admin' ? 'Admin key' : 'User key'}</span>
        <ColorSchemeToggle />
        <Tooltip label="Sign out">
          <ActionIcon variant="subtle" color="gray" aria-label="Sign out" onClick={signOut}>
            <Icon name="signOut" />
          </ActionIcon>
        </Tooltip>
      </div>
    </nav>
  );
}

function ColorSchemeToggle() {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light');
  const next = scheme === 'dark' ? 'light' : 'dark';
  return (
    <Tooltip label={`Switch to ${next}`}>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={`Switch to ${next} colours`}
        onClick={() => {
          setColorScheme(next);
        }}
      >
        <Icon name={scheme === 'dark' ? 'sun' : 'moon'} />
      </ActionIcon>
    </Tooltip>
  );
}
