use db::schema::{micros, text};
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::ConnectionTrait;

/// The table of first reads.
#[derive(Debug)]
pub(super) struct CreateFirstReads;

impl MigrationName for CreateFirstReads {
    fn name(&self) -> &'static str {
        "m20261203_first_reads_create"
    }
}

/// As much as this has to know of what a query read.
#[derive(serde::Deserialize)]
struct Read {
    grant: String,
}

#[async_trait::async_trait]
impl MigrationTrait for CreateFirstReads {
    /// Why: the clock asks of each grant when it was first used; that stood only inside of what each query read.
    /// Step: expand only, a new table that the previous release does not know.
    /// Cost: each query is read once; a row for each grant that was ever used.
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("first_reads")
            .col(text(schema, "grant_id").primary_key())
            .col(micros("at_us"))
            .take();
        schema.create_table(table).await?;
        let mut select = Query::select();
        select.columns(["reads", "started_at_us"]).from("queries").order_by("started_at_us", Order::Asc);
        let connection = schema.get_connection();
        for row in connection.query_all(&select).await? {
            let (reads, at): (String, i64) = (row.try_get("", "reads")?, row.try_get("", "started_at_us")?);
            let reads: Vec<Read> = serde_json::from_str(&reads).map_err(|error| DbErr::Custom(error.to_string()))?;
            for read in reads {
                let mut insert = Query::insert();
                insert.into_table("first_reads").columns(["grant_id", "at_us"]);
                insert.values_panic([Expr::val(read.grant), Expr::val(at)]);
                insert.on_conflict(OnConflict::column("grant_id").do_nothing().to_owned());
                connection.execute(&insert).await?;
            }
        }
        Ok(())
    }
}
