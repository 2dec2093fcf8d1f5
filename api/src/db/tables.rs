//! How far the tables are beside what this program knows of them.

use std::collections::BTreeSet;

use migration::Migrator;
use sea_orm::EntityTrait;
use sea_orm_migration::{MigratorTrait, SchemaManager, seaql_migrations};

use super::Db;
use crate::error::Result;

/// How far the tables of a database are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tables {
    /// Steps of this program that were not taken yet, in their order.
    pub pending: Vec<String>,
    /// Steps that were taken and that this program does not know: a newer one took them. Steps
    /// only add, so that the nodes of before go on while a new version comes.
    pub newer: Vec<String>,
}

impl Tables {
    /// The steps this program knows, in their order.
    pub fn known() -> Vec<String> {
        let steps = Migrator::migrations();
        steps.iter().map(|step| step.name().to_owned()).collect()
    }
}

impl Db {
    /// How far the tables are. Nothing is changed, not even in an empty database.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn tables(&self) -> Result<Tables> {
        let noted = SchemaManager::new(self.read())
            .has_table("seaql_migrations")
            .await?;
        let taken = if noted {
            seaql_migrations::Entity::find().all(self.read()).await?
        } else {
            Vec::new()
        };
        let taken: BTreeSet<String> = taken.into_iter().map(|step| step.version).collect();
        let known = Tables::known();
        Ok(Tables {
            newer: taken
                .iter()
                .filter(|step| !known.contains(step))
                .cloned()
                .collect(),
            pending: known
                .into_iter()
                .filter(|step| !taken.contains(step))
                .collect(),
        })
    }
}
