use super::{Group, Membership, Person, PersonState};
use crate::Role;
use crate::store::{insert, unknown};
use base::{GroupId, PersonId, Timestamp};
use db::Tx;
use sea_orm::sea_query::{Condition, Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::{BTreeMap, BTreeSet};

mod person_row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "people")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub display_name: String,
        pub state: String,
        pub created_by: String,
        pub created_at_us: i64,
        pub password_hash: Option<String>,
        pub link_made_by: Option<String>,
        pub link_redeemed_at_us: Option<i64>,
        pub revision: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

mod group_row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "groups")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub title: String,
        pub role: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

mod membership_row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "memberships")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub group_id: String,
        pub person_id: String,
        pub given_by: String,
        pub given_at_us: i64,
        pub ended_by: Option<String>,
        pub ended_at_us: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

use group_row as groups;
use membership_row::{self as memberships, Column as M};
use person_row::{self as people, Column as P};

/// Which people a list shows.
#[derive(Clone, Debug)]
pub(crate) struct PeopleFilter {
    pub word: Option<String>,
    pub visible: Condition,
    /// The last id of the page before.
    pub after: Option<String>,
    pub limit: u64,
}

pub(crate) trait PeopleStore {
    async fn find_person(&self, id: &PersonId) -> db::Result<Option<Person>>;
    async fn lock_person(&self, id: &PersonId) -> db::Result<Option<Person>>;
    async fn insert_person(&self, person: &Person) -> db::Result<()>;
    async fn save_person(&self, person: Person) -> db::Result<Person>;
    async fn list_people(&self, filter: &PeopleFilter) -> db::Result<(Vec<Person>, u64)>;
    async fn find_password_hash(&self, id: &PersonId) -> db::Result<Option<String>>;
    /// Sets the password that came with a one-time link, and keeps who had made the link.
    async fn set_password_hash(&self, id: &PersonId, hash: &str, by: &PersonId, at: Timestamp) -> db::Result<()>;
    /// Returns who made the last link that was redeemed.
    async fn find_link_maker(&self, id: &PersonId) -> db::Result<Option<PersonId>>;
    async fn find_group(&self, id: &GroupId) -> db::Result<Option<Group>>;
    /// Holds the group, so that of two who take members out of it one waits for the other.
    async fn lock_group(&self, id: &GroupId) -> db::Result<()>;
    async fn list_groups(&self) -> db::Result<Vec<Group>>;
    async fn list_memberships_of(&self, person: &PersonId) -> db::Result<Vec<Membership>>;
    async fn list_all_memberships(&self) -> db::Result<Vec<Membership>>;
    /// Returns who may come in.
    async fn list_active(&self) -> db::Result<BTreeSet<PersonId>>;
    /// Returns the groups that a person was in at a moment.
    async fn list_groups_at(&self, person: &PersonId, at: Timestamp) -> db::Result<Vec<GroupId>>;
    async fn list_members(&self, groups: &[GroupId]) -> db::Result<Vec<Membership>>;
    async fn insert_membership(&self, membership: &Membership) -> db::Result<()>;
    async fn end_membership(
        &self,
        group: &GroupId,
        person: &PersonId,
        by: &PersonId,
        at: Timestamp,
    ) -> db::Result<bool>;
    async fn end_memberships_of(&self, person: &PersonId, by: &PersonId, at: Timestamp) -> db::Result<()>;
}

impl TryFrom<people::Model> for Person {
    type Error = db::Error;
    fn try_from(row: people::Model) -> db::Result<Self> {
        Ok(Self {
            id: PersonId(row.id),
            display_name: row.display_name,
            state: row.state.parse::<PersonState>().map_err(unknown)?,
            created_by: PersonId(row.created_by),
            created_at: Timestamp(row.created_at_us),
            has_password: row.password_hash.is_some(),
            revision: row.revision,
        })
    }
}

impl TryFrom<groups::Model> for Group {
    type Error = db::Error;
    fn try_from(row: groups::Model) -> db::Result<Self> {
        let role = row.role.map(|word| word.parse::<Role>().map_err(unknown)).transpose()?;
        Ok(Self { id: GroupId(row.id), title: row.title, role })
    }
}

