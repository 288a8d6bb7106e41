use super::{Token, TokenKind};
use crate::roles::Ended;
use crate::store::{insert, unknown};
use base::{EnvironmentId, PersonId, Timestamp, TokenId};
use db::Tx;
use row::{Column, Entity, Model};
use sea_orm::sea_query::{Condition, Expr};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Statement,
};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "tokens")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub secret_hash: String,
        pub kind: String,
        pub name: String,
        pub person_id: Option<String>,
        pub environment: Option<String>,
        pub attempt: Option<String>,
        pub verbs: Option<String>,
        pub reads: String,
        pub created_by: String,
        pub created_at_us: i64,
        pub expires_at_us: i64,
        pub ended_by: Option<String>,
        pub ended_at_us: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) use row::Column as TokenColumn;

/// Which tokens a list shows.
#[derive(Clone, Debug)]
pub(crate) struct TokenFilter {
    pub fits: Condition,
    pub after: Option<String>,
    pub limit: u64,
}

pub(crate) trait TokenStore {
    async fn find_token_by_hash(&self, hash: &str) -> db::Result<Option<Token>>;
    async fn find_token(&self, id: &TokenId) -> db::Result<Option<Token>>;
    async fn lock_token(&self, id: &TokenId) -> db::Result<Option<Token>>;
    async fn list_tokens(&self, filter: &TokenFilter) -> db::Result<(Vec<Token>, u64)>;
    async fn insert_token(&self, token: &Token, hash: &str) -> db::Result<()>;
    /// Ends those of the tokens that fit and have not ended.
    async fn end_tokens(&self, fits: Condition, ended: &Ended) -> db::Result<u64>;
    /// Makes every server forget the tokens it remembers.
    async fn raise_revision(&self) -> db::Result<()>;
}

impl TryFrom<Model> for Token {
    type Error = db::Error;
    fn try_from(row: Model) -> db::Result<Self> {
        let kind = match row.kind.as_str() {
            "personal" => TokenKind::Personal,
            "attempt" => TokenKind::Attempt,
            other => return Err(unknown(format!("`{other}` is not a kind of token"))),
        };
        let ended = match (row.ended_at_us, row.ended_by) {
            (Some(at), Some(by)) => Some(Ended { at: Timestamp(at), by: PersonId(by) }),
            _ => None,
        };
        Ok(Self {
            id: TokenId(row.id),
            kind,
            name: row.name,
            person: row.person_id.map(PersonId),
            environment: row.environment.map(EnvironmentId),
            attempt: row.attempt,
            verbs: row.verbs.as_deref().map(serde_json::from_str).transpose().map_err(unknown)?,
            reads: serde_json::from_str(&row.reads).map_err(unknown)?,
            created_by: PersonId(row.created_by),
            created_at: Timestamp(row.created_at_us),
            expires_at: Timestamp(row.expires_at_us),
            ended,
        })
    }
}

impl TokenStore for Tx {
    async fn find_token_by_hash(&self, hash: &str) -> db::Result<Option<Token>> {
        let row = Entity::find().filter(Column::SecretHash.eq(hash)).one(self.conn()).await?;
        row.map(Token::try_from).transpose()
    }

    async fn find_token(&self, id: &TokenId) -> db::Result<Option<Token>> {
        Entity::find_by_id(id.as_str()).one(self.conn()).await?.map(Token::try_from).transpose()
    }

    async fn lock_token(&self, id: &TokenId) -> db::Result<Option<Token>> {
        let row = Entity::find_by_id(id.as_str()).lock_exclusive().one(self.conn()).await?;
        row.map(Token::try_from).transpose()
    }

    async fn list_tokens(&self, filter: &TokenFilter) -> db::Result<(Vec<Token>, u64)> {
        let fitting = Entity::find().filter(filter.fits.clone());
        let total = fitting.clone().count(self.conn()).await?;
        let mut page = fitting.order_by_asc(Column::Id).limit(filter.limit);
        if let Some(after) = &filter.after {
            page = page.filter(Column::Id.gt(after.as_str()));
        }
        let rows = page.all(self.conn()).await?.into_iter().map(Token::try_from);
        Ok((rows.collect::<db::Result<_>>()?, total))
    }

    async fn insert_token(&self, token: &Token, hash: &str) -> db::Result<()> {
        let verbs = token.verbs.as_ref().map(serde_json::to_string).transpose().map_err(unknown)?;
        let row = [
            (Column::Id, token.id.as_str().into()),
            (Column::SecretHash, hash.into()),
            (Column::Kind, token.kind.as_str().into()),
            (Column::Name, token.name.as_str().into()),
            (Column::PersonId, token.person.as_ref().map(|person| person.0.clone()).into()),
            (Column::Environment, token.environment.as_ref().map(|environment| environment.0.clone()).into()),
            (Column::Attempt, token.attempt.clone().into()),
            (Column::Verbs, verbs.into()),
            (Column::Reads, serde_json::to_string(&token.reads).map_err(unknown)?.into()),
            (Column::CreatedBy, token.created_by.as_str().into()),
            (Column::CreatedAtUs, token.created_at.0.into()),
            (Column::ExpiresAtUs, token.expires_at.0.into()),
        ];
        insert(self, Entity, row).await
    }

    async fn end_tokens(&self, fits: Condition, ended: &Ended) -> db::Result<u64> {
        let done = Entity::update_many()
            .col_expr(Column::EndedBy, Expr::val(ended.by.as_str()))
            .col_expr(Column::EndedAtUs, Expr::val(ended.at.0))
            .filter(fits)
            .filter(Column::EndedAtUs.is_null())
            .exec(self.conn())
            .await?;
        Ok(done.rows_affected)
    }

    async fn raise_revision(&self) -> db::Result<()> {
        let sql = "UPDATE access_revision SET revision = revision + 1 WHERE id = 1";
        self.conn().execute_raw(Statement::from_string(self.engine(), sql)).await?;
        Ok(())
    }
}

/// Returns the revision that grows whenever a token ends.
pub(crate) async fn revision(tx: &Tx) -> db::Result<i64> {
    let sql = "SELECT revision FROM access_revision WHERE id = 1";
    let row = tx.conn().query_one_raw(Statement::from_string(tx.engine(), sql)).await?;
    Ok(row.ok_or_else(|| unknown("no revision of tokens"))?.try_get("", "revision")?)
}

/// Returns the token whose secret has this hash, unless its owner may no longer come in.
pub(crate) async fn find_usable(tx: &Tx, hash: &str) -> db::Result<Option<Token>> {
    let Some(token) = tx.find_token_by_hash(hash).await? else { return Ok(None) };
    match (token.kind, &token.person) {
        (TokenKind::Personal, Some(person)) if !crate::people::is_active(tx, person).await? => Ok(None),
        _ => Ok(Some(token)),
    }
}
