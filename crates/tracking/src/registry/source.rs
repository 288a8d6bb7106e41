use super::models::named;
use super::store::RegistryStore;
use super::versions_store::VersionStore;
use crate::artifacts::{Owner, Place, folder};
use crate::error::{Error, Result};
use crate::experiments::ReadExperiment;
use crate::logged_models::store::LoggedModelStore;
use crate::registry::RegisterModel;
use crate::runs::store::RunStore;
use crate::spaces::{Mount, Placed};
use access::http::Permit;
use db::Tx;

/// What the source of a version begins with that a release run made; no client can name one so.
pub(super) const RELEASE: &str = "release:/";

/// Where a version's files come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    /// Whose files, and which folder of theirs.
    pub owner: String,
    pub folder: String,
    pub run: String,
    pub logged_model: String,
}

/// What a client says of a version's source.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said<'a> {
    pub source: &'a str,
    pub run: &'a str,
    pub logged_model: &'a str,
}

impl Said<'_> {
    fn bad(&self, why: &'static str) -> Error {
        Error::Source { source_uri: crate::shown(self.source), why }
    }
}

/// Finds what a source names. It is never resolved on the server's file system, and must be something that the caller
/// may see, and the run or model that the call names beside it.
pub(super) async fn find(tx: &Tx, permit: &Permit<RegisterModel>, mount: &Mount, said: Said<'_>) -> Result<Origin> {
    const ELSEWHERE: &str = "It names no run, model or version of this server.";
    let origin = if let Some(path) = said.source.strip_prefix("runs:/") {
        let (run, path) = path.split_once('/').unwrap_or((path, ""));
        of_run(tx, permit, said, run, path).await?
    } else if let Some(name) = said.source.strip_prefix("models:/") {
        of_models(tx, permit, mount, said, name).await?
    } else {
        let place = Place::of_uri(said.source).map_err(|_| said.bad("It is no path."))?;
        match place.map(|place| (place.owner, place.path)) {
            Some((Owner::Run(run), path)) => of_run(tx, permit, said, &run, &path).await?,
            Some((Owner::Model(model), path)) => Origin { folder: path, ..of_model(tx, permit, said, &model).await? },
            Some((Owner::Version(_), _)) => return Err(said.bad("Name the version as `models:/NAME/VERSION`.")),
            None => return Err(said.bad(ELSEWHERE)),
        }
    };
    if (!said.run.is_empty() && said.run != origin.run)
        || (!said.logged_model.is_empty() && said.logged_model != origin.logged_model)
    {
        return Err(said.bad("It is not of the run and the model that the call names."));
    }
    Ok(origin)
}

/// Whether the caller may see what a source names.
async fn visible<T: Placed>(tx: &Tx, permit: &Permit<RegisterModel>, thing: &T) -> Result<bool> {
    let caller = permit.caller();
    let resource = thing.space().resource(T::KIND, thing.id(), caller);
    Ok(thing.space().open_to(caller) && permit.can::<ReadExperiment>(tx, &resource).await?.is_some())
}

async fn of_run(tx: &Tx, permit: &Permit<RegisterModel>, said: Said<'_>, run: &str, path: &str) -> Result<Origin> {
    let absent = || Error::NoRun(crate::shown(run));
    let found = tx.find_run(run).await?.ok_or_else(absent)?;
    if !visible(tx, permit, &found).await? {
        return Err(absent());
    }
    let folder = folder(path).map_err(|_| said.bad("It is no path."))?;
    Ok(Origin { owner: found.run.id.clone(), folder, run: found.run.id, logged_model: String::new() })
}

async fn of_model(tx: &Tx, permit: &Permit<RegisterModel>, said: Said<'_>, model: &str) -> Result<Origin> {
    let absent = || Error::NoLoggedModel(crate::shown(model));
    let found = tx.find_logged_model(model).await?.ok_or_else(absent)?;
    if !visible(tx, permit, &found).await? {
        return Err(absent());
    }
    let run = if found.model.source_run.is_empty() { said.run.to_owned() } else { found.model.source_run };
    Ok(Origin { owner: found.model.id.clone(), folder: String::new(), run, logged_model: found.model.id })
}

async fn of_models(
    tx: &Tx,
    permit: &Permit<RegisterModel>,
    mount: &Mount,
    said: Said<'_>,
    name: &str,
) -> Result<Origin> {
    if name.starts_with("m-") && !name.contains(['/', '@']) {
        return of_model(tx, permit, said, name).await;
    }
    let (model, version) = if let Some((name, alias)) = name.split_once('@') {
        let model = named(tx, permit, mount, name).await?.0;
        let aliases = tx.list_aliases(std::slice::from_ref(&model.id)).await?.remove(&model.id).unwrap_or_default();
        let alias = aliases.iter().find(|known| known.name == alias);
        let version = alias.ok_or_else(|| Error::NoAlias(crate::shown(name)))?.version;
        (model, version)
    } else {
        let (name, version) = name.rsplit_once('/').ok_or_else(|| said.bad("It names no version."))?;
        (named(tx, permit, mount, name).await?.0, super::names::number(version)?)
    };
    let version = tx.find_version(&model.id, version).await?;
    let version = version.ok_or_else(|| said.bad("It names no version."))?;
    Ok(Origin { owner: version.id, folder: String::new(), run: version.run, logged_model: version.logged_model })
}