/// Returns the current memberships that fit, oldest first, with the role of each built-in group.
async fn current(tx: &Tx, fits: Condition) -> db::Result<Vec<Membership>> {
    let rows = memberships::Entity::find().filter(fits).filter(M::EndedAtUs.is_null()).order_by_asc(M::Id);
    let rows = rows.all(tx.conn()).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let named: BTreeSet<_> = rows.iter().map(|row| row.group_id.as_str()).collect();
    let groups = groups::Entity::find().filter(groups::Column::Id.is_in(named)).all(tx.conn()).await?;
    let groups = groups.into_iter().map(Group::try_from);
    let roles =
        groups.map(|group| group.map(|group| (group.id.0, group.role))).collect::<db::Result<BTreeMap<_, _>>>()?;
    let with_role = |row: memberships::Model| Membership {
        role: roles.get(&row.group_id).copied().flatten(),
        group: GroupId(row.group_id),
        person: PersonId(row.person_id),
        given_by: PersonId(row.given_by),
        given_at: Timestamp(row.given_at_us),
    };
    Ok(rows.into_iter().map(with_role).collect())
}

impl PeopleStore for Tx {
    async fn find_person(&self, id: &PersonId) -> db::Result<Option<Person>> {
        people::Entity::find_by_id(id.as_str()).one(self.conn()).await?.map(Person::try_from).transpose()
    }

    async fn lock_person(&self, id: &PersonId) -> db::Result<Option<Person>> {
        let row = people::Entity::find_by_id(id.as_str()).lock_exclusive().one(self.conn()).await?;
        row.map(Person::try_from).transpose()
    }

    async fn insert_person(&self, person: &Person) -> db::Result<()> {
        let row = [
            (P::Id, person.id.as_str().into()),
            (P::DisplayName, person.display_name.as_str().into()),
            (P::State, person.state.as_str().into()),
            (P::CreatedBy, person.created_by.as_str().into()),
            (P::CreatedAtUs, person.created_at.0.into()),
            (P::Revision, person.revision.into()),
        ];
        insert(self, people::Entity, row).await
    }

    async fn save_person(&self, person: Person) -> db::Result<Person> {
        let done = people::Entity::update_many()
            .col_expr(P::DisplayName, Expr::val(person.display_name.as_str()))
            .col_expr(P::State, Expr::val(person.state.as_str()))
            .col_expr(P::Revision, Expr::col(P::Revision).add(1))
            .filter(P::Id.eq(person.id.as_str()))
            .filter(P::Revision.eq(person.revision))
            .exec(self.conn())
            .await?;
        db::expect_one(done)?;
        Ok(Person { revision: person.revision + 1, ..person })
    }

    async fn list_people(&self, filter: &PeopleFilter) -> db::Result<(Vec<Person>, u64)> {
        let mut fits = Condition::all().add(filter.visible.clone());
        if let Some(word) = &filter.word {
            fits = fits.add(Condition::any().add(P::Id.contains(word)).add(P::DisplayName.contains(word)));
        }
        let all = people::Entity::find().filter(fits);
        let total = all.clone().count(self.conn()).await?;
        let mut page = all.order_by_asc(P::Id).limit(filter.limit);
        if let Some(after) = &filter.after {
            page = page.filter(P::Id.gt(after.as_str()));
        }
        let people = page.all(self.conn()).await?.into_iter().map(Person::try_from);
        Ok((people.collect::<db::Result<_>>()?, total))
    }

    async fn find_password_hash(&self, id: &PersonId) -> db::Result<Option<String>> {
        Ok(people::Entity::find_by_id(id.as_str()).one(self.conn()).await?.and_then(|row| row.password_hash))
    }

    async fn find_link_maker(&self, id: &PersonId) -> db::Result<Option<PersonId>> {
        let row = people::Entity::find_by_id(id.as_str()).one(self.conn()).await?;
        Ok(row.and_then(|row| row.link_made_by).map(PersonId))
    }

