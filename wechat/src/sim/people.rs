//! People: one record per human, their openid in every account, and what they did there.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use rand::RngExt;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::SimKind;
use super::answer::Refused;
use super::event::Event;
use super::state::{Unknown, World};

/// How long a code can be used.
pub(super) const CODE_LIFE: TimeDelta = TimeDelta::minutes(5);

/// A person to add.
#[derive(Clone, Copy, Debug)]
pub struct PersonSpec<'a> {
    /// What tests and pages call them.
    pub key: &'a str,
    /// Their mobile number, without country code.
    pub phone: &'a str,
}

/// A person as `/sim/people` lists them.
#[derive(Clone, Debug, Serialize)]
pub struct PersonView {
    /// What tests and pages call them.
    pub key: String,
    /// Their mobile number.
    pub phone: String,
    /// Their openid by appid.
    pub openids: BTreeMap<String, String>,
    /// Their unionid by appid, where the account has an Open Platform account.
    pub unionids: BTreeMap<String, String>,
    /// The accounts they follow.
    pub following: Vec<String>,
    /// The accounts whose messages they refuse.
    pub blocked: Vec<String>,
    /// How many more messages of a template they agreed to.
    pub credits: BTreeMap<String, u32>,
}

pub(super) struct Person {
    pub phone: String,
    pub ties: BTreeMap<String, Tie>,
}

/// What one person did at one account.
#[derive(Default)]
pub(super) struct Tie {
    pub followed_at: Option<DateTime<Utc>>,
    /// The place in the list of followers.
    pub order: u64,
    pub blocked: bool,
    pub scene: String,
    pub session_key: Option<String>,
    /// When they last opened the mini-program.
    pub opened_at: Option<DateTime<Utc>>,
    /// Until when, and how often, the account may answer them.
    pub answers: Option<(DateTime<Utc>, u32)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum CodeKind {
    Login,
    Phone,
}

pub(super) struct Code {
    pub kind: CodeKind,
    pub app_id: String,
    pub person: String,
    pub issued_at: DateTime<Utc>,
    pub used: bool,
}

/// The openid of a person at an account: the same in every run.
pub(super) fn openid_of(app_id: &str, person: &str) -> String {
    id_from("openid", app_id, person)
}

fn id_from(sort: &str, place: &str, person: &str) -> String {
    let digest = Sha256::digest(format!("{sort}\0{place}\0{person}"));
    format!("o{}", &URL_SAFE_NO_PAD.encode(digest)[..27])
}

impl World {
    pub fn add_person(&mut self, spec: PersonSpec) {
        for app_id in self.apps.keys() {
            let place = (app_id.clone(), spec.key.to_owned());
            self.openids.insert(openid_of(app_id, spec.key), place);
        }
        let known = self.people.entry(spec.key.to_owned());
        known
            .and_modify(|person| spec.phone.clone_into(&mut person.phone))
            .or_insert_with(|| Person {
                phone: spec.phone.to_owned(),
                ties: BTreeMap::new(),
            });
    }

    pub fn person_view(&self, key: &str) -> Result<PersonView, Unknown> {
        let person = self
            .people
            .get(key)
            .ok_or_else(|| Unknown::Person(key.to_owned()))?;
        let tied = |wanted: fn(&Tie) -> bool| {
            person
                .ties
                .iter()
                .filter(|(_, tie)| wanted(tie))
                .map(|(id, _)| id.clone())
                .collect()
        };
        let unionid = |id: &String| Some((id.clone(), self.unionid(id, key)?));
        Ok(PersonView {
            key: key.to_owned(),
            phone: person.phone.clone(),
            openids: self
                .apps
                .keys()
                .map(|id| (id.clone(), openid_of(id, key)))
                .collect(),
            unionids: self.apps.keys().filter_map(unionid).collect(),
            following: tied(|tie| tie.followed_at.is_some()),
            blocked: tied(|tie| tie.blocked),
            credits: self
                .credits
                .iter()
                .filter(|((owner, _), left)| owner == key && **left != 0)
                .map(|((_, template_id), left)| (template_id.clone(), *left))
                .collect(),
        })
    }

    /// The unionid: equal in all accounts under one Open Platform account.
    pub fn unionid(&self, app_id: &str, person: &str) -> Option<String> {
        let platform = self.apps.get(app_id)?.spec.open_platform.as_ref()?;
        Some(id_from("unionid", platform, person))
    }

    pub fn tie(&mut self, app_id: &str, person: &str) -> Result<&mut Tie, Unknown> {
        self.app(app_id)?;
        let known = self
            .people
            .get_mut(person)
            .ok_or_else(|| Unknown::Person(person.to_owned()))?;
        Ok(known.ties.entry(app_id.to_owned()).or_default())
    }

    /// Whom an openid means at this account; one of another account means nobody.
    pub fn recipient(&self, app_id: &str, openid: &str) -> Result<String, Refused> {
        self.openids
            .get(openid)
            .filter(|(owner, _)| owner == app_id)
            .map(|(_, person)| person.clone())
            .ok_or_else(|| Refused::new(40003, "invalid openid"))
    }

