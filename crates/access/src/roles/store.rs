use super::{Ended, Place, Role, RoleAssignment};
use crate::store::{insert, unknown};
use base::{PersonId, Principal, Timestamp};
use db::Tx;
use row::{Column, Entity, Model};
use sea_orm::sea_query::{Condition, Expr};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "role_assignments")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub holder: String,
        pub role: String,
        pub place: String,
        pub given_by: String,
        pub given_at_us: i64,
        pub ended_by: Option<String>,
        pub ended_at_us: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) use row::Column as AssignmentColumn;

/// Which assignments a list shows.
#[derive(Clone, Debug)]
pub(crate) struct AssignmentFilter {
    pub fits: Condition,
    pub after: Option<String>,
    pub limit: u64,
}

pub(crate) trait RoleStore {
    async fn list_assignments_of(&self, holders: &[Principal]) -> db::Result<Vec<RoleAssignment>>;
    async fn list_all_assignments(&self) -> db::Result<Vec<RoleAssignment>>;
    /// Returns those that `holders` held at a moment.
    async fn list_assignments_at(&self, holders: &[Principal], at: Timestamp) -> db::Result<Vec<RoleAssignment>>;
    async fn list_holders(&self, role: Role) -> db::Result<Vec<RoleAssignment>>;
    async fn is_held(&self, place: &str) -> db::Result<bool>;
    async fn list_assignments(&self, filter: &AssignmentFilter) -> db::Result<(Vec<RoleAssignment>, u64)>;
    async fn lock_assignment(&self, id: &str) -> db::Result<Option<RoleAssignment>>;
    async fn insert_assignment(&self, assignment: &RoleAssignment) -> db::Result<()>;
    async fn end_assignment(&self, id: &str, ended: &Ended) -> db::Result<()>;
    async fn end_assignments_of(&self, holder: &Principal, ended: &Ended) -> db::Result<()>;
}

impl TryFrom<Model> for RoleAssignment {
    type Error = db::Error;
    fn try_from(row: Model) -> db::Result<Self> {
        let ended = match (row.ended_at_us, row.ended_by) {
            (Some(at), Some(by)) => Some(Ended { at: Timestamp(at), by: PersonId(by) }),
            _ => None,
        };
        Ok(Self {
            id: row.id,
            holder: row.holder.parse::<Principal>().map_err(unknown)?,
            role: row.role.parse::<Role>().map_err(unknown)?,
            place: Place::of_row(&row.place).map_err(unknown)?,
            given_by: PersonId(row.given_by),
            given_at: Timestamp(row.given_at_us),
            ended,
        })
    }
}

async fn all(tx: &Tx, select: Select<Entity>) -> db::Result<Vec<RoleAssignment>> {
    select.all(tx.conn()).await?.into_iter().map(RoleAssignment::try_from).collect()
}

impl RoleStore for Tx {
    async fn list_assignments_of(&self, holders: &[Principal]) -> db::Result<Vec<RoleAssignment>> {
        if holders.is_empty() {
            return Ok(Vec::new());
        }
        let held = Column::Holder.is_in(holders.iter().map(ToString::to_string));
        all(self, Entity::find().filter(held).filter(Column::EndedAtUs.is_null()).order_by_asc(Column::Id)).await
    }

    async fn list_all_assignments(&self) -> db::Result<Vec<RoleAssignment>> {
        all(self, Entity::find().filter(Column::EndedAtUs.is_null()).order_by_asc(Column::Id)).await
    }

    async fn list_assignments_at(&self, holders: &[Principal], at: Timestamp) -> db::Result<Vec<RoleAssignment>> {
        let held = Column::Holder.is_in(holders.iter().map(ToString::to_string));
        let open = Condition::any().add(Column::EndedAtUs.is_null()).add(Column::EndedAtUs.gt(at.0));
        let fits = Condition::all().add(held).add(Column::GivenAtUs.lte(at.0)).add(open);
        all(self, Entity::find().filter(fits).order_by_asc(Column::Id)).await
    }

    async fn list_holders(&self, role: Role) -> db::Result<Vec<RoleAssignment>> {
        let held = Entity::find().filter(Column::Role.eq(role.as_str())).filter(Column::EndedAtUs.is_null());
        all(self, held.order_by_asc(Column::Id)).await
    }

    async fn is_held(&self, place: &str) -> db::Result<bool> {
        let held = Entity::find().filter(Column::Place.eq(place)).filter(Column::EndedAtUs.is_null());
        Ok(held.limit(1).one(self.conn()).await?.is_some())
    }

    async fn list_assignments(&self, filter: &AssignmentFilter) -> db::Result<(Vec<RoleAssignment>, u64)> {
        let fitting = Entity::find().filter(filter.fits.clone());
        let total = fitting.clone().count(self.conn()).await?;
        let mut page = fitting.order_by_asc(Column::Id).limit(filter.limit);
        if let Some(after) = &filter.after {
            page = page.filter(Column::Id.gt(after.as_str()));
        }
        Ok((all(self, page).await?, total))
    }

    async fn lock_assignment(&self, id: &str) -> db::Result<Option<RoleAssignment>> {
        let row = Entity::find_by_id(id).lock_exclusive().one(self.conn()).await?;
        row.map(RoleAssignment::try_from).transpose()
    }

    async fn insert_assignment(&self, assignment: &RoleAssignment) -> db::Result<()> {
        let row = [
            (Column::Id, assignment.id.as_str().into()),
            (Column::Holder, assignment.holder.to_string().into()),
            (Column::Role, assignment.role.as_str().into()),
            (Column::Place, assignment.place.to_string().into()),
            (Column::GivenBy, assignment.given_by.as_str().into()),
            (Column::GivenAtUs, assignment.given_at.0.into()),
        ];
        insert(self, Entity, row).await
    }

    async fn end_assignment(&self, id: &str, ended: &Ended) -> db::Result<()> {
        db::expect_one(end(self, Condition::all().add(Column::Id.eq(id)), ended).await?)
    }

    async fn end_assignments_of(&self, holder: &Principal, ended: &Ended) -> db::Result<()> {
        end(self, Condition::all().add(Column::Holder.eq(holder.to_string())), ended).await.map(|_| ())
    }
}

async fn end(tx: &Tx, fits: Condition, ended: &Ended) -> db::Result<sea_orm::UpdateResult> {
    Ok(Entity::update_many()
        .col_expr(Column::EndedBy, Expr::val(ended.by.as_str()))
        .col_expr(Column::EndedAtUs, Expr::val(ended.at.0))
        .filter(fits)
        .filter(Column::EndedAtUs.is_null())
        .exec(tx.conn())
        .await?)
}
