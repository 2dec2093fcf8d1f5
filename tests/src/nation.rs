//! A nation of committees in PostgreSQL, made up and the same in every run: members, accounts,
//! sessions, activities with their lists, and facts in whole chains.
//!
//! The ids follow from the numbers, so whoever lets the nation act needs no list of it. What it
//! costs to write is told by `cargo xtask bench nation`; the rows themselves are in `rows`.

mod rows;

use std::sync::Arc;
use std::thread;

use anyhow::{Context, Result};
use api::access::Audience;
use api::app::App;
use domain::checkin::CodeKey;
use domain::ids::{AccountId, ActivityId, CommitteeId, MemberId, SessionId};
use sea_orm::sqlx::{Connection, Executor, PgConnection};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use self::rows::Tables;

/// How many connections write at once.
const WRITERS: u32 = 2;
/// So much text is sent at once; then it is committed.
const AT_ONCE: usize = 16 << 20;
/// So many accounts of each committee's office are signed in; they are numbered before members'.
pub const OFFICE: u32 = 4;

/// How large it is.
#[derive(Clone, Copy, Debug)]
pub struct Nation {
    /// How many committees there are.
    pub committees: u32,
    /// How many members each has.
    pub members: u32,
    /// How many activities each has: one is open now, the others are closed.
    pub activities: u32,
    /// How many facts are known of each member.
    pub facts: u32,
}

/// Whether PostgreSQL looks up what each row names.
#[derive(Clone, Copy, Debug)]
pub enum References {
    /// It does.
    Checked,
    /// It does not, where there are millions: what the rows name is written with them.
    Trusted,
}

/// A committee of the nation, by its number from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place(pub u32);

impl Place {
    fn id(self, number: u32) -> Uuid {
        Uuid::from_u128(u128::from(self.0 + 1) << 64 | u128::from(number + 1))
    }

    /// Its id.
    pub fn committee(self) -> CommitteeId {
        CommitteeId(Uuid::from_u128(u128::from(self.0 + 1) << 64))
    }

    /// A member, by his number from 0.
    pub fn member(self, number: u32) -> MemberId {
        MemberId(self.id(number))
    }

    /// An activity, by its number from 0; that one is open.
    pub fn activity(self, number: u32) -> ActivityId {
        ActivityId(self.id(number))
    }

    /// An account of the office, or behind these a member's.
    fn account(self, number: u32) -> AccountId {
        AccountId(self.id(number))
    }

    fn session(self, number: u32) -> SessionId {
        SessionId(self.id(number))
    }

    /// What its check-in codes are made with.
    pub fn code_key(self) -> CodeKey {
        CodeKey {
            id: 1,
            secret: Sha256::digest(format!("the codes of committee {}", self.0)).into(),
        }
    }

    /// An access token of one of its office's accounts, valid now.
    pub fn office_token(self, app: &App, number: u32) -> Result<String> {
        self.token(app, Audience::Console, number % OFFICE)
    }

    /// An access token of a member, valid now.
    pub fn member_token(self, app: &App, number: u32) -> Result<String> {
        self.token(app, Audience::MiniProgram, OFFICE + number)
    }

    fn token(self, app: &App, audience: Audience, number: u32) -> Result<String> {
        let (account, session) = (self.account(number), self.session(number));
        let now = app.clock.now();
        let token = app
            .tokens
            .issue(audience, self.committee(), account, session, 1, now);
        Ok(token?)
    }
}

impl Nation {
    /// Writes the committees from `first` on; the tables are there, and these committees are not.
    pub fn write(self, app: &Arc<App>, first: u32, references: References) -> Result<()> {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let app = Arc::clone(app);
                thread::spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread()
                        .enable_all()
                        .build()?;
                    let mine = (first..self.committees).skip(writer as usize);
                    let mine = mine.step_by(WRITERS as usize);
                    runtime.block_on(self.copy(&app, mine, references))
                })
            })
            .collect();
        for writer in writers {
            writer.join().ok().context("a writer stopped")??;
        }
        Ok(())
    }

    async fn copy(
        self,
        app: &App,
        committees: impl Iterator<Item = u32>,
        references: References,
    ) -> Result<()> {
        let mut db = connect(app).await?;
        db.execute("SET synchronous_commit = off").await?;
        if matches!(references, References::Trusted) {
            db.execute("SET session_replication_role = replica").await?;
        }
        let mut tables = Tables::default();
        for committee in committees {
            tables.add(self, Place(committee), app)?;
            if AT_ONCE < tables.len() {
                tables.send(&mut db).await?;
            }
        }
        tables.send(&mut db).await?;
        db.close().await?;
        Ok(())
    }
}

/// Lets the planner know what was written.
pub async fn analyze(app: &App) -> Result<()> {
    let mut db = connect(app).await?;
    db.execute("VACUUM ANALYZE").await?;
    db.execute("CHECKPOINT").await?;
    Ok(db.close().await?)
}

async fn connect(app: &App) -> Result<PgConnection> {
    let url = app.config.database.url.reveal();
    let connection = PgConnection::connect(url).await;
    connection.context("a nation stands in PostgreSQL")
}
