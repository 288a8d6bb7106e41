/** What the actions of the log are called, in the past: it says what was done. */
import { sentence } from '@/lib/format';

const known: Record<string, string> = {
  RunQuery: 'Ran a query',
  ReadDataset: 'Read a dataset',
  CreateRequest: 'Asked for access',
  SubmitRequest: 'Asked for access',
  DecideRequest: 'Decided on a request',
  WithdrawRequest: 'Withdrew a request',
  SuspendGrant: 'Suspended a grant',
  ResumeGrant: 'Resumed a grant',
  RevokeGrant: 'Revoked a grant',
  ClassifyColumn: 'Classified a column',
  ConnectLake: 'Connected a lake',
  AssignRole: 'Gave a role',
  RedeemLink: 'Set a password by a link',
  CreateToken: 'Made a token',
  CreatePromotion: 'Asked to promote a candidate',
  ApprovePromotion: 'Approved a promotion',
  RejectPromotion: 'Refused a promotion',
  SuspendProduction: 'Stopped a model',
  ResumeProduction: 'Asked to resume a model',
  RollBack: 'Rolled back',
  PlaceHold: 'Placed a hold',
  LiftHold: 'Lifted a hold',
  EditGate: 'Changed a gate',
};

/** Returns an action in words, "DecideRequest" as "Decided on a request", any other by its parts, "SetMonitor" as "Set monitor". */
export function actionWords(action: string): string {
  return known[action] ?? sentence(action.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase());
}

/** Returns a reason in words where it is the code of a problem, "catalog.grant_not_in_force" as "Grant not in force"; null where it is none. */
export function codeWords(reason: string): string | null {
  const code = /^[a-z_]+\.([a-z_]+)$/.exec(reason)?.[1];
  return code ? sentence(code.replaceAll('_', ' ')) : null;
}
