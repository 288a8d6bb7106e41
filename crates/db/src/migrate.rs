use crate::{Db, Error, Result};
use base::Timestamp;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, Statement, TransactionTrait};
use sea_orm_migration::{MigrationTrait, SchemaManager};
use std::collections::BTreeSet;

/// Names the lock on PostgreSQL that keeps two servers from migrating at once: "lockgate" in ASCII.
const LOCK: i64 = 0x6c6f_636b_6761_7465;

impl Db {
    /// Runs those of `migrations` that have not run here, in the order given, all in one transaction: a failure leaves
    /// the schema as it was. Two servers that start at once migrate once.
    ///
    /// # Errors
    /// Whatever a migration says; the name of a migration stands in the log.
    pub async fn migrate(&self, migrations: &[Box<dyn MigrationTrait>], now: Timestamp) -> Result<()> {
        let tx = self.migrator().begin().await?;
        if self.engine() == DbBackend::Postgres {
            let lock = format!("SELECT pg_advisory_xact_lock({LOCK})");
            tx.execute_unprepared(&lock).await?;
        }
        let done = applied(&tx, self.engine()).await?;
        let schema = SchemaManager::new(&tx);
        for migration in migrations.iter().filter(|m| !done.contains(m.name())) {
            migration.up(&schema).await?;
            let sql = "INSERT INTO applied_migrations (name, applied_at_us) VALUES ($1, $2)";
            let values = [migration.name().into(), now.0.into()];
            tx.execute_raw(Statement::from_sql_and_values(self.engine(), sql, values)).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

async fn applied(tx: &DatabaseTransaction, engine: DbBackend) -> Result<BTreeSet<String>> {
    let create = "CREATE TABLE IF NOT EXISTS applied_migrations (name text PRIMARY KEY, applied_at_us bigint NOT NULL)";
    tx.execute_unprepared(create).await?;
    let rows = tx.query_all_raw(Statement::from_string(engine, "SELECT name FROM applied_migrations")).await?;
    rows.iter().map(|row| row.try_get("", "name").map_err(Error::from)).collect()
}
