//! Signing in with a password, for the office, staff, leaders and auditors at a desk.
//!
//! An attempt is counted before the password is looked at, so that a hundred guesses at once are
//! a hundred attempts. An unknown name takes as long as a known one and gets the same answers.

use std::sync::LazyLock;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use chrono::{DateTime, TimeDelta, Utc};
use domain::people::AccountKind;
use entity::{Scoped, account, committee};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect, Set,
};
use tokio::sync::Semaphore;

use super::totp;
use crate::access::Audience;
use crate::access::session::{self, TokenPair};
use crate::app::App;
use crate::cache::{Limit, limits};
use crate::crypto::random;
use crate::db::Actor;
use crate::error::{ApiError, Code, Result};

/// How many characters a password has at least.
pub const MIN_CHARS: usize = 12;
/// How many it may have at most; hashing takes what it is given.
pub const MAX_CHARS: usize = 128;

/// Wrong passwords in a row after which the next attempt has to wait.
const FREE_ATTEMPTS: i32 = 5;
/// The same for a name nobody has, so that it behaves like one that somebody has.
const UNKNOWN_NAME: Limit = Limit {
    name: "unknown_name",
    count: FREE_ATTEMPTS.unsigned_abs(),
    seconds: 60,
};

/// Each hashing takes 19 MB; more at once than this wait their turn.
static HASHING: Semaphore = Semaphore::const_new(4);

/// Hashed in place of the password of an account that is not there.
static NOBODYS: LazyLock<String> = LazyLock::new(|| {
    hash(&hex::encode(random::<16>())).expect("hashing sixteen random bytes does not fail")
});

/// Sixteen characters that cannot be mistaken for each other when read from paper: 80 bits.
pub fn draw() -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789+";
    random::<16>()
        .iter()
        .map(|byte| char::from(ALPHABET[usize::from(byte % 32)]))
        .collect()
}

/// The argon2id hash of a password, as a PHC string. It takes some 20 ms of a core.
pub fn hash(plain: &str) -> Result<String> {
    // The default is argon2id with 19 MiB, two passes and one lane.
    let hash: PasswordHash = Argon2::default()
        .hash_password_with_salt(plain.as_bytes(), &random::<16>())
        .map_err(|error| ApiError::internal(anyhow::anyhow!("password not hashed: {error}")))?;
    Ok(hash.to_string())
}

/// Whether `plain` is the password behind `hash`.
fn matches(plain: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| {
        Argon2::default()
            .verify_password(plain.as_bytes(), &hash)
            .is_ok()
    })
}

/// Hashes off the request's thread.
pub async fn hash_aside(plain: String) -> Result<String> {
    aside(move || hash(&plain)).await?
}

/// Whether this is the password of `account`; takes the same time when there is no such account.
pub(super) async fn is_password_of(account: Option<&account::Model>, plain: &str) -> Result<bool> {
    let hash = account.and_then(|account| account.password_hash.clone());
    let plain = plain.to_owned();
    aside(move || {
        let known = hash.is_some();
        matches(&plain, hash.as_ref().unwrap_or(&NOBODYS)) && known
    })
    .await
}

async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let _turn = HASHING.acquire().await.map_err(ApiError::internal)?;
    tokio::task::spawn_blocking(work)
        .await
        .map_err(ApiError::internal)
}

/// What somebody types at the desk.
#[derive(Debug)]
pub(super) struct Attempt<'a> {
    /// `name` or `name@committee`.
    pub username: &'a str,
    pub password: &'a str,
    pub totp: Option<&'a str>,
    /// From where, for the limit.
    pub address: &'a str,
}

/// Begins a session at the desk.
pub(super) async fn sign_in(app: &App, attempt: Attempt<'_>) -> Result<TokenPair> {
    let now = app.clock.now();
    app.cache
        .take(limits::PASSWORD, attempt.address, now)
        .await?;
    let account = find(app, attempt.username).await?;
    if let Some(account) = &account {
        count_attempt(app, account, now).await?;
    } else {
        let name = app.vault.index("username", attempt.username);
        app.cache
            .take(UNKNOWN_NAME, &name, now)
            .await
            .map_err(|_| locked(1))?;
    }
    let right = is_password_of(account.as_ref(), attempt.password).await?;
    let refused = || ApiError::new(Code::InvalidCredentials);
    let account = account
        .filter(|account| right && account.disabled_at.is_none())
        .ok_or_else(refused)?;
    let secret = account
        .totp_cipher
        .as_ref()
        .map(|sealed| app.vault.open(sealed))
        .transpose()?;
    if secret.is_some() && attempt.totp.is_none() {
        // The first of two steps went well; it is no failure.
        uncount_attempt(app, &account).await?;
        return Err(ApiError::new(Code::TotpRequired));
    }
    let actor = Actor {
        committee: account.committee_id,
        account: Some(account.id),
        name: account.display_name.clone(),
    };
    app.db
        .write(&actor, "password_sign_in", now, async |write| {
            let row = account::Entity::find_by_id((write.committee, account.id))
                .lock_exclusive()
                .one(&write.txn)
                .await?;
            let row = row
                .filter(|row| {
                    row.disabled_at.is_none() && row.password_hash == account.password_hash
                })
                .ok_or_else(refused)?;
            let mut next = row.clone().into_active_model();
            if let (Some(secret), Some(given)) = (&secret, attempt.totp) {
                next.totp_step = Set(Some(
                    totp::check(secret, given, now, row.totp_step).ok_or_else(refused)?,
                ));
            }
            next.failed_attempts = Set(0);
            next.locked_until = Set(None);
            let account = next.update(&write.txn).await?;
            write.about("account", account.id);
            session::begin(app, &write.txn, &account, Audience::Console, now).await
        })
        .await
}

