import { Menu, TextInput, useMantineColorScheme } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, type RefObject, useState } from 'react';
import type { Viewer } from '@/api/session';
import { Icon } from '@/components';
import { initials } from '@/components/Who';
import { singleKeysOn, switchSingleKeys } from '@/lib/keys';
import { sentence, words } from '@/lib/format';
import { Crumbs } from './Crumbs';

type TopBarProps = { me: Viewer; find: RefObject<HTMLInputElement | null>; showFind: boolean; onMenu: () => void; onKeys: () => void; onSignOut: () => void };

/** Returns the person's role in one line, "Data steward, retail": of those that permit an act the first, if they hold one. */
export function roleLine(me: Viewer, permitting: string[] = []): string {
  const first = me.roles.find(({ role }) => permitting.includes(role)) ?? me.roles[0];
  if (!first) return me.person.name;
  const scope = first.scope === 'deployment' ? '' : `, ${first.scope.split('/').slice(1).join('.')}`;
  return sentence(`${words(first.role)}${scope}`);
}

/** The top bar: where I am, find, help, theme, and who I am. */
export function TopBar({ me, find, showFind, onMenu, onKeys, onSignOut }: TopBarProps) {
  const navigate = useNavigate();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const [keysOn, setKeysOn] = useState(singleKeysOn());
  const isDark = colorScheme === 'dark' || (colorScheme === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches);
  const search = (event: FormEvent) => {
    event.preventDefault();
    void navigate({ to: '/catalog', search: { q: find.current?.value ?? '' } });
  };
  const toggleKeys = () => {
    switchSingleKeys(!keysOn);
    setKeysOn(!keysOn);
  };
  return (
    <header className="top">
      <button type="button" className="ib burger" aria-label="Open navigation" onClick={onMenu}>
        <Icon name="menu-2" />
      </button>
      <Crumbs />
      <span className="sp" />
      {showFind && (
        <form role="search" className="find" onSubmit={search}>
          <TextInput ref={find} aria-label="Find a dataset" placeholder="Find a dataset" leftSection={<Icon name="search" />} rightSection={<kbd>/</kbd>} />
        </form>
      )}
      <button type="button" className="ib hide-s" aria-label="Help and keys" onClick={onKeys}>
        <Icon name="help" />
      </button>
      <button type="button" className="ib" aria-label={isDark ? 'Switch to light' : 'Switch to dark'} onClick={() => setColorScheme(isDark ? 'light' : 'dark')}>
        <Icon name={isDark ? 'sun' : 'moon'} />
      </button>
      <Menu position="bottom-end" width={240}>
        <Menu.Target>
          <button type="button" className="me">
            <span className="av lg me-av" aria-hidden>
              {initials(me.person.name)}
            </span>
            <span className="vh">Signed in as</span>
            <span className="named">{me.person.name}</span>
            {me.roles.length > 0 && <span className="named faint wide-only">{roleLine(me)}</span>}
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>
            {me.person.id} · {roleLine(me)}
            {me.roles.length > 1 && ` and ${me.roles.length - 1} more`}
            <br />
            Times in {Intl.DateTimeFormat().resolvedOptions().timeZone}
          </Menu.Label>
          <Menu.Item leftSection={<Icon name="key" />} onClick={() => void navigate({ to: '/tokens' })}>
            My tokens
          </Menu.Item>
          <Menu.Item leftSection={<Icon name="adjustments" />} onClick={toggleKeys}>
            {keysOn ? 'Switch single-letter keys off' : 'Switch single-letter keys on'}
          </Menu.Item>
          <Menu.Item leftSection={<Icon name="logout" />} onClick={onSignOut}>
            Sign out
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </header>
  );
}
