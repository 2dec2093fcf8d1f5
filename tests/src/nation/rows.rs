//! The rows of one committee as `COPY` reads them: columns between tabs, one line each.

use std::fmt::Write as _;

use anyhow::Result;
use api::app::App;
use api::db::seal_fact;
use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::FactId;
use domain::ledger::Hash;
use entity::fact;
use sea_orm::sqlx::{Connection, PgConnection};

use super::{Nation, OFFICE, Place};
use crate::deeds::deed;

/// A committee's groups and sectors; members are spread over them.
const GROUPS: u32 = 4;
const SURNAMES: [&str; 16] = [
    "王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "胡", "朱", "高", "林",
];
const GIVEN: [&str; 16] = [
    "伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "涛", "明", "超",
];

/// Tables with the columns that are written, those first that others name.
const TABLES: [(&str, &str); 14] = [
    (
        "committee",
        "id, code, name, shift_policy, correction_workdays, offline_hours, code_secret, created_at",
    ),
    ("term", "committee_id, id, name, starts_on, ends_on"),
    ("sector", "committee_id, id, name, ordinal"),
    ("special_committee", "committee_id, id, name, ordinal"),
    (
        "activity_group",
        "committee_id, id, name, ordinal, special_committee_id",
    ),
    ("station", "committee_id, id, group_id, name"),
    (
        "member",
        "committee_id, id, term_id, name, phone_cipher, phone_index, sector_id, group_id, position, \
         status, joined_on, version, created_at, updated_at",
    ),
    (
        "account",
        "committee_id, id, kind, member_id, display_name, session_version, failed_attempts, created_at",
    ),
    (
        "session",
        "committee_id, id, account_id, audience, generation, rotated_at, created_at, expires_at",
    ),
    (
        "seat",
        "committee_id, id, kind, account_id, from_date, confirmed_at, created_at",
    ),
    (
        "activity",
        "committee_id, id, term_id, group_id, kind, mode, title, content, venue, starts_at, ends_at, \
         opens_at, closes_at, late_after, reply_by, audience, status, created_by, published_at, \
         closed_at, version, created_at, updated_at",
    ),
    (
        "attendance",
        "committee_id, id, activity_id, member_id, group_id, status, source, reply, checked_in_at, \
         late, offline, needs_review, settled_at, sessions_attended, sessions_total, created_at, \
         updated_at",
    ),
    (
        "fact",
        "committee_id, id, seq, member_id, kind, happened_on, title, attributes, source_kind, \
         source_id, recorded_at, prev_hash, hash",
    ),
    ("ledger_head", "committee_id, chain, seq, hash"),
];

/// What waits to be sent, table by table.
#[derive(Default)]
pub struct Tables([String; TABLES.len()]);

impl Tables {
    /// Bytes that wait.
    pub fn len(&self) -> usize {
        self.0.iter().map(String::len).sum()
    }

    /// Sends everything in one transaction.
    pub async fn send(&mut self, db: &mut PgConnection) -> Result<()> {
        let mut txn = db.begin().await?;
        for ((table, columns), lines) in TABLES.iter().zip(&mut self.0) {
            if lines.is_empty() {
                continue;
            }
            let statement = format!("COPY {table} ({columns}) FROM STDIN");
            let mut copy = txn.copy_in_raw(&statement).await?;
            copy.send(lines.as_bytes()).await?;
            copy.finish().await?;
            lines.clear();
        }
        Ok(txn.commit().await?)
    }

    /// Adds a committee with all that belongs to it.
    pub fn add(&mut self, nation: Nation, place: Place, app: &App) -> Result<()> {
        let now = app.clock.now();
        self.structure(place, app, now)?;
        self.people(nation, place, app, now)?;
        for number in 0..nation.activities {
            self.activity(nation, place, number, now)?;
        }
        self.facts(nation, place, now)
    }

    fn table(&mut self, name: &str) -> &mut String {
        let at = TABLES.iter().position(|(table, _)| *table == name);
        &mut self.0[at.expect("only tables of the list are written")]
    }

    fn structure(&mut self, place: Place, app: &App, now: DateTime<Utc>) -> Result<()> {
        let (id, number) = (place.committee(), place.0 + 1);
        let secret = hex::encode(app.vault.seal(&place.code_key().secret));
        writeln!(
            self.table("committee"),
            "{id}\tnation-{number}\t第 {number} 政协\tprevious_workday\t3\t24\t\\\\x{secret}\t{now}"
        )?;
        let first = place.id(0);
        writeln!(
            self.table("term"),
            "{id}\t{first}\t第五届\t2022-01-01\t2056-12-31"
        )?;
        writeln!(
            self.table("special_committee"),
            "{id}\t{first}\t提案委员会\t1"
        )?;
        for group in 0..GROUPS {
            let (own, ordinal) = (place.id(group), group + 1);
            writeln!(
                self.table("sector"),
                "{id}\t{own}\t第 {ordinal} 界别\t{ordinal}"
            )?;
            writeln!(
                self.table("activity_group"),
                "{id}\t{own}\t第 {ordinal} 活动组\t{ordinal}\t{first}"
            )?;
            writeln!(
                self.table("station"),
                "{id}\t{own}\t{own}\t第 {ordinal} 驿站"
            )?;
        }
        Ok(())
    }

