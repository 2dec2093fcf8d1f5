//! Web pages in WeChat's browser: the code behind their address, and what they may learn with it.
//! The tokens here belong to one person and have nothing to do with an account's `access_token`.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::SimKind;
use super::answer::{Ask, Outcome, Refused, bare, done};
use super::login::redeem;
use super::people::{CodeKind, openid_of};
use super::state::World;

const LIFE: TimeDelta = TimeDelta::seconds(7200);
const REFRESH_LIFE: TimeDelta = TimeDelta::days(30);

/// What a page may do in one person's name.
#[derive(Clone)]
struct Grant {
    app_id: String,
    person: String,
    with_profile: bool,
    until: DateTime<Utc>,
}

/// The tokens pages hold.
#[derive(Default)]
pub(super) struct Grants {
    access: HashMap<String, Grant>,
    refresh: HashMap<String, Grant>,
}

/// `GET sns/oauth2/access_token`.
pub(super) fn access_token(world: &mut World, ask: &Ask) -> Outcome {
    if ask.param("grant_type") != "authorization_code" {
        return Err(Refused::new(40002, "invalid grant_type"));
    }
    let code = ask.param("code");
    if code.is_empty() {
        return Err(Refused::new(41008, "missing code"));
    }
    let kinds = [CodeKind::PageBase, CodeKind::PageUserInfo];
    let (person, kind) = redeem(world, ask, code, &kinds)?;
    let grant = Grant {
        app_id: ask.app_id.clone(),
        person,
        with_profile: kind == CodeKind::PageUserInfo,
        until: ask.now + LIFE,
    };
    let refresh = world.random_text(107);
    let lasting = Grant {
        until: ask.now + REFRESH_LIFE,
        ..grant.clone()
    };
    world.grants.refresh.insert(refresh.clone(), lasting);
    bare(answer(world, grant, &refresh))
}

/// `GET sns/oauth2/refresh_token`.
pub(super) fn refresh_token(world: &mut World, ask: &Ask) -> Outcome {
    if ask.param("grant_type") != "refresh_token" {
        return Err(Refused::new(40002, "invalid grant_type"));
    }
    let refresh = ask.param("refresh_token");
    let grant = world
        .grants
        .refresh
        .get(refresh)
        .filter(|grant| grant.app_id == ask.param("appid"))
        .ok_or_else(|| Refused::new(40030, "invalid refresh_token"))?;
    if grant.until <= ask.now {
        return Err(Refused::new(42002, "refresh_token expired"));
    }
    let grant = Grant {
        until: ask.now + LIFE,
        ..grant.clone()
    };
    bare(answer(world, grant, refresh))
}

fn answer(world: &mut World, grant: Grant, refresh: &str) -> Value {
    let access = format!("98_{}", world.random_text(104));
    let scope = if grant.with_profile {
        "snsapi_userinfo"
    } else {
        "snsapi_base"
    };
    let mut answer = json!({
        "access_token": access,
        "expires_in": LIFE.num_seconds(),
        "refresh_token": refresh,
        "openid": openid_of(&grant.app_id, &grant.person),
        "scope": scope,
    });
    // A person who only looks at a preview of the page is nobody in particular.
    if world
        .people
        .get(&grant.person)
        .is_some_and(|person| person.snapshot)
    {
        answer["is_snapshotuser"] = 1.into();
    }
    if grant.with_profile
        && let Some(unionid) = world.unionid(&grant.app_id, &grant.person)
    {
        answer["unionid"] = unionid.into();
    }
    world.grants.access.insert(access, grant);
    answer
}

/// The grant behind a page's token, for the person it names.
fn grant_of(world: &World, ask: &Ask) -> Result<Grant, Refused> {
    let token = ask.param("access_token");
    if token.is_empty() {
        return Err(Refused::new(41001, "access_token missing"));
    }
    let grant = world
        .grants
        .access
        .get(token)
        .ok_or_else(|| Refused::new(40001, "invalid credential"))?;
    if grant.until <= ask.now {
        return Err(Refused::new(42001, "access_token expired"));
    }
    if ask.param("openid") != openid_of(&grant.app_id, &grant.person) {
        return Err(Refused::new(40003, "invalid openid"));
    }
    Ok(grant.clone())
}

/// `GET sns/auth`.
pub(super) fn auth(world: &mut World, ask: &Ask) -> Outcome {
    grant_of(world, ask)?;
    done()
}

/// `GET sns/userinfo`.
pub(super) fn user_info(world: &mut World, ask: &Ask) -> Outcome {
    let grant = grant_of(world, ask)?;
    if !grant.with_profile {
        return Err(Refused::new(48001, "api unauthorized"));
    }
    let mut info = json!({
        "openid": ask.param("openid"),
        "nickname": "微信用户",
        "sex": 0,
        "language": "",
        "city": "",
        "province": "",
        "country": "",
        "headimgurl": "",
        "privilege": [],
    });
    if let Some(unionid) = world.unionid(&grant.app_id, &grant.person) {
        info["unionid"] = unionid.into();
    }
    bare(info)
}

/// What a page asks for when it sends somebody to WeChat's own page.
#[derive(Clone, Debug, serde::Deserialize)]
pub(super) struct Authorize {
    pub appid: String,
    pub redirect_uri: String,
    #[serde(default)]
    pub scope: String,
    #[serde(default)]
    pub state: String,
    /// Who opens it; the simulator's own addition.
    pub person: Option<String>,
}

impl World {
    /// Where a person's browser goes next: back to the page, with a code.
    pub fn authorize(&mut self, ask: &Authorize, person: &str) -> Result<String, &'static str> {
        let official = self
            .app(&ask.appid)
            .is_ok_and(|app| app.spec.kind == SimKind::ServiceAccount);
        if !official {
            return Err("appid 参数错误");
        }
        let with_profile = match ask.scope.as_str() {
            "snsapi_base" => false,
            "snsapi_userinfo" => true,
            _ => return Err("Scope 参数错误或没有 Scope 权限"),
        };
        let mut target = reqwest::Url::parse(&ask.redirect_uri)
            .ok()
            .filter(|url| ["http", "https"].contains(&url.scheme()))
            .ok_or("redirect_uri 参数错误")?;
        let code = self
            .page_code(&ask.appid, person, with_profile)
            .map_err(|_| "没有这个人")?;
        target
            .query_pairs_mut()
            .append_pair("code", &code)
            .append_pair("state", &ask.state);
        Ok(target.into())
    }
}
