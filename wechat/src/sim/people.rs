//! People: one record per human, their openid in every account, and what they did there.

use std::collections::BTreeMap;

use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockModeEncrypt, KeyIvInit};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use rand::RngExt;
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::SimKind;
use super::answer::Refused;
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
    /// They look at web pages through a preview, as a virtual person.
    pub snapshot: bool,
    pub ties: BTreeMap<String, Tie>,
}

/// What one person did at one account.
#[derive(Default)]
pub(super) struct Tie {
    pub followed_at: Option<DateTime<Utc>>,
    /// The place in the list of followers.
    pub order: u64,
    pub blocked: bool,
    /// The account put them on its blacklist.
    pub blacklisted: bool,
    pub scene: String,
    /// The scene is a number.
    pub scene_is_number: bool,
    /// What the account calls them.
    pub remark: String,
    /// The account's tags on them.
    pub tags: Vec<i64>,
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
    /// Of a web page that may learn who somebody is (`snsapi_base`).
    PageBase,
    /// Of a web page that may ask for the profile, too (`snsapi_userinfo`).
    PageUserInfo,
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
                snapshot: false,
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

    /// What `wx.login` would yield: the mini-program is open now, and the session key may change.
    pub fn login_code(&mut self, app_id: &str, person: &str) -> Result<String, Unknown> {
        let now = self.now();
        let rotate = self.rng.random_bool(self.settings.session_rotation);
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

    /// What a web page gets behind its address after somebody opened it.
    pub fn page_code(
        &mut self,
        app_id: &str,
        person: &str,
        with_profile: bool,
    ) -> Result<String, Unknown> {
        self.tie(app_id, person)?;
        let kind = if with_profile {
            CodeKind::PageUserInfo
        } else {
            CodeKind::PageBase
        };
        Ok(self.issue(kind, app_id, person))
    }

    /// A person's data as `wx.getUserInfo` and its kin hand them over: sealed with the session
    /// key, and the initial vector beside it.
    pub fn encrypted_data(
        &mut self,
        app_id: &str,
        person: &str,
        mut data: Value,
    ) -> Result<(String, String), Unknown> {
        let now = self.now();
        let iv: [u8; 16] = self.rng.random();
        let fresh = self.rng.random::<[u8; 16]>();
        let key = self
            .tie(app_id, person)?
            .session_key
            .get_or_insert_with(|| STANDARD.encode(fresh));
        let key = STANDARD.decode(key).expect("session keys are base64");
        if let Value::Object(data) = &mut data {
            let watermark = json!({ "timestamp": now.timestamp(), "appid": app_id });
            data.insert("watermark".to_owned(), watermark);
        }
        let cipher =
            cbc::Encryptor::<aes::Aes128>::new_from_slices(&key, &iv).expect("both have 16 bytes");
        let mut text = data.to_string().into_bytes();
        let length = text.len();
        text.resize(length + 16, 0);
        let sealed = cipher
            .encrypt_padded::<Pkcs7>(&mut text, length)
            .expect("there is room for a block of padding");
        let sealed = STANDARD.encode(sealed);
        let digest = hex::encode(Sha256::digest(&sealed));
        self.sealed.insert((app_id.to_owned(), digest), now);
        Ok((sealed, STANDARD.encode(iv)))
    }

    fn issue(&mut self, kind: CodeKind, app_id: &str, person: &str) -> String {
        let text = match kind {
            CodeKind::Phone => self.random_text(64),
            CodeKind::Login | CodeKind::PageBase | CodeKind::PageUserInfo => {
                format!("0{}", self.random_text(31))
            }
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
}
