//! What somebody who holds the database can do to the record. All of it is plain SQL, but for the
//! seals of a forger, who has read our source and computes them as we do.

use api::audit::chain::Chain;
use api::db::{seal_audit, seal_fact};
use domain::ids::{AuditId, FactId};
use domain::ledger::Hash;
use entity::{Scoped, audit, fact};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::history::History;

/// Where a chain is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    Fact,
    Audit,
}

impl Table {
    pub const BOTH: [Self; 2] = [Self::Fact, Self::Audit];

    pub const fn chain(self) -> Chain {
        match self {
            Self::Fact => Chain::Facts,
            Self::Audit => Chain::Audit,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Fact => "fact",
            Self::Audit => "audit",
        }
    }

    /// Ten changes, each of another column, and what becomes of it.
    const fn changes(self) -> [(&'static str, &'static str); 10] {
        match self {
            Self::Fact => [
                ("title", "title || '。'"),
                ("reference", "COALESCE(reference, '') || ' '"),
                ("attributes", "'{\"signers\":1}'"),
                (
                    "recorder",
                    "CASE WHEN recorder IS NULL THEN '' ELSE NULL END",
                ),
                ("kind", "kind || 's'"),
                ("hash", "prev_hash"),
                ("source_kind", "''"),
                ("recorded_by", "id"),
                ("reverses", "source_id"),
                ("prev_hash", "hash"),
            ],
            Self::Audit => [
                ("actor", "'nobody'"),
                ("operation", "'score_list'"),
                ("outcome", "'refused' || outcome"),
                ("code", "CASE WHEN code IS NULL THEN '' ELSE NULL END"),
                ("subject_kind", "COALESCE(subject_kind, '') || 'x'"),
                (
                    "subject_id",
                    "CASE WHEN subject_id IS NULL THEN '' ELSE NULL END",
                ),
                ("detail", "detail || ' '"),
                ("trace_id", "'0'"),
                ("actor_id", "id"),
                ("hash", "prev_hash"),
            ],
        }
    }
}

impl History {
    /// The entry of the committee with this number, as a condition.
    fn at(&self, seq: i64) -> String {
        format!("{} AND seq = {seq}", self.own())
    }

    fn own(&self) -> String {
        format!("committee_id = {}", self.id(self.committee().0))
    }

    fn id(&self, id: Uuid) -> String {
        if self.is_sqlite() {
            format!("X'{}'", id.simple())
        } else {
            format!("'{id}'::uuid")
        }
    }

    fn head(&self, table: Table, seq: i64, hash: &str) -> String {
        let (own, chain) = (self.own(), table.chain().as_str());
        format!(
            "UPDATE ledger_head SET seq = {seq}, hash = '{hash}' WHERE {own} AND chain = '{chain}'"
        )
    }

    pub async fn set(&self, table: &str, column: &str, value: &str, seq: i64) {
        let at = self.at(seq);
        self.sql(&[format!("UPDATE {table} SET {column} = {value} WHERE {at}")])
            .await;
    }

    pub async fn change(&self, table: Table, seq: i64, which: usize) {
        let (column, value) = table.changes()[which];
        self.set(table.name(), column, value, seq).await;
    }

    pub async fn delete(&self, table: Table, seq: i64) {
        let at = self.at(seq);
        self.sql(&[format!("DELETE FROM {} WHERE {at}", table.name())])
            .await;
    }

    /// Deletes from an entry on, and moves the head so that the chain looks whole.
    pub async fn cut(&self, table: Table, from: i64, with_head: bool) {
        let (own, name) = (self.own(), table.name());
        let mut statements = vec![format!("DELETE FROM {name} WHERE {own} AND seq >= {from}")];
        if with_head {
            let last = self.hash_of(table, from - 1).await;
            statements.push(self.head(table, from - 1, &last));
        }
        self.sql(&statements).await;
    }

    /// Exchanges the numbers of two entries.
    pub async fn swap(&self, table: Table, first: i64, second: i64) {
        let name = table.name();
        let moved =
            |from: i64, to: i64| format!("UPDATE {name} SET seq = {to} WHERE {}", self.at(from));
        self.sql(&[moved(first, -1), moved(second, first), moved(-1, second)])
            .await;
    }

