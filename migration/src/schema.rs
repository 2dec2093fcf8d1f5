//! The words in which the steps are written: a table of a committee, its columns and named keys.
//!
//! Every key begins with the committee, so that rows can later be distributed by it.

use sea_orm_migration::prelude::*;

/// A table in the making.
pub struct Table {
    name: &'static str,
    key: Vec<&'static str>,
    columns: Vec<ColumnDef>,
    required: Vec<&'static str>,
    references: Vec<(&'static str, &'static str)>,
    listed: Option<(&'static str, &'static [&'static str])>,
    indexes: Vec<(&'static str, &'static [&'static str], bool)>,
}

impl Table {
    fn new(name: &'static str, key: &[&'static str]) -> Self {
        Self {
            name,
            key: key.to_vec(),
            columns: Vec::new(),
            required: Vec::new(),
            references: Vec::new(),
            listed: None,
            indexes: Vec::new(),
        }
    }

    /// The table of committees itself.
    pub fn root(name: &'static str) -> Self {
        Self::new(name, &["id"]).required("id", ColumnType::Uuid)
    }

    /// A table whose rows belong to committees and have ids.
    pub fn scoped(name: &'static str) -> Self {
        Self::new(name, &["committee_id", "id"])
            .required("committee_id", ColumnType::Uuid)
            .required("id", ColumnType::Uuid)
    }

    /// A table whose rows belong to committees and are told apart by these columns, the committee the
    /// first of them; the others are to be added.
    pub fn told_by(name: &'static str, key: &[&'static str]) -> Self {
        Self::new(name, key).required("committee_id", ColumnType::Uuid)
    }

    /// A table with one row per committee and word.
    pub fn keyed(name: &'static str, word: &'static str) -> Self {
        Self::new(name, &["committee_id", word])
            .required("committee_id", ColumnType::Uuid)
            .required(word, ColumnType::string(None))
    }

    /// A column that always holds a value.
    pub fn required(mut self, name: &'static str, kind: ColumnType) -> Self {
        self.columns
            .push(ColumnDef::new_with_type(name, kind).not_null().take());
        self.required.push(name);
        self
    }

    /// A column that may be empty.
    pub fn optional(mut self, name: &'static str, kind: ColumnType) -> Self {
        self.columns
            .push(ColumnDef::new_with_type(name, kind).null().take());
        self
    }

    /// `column` names a row of `table` in the same committee.
    pub fn references(mut self, column: &'static str, table: &'static str) -> Self {
        self.references.push((column, table));
        self
    }

    /// These columns are a unique key of `table`, the committee in front of them in both.
    pub fn listed_in(mut self, table: &'static str, columns: &'static [&'static str]) -> Self {
        self.listed = Some((table, columns));
        self
    }

    /// A named unique index.
    pub fn unique(mut self, name: &'static str, columns: &'static [&'static str]) -> Self {
        self.indexes.push((name, columns, true));
        self
    }

    /// A named index.
    pub fn index(mut self, name: &'static str, columns: &'static [&'static str]) -> Self {
        self.indexes.push((name, columns, false));
        self
    }

    /// Creates the table, its keys and its indexes.
    pub async fn create(self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        let mut table = sea_orm_migration::prelude::Table::create();
        table.table(self.name);
        for mut column in self.columns {
            table.col(&mut column);
        }
        let mut key = Index::create();
        key.name(format!("{}_key", self.name)).primary();
        for &column in &self.key {
            key.col(column);
        }
        table.primary_key(&mut key);
        // What names a row of the committee names a committee that is there.
        let implied = self.listed.is_some()
            || self
                .references
                .iter()
                .any(|(column, _)| self.required.contains(column));
        if self.key.first() == Some(&"committee_id") && !implied {
            table.foreign_key(
                ForeignKey::create()
                    .name(format!("{}_committee", self.name))
                    .from(self.name, "committee_id")
                    .to("committee", "id"),
            );
        }
        for (column, other) in self.references {
            table.foreign_key(
                ForeignKey::create()
                    .name(format!("{}_{}", self.name, column.trim_end_matches("_id")))
                    .from(self.name, ("committee_id", column))
                    .to(other, ("committee_id", "id")),
            );
        }
        if let Some((other, columns)) = self.listed {
            let mut listed = ForeignKey::create();
            listed.name(format!("{}_{other}", self.name));
            listed.from_tbl(self.name).to_tbl(other);
            for &column in columns {
                listed.from_col(column).to_col(column);
            }
            table.foreign_key(&mut listed);
        }
        manager.create_table(table).await?;
        for (name, columns, unique) in self.indexes {
            let mut index = Index::create();
            index.name(name).table(self.name);
            for &column in columns {
                index.col(column);
            }
            if unique {
                index.unique();
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

/// Drops tables, those that refer to others first.
pub async fn drop_tables(
    manager: &SchemaManager<'_>,
    tables: &[&'static str],
) -> Result<(), DbErr> {
    for &table in tables {
        manager
            .drop_table(
                sea_orm_migration::prelude::Table::drop()
                    .table(table)
                    .take(),
            )
            .await?;
    }
    Ok(())
}
