//! Access tokens: the two families, how they replace each other, and who may ask for one.

use std::collections::HashMap;
use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::json;

use super::SimKind;
use super::answer::{Ask, Outcome, Refused, bare, words_for};
use super::state::{World, beijing_day};

const LIFE: TimeDelta = TimeDelta::seconds(7200);
/// How long a replaced token goes on working, and how early a stable one is replaced.
const OVERLAP: TimeDelta = TimeDelta::seconds(300);
const FORCED_PER_DAY: usize = 20;
const FORCED_APART: TimeDelta = TimeDelta::seconds(30);

struct Token {
    app_id: String,
    family: Family,
    issued_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    /// When a later token put an end to it.
    dead_from: Option<DateTime<Utc>>,
}

/// The two ways to come by a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Family {
    Classic,
    Stable,
}

/// A token as `/sim/tokens` lists it, without its text.
#[derive(Clone, Debug, Serialize)]
pub struct TokenView {
    /// The account it speaks for.
    pub app_id: String,
    /// It came from `stable_token` and not from `token`.
    pub stable: bool,
    /// When it was minted, by the simulator's clock.
    pub issued_at: DateTime<Utc>,
    /// When it runs out by itself.
    pub expires_at: DateTime<Utc>,
    /// When a later token put or will put an end to it.
    pub dead_from: Option<DateTime<Utc>>,
    /// It works now.
    pub alive: bool,
}

#[derive(Default)]
struct Families {
    classic: Option<String>,
    stable: Option<String>,
    stable_before: Option<String>,
    forced: Vec<DateTime<Utc>>,
}

/// Every token ever given out.
#[derive(Default)]
pub(super) struct Tokens {
    by_text: HashMap<String, Token>,
    families: HashMap<String, Families>,
}

impl Tokens {
    /// Whose token this is or was.
    pub fn owner(&self, text: &str) -> Option<String> {
        self.by_text.get(text).map(|token| token.app_id.clone())
    }

    /// The account a token speaks for now.
    pub fn check(&self, text: &str, now: DateTime<Utc>) -> Result<String, Refused> {
        if text.is_empty() {
            return Err(Refused::new(41001, "access_token missing"));
        }
        let well_formed = text.len() >= 20
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        if !well_formed {
            return Err(Refused::new(40014, words_for(40014)));
        }
        let token = self
            .by_text
            .get(text)
            .ok_or_else(|| Refused::new(40001, words_for(40001)))?;
        if token.dead_from.is_some_and(|dead_from| dead_from <= now) {
            return Err(Refused::new(40001, words_for(40001)));
        }
        if token.expires_at <= now {
            return Err(Refused::new(42001, words_for(42001)));
        }
        Ok(token.app_id.clone())
    }

    /// Every token ever given out, oldest first, without its text.
    pub fn list(&self, now: DateTime<Utc>) -> Vec<TokenView> {
        let mut listed: Vec<TokenView> = self
            .by_text
            .values()
            .map(|token| TokenView {
                app_id: token.app_id.clone(),
                stable: token.family == Family::Stable,
                issued_at: token.issued_at,
                expires_at: token.expires_at,
                dead_from: token.dead_from,
                alive: now < token.expires_at && token.dead_from.is_none_or(|from| now < from),
            })
            .collect();
        listed.sort_by(|one, other| {
            (one.issued_at, &one.app_id, one.stable).cmp(&(
                other.issued_at,
                &other.app_id,
                other.stable,
            ))
        });
        listed
    }

    /// Ends every token of an account at once, as a reset of the secret does.
    pub fn revoke(&mut self, app_id: &str, now: DateTime<Utc>) {
        for token in self
            .by_text
            .values_mut()
            .filter(|token| token.app_id == app_id)
        {
            token.dead_from = Some(now);
        }
    }

