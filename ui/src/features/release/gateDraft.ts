/** A gate policy while it is being changed: texts as they are typed, and what they would mean. */
import type { Role } from '@/api/admin';
import type { GatePolicyBody, GatePolicyView, ToleranceView } from '@/api/release';
import { checkName, metricWords, score } from './metrics';

export type ToleranceDraft = { metric: string; better: 'higher' | 'lower'; amber: string; red: string; rationale: string };
export type GateDraft = { required: string[]; lenient: string[]; approvals: { role: Role; count: number }[]; bakingS: string; tolerances: ToleranceDraft[] };

/** Returns the policy as it is typed. */
export function draftOf(policy: GatePolicyBody): GateDraft {
  return {
    required: policy.required,
    lenient: policy.may_be_not_computable,
    approvals: policy.approvals.map((one) => ({ ...one })),
    bakingS: String(policy.baking_s),
    tolerances: policy.tolerances.map((one) => ({ ...one, amber: String(one.amber), red: String(one.red) })),
  };
}

/** Returns what keeps a draft from being a policy, by field; empty if nothing does. */
export function faultsOf(draft: GateDraft): Record<string, string> {
  const faults: Record<string, string> = {};
  const baking = Number(draft.bakingS);
  if (draft.bakingS.trim() === '' || !Number.isInteger(baking) || baking < 0) faults['bakingS'] = 'A whole number of seconds';
  draft.tolerances.forEach((one, at) => {
    const [amber, red] = [Number(one.amber), Number(one.red)];
    if (one.amber.trim() === '' || Number.isNaN(amber)) faults[`amber${at}`] = 'A number';
    if (one.red.trim() === '' || Number.isNaN(red)) faults[`red${at}`] = 'A number';
    else if (!Number.isNaN(amber) && (one.better === 'higher' ? amber < red : amber > red)) faults[`amber${at}`] = one.better === 'higher' ? 'Not below the limit that fails' : 'Not above the limit that fails';
    if (one.rationale.trim() === '') faults[`why${at}`] = 'Say why this limit';
  });
  return faults;
}

/** Returns the policy that a draft means. Only what is required can be let through without a value. */
export function bodyOf(draft: GateDraft): GatePolicyBody {
  return {
    required: draft.required,
    may_be_not_computable: draft.lenient.filter((name) => draft.required.includes(name)),
    approvals: draft.approvals.filter((one) => one.count > 0),
    baking_s: Number(draft.bakingS),
    tolerances: draft.tolerances.map((one) => ({ ...one, amber: Number(one.amber), red: Number(one.red), rationale: one.rationale.trim() })),
  };
}

/** Returns whether a limit lets more through than before. */
function isLooser(before: ToleranceView, after: ToleranceView): boolean {
  return before.better === 'higher' ? after.red < before.red : after.red > before.red;
}

/** Returns what a changed policy means in words, a line for each change; loosening is said so. */
export function changesOf(before: GatePolicyView, after: GatePolicyBody): string[] {
  const lines: string[] = [];
  for (const name of after.required) if (!before.required.includes(name)) lines.push(`${checkName(name)} is required`);
  for (const name of before.required) if (!after.required.includes(name)) lines.push(`Looser: ${checkName(name)} is no longer required`);
  for (const name of after.may_be_not_computable) if (!before.may_be_not_computable.includes(name)) lines.push(`Looser: ${checkName(name)} may be not computable`);
  for (const name of before.may_be_not_computable) if (!after.may_be_not_computable.includes(name) && after.required.includes(name)) lines.push(`${checkName(name)} must have a value`);
  for (const tolerance of after.tolerances) {
    const old = before.tolerances.find((one) => one.metric === tolerance.metric);
    const { name } = metricWords(tolerance.metric);
    if (old && old.red !== tolerance.red) lines.push(`${isLooser(old, tolerance) ? 'Looser: ' : ''}${name} fails at ${score(tolerance.red)} instead of ${score(old.red)}`);
    if (old && old.amber !== tolerance.amber) lines.push(`${name} is amber at ${score(tolerance.amber)} instead of ${score(old.amber)}`);
  }
  for (const { metric, red, better } of after.tolerances) {
    if (!before.tolerances.some((one) => one.metric === metric)) lines.push(`${metricWords(metric).name} fails ${better === 'higher' ? 'below' : 'above'} ${score(red)}`);
  }
  for (const { metric } of before.tolerances) {
    if (!after.tolerances.some((one) => one.metric === metric)) lines.push(`Looser: ${metricWords(metric).name} is no longer judged`);
  }
  const total = (policy: GatePolicyBody) => policy.approvals.reduce((sum, one) => sum + one.count, 0);
  if (total(before) !== total(after)) lines.push(`${total(after) < total(before) ? 'Looser: ' : ''}${total(after)} approvals instead of ${total(before)}`);
  else if (JSON.stringify(before.approvals) !== JSON.stringify(after.approvals)) lines.push('Other roles approve');
  if (before.baking_s !== after.baking_s) lines.push(`${after.baking_s < before.baking_s ? 'Looser: ' : ''}bakes ${after.baking_s} s instead of ${before.baking_s} s`);
  return lines;
}