    async fn set_password_hash(&self, id: &PersonId, hash: &str, by: &PersonId, at: Timestamp) -> db::Result<()> {
        let done = people::Entity::update_many()
            .col_expr(P::PasswordHash, Expr::val(hash))
            .col_expr(P::LinkMadeBy, Expr::val(by.as_str()))
            .col_expr(P::LinkRedeemedAtUs, Expr::val(at.0))
            .col_expr(P::Revision, Expr::col(P::Revision).add(1))
            .filter(P::Id.eq(id.as_str()))
            .exec(self.conn())
            .await?;
        db::expect_one(done)
    }

    async fn find_group(&self, id: &GroupId) -> db::Result<Option<Group>> {
        groups::Entity::find_by_id(id.as_str()).one(self.conn()).await?.map(Group::try_from).transpose()
    }

    async fn lock_group(&self, id: &GroupId) -> db::Result<()> {
        groups::Entity::find_by_id(id.as_str()).lock_exclusive().one(self.conn()).await?;
        Ok(())
    }

    async fn list_groups(&self) -> db::Result<Vec<Group>> {
        let rows = groups::Entity::find().order_by_asc(groups::Column::Id).all(self.conn()).await?;
        rows.into_iter().map(Group::try_from).collect()
    }

    async fn list_memberships_of(&self, person: &PersonId) -> db::Result<Vec<Membership>> {
        current(self, Condition::all().add(M::PersonId.eq(person.as_str()))).await
    }

    async fn list_all_memberships(&self) -> db::Result<Vec<Membership>> {
        current(self, Condition::all()).await
    }

    async fn list_active(&self) -> db::Result<BTreeSet<PersonId>> {
        let active =
            people::Entity::find().select_only().column(P::Id).filter(P::State.eq(PersonState::Active.as_str()));
        let ids = active.into_tuple::<String>().all(self.conn()).await?;
        Ok(ids.into_iter().map(PersonId).collect())
    }

    async fn list_groups_at(&self, person: &PersonId, at: Timestamp) -> db::Result<Vec<GroupId>> {
        let open = Condition::any().add(M::EndedAtUs.is_null()).add(M::EndedAtUs.gt(at.0));
        let fits = Condition::all().add(M::PersonId.eq(person.as_str())).add(M::GivenAtUs.lte(at.0)).add(open);
        let rows = memberships::Entity::find().filter(fits).order_by_asc(M::Id).all(self.conn()).await?;
        Ok(rows.into_iter().map(|row| GroupId(row.group_id)).collect())
    }

    async fn list_members(&self, groups: &[GroupId]) -> db::Result<Vec<Membership>> {
        current(self, Condition::all().add(M::GroupId.is_in(groups.iter().map(GroupId::as_str)))).await
    }

    async fn insert_membership(&self, membership: &Membership) -> db::Result<()> {
        let row = [
            (M::GroupId, membership.group.as_str().into()),
            (M::PersonId, membership.person.as_str().into()),
            (M::GivenBy, membership.given_by.as_str().into()),
            (M::GivenAtUs, membership.given_at.0.into()),
        ];
        insert(self, memberships::Entity, row).await
    }

    async fn end_membership(
        &self,
        group: &GroupId,
        person: &PersonId,
        by: &PersonId,
        at: Timestamp,
    ) -> db::Result<bool> {
        let fits = Condition::all().add(M::GroupId.eq(group.as_str())).add(M::PersonId.eq(person.as_str()));
        Ok(end(self, fits, by, at).await? > 0)
    }

    async fn end_memberships_of(&self, person: &PersonId, by: &PersonId, at: Timestamp) -> db::Result<()> {
        end(self, Condition::all().add(M::PersonId.eq(person.as_str())), by, at).await.map(|_| ())
    }
}

async fn end(tx: &Tx, fits: Condition, by: &PersonId, at: Timestamp) -> db::Result<u64> {
    let done = memberships::Entity::update_many()
        .col_expr(M::EndedBy, Expr::val(by.as_str()))
        .col_expr(M::EndedAtUs, Expr::val(at.0))
        .filter(fits)
        .filter(M::EndedAtUs.is_null())
        .exec(tx.conn())
        .await?;
    Ok(done.rows_affected)
}
