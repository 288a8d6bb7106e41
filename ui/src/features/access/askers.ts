/** For whom somebody may ask for access. */
import type { ProjectView } from '@/api/projects';
import type { Viewer } from '@/api/session';

/** Whether a principal is an environment of a project, which reads by itself. */
export const isEnvironment = (principal: string): boolean => principal.startsWith('environment:');

/** Returns for whom the viewer may ask: themselves, their groups, and the environments of the projects that they hold a role in. */
export function askers(me: Pick<Viewer, 'person' | 'groups' | 'roles'>, projects: Pick<ProjectView, 'id' | 'environments'>[]): { value: string; label: string }[] {
  const theirs = projects.filter(({ id }) => me.roles.some(({ scope }) => scope === `project/${id}` || scope.startsWith(`project/${id}/`)));
  return [
    { value: `person:${me.person.id}`, label: `me, ${me.person.name}` },
    ...me.groups.map((group) => ({ value: `group:${group}`, label: `group ${group}` })),
    ...theirs.flatMap(({ id, environments }) => environments.map(({ name }) => ({ value: `environment:${id}/${name}`, label: `${name} of ${id}` }))),
  ];
}