    /// Makes room and puts a forged entry there, with a right seal and a head that counts it.
    pub async fn insert(&self, table: Table, seq: i64) {
        let (own, name, length) = (self.own(), table.name(), self.length(table));
        let last = self.hash_of(table, length).await;
        self.sql(&[
            format!("UPDATE {name} SET seq = -seq - 1 WHERE {own} AND seq >= {seq}"),
            format!("UPDATE {name} SET seq = -seq WHERE {own} AND seq < 0"),
            self.head(table, length + 1, &last),
        ])
        .await;
        self.forge(table, seq).await;
    }

    /// Puts a forged entry where no walk along the numbers would come by.
    pub async fn hide(&self, table: Table, seq: i64) {
        self.forge(table, seq).await;
    }

    /// A copy of an honest entry under another id and number, sealed behind the one before it.
    async fn forge(&self, table: Table, seq: i64) {
        let db = &self.t.app.db;
        let model = if seq <= 1 { 1 } else { seq - 1 };
        match table {
            Table::Fact => {
                let mut row = self.facts(model).await.remove(0);
                row.id = FactId(Uuid::now_v7());
                (row.seq, row.reverses, row.title) = (seq, None, "添上的一条".to_owned());
                let prev: Hash = row.hash.parse().unwrap();
                row.prev_hash.clone_from(&row.hash);
                row.hash = seal_fact(&row, prev).to_string();
                let added = db.housekeeping(async |txn| {
                    let row = fact::ActiveModel::from(row);
                    fact::Entity::insert(row)
                        .exec_without_returning(txn)
                        .await?;
                    Ok(())
                });
                added.await.unwrap();
            }
            Table::Audit => {
                let mut row = self.audits(model).await.remove(0);
                row.id = AuditId(Uuid::now_v7());
                (row.seq, row.actor) = (seq, "别人".to_owned());
                let prev: Hash = row.hash.parse().unwrap();
                row.prev_hash.clone_from(&row.hash);
                row.hash = seal_audit(&row, prev).to_string();
                let added = db.housekeeping(async |txn| {
                    let row = audit::ActiveModel::from(row);
                    audit::Entity::insert(row)
                        .exec_without_returning(txn)
                        .await?;
                    Ok(())
                });
                added.await.unwrap();
            }
        }
    }

    /// Changes an entry and gives it and all that follow their right seals, and the head its own.
    pub async fn rewrite(&self, table: Table, seq: i64) {
        let mut sealed = Vec::new();
        match table {
            Table::Fact => {
                let mut prev = None;
                for mut row in self.facts(seq).await {
                    if row.seq == seq {
                        row.title.push_str("（改）");
                    }
                    let before = prev.unwrap_or_else(|| row.prev_hash.parse().unwrap());
                    let hash = seal_fact(&row, before);
                    sealed.push((row.seq, before, hash));
                    prev = Some(hash);
                }
                self.set("fact", "title", "title || '（改）'", seq).await;
            }
            Table::Audit => {
                let mut prev = None;
                for mut row in self.audits(seq).await {
                    if row.seq == seq {
                        row.actor.push_str("（改）");
                    }
                    let before = prev.unwrap_or_else(|| row.prev_hash.parse().unwrap());
                    let hash = seal_audit(&row, before);
                    sealed.push((row.seq, before, hash));
                    prev = Some(hash);
                }
                self.set("audit", "actor", "actor || '（改）'", seq).await;
            }
        }
        let mut statements: Vec<String> = sealed
            .iter()
            .map(|(seq, prev, hash)| {
                let (name, at) = (table.name(), self.at(*seq));
                format!("UPDATE {name} SET prev_hash = '{prev}', hash = '{hash}' WHERE {at}")
            })
            .collect();
        let (last, _, hash) = sealed.last().unwrap();
        statements.push(self.head(table, *last, &hash.to_string()));
        self.sql(&statements).await;
    }

    async fn hash_of(&self, table: Table, seq: i64) -> String {
        match table {
            Table::Fact => self.facts(seq).await.remove(0).hash,
            Table::Audit => self.audits(seq).await.remove(0).hash,
        }
    }

    /// The facts from a number on.
    async fn facts(&self, from: i64) -> Vec<fact::Model> {
        let rows = fact::Entity::of(self.committee()).filter(fact::Column::Seq.gte(from));
        let rows = rows.order_by_asc(fact::Column::Seq);
        rows.all(self.t.app.db.read()).await.unwrap()
    }

    /// The audit entries from a number on.
    async fn audits(&self, from: i64) -> Vec<audit::Model> {
        let rows = audit::Entity::of(self.committee()).filter(audit::Column::Seq.gte(from));
        let rows = rows.order_by_asc(audit::Column::Seq);
        rows.all(self.t.app.db.read()).await.unwrap()
    }
}