async fn find(app: &App, username: &str) -> Result<Option<account::Model>> {
    let kind = account::Column::Kind.eq(AccountKind::Password);
    if let Some((name, code)) = username.rsplit_once('@') {
        let Some(committee) = committee::Entity::find()
            .filter(committee::Column::Code.eq(code))
            .one(app.db.read())
            .await?
        else {
            return Ok(None);
        };
        let account = account::Entity::of(committee.id)
            .filter(kind)
            .filter(account::Column::Username.eq(name));
        return Ok(account.one(app.db.read()).await?);
    }
    // Who has not signed in belongs to no committee yet: a bare name is enough where only one
    // account of the whole service has it.
    let mut accounts = account::Entity::find()
        .filter(kind)
        .filter(account::Column::Username.eq(username))
        .limit(2)
        .all(app.db.read())
        .await?;
    Ok(if accounts.len() == 1 {
        accounts.pop()
    } else {
        None
    })
}

/// Counts an attempt as failed until it has succeeded, or refuses it while the account is locked.
async fn count_attempt(app: &App, account: &account::Model, now: DateTime<Utc>) -> Result<()> {
    let key = (account.committee_id, account.id);
    app.db
        .housekeeping(async |txn| {
            let row = account::Entity::find_by_id(key)
                .lock_exclusive()
                .one(txn)
                .await?
                .ok_or_else(ApiError::not_found)?;
            if let Some(until) = row.locked_until.filter(|until| now < *until) {
                let millis = u64::try_from((until - now).num_milliseconds()).unwrap_or(0);
                return Err(locked(millis.div_ceil(1000)));
            }
            let attempts = row.failed_attempts.saturating_add(1);
            let mut next = row.into_active_model();
            next.failed_attempts = Set(attempts);
            next.locked_until = Set(delay(attempts).map(|delay| now + delay));
            next.update(txn).await?;
            Ok(())
        })
        .await
}

async fn uncount_attempt(app: &App, account: &account::Model) -> Result<()> {
    app.db
        .housekeeping(async |txn| {
            account::Entity::update_many()
                .col_expr(
                    account::Column::FailedAttempts,
                    Expr::col(account::Column::FailedAttempts).sub(1),
                )
                .col_expr(
                    account::Column::LockedUntil,
                    Expr::value(Option::<DateTime<Utc>>::None),
                )
                .filter(account::Column::CommitteeId.eq(account.committee_id))
                .filter(account::Column::Id.eq(account.id))
                .filter(account::Column::FailedAttempts.gt(0))
                .exec(txn)
                .await?;
            Ok(())
        })
        .await
}

/// How long the next attempt waits after this many in a row.
fn delay(attempts: i32) -> Option<TimeDelta> {
    match attempts - FREE_ATTEMPTS {
        ..0 => None,
        over @ 0..4 => Some(TimeDelta::seconds(1 << over)),
        4.. => Some(TimeDelta::minutes(15)),
    }
}

fn locked(seconds: u64) -> ApiError {
    ApiError {
        retry_after: Some(Ord::max(seconds, 1)),
        ..ApiError::new(Code::AccountLocked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fifth_failure_costs_a_second_and_the_ninth_a_quarter_of_an_hour() {
        let seconds =
            [4, 5, 6, 7, 8, 9, 50].map(|attempts| delay(attempts).map(|delay| delay.num_seconds()));
        assert_eq!(
            seconds,
            [
                None,
                Some(1),
                Some(2),
                Some(4),
                Some(8),
                Some(900),
                Some(900)
            ]
        );
    }

    #[test]
    fn a_password_matches_its_own_hash_only() {
        let hash = hash("correct horse battery").unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        assert!(matches("correct horse battery", &hash));
        assert!(!matches("correct horse", &hash));
        assert!(!matches("correct horse battery", "no hash"));
    }
}
