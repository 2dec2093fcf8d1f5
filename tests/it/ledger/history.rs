//! A committee with a long history, and a copy of it to begin each attack from.

use std::path::{Path, PathBuf};

use api::audit::checkpoint::{self, Checkpoints};
use api::audit::offline::{Report, Source, verify_against};
use api::crypto::Vault;
use api::db::{Actor, NewFact};
use api::founding::{Founding, Group, Term};
use chrono::{NaiveDate, TimeDelta};
use domain::ids::{CommitteeId, FactId, GroupId};
use domain::score::{Attributes, Subject, Value};
use entity::{Scoped, fact, group};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseBackend, QueryFilter};
use serde_json::json;
use tempfile::TempDir;
use tests::TestApp;
use uuid::Uuid;

use super::attack::Table;

/// Numbers that look drawn and are the same in every run.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    /// A number from 0 to below `end`.
    pub fn below(&mut self, end: i64) -> i64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let drawn = (bits ^ (bits >> 31)) % end.max(1).unsigned_abs();
        i64::try_from(drawn).unwrap()
    }

    fn once_in(&mut self, times: i64) -> bool {
        self.below(times) == 0
    }
}

/// The service, its history, the checkpoints noted of it, and the honest copy.
pub struct History {
    pub t: TestApp,
    groups: Vec<GroupId>,
    _folder: TempDir,
    file: PathBuf,
    lengths: [i64; 2],
}

impl History {
    /// An empty one.
    pub async fn begin() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let t = TestApp::start().await;
        let groups = group::Entity::of(t.committee).all(t.app.db.read()).await;
        Self {
            groups: groups.unwrap().into_iter().map(|group| group.id).collect(),
            t,
            file: folder.path().join("seals"),
            _folder: folder,
            lengths: [0; 2],
        }
    }

    /// A few thousand entries, noted and copied.
    pub async fn write(seed: u64) -> Self {
        let mut history = Self::begin().await;
        history.go_on(&mut Dice::new(seed), 250).await;
        history.note().await;
        for table in Table::BOTH {
            history.lengths[table as usize] = history.count(table).await;
        }
        assert!(1_500 < history.lengths.iter().sum::<i64>());
        history.back_up(99).await;
        history
    }

    pub fn committee(&self) -> CommitteeId {
        self.t.committee
    }

    /// How many entries a chain has.
    pub fn length(&self, table: Table) -> i64 {
        self.lengths[table as usize]
    }

    pub fn is_sqlite(&self) -> bool {
        self.t.app.db.engine() == DatabaseBackend::Sqlite
    }

    pub async fn go_on(&mut self, dice: &mut Dice, writes: u64) {
        write(&self.t, self.t.committee, &self.groups, dice, writes).await;
    }

    /// Work of other content than before.
    pub async fn work(&self, dice: &mut Dice, writes: usize) {
        write(&self.t, self.t.committee, &self.groups, dice, writes as u64).await;
    }

    /// The file that is kept elsewhere.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The same keys as those of the service.
    pub fn vault(&self) -> Vault {
        let config = &self.t.app.config;
        Vault::new(&config.field_keys().unwrap(), config.index_key().unwrap())
    }

    /// Notes the seals elsewhere.
    pub async fn note(&self) {
        let app = &self.t.app;
        let report = checkpoint::note(&app.db, &app.vault, self.file(), self.t.now()).await;
        let report = report.unwrap();
        assert!(report.ok(), "{report}");
    }

    /// The proof against what was noted.
    pub async fn prove(&self) -> Report {
        let app = &self.t.app;
        let noted = Checkpoints::read(self.file(), &app.vault).unwrap();
        verify_against(Source::Database(&app.db), &noted)
            .await
            .unwrap()
    }

    /// What somebody with the password of the database does.
    pub async fn sql(&self, statements: &[String]) {
        let outcome = self.t.app.db.housekeeping(async |txn| {
            for statement in statements {
                txn.execute_unprepared(statement).await?;
            }
            Ok(())
        });
        outcome.await.expect("the attack succeeds");
    }

    /// Copies the chains and their heads; tells how long they are.
    pub async fn back_up(&self, number: usize) -> [(Table, i64); 2] {
        let copy = ["fact", "audit", "ledger_head"]
            .map(|table| format!("CREATE TABLE copy{number}_{table} AS SELECT * FROM {table}"));
        self.sql(&copy).await;
        [
            (Table::Fact, self.count(Table::Fact).await),
            (Table::Audit, self.count(Table::Audit).await),
        ]
    }

    /// Puts a copy in the place of the chains and their heads.
    pub async fn put_back(&self, number: usize) {
        let tables = ["fact", "audit", "ledger_head"];
        let delete = tables.map(|table| format!("DELETE FROM {table}"));
        let insert =
            tables.map(|table| format!("INSERT INTO {table} SELECT * FROM copy{number}_{table}"));
        self.sql(&[delete, insert].concat()).await;
    }

    /// Takes an attack back.
    pub async fn undo(&self) {
        self.put_back(99).await;
    }

    async fn count(&self, table: Table) -> i64 {
        let head = api::audit::chain::head(self.t.app.db.read(), self.t.committee, table.chain());
        i64::try_from(head.await.unwrap().seq).unwrap()
    }
}