    pub fn follow(&mut self, app_id: &str, person: &str, scene: &str) -> Result<(), Unknown> {
        let now = self.now();
        let order = self.follows;
        let tie = self.tie(app_id, person)?;
        if tie.followed_at.is_some() {
            tie.blocked = false;
            return Ok(());
        }
        tie.followed_at = Some(now);
        tie.order = order;
        tie.blocked = false;
        scene.clone_into(&mut tie.scene);
        tie.answers = Some((now + TimeDelta::minutes(1), 3));
        self.follows += 1;
        self.push(
            app_id,
            person,
            &Event::Subscribe {
                scene: scene.to_owned(),
            },
        );
        Ok(())
    }

    pub fn unfollow(&mut self, app_id: &str, person: &str) -> Result<(), Unknown> {
        let tie = self.tie(app_id, person)?;
        tie.answers = None;
        tie.blocked = false;
        if tie.followed_at.take().is_some() {
            self.push(app_id, person, &Event::Unsubscribe);
        }
        Ok(())
    }

    /// What `wx.login` would yield: the mini-program is open now, and the session key may change.
    pub fn login_code(&mut self, app_id: &str, person: &str) -> Result<String, Unknown> {
        let now = self.now();
        let rotate = self.rng.random_bool(self.rotate_session);
        let session_key = STANDARD.encode(self.rng.random::<[u8; 16]>());
        let tie = self.tie(app_id, person)?;
        tie.opened_at = Some(now);
        if rotate || tie.session_key.is_none() {
            tie.session_key = Some(session_key);
        }
        Ok(self.issue(CodeKind::Login, app_id, person))
    }

    pub fn phone_code(&mut self, app_id: &str, person: &str) -> Result<String, Unknown> {
        let now = self.now();
        self.tie(app_id, person)?.opened_at = Some(now);
        Ok(self.issue(CodeKind::Phone, app_id, person))
    }

    /// The first mini-program, for callers that do not say which.
    pub fn mini_program(&self) -> Result<String, Unknown> {
        self.apps
            .values()
            .find(|app| app.spec.kind == SimKind::MiniProgram)
            .map(|app| app.spec.app_id.clone())
            .ok_or(Unknown::MiniProgram)
    }

    fn issue(&mut self, kind: CodeKind, app_id: &str, person: &str) -> String {
        let text = match kind {
            CodeKind::Login => format!("0{}", self.random_text(31)),
            CodeKind::Phone => self.random_text(64),
        };
        let code = Code {
            kind,
            app_id: app_id.to_owned(),
            person: person.to_owned(),
            issued_at: self.now(),
            used: false,
        };
        self.codes.insert(text.clone(), code);
        text
    }

    /// Somebody agrees to `count` more messages of a template.
    pub fn grant_credit(
        &mut self,
        person: &str,
        template_id: &str,
        count: u32,
    ) -> Result<(), Unknown> {
        let app_id = self.mini_program()?;
        self.tie(&app_id, person)?;
        let left = self
            .credits
            .entry((person.to_owned(), template_id.to_owned()))
            .or_default();
        *left = left.saturating_add(count);
        let template_id = template_id.to_owned();
        self.push(
            &app_id,
            person,
            &Event::SubscribePopup {
                template_id,
                accepted: true,
            },
        );
        Ok(())
    }

    /// Somebody writes to an account, which may then answer five times within two days.
    pub fn write(&mut self, app_id: &str, person: &str, text: &str) -> Result<(), Unknown> {
        let until = self.now() + TimeDelta::hours(48);
        self.tie(app_id, person)?.answers = Some((until, 5));
        let msgid = self.next_msgid();
        self.push(
            app_id,
            person,
            &Event::Text {
                content: text.to_owned(),
                msgid,
            },
        );
        Ok(())
    }

    /// Somebody taps a menu button of the kind `click`.
    pub fn click(&mut self, app_id: &str, person: &str, key: &str) -> Result<(), Unknown> {
        let until = self.now() + TimeDelta::minutes(1);
        self.tie(app_id, person)?.answers = Some((until, 3));
        self.push(
            app_id,
            person,
            &Event::Click {
                key: key.to_owned(),
            },
        );
        Ok(())
    }

    /// Somebody scans an account's QR code: a follower only scans, anybody else follows.
    pub fn scan(&mut self, app_id: &str, person: &str, scene: &str) -> Result<(), Unknown> {
        let until = self.now() + TimeDelta::minutes(1);
        let tie = self.tie(app_id, person)?;
        if tie.followed_at.is_none() {
            return self.follow(app_id, person, scene);
        }
        tie.answers = Some((until, 3));
        self.push(
            app_id,
            person,
            &Event::Scan {
                scene: scene.to_owned(),
            },
        );
        Ok(())
    }
}