    fn people(
        &mut self,
        nation: Nation,
        place: Place,
        app: &App,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let (id, term) = (place.committee(), place.id(0));
        let day = (now - TimeDelta::days(1)).date_naive();
        for number in 0..OFFICE {
            self.signed_in(place, number, "password", "\\N", "console", now)?;
            let (seat, account) = (place.id(number), place.account(number));
            writeln!(
                self.table("seat"),
                "{id}\t{seat}\toffice\t{account}\t{day}\t{now}\t{now}"
            )?;
        }
        for number in 0..nation.members {
            let member = place.member(number);
            let phone = format!("1{:04}{number:06}", place.0 % 10_000);
            let cipher = hex::encode(app.vault.seal(phone.as_bytes()));
            let index = app.vault.index("phone", &phone);
            let group = place.id(number % GROUPS);
            let drawn = place.0.wrapping_mul(7).wrapping_add(number) as usize;
            let (surname, given) = (SURNAMES[drawn % 16], GIVEN[drawn / 16 % 16]);
            let last = GIVEN[drawn / 5 % 16];
            writeln!(
                self.table("member"),
                "{id}\t{member}\t{term}\t{surname}{given}{last}\t\\\\x{cipher}\t{index}\t{group}\t{group}\t\
                 member\tactive\t2022-01-01\t1\t{now}\t{now}"
            )?;
            let member = member.to_string();
            self.signed_in(
                place,
                OFFICE + number,
                "wechat",
                &member,
                "mini-program",
                now,
            )?;
        }
        Ok(())
    }

    fn signed_in(
        &mut self,
        place: Place,
        number: u32,
        kind: &str,
        member: &str,
        audience: &str,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let (id, account, session) = (
            place.committee(),
            place.account(number),
            place.session(number),
        );
        writeln!(
            self.table("account"),
            "{id}\t{account}\t{kind}\t{member}\t众\t1\t0\t{now}"
        )?;
        let expires = now + TimeDelta::days(30);
        writeln!(
            self.table("session"),
            "{id}\t{session}\t{account}\t{audience}\t1\t{now}\t{now}\t{expires}"
        )?;
        Ok(())
    }

    /// The first is open from an hour ago; the others are over and settled, a month apart.
    fn activity(
        &mut self,
        nation: Nation,
        place: Place,
        number: u32,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let (id, activity) = (place.committee(), place.activity(number));
        let open = number == 0;
        let (term, group, author) = (place.id(0), place.id(number % GROUPS), place.account(0));
        let starts = match number {
            0 => now + TimeDelta::hours(5),
            past => now - TimeDelta::days(30 * i64::from(past)),
        };
        let opens = starts - TimeDelta::hours(6);
        let ends = starts + TimeDelta::hours(3);
        let (status, closed) = if open {
            ("published", "\\N".to_owned())
        } else {
            ("closed", ends.to_string())
        };
        let groups: Vec<_> = (0..GROUPS).map(|group| place.id(group)).collect();
        let audience = serde_json::json!({ "groups": groups, "members": [] });
        writeln!(
            self.table("activity"),
            "{id}\t{activity}\t{term}\t{group}\tstudy\tannual_plan\t第 {number} 次学习\t请准时参加。\t第一驿站\t\
             {starts}\t{ends}\t{opens}\t{ends}\t{starts}\t{opens}\t{audience}\t{status}\t{author}\t{opens}\t\
             {closed}\t1\t{opens}\t{opens}"
        )?;
        for member in 0..nation.members {
            let row = place.id(number * nation.members + member);
            let (who, group) = (place.member(member), place.id(member % GROUPS));
            let came = if open {
                "invited\t\\N\tnone\t\\N\tf\tf\tf\t\\N\t\\N\t\\N".to_owned()
            } else {
                format!("present\tcode\tattend\t{starts}\tf\tf\tf\t{ends}\t1\t1")
            };
            writeln!(
                self.table("attendance"),
                "{id}\t{row}\t{activity}\t{who}\t{group}\t{came}\t{opens}\t{opens}"
            )?;
        }
        Ok(())
    }

    /// Facts in the chain that [`seal_fact`] makes, so that it can be proved.
    fn facts(&mut self, nation: Nation, place: Place, now: DateTime<Utc>) -> Result<()> {
        let id = place.committee();
        let (mut prev, mut seq) = (Hash::GENESIS, 0);
        // What PostgreSQL keeps of an instant is sealed.
        let recorded_at = DateTime::from_timestamp(now.timestamp(), 0).unwrap_or(now);
        for member in 0..nation.members {
            for turn in 0..nation.facts {
                let (kind, attributes, happened_on, title) =
                    deed(place.0 * nation.members + member, turn);
                seq += 1;
                let row = fact::Model {
                    committee_id: id,
                    id: FactId(place.id(member * nation.facts + turn)),
                    seq,
                    member_id: Some(place.member(member)),
                    group_id: None,
                    kind: kind.to_owned(),
                    happened_on,
                    title,
                    reference: None,
                    attributes: attributes.to_owned(),
                    recorder: None,
                    source_kind: "duty_record".to_owned(),
                    source_id: place.id(member * nation.facts + turn),
                    reverses: None,
                    recorded_by: None,
                    recorded_at,
                    prev_hash: prev.to_string(),
                    hash: String::new(),
                };
                let hash = seal_fact(&row, prev);
                writeln!(
                    self.table("fact"),
                    "{id}\t{}\t{seq}\t{}\t{kind}\t{happened_on}\t{}\t{attributes}\tduty_record\t{}\t\
                     {recorded_at}\t{prev}\t{hash}",
                    row.id,
                    place.member(member),
                    row.title,
                    row.source_id,
                )?;
                prev = hash;
            }
        }
        writeln!(self.table("ledger_head"), "{id}\tfacts\t{seq}\t{prev}")?;
        let genesis = Hash::GENESIS;
        writeln!(self.table("ledger_head"), "{id}\taudit\t0\t{genesis}")?;
        Ok(())
    }
}
