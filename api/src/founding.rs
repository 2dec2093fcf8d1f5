//! How a committee comes to be: its term, sectors, groups, stations and first accounts, from one
//! file an operator writes. Members come from the roster.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use data_encoding::BASE32_NOPAD;
use domain::calendar::ShiftPolicy;
use domain::ids::{
    AccountId, CommitteeId, GroupId, SeatId, SectorId, SpecialCommitteeId, StationId, TermId,
};
use domain::people::{AccountKind, SeatKind};
use domain::time::local_date;
use entity::{account, committee, group, seat, sector, special_committee, station, term};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, Set};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::app::App;
use crate::crypto::random;
use crate::db::{self, Actor};
use crate::error::{ApiError, Code, Result};
use crate::sign_in::{password, totp};

/// What the operator writes down about a committee.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Founding {
    /// Short stable name, such as `xingdong`: letters, digits and `-`.
    pub code: String,
    /// Such as 邢东区政协.
    pub name: String,
    /// The current term.
    pub term: Term,
    /// Names of the sectors, in their order.
    pub sectors: Vec<String>,
    /// Names of the special committees, in their order.
    pub special_committees: Vec<String>,
    /// The groups, in their order.
    pub groups: Vec<Group>,
    /// The first accounts with passwords.
    pub accounts: Vec<Account>,
}

/// A term.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// Such as 第五届.
    pub name: String,
    /// First day.
    pub starts_on: NaiveDate,
    /// Last day.
    pub ends_on: NaiveDate,
}

/// A group and its station.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// The special committee that serves it, by name.
    pub special_committee: String,
    /// Name of the station.
    pub station: String,
    /// Where the station is.
    pub address: Option<String>,
    /// GCJ-02 degrees north.
    pub latitude: Option<f64>,
    /// GCJ-02 degrees east.
    pub longitude: Option<f64>,
    /// `AppID` of the station's official account.
    pub app_id: Option<String>,
}

/// An account with a password.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Sign-in name.
    pub username: String,
    /// Name in lists and in the audit log.
    pub display_name: String,
    /// Its seat.
    pub seat: SeatKind,
    /// For staff: the special committee, by name.
    pub special_committee: Option<String>,
}

/// What is shown once, to the operator.
#[derive(Clone, Debug, Serialize)]
pub struct Credentials {
    /// Sign-in name.
    pub username: String,
    /// Which seat.
    pub seat: SeatKind,
    /// The first password; it was drawn at random and is stored nowhere.
    pub password: String,
    /// The TOTP secret, base32, for an authenticator app; none for staff.
    pub totp_secret: Option<String>,
}

impl Credentials {
    /// What an authenticator app with the account's secret shows at this time.
    pub fn totp_code(&self, now: DateTime<Utc>) -> Option<String> {
        totp_code(self.totp_secret.as_deref()?, now)
    }
}

/// What an authenticator app with this base32 secret shows at this time.
pub fn totp_code(secret: &str, now: DateTime<Utc>) -> Option<String> {
    let secret = BASE32_NOPAD.decode(secret.as_bytes()).ok()?;
    Some(totp::code(&secret, now))
}

/// Makes a committee with everything the file says and hands back the first passwords.
///
/// # Errors
/// For a code that is taken or ill-formed, or a special committee that is not in the file.
pub async fn found(app: &App, founding: &Founding) -> Result<(CommitteeId, Vec<Credentials>)> {
    check(founding)?;
    let now = app.clock.now();
    let id = CommitteeId::new(now, random());
    let mut credentials = Vec::new();
    let mut hashes = Vec::new();
    for account in &founding.accounts {
        let password = password::draw();
        hashes.push(password::hash(&password)?);
        let totp = needs_totp(account.seat).then(totp::draw);
        credentials.push((account, password, totp));
    }
    let taken = committee::Entity::find()
        .filter(committee::Column::Code.eq(&founding.code))
        .count(app.db.read())
        .await?;
    if taken > 0 {
        return Err(ApiError::with(
            Code::Conflict,
            format!("已有代码为 {} 的政协委员会", founding.code),
        ));
    }
    // The committee must be there before its own chain can take the entry about it.
    app.db
        .housekeeping(async |txn| {
            committee::ActiveModel {
                id: Set(id),
                code: Set(founding.code.clone()),
                name: Set(founding.name.clone()),
                shift_policy: Set(ShiftPolicy::PreviousWorkday),
                correction_workdays: Set(3),
                offline_hours: Set(24),
                code_secret: Set(app.vault.seal(&random::<32>())),
                created_at: Set(now),
            }
            .insert(txn)
            .await?;
            db::begin_chains(txn, id).await
        })
        .await?;
    app.db
        .write(&Actor::service(id), "committee_found", now, async |write| {
            let specials = structure(write, founding).await?;
            for ((account, _, totp), hash) in credentials.iter().zip(&hashes) {
                let row = account::ActiveModel {
                    committee_id: Set(id),
                    id: Set(AccountId::new(now, random())),
                    kind: Set(AccountKind::Password),
                    member_id: Set(None),
                    username: Set(Some(account.username.clone())),
                    display_name: Set(account.display_name.clone()),
                    password_hash: Set(Some(hash.clone())),
                    totp_cipher: Set(totp.map(|secret| app.vault.seal(&secret))),
                    totp_step: Set(None),
                    session_version: Set(1),
                    failed_attempts: Set(0),
                    locked_until: Set(None),
                    disabled_at: Set(None),
                    created_at: Set(now),
                }
                .insert(&write.txn)
                .await?;
                let special = account.special_committee.as_ref().map(|name| specials[name.as_str()]);
                // The operator who founds a committee is the person who confirms its first seats.
                seat::ActiveModel {
                    committee_id: Set(id),
                    id: Set(SeatId::new(now, random())),
                    kind: Set(account.seat),
                    member_id: Set(None),
                    account_id: Set(Some(row.id)),
                    group_id: Set(None),
                    special_committee_id: Set(special),
                    from_date: Set(Ord::min(local_date(now), founding.term.starts_on)),
                    to_date: Set(None),
                    granted_by: Set(None),
                    confirmed_by: Set(None),
                    confirmed_at: Set(Some(now)),
                    ended_by: Set(None),
                    created_at: Set(now),
                }
                .insert(&write.txn)
                .await?;
            }
            write.about("committee", id);
            write.detail(json!({ "code": founding.code, "groups": founding.groups.len(), "accounts": founding.accounts.len() }));
            Ok(())
        })
        .await?;
    let shown = credentials
        .into_iter()
        .map(|(account, password, totp)| Credentials {
            username: account.username.clone(),
            seat: account.seat,
            password,
            totp_secret: totp.map(|secret| BASE32_NOPAD.encode(&secret)),
        });
    Ok((id, shown.collect()))
}

