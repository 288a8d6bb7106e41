import { about, batches, candidate, candidates, code, endpoints, experiment, experimentRun, experiments, flight, gates, liveModel, liveModels, model, models, monitoring, portfolio, production, project, projectRuns, projects, review, run, runs, version } from './build';
import { access, ask, catalog, columns, dataset, datasetHistory, grant, grants, inbox, inboxStart, lake, lakes, purpose, purposes, request, versions, worksheet } from './data';
import { docs, frame, home, link, lost, root, signIn } from './frame';
import { admin, audit, clock, evidence, groups, monitor, monitors, people, roles, tokens } from './govern';

/** Every place of the product. */
export const tree = root.addChildren([
  signIn,
  link,
  frame.addChildren([
    home, catalog, lakes, lake, ask, grants, grant, purposes, purpose, worksheet, tokens, audit, evidence, clock, monitors, monitor, docs, lost,
    portfolio, projects, runs, run, experiments, experiment, experimentRun, models, liveModels, liveModel, model, version, candidate, review, endpoints,
    project.addChildren([flight, candidates, production, batches, monitoring, gates, projectRuns, code, about]),
    dataset.addChildren([columns, access, versions, datasetHistory]),
    inbox.addChildren([inboxStart, request]),
    admin.addChildren([people, groups, roles]),
  ]),
]);