    fn kill(&mut self, text: Option<String>, from: DateTime<Utc>) {
        if let Some(token) = text.and_then(|text| self.by_text.get_mut(&text)) {
            token.dead_from = Some(token.dead_from.map_or(from, |earlier| earlier.min(from)));
        }
    }
}

fn mint(world: &mut World, ask: &Ask, family: Family) -> String {
    let text = format!("98_{}", world.random_text(133));
    let token = Token {
        app_id: ask.app_id.clone(),
        family,
        issued_at: ask.now,
        expires_at: ask.now + LIFE,
        dead_from: None,
    };
    world.tokens.by_text.insert(text.clone(), token);
    text
}

/// `GET cgi-bin/token`: each call mints, and the token before it lives five minutes more.
pub(super) fn classic(world: &mut World, ask: &Ask) -> Outcome {
    if ask.param("grant_type") != "client_credential" {
        return Err(Refused::new(40002, "invalid grant_type"));
    }
    let text = mint(world, ask, Family::Classic);
    let family = world.tokens.families.entry(ask.app_id.clone()).or_default();
    let before = family.classic.replace(text.clone());
    world.tokens.kill(before, ask.now + OVERLAP);
    bare(json!({ "access_token": text, "expires_in": LIFE.num_seconds() }))
}

/// `POST cgi-bin/stable_token`: the same token with what is left of its life.
///
/// In the last five minutes the next one is handed out while both work. A forced refresh keeps
/// the token before it alive, so two of them are needed to end a leaked one.
pub(super) fn stable(world: &mut World, ask: &Ask) -> Outcome {
    if ask.text("grant_type") != "client_credential" {
        return Err(Refused::new(40002, "invalid grant_type"));
    }
    let forced = ask.body["force_refresh"].as_bool().unwrap_or(false);
    let family = world.tokens.families.entry(ask.app_id.clone()).or_default();
    if forced {
        let today = beijing_day(ask.now);
        family.forced.retain(|at| beijing_day(*at) == today);
        if family.forced.len() >= FORCED_PER_DAY {
            return Err(Refused::new(45009, words_for(45009)));
        }
        if family
            .forced
            .last()
            .is_some_and(|last| ask.now < *last + FORCED_APART)
        {
            return Err(Refused::new(45011, words_for(45011)));
        }
        family.forced.push(ask.now);
    } else if let Some(current) = family.stable.clone() {
        let token = &world.tokens.by_text[&current];
        let alive = token.dead_from.is_none_or(|dead_from| ask.now < dead_from);
        if alive && ask.now + OVERLAP < token.expires_at {
            let left = (token.expires_at - ask.now).num_seconds();
            return bare(json!({ "access_token": current, "expires_in": left }));
        }
    }
    let text = mint(world, ask, Family::Stable);
    let family = world.tokens.families.entry(ask.app_id.clone()).or_default();
    let before = family.stable.replace(text.clone());
    let oldest = std::mem::replace(&mut family.stable_before, before);
    if forced {
        world.tokens.kill(oldest, ask.now);
    }
    bare(json!({ "access_token": text, "expires_in": LIFE.num_seconds() }))
}

/// Whether a whitelist entry covers an address.
pub(super) fn covers(entry: &str, ip: IpAddr, kind: SimKind) -> bool {
    if let Some(front) = entry.strip_suffix('*') {
        return kind == SimKind::MiniProgram && ip.to_string().starts_with(front);
    }
    if let (Some((net, bits)), IpAddr::V4(ip)) = (entry.split_once('/'), ip) {
        let (Ok(net), Ok(bits)) = (net.parse::<std::net::Ipv4Addr>(), bits.parse::<u32>()) else {
            return false;
        };
        let mask = u32::MAX
            .checked_shl(32_u32.saturating_sub(bits))
            .unwrap_or(0);
        return (net.to_bits() & mask) == (ip.to_bits() & mask);
    }
    entry.parse::<IpAddr>().is_ok_and(|allowed| allowed == ip)
}