/// A committee of its own with one group.
pub async fn found(t: &TestApp, number: usize) -> (CommitteeId, GroupId) {
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    let founding = Founding {
        code: format!("honest-{number}"),
        name: format!("第 {number} 个政协"),
        term: Term {
            name: "第五届".to_owned(),
            starts_on: day("2022-01-01"),
            ends_on: day("2026-12-31"),
        },
        sectors: vec!["经济".to_owned()],
        special_committees: vec!["提案委".to_owned()],
        groups: vec![Group {
            name: "第一活动组".to_owned(),
            special_committee: "提案委".to_owned(),
            station: format!("第 {number} 驿站"),
            address: None,
            latitude: None,
            longitude: None,
            app_id: None,
        }],
        accounts: Vec::new(),
    };
    let (committee, _) = api::founding::found(&t.app, &founding).await.unwrap();
    let groups = group::Entity::of(committee).all(t.app.db.read()).await;
    (committee, groups.unwrap()[0].id)
}

/// Changes with up to twenty facts each, through the one door; now and then something is refused,
/// and now and then a fact is taken back.
pub async fn write(
    t: &TestApp,
    committee: CommitteeId,
    groups: &[GroupId],
    dice: &mut Dice,
    writes: u64,
) {
    let actor = Actor::service(committee);
    for number in 0..writes {
        let at = t.now() + TimeDelta::microseconds(dice.below(86_400_000_000));
        if dice.once_in(9) {
            let code = api::error::Code::Forbidden;
            let refused = t.app.db.refused(&actor, "audit_read", at, code, "/审计");
            refused.await.unwrap();
            continue;
        }
        let reversal = if dice.once_in(4) {
            a_fact_to_reverse(t, committee, dice).await
        } else {
            None
        };
        let facts: Vec<NewFact> = (0..dice.below(20))
            .map(|_| {
                any_fact(
                    groups[usize::try_from(dice.below(64)).unwrap() % groups.len()],
                    dice,
                )
            })
            .chain(reversal)
            .collect();
        let written = t.app.db.write(&actor, "duty_verify", at, async |write| {
            if number % 3 != 0 {
                write.about("duty_record", number);
                write.detail(json!({ "points": "12.5", "原因": number }));
            }
            for fact in facts {
                write.fact(fact);
            }
            Ok(())
        });
        written.await.unwrap();
    }
}

fn any_fact(group: GroupId, dice: &mut Dice) -> NewFact {
    let kinds = ["proposal", "attendance", "award", "opinion_report"];
    let mut attributes = Attributes::new();
    if !dice.once_in(3) {
        attributes.insert("signers".to_owned(), Value::Integer(dice.below(40)));
        attributes.insert("stage".to_owned(), Value::Word("filed".to_owned()));
    }
    NewFact {
        subject: Subject::Group(group),
        kind: kinds[usize::try_from(dice.below(4)).unwrap()].to_owned(),
        happened_on: NaiveDate::from_ymd_opt(2026, 1, 1).unwrap()
            + TimeDelta::days(dice.below(250)),
        title: format!("关于𠮷某事的提案第 {} 号", dice.below(1_000_000)),
        reference: dice
            .once_in(2)
            .then(|| format!("第 {} 号", dice.below(500))),
        attributes,
        recorder: dice.once_in(3).then(|| "office".to_owned()),
        source_kind: "duty_record".to_owned(),
        source_id: Uuid::from_u128(dice.below(i64::MAX).unsigned_abs().into()),
        reverses: None,
    }
}

async fn a_fact_to_reverse(
    t: &TestApp,
    committee: CommitteeId,
    dice: &mut Dice,
) -> Option<NewFact> {
    let facts = fact::Entity::of(committee).filter(fact::Column::Reverses.is_null());
    let facts = facts.all(t.app.db.read()).await.unwrap();
    let reversals = fact::Entity::of(committee).filter(fact::Column::Reverses.is_not_null());
    let taken: Vec<FactId> = reversals
        .all(t.app.db.read())
        .await
        .unwrap()
        .into_iter()
        .filter_map(|fact| fact.reverses)
        .collect();
    let free: Vec<_> = facts
        .iter()
        .filter(|fact| !taken.contains(&fact.id))
        .collect();
    let one = free.get(usize::try_from(dice.below(free.len().try_into().unwrap())).unwrap())?;
    Some(NewFact::reversing(one).unwrap())
}
