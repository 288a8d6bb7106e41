import { useQuery } from '@tanstack/react-query';
import { lakesQuery } from '@/api/lakes';
import { can, useMe } from '@/api/session';
import { BtnLink, Empty } from '@/components';

/** Whether no lake is connected yet, as far as who sets an installation up sees. */
export function useIsEmpty(): boolean {
  const me = useMe();
  const lakes = useQuery({ ...lakesQuery, enabled: can(me, 'ConnectLake') || can(me, 'AssignRole') });
  return lakes.data?.items.length === 0;
}

/** What to do first in a new installation: each act for who may. */
export function Begin() {
  const me = useMe();
  return (
    <Empty title="Nothing is set up yet." why="A lake brings the data, people do the work, and roles say who decides what.">
      <span className="row wrap">
        {can(me, 'ConnectLake') && (
          <BtnLink to="/lakes" icon="ripple" look="primary">
            Connect a lake
          </BtnLink>
        )}
        {can(me, 'CreatePerson') && (
          <BtnLink to="/admin" icon="users">
            Add people
          </BtnLink>
        )}
        {can(me, 'AssignRole') && (
          <BtnLink to="/admin/roles" icon="key">
            Give roles
          </BtnLink>
        )}
      </span>
    </Empty>
  );
}
