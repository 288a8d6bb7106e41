use super::model::{Hand, History, hands, person_in, settle};
use super::store::AddressStore;
use super::{Authors, GitAddress, MapGitAddress, NewGitAddress, ReadGitAddress};
use crate::Context;
use crate::gates::{self, store::PolicyStore};
use crate::promotions::{Error, Result};
use access::Permit;
use base::{PersonId, Timestamp};
use db::Tx;
use std::collections::{BTreeMap, BTreeSet};

/// Whose hands to look for.
#[derive(Clone, Debug)]
pub(crate) struct Asked<'a> {
    pub project: &'a projects::Project,
    /// The candidate's commit.
    pub commit: &'a str,
    /// What is live where it is to go, whose commits do not count, and when a gate was passed there last.
    pub live: Option<(String, Timestamp)>,
    /// In whose name it was trained.
    pub trained_by: &'a PersonId,
    /// The environments whose gate policies judge it.
    pub judged_in: &'a [&'static str],
}

/// Finds everyone who had a hand in a candidate. It asks git, so it stays outside of transactions.
///
/// # Errors
/// A repository that cannot be read; the store's.
pub(crate) async fn find(cx: &Context, asked: &Asked<'_>) -> Result<Authors> {
    let project = &asked.project.id;
    let read = cx.db.read(|tx| async move {
        Ok::<_, db::Error>((git::pushes::all(&tx, project).await?, tx.list_merged(project).await?))
    });
    let (pushes, merges) = read.await?;
    let tips: BTreeSet<String> =
        pushes.iter().filter_map(|push| push.new.clone()).chain([asked.commit.to_owned()]).collect();
    let tips: Vec<String> = tips.into_iter().collect();
    let live = asked.live.as_ref().map(|(commit, _)| commit.as_str());
    let mut written = git::history(&cx.git, project, asked.commit, live).await?;
    // What is older than what is live has nothing that is new: it is decided as a whole.
    let is_older = !written.iter().any(|commit| commit.id == asked.commit);
    if is_older {
        written = git::history(&cx.git, project, asked.commit, None).await?;
    }
    let links = git::links(&cx.git, project, &tips, live.filter(|_| !is_older)).await?;
    let since = asked.live.as_ref().filter(|_| !is_older).map_or(Timestamp(0), |(_, since)| *since);
    let read = cx.db.read(|tx| async move {
        let mut editors = Vec::new();
        for environment in asked.judged_in {
            editors.extend(tx.list_policy_makers(project, environment, since).await?);
        }
        Ok::<_, db::Error>((editors, gates::versions_in_force(&tx, asked.project, asked.judged_in).await?))
    });
    let (editors, policies) = read.await?;
    let maker = &asked.project.created_by;
    let history =
        History { commit: asked.commit, written: &written, links: &links, pushes: &pushes, merges: &merges, maker };
    let hands = hands(&history);
    let addresses: BTreeSet<&str> = hands
        .keys()
        .filter_map(|hand| match hand {
            Hand::Named { address, .. } => Some(address.as_str()),
            Hand::Person(_) | Hand::Nobody(_) => None,
        })
        .collect();
    let addresses = &addresses;
    let belongs = cx.db.read(|tx| async move { belongs(&tx, addresses).await }).await?;
    let mut others = vec![(asked.trained_by.clone(), "trained it")];
    others.extend(editors.into_iter().map(|editor| (editor, "set the gate policy that judges it")));
    let (known, unmapped) = settle(&hands, &belongs, &others, maker);
    Ok(Authors { known, unmapped, since: live.map(str::to_owned), policies })
}

/// Returns to whom each of these addresses belongs, and who said so.
async fn belongs(tx: &Tx, addresses: &BTreeSet<&str>) -> db::Result<BTreeMap<String, (PersonId, Option<PersonId>)>> {
    let mut found = BTreeMap::new();
    for address in addresses {
        if let Some(said) = tx.find_git_address(address).await? {
            found.insert((*address).to_owned(), (said.person, Some(said.mapped_by)));
        } else if let Some(person) = person_in(address)
            && access::is_known(tx, &person).await?
        {
            found.insert((*address).to_owned(), (person, None));
        }
    }
    Ok(found)
}

/// Says to whom an address belongs.
pub(super) async fn map(cx: &Context, permit: &Permit<MapGitAddress>, new: &NewGitAddress) -> Result<GitAddress> {
    let by = permit.caller().person()?;
    let address = new.address.trim().to_lowercase();
    let whole = !address.is_empty() && address.len() <= 200 && !address.contains(|c: char| c.is_control() || c == '<');
    let person = base::plain_name(&new.person).ok().map(PersonId::from);
    let (true, Some(person)) = (whole, person) else { return Err(Error::Address) };
    let fresh = &GitAddress { address, person, mapped_by: by.clone(), mapped_at: cx.clock.now() };
    cx.db
        .write(|tx| async move {
            permit.check(&tx, fresh).await?;
            let before = tx.find_git_address(&fresh.address).await?;
            if let Some(known) = before.as_ref().filter(|known| known.person == fresh.person && known.mapped_by == *by)
            {
                return Ok(known.clone());
            }
            if !access::is_known(&tx, &fresh.person).await? {
                return Err(Error::UnknownPerson(fresh.person.clone()));
            }
            tx.put_git_address(fresh).await?;
            permit.record(&tx, before.as_ref(), fresh, fresh.mapped_at).await?;
            Ok(fresh.clone())
        })
        .await
}

/// Returns a page of what was said of addresses.
pub(super) async fn list(
    cx: &Context,
    permit: &Permit<ReadGitAddress>,
    after: Option<&str>,
    most: u32,
) -> Result<Vec<GitAddress>> {
    cx.db
        .read(|tx| async move {
            let held = permit.held(&tx).await?;
            let mut found = tx.list_git_addresses(after, most).await?;
            found.retain(|address| held.can::<ReadGitAddress>(&base::Securable::resource(address)).is_some());
            Ok(found)
        })
        .await
}