fn check(founding: &Founding) -> Result<()> {
    let code_is_plain = (2..=32).contains(&founding.code.len())
        && founding
            .code
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && founding.code != "system";
    if !code_is_plain {
        return Err(ApiError::field(
            "code",
            "invalid",
            "代码为 2 到 32 个小写字母、数字或连字符",
        ));
    }
    if founding.term.ends_on <= founding.term.starts_on {
        return Err(ApiError::field(
            "term.ends_on",
            "invalid",
            "届次结束日期应晚于开始日期",
        ));
    }
    let specials: BTreeSet<_> = founding.special_committees.iter().collect();
    let named = founding.groups.iter().map(|group| &group.special_committee);
    let named = named.chain(
        founding
            .accounts
            .iter()
            .filter_map(|account| account.special_committee.as_ref()),
    );
    for name in named {
        if !specials.contains(name) {
            return Err(ApiError::field(
                "special_committees",
                "unknown",
                format!("没有名为「{name}」的专委会"),
            ));
        }
    }
    Ok(())
}

/// Office, leaders, auditors and administrators sign in with a second factor (reliability.md §3).
const fn needs_totp(seat: SeatKind) -> bool {
    match seat {
        SeatKind::Office | SeatKind::Leader | SeatKind::Auditor | SeatKind::Admin => true,
        SeatKind::Convener | SeatKind::Staff => false,
    }
}

async fn structure<'a>(
    write: &db::Write,
    founding: &'a Founding,
) -> Result<BTreeMap<&'a str, SpecialCommitteeId>> {
    let (id, now) = (write.committee, write.at);
    let ordinal = |index: usize| i32::try_from(index + 1).unwrap_or(i32::MAX);
    term::ActiveModel {
        committee_id: Set(id),
        id: Set(TermId::new(now, random())),
        name: Set(founding.term.name.clone()),
        starts_on: Set(founding.term.starts_on),
        ends_on: Set(founding.term.ends_on),
    }
    .insert(&write.txn)
    .await?;
    let sectors = founding
        .sectors
        .iter()
        .enumerate()
        .map(|(index, name)| sector::ActiveModel {
            committee_id: Set(id),
            id: Set(SectorId::new(now, random())),
            name: Set(name.clone()),
            ordinal: Set(ordinal(index)),
        });
    sector::Entity::insert_many(sectors)
        .exec_without_returning(&write.txn)
        .await?;
    let mut specials = BTreeMap::new();
    for (index, name) in founding.special_committees.iter().enumerate() {
        let special = SpecialCommitteeId::new(now, random());
        specials.insert(name.as_str(), special);
        special_committee::ActiveModel {
            committee_id: Set(id),
            id: Set(special),
            name: Set(name.clone()),
            ordinal: Set(ordinal(index)),
        }
        .insert(&write.txn)
        .await?;
    }
    for (index, planned) in founding.groups.iter().enumerate() {
        let group = GroupId::new(now, random());
        group::ActiveModel {
            committee_id: Set(id),
            id: Set(group),
            name: Set(planned.name.clone()),
            ordinal: Set(ordinal(index)),
            special_committee_id: Set(specials.get(planned.special_committee.as_str()).copied()),
        }
        .insert(&write.txn)
        .await?;
        station::ActiveModel {
            committee_id: Set(id),
            id: Set(StationId::new(now, random())),
            group_id: Set(group),
            name: Set(planned.station.clone()),
            address: Set(planned.address.clone()),
            latitude: Set(planned.latitude),
            longitude: Set(planned.longitude),
            app_id: Set(planned.app_id.clone()),
        }
        .insert(&write.txn)
        .await?;
    }
    Ok(specials)
}
